"""A list over the screen whose rows can be changed: settings, rounds, models, what one states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from store.judgements.drafts import DraftPlace
from tui.path_suggester import PathSuggester
from tui.text import one_line, plain
from tui.text_screen import TextScreen
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.lines import Lines
from tui.widgets.note_line import NoteLine
from tui.widgets.rule import Rule

if TYPE_CHECKING:
    from tui.app import PairlabApp

P = ParamSpec("P")
T = TypeVar("T")
Answer = Callable[[str], Awaitable[None]]

LEAST = 30
"""Cells below which nothing is said about a row in the row itself: the footer has it whole."""


class PanelRow(NamedTuple):
    """One line of a panel."""

    id: str
    name: str
    value: str = ""
    about: str = ""
    heading: bool = False
    """A line between groups, which cannot be chosen."""


class PanelScreen(ModalScreen[None], TextScreen):
    """Rows, a sentence above them, and a line to answer in.

    A panel fills :meth:`rows`, and does in :meth:`choose` what enter does on a row.
    """

    HEADING: ClassVar[str]
    ABOUT: ClassVar[str] = ""
    EMPTY: ClassVar[str] = ""
    """Stands there where no row does: what to do about it."""

    CSS_PATH = "panel.tcss"
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("enter", "choose", "Change", key_display="enter"),
        Binding("escape,q", "close", "Back", key_display="esc"),
    ]

    lines = getters.query_one(Lines)
    about = getters.query_one("#about", Static)
    status = getters.query_one(StatusLine)
    note_line = getters.query_one(NoteLine)

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[PanelRow] = ()
        self._cut = False
        """Rows have no room for what is said about them."""
        self._answer: Answer | None = None

    async def rows(self) -> Sequence[PanelRow]:
        """What is listed, as it is now."""
        return ()

    async def choose(self, row: PanelRow) -> None:
        """Enter on a row."""

    def compose(self) -> ComposeResult:
        """Heading, sentence, rows, footer."""
        yield Rule(self.HEADING)
        yield Static(id="about", markup=False)
        yield Lines(markup=False)
        with Vertical(id="footer"):
            yield NoteLine()
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """List what there is."""
        self.do(self.reload)

    @property
    def pair_app(self) -> PairlabApp:
        """The app, by its own class."""
        return cast("PairlabApp", self.app)

    @property
    def me(self) -> str:
        """Who works here."""
        return self.pair_app.services.annotator

    async def call(
        self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The result of a store function, run on the store thread."""
        return await self.pair_app.services.store.call(fn, *args, **kwargs)

    def do(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run something; what goes wrong becomes a line in the footer."""
        self.run_worker(partial(self._do, work), exclusive=True)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        self.status.told, self.status.wrong = "", False
        await work()

    def tell(self, words: str, *, wrong: bool = False) -> None:
        """Say what was done, or went wrong."""
        self.status.told, self.status.wrong = words, wrong

    async def reload(self) -> None:
        """List again; the cursor stays on its row."""
        self._rows = await self.rows()
        self._list()
        if self.open_text is None and self._rows:
            self.lines.focus()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """What a row has room for depends on the width."""
        self.call_after_refresh(self._list)

    def _list(self) -> None:
        at = self.lines.highlighted
        named = [row for row in self._rows if not row.heading]
        width = self.lines.content_size.width
        name = max((cell_len(row.name) for row in named), default=0) + 2
        value = max((cell_len(row.value) for row in named), default=0) + 2
        name = min(name, max(width - value - 2, LEAST))
        room = width - name - value - 3
        self._cut = any(cell_len(row.about) > room for row in named)
        if room < LEAST:
            value = 0
        self.about.update(plain(self.ABOUT, "$muted") + plain(f"\n\n{self.EMPTY}" * (not named)))
        self.lines.clear_options()
        self.lines.add_options(
            Option(self._drawn(row, name, value), id=row.id, disabled=row.heading)
            for row in self._rows
        )
        first = next((n for n, row in enumerate(self._rows) if not row.heading), None)
        self.lines.highlighted = first if at is None else min(at, len(self._rows) - 1)

    @staticmethod
    def _drawn(row: PanelRow, name: int, value: int) -> Content:
        if row.heading:
            return plain(row.name, "$muted")
        words = one_line(row.name, name - 2)
        return Content.assemble(
            plain(words + " " * (name - cell_len(words))),
            plain(row.value + " " * (value - cell_len(row.value)), "bold"),
            plain(row.about if value else "", "$muted"),
        )

    @property
    def row(self) -> PanelRow | None:
        """The row under the cursor."""
        at = self.lines.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_highlighted(self) -> None:
        """What a narrow row has no room for stands below."""
        self.status.doing = self.row.about if self.row is not None and self._cut else ""
        self.refresh_bindings()

    def question(
        self,
        label: str,
        answer: Answer,
        text: str = "",
        *,
        is_path: bool = False,
        place: DraftPlace | None = None,
    ) -> None:
        """Ask for a line.

        Args:
            label: what is asked, in a few words.
            answer: gets what was written; not called where one leaves with escape.
            text: what stands there to begin with.
            is_path: tab completes names of files.
            place: which text it is, where what is written is to outlast the app.
        """
        drafts = self.pair_app.session.drafts

        async def answered(said: str) -> None:
            await answer(said)
            if place is not None:
                drafts.drop(place)

        self._answer = answered
        draft = drafts.get(place) if place is not None else None
        suggester = PathSuggester() if is_path else None
        self.note_line.open(
            "answer", text, label=label, place=place, draft=draft, suggester=suggester
        )

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """An answer."""
        event.stop()
        answer = self._answer
        if answer is not None:
            self.do(partial(answer, event.text.strip()))
        self.lines.focus()

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """Enter, or a click."""
        event.stop()
        if (row := self.row) is not None:
            self.do(partial(self.choose, row))

    def action_choose(self) -> None:
        """Enter, once however long it is held."""
        self.pair_app.presses.once(self.lines.action_select, self._say_held)

    def _say_held(self) -> None:
        self.status.dropped = "enter did not count: held down"

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def unread(self, what: str, text: str) -> None:
        """Say that an answer is none."""
        self.tell(f"{what}; {one_line(text, 24)} is none", wrong=True)


def at_home(text: str) -> Path:
    """A path as it was typed, ``~`` and all."""
    return Path(text).expanduser()
