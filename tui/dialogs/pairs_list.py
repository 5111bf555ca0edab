"""The pairs behind a figure or a reason: a list, and each pair to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from store.records import PairText
from tui.dialogs.pair_sheet import PairSheet
from tui.dialogs.sheet import Sheet
from tui.formatting import counted
from tui.text import one_line, plain
from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule
from tui.worker_errors import Bordered


class PairLine(NamedTuple):
    """One line of the list."""

    id: str
    """What :attr:`ItemsScreen.read` is asked for."""
    prompt: str
    aside: str
    """Category, verdicts: a few dim words before the prompt."""


class Reading(NamedTuple):
    """A pair to read, and what is known of it."""

    text: PairText
    known: Sequence[Content] = ()
    """A line each."""


class ItemsScreen(ModalScreen[None], Bordered):
    """A list of pairs; enter reads one.

    Args:
        title: what they have in common.
        items: the lines.
        read: an id to what there is to read of it; other items than pairs are one text.
        noun: what the items are called.
        note: what is not in the list, and why.
    """

    CSS_PATH = "pairs_list.tcss"
    BINDINGS = [
        Binding("enter", "read", "Read", key_display="enter"),
        Binding("escape,q", "close", "Back", key_display="esc"),
    ]

    lines = getters.query_one(Lines)

    def __init__(
        self,
        title: str,
        items: Sequence[PairLine],
        read: Callable[[str], Awaitable[Reading | Content]],
        *,
        note: str = "",
        noun: str = "pair",
    ) -> None:
        super().__init__()
        self._noun = noun
        self._heading = title
        self._items = items
        self._read = read
        self._note = note

    def compose(self) -> ComposeResult:
        """Title, list, what is missing, keys."""
        yield Rule(self._heading, counted(len(self._items), self._noun))
        yield Lines(*self._options(), markup=False)
        note = self._note or ("" if self._items else f"no {self._noun} is behind this")
        yield Static(plain(note, "$muted"), id="note", markup=False)
        yield KeysLine()

    def on_mount(self) -> None:
        """The first line is chosen."""
        if self._items:
            self.lines.highlighted = 0

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """A line was chosen."""
        event.stop()
        self.run_worker(self._open(self._items[event.option_index]), exclusive=True)

    def action_read(self) -> None:
        """Enter: the line under the cursor."""
        self.lines.action_select()

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    async def _open(self, item: PairLine) -> None:
        title = one_line(item.prompt, 60)
        try:
            found = await self._read(item.id)
        except StoreError as error:
            await self.app.push_screen(Sheet(title, plain(str(error))))
            return
        if isinstance(found, Content):
            await self.app.push_screen(Sheet(title, found))
        else:
            await self.app.push_screen(PairSheet("Prompt", found.text, found.known))

    def _options(self) -> list[Option]:
        width = max((len(item.aside) for item in self._items), default=0) + 3
        return [
            Option(
                Content.assemble(
                    plain(f"{item.aside:<{width}}", "$muted"), one_line(item.prompt, 300)
                ).truncate(400)
            )
            for item in self._items
        ]
