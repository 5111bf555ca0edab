"""A judge's certificate over the screen: every figure a line, and the pairs behind each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.content import Content

from tui.dialogs.figures_list import FigureLine, FiguresScreen, ListPairs
from tui.reliability import HEAD, LENGTH_HEAD, LENGTH_NOTE, length_pull, reliability, times
from tui.text import one_line, plain

if TYPE_CHECKING:  # the statistics, not needed for the first paint
    from collections.abc import Sequence

    from store.agreement.judge.certificate import Certificate
    from store.agreement.judge.lines import CertificateLine

NAME_CELLS = 32
DRAWING = "bar: share of a by people; line: its interval; stroke: what the judge says"


class CertificateScreen(FiguresScreen):
    """The figures of one judge, the next judge by key.

    Args:
        certificates: one at least.
        items: opens the list of the pairs behind a figure.
    """

    BINDINGS = [
        Binding("o", "other", "Next judge"),
        Binding("c", "close", show=False),
    ]

    def __init__(self, certificates: Sequence[Certificate], items: ListPairs) -> None:
        super().__init__(items)
        self._certificates = certificates
        self._at = 0

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """The next judge only where there is one."""
        return action != "other" or len(self._certificates) > 1

    def action_other(self) -> None:
        """The next judge."""
        self._at = (self._at + 1) % len(self._certificates)
        self.fill()

    def fill(self) -> None:
        """The judge of now."""
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
        self.show_lines(_lines(found))


def _lines(found: Certificate) -> Iterator[FigureLine]:
    from store.agreement.judge import lines

    for each in lines.lines(found, lambda name: one_line(name, 16)):
        note = each.figure.reason or each.remark
        yield FigureLine(
            _line(each), note, found.judge, each.behind or each.name, each.figure.pairs
        )
    bins = found.calibration.bins
    if bins:
        yield FigureLine(Content.styled(HEAD, "$muted"))
    for each_bin, drawn in zip(bins, reliability(bins), strict=True):
        title = f"probability about {each_bin.said:.2f}"
        yield FigureLine(Content(drawn), DRAWING, found.judge, title, each_bin.pairs)
    by_length = found.length.bins
    if by_length:
        yield FigureLine(Content.styled(LENGTH_HEAD, "$muted"))
    for by, drawn in zip(by_length, length_pull(by_length), strict=True):
        title = f"longer by {times(by)}"
        yield FigureLine(Content(drawn), LENGTH_NOTE, found.judge, title, by.pairs)


def _line(line: CertificateLine) -> Content:
    from store.agreement.judge import lines

    name = set_cell_size(one_line(line.name, NAME_CELLS), NAME_CELLS)
    figure = line.figure
    if figure.reason is not None:
        return plain(f"{name}{'–':>6}  {figure.reason}", "$muted")
    told = f"{name}{lines.value(figure):>6}  {lines.ends(figure):<13}{figure.n:>6,}"
    return Content.assemble(plain(told), plain(f"  {line.remark}", "$muted"))
