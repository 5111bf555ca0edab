"""A judge's certificate over the screen: every figure a line, and the pairs behind each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui.reliability import HEAD, reliability
from tui.text import one_line, plain
from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule
from tui.worker_errors import Bordered

if TYPE_CHECKING:  # the statistics, not needed for the first paint
    from collections.abc import Sequence

    from store.agreement.judge.certificate import Certificate
    from store.agreement.judge.lines import Line

NAME_CELLS = 32


class CertificateScreen(ModalScreen[None], Bordered):
    """The figures of one judge, the next judge by key.

    Args:
        certificates: one at least.
        items: opens the list of the pairs behind a figure: judge, title, ids.
    """

    CSS_PATH = "certificate.tcss"
    BINDINGS = [
        Binding("enter", "items", "Items", key_display="enter"),
        Binding("o", "other", "Next judge"),
        Binding("escape,q,c", "close", "Back", key_display="esc"),
    ]

    rule = getters.query_one(Rule)
    sentence = getters.query_one("#sentence", Static)
    note = getters.query_one("#note", Static)
    lines = getters.query_one(Lines)

    def __init__(
        self,
        certificates: Sequence[Certificate],
        items: Callable[[str, str, Sequence[str]], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._certificates = certificates
        self._items = items
        self._at = 0
        self._behind: list[tuple[str, Sequence[str]]] = []
        self._notes: list[str] = []

    def compose(self) -> ComposeResult:
        """Whose it is, what it comes to, the figures, the keys."""
        yield Rule()
        yield Static(id="sentence", markup=False)
        yield Lines(markup=False)
        yield Static(id="note", markup=False)
        yield KeysLine()

    def on_mount(self) -> None:
        """The first judge."""
        self._show()
        self.lines.focus()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """The next judge only where there is one."""
        return action != "other" or len(self._certificates) > 1

    def action_items(self) -> None:
        """The pairs of the line."""
        self.lines.action_select()

    def action_other(self) -> None:
        """The next judge."""
        self._at = (self._at + 1) % len(self._certificates)
        self._show()

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def on_option_list_option_highlighted(self, event: Lines.OptionHighlighted) -> None:
        """What a narrow line has no room for."""
        event.stop()
        self.note.update(plain(self._notes[event.option_index], "$muted"))

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """A line was chosen."""
        event.stop()
        title, pairs = self._behind[event.option_index]
        judge = self._certificates[self._at].judge
        self.run_worker(self._items(judge, title, pairs), exclusive=True)

    def _show(self) -> None:
        from store.agreement.judge import lines

        found = self._certificates[self._at]
        self.rule.heading = f"Judge {one_line(found.judge, 60)}"
        self.rule.aside = (
            f"{self._at + 1} of {len(self._certificates)}" if len(self._certificates) > 1 else ""
        )
        words = [plain(found.sentence, "bold" if found.certified else "bold $warning")]
        if found.weak:
            why = "; ".join(found.weak)
            words.append(plain(f"labels go out only with --allow weak_judge: {why}", "$muted"))
        self.sentence.update(Content("\n").join(words))
        listed = lines.lines(found, lambda name: one_line(name, 16))
        options = [Option(_line(each)) for each in listed]
        self._behind = [(each.behind or each.name, each.figure.pairs) for each in listed]
        self._notes = [each.figure.reason or each.remark for each in listed]
        bins = found.calibration.bins
        if bins:
            options.append(Option(Content.styled(HEAD, "$muted"), disabled=True))
            self._behind.append(("", ()))
        options += [Option(Content(drawn)) for drawn in reliability(bins)]
        self._behind += [(f"probability about {each.said:.2f}", each.pairs) for each in bins]
        drawing = "bar: share of a by people; line: its interval; stroke: what the judge says"
        self._notes += [drawing] * (len(options) - len(listed))
        self.lines.set_options(options)
        self.lines.highlighted = 0


def _line(line: Line) -> Content:
    from store.agreement.judge import lines

    name = set_cell_size(one_line(line.name, NAME_CELLS), NAME_CELLS)
    figure = line.figure
    if figure.reason is not None:
        return plain(f"{name}{'–':>6}  {figure.reason}", "dim")
    told = f"{name}{lines.value(figure):>6}  {lines.ends(figure):<13}{figure.n:>6,}"
    return Content.assemble(plain(told), plain(f"  {line.remark}", "$muted"))
