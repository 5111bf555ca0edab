"""Bradley-Terry scores over the screen: what is preferred, on one scale, and its pairs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.content import Content

from store.agreement.bradley_terry import PRIOR_VARIANCE
from store.agreement.intervals import Interval
from store.agreement.item_scores import ItemScores, Of
from store.errors import StoreError
from tui.dialogs.figures_list import FigureLine, FiguresScreen, ListPairs
from tui.formatting import coefficient, counted, interval
from tui.text import one_line, plain

_OF: Final[tuple[Of, ...]] = ("model", "temperature", "principle", "round")
_WHOSE: Final = {"person": "people", "model": "judges"}
_BAR: Final = 24
"""Cells of the line that an interval is drawn on."""
_NAME: Final = 34

ReadScores = Callable[[Of, str], Awaitable[ItemScores]]
"""The scores of what, by whose verdicts: ``person`` or ``model``."""


class ScoresScreen(FiguresScreen):
    """One table at a time; keys turn to the next kind of thing, and to the judges' verdicts.

    Args:
        read: gets the scores.
        items: opens the list of the pairs behind one.
    """

    BINDINGS = [
        Binding("b", "by", "By"),
        Binding("w", "whose", "Whose"),
        Binding("s", "close", show=False),
    ]

    def __init__(self, read: ReadScores, items: ListPairs) -> None:
        super().__init__(items)
        self._read = read
        self._of: Of = "model"
        self._whose = "person"

    def fill(self) -> None:
        """The table of now, in a moment."""
        self.rule.heading = f"What is preferred: {self._of}"
        self.rule.aside = f"by {_WHOSE[self._whose]}"
        self.run_worker(self._count(), exclusive=True)

    def action_by(self) -> None:
        """Model, temperature, principle, round in turn."""
        self._of = _OF[(_OF.index(self._of) + 1) % len(_OF)]
        self.fill()

    def action_whose(self) -> None:
        """By people's verdicts or by judges'."""
        names = list(_WHOSE)
        self._whose = names[(names.index(self._whose) + 1) % len(names)]
        self.fill()

    async def _count(self) -> None:
        try:
            found = await self._read(self._of, self._whose)
        except StoreError as error:  # a sealed round
            self.sentence.update(plain(str(error)))
            return
        told = [
            f"{counted(n, 'verdict')} of {found.verdicts:,} left out: {why}"
            for why, n in found.left.items()
        ]
        if not found.scores:
            told.insert(0, f"No verdict of {_WHOSE[self._whose]} compares two of these.")
        self.sentence.display = bool(told)
        self.sentence.update(Content("\n").join(plain(each, "$muted") for each in told))
        self.show_lines(_lines(found))
        if not found.scores:
            self.note.update("")


def _lines(found: ItemScores) -> Iterator[FigureLine]:
    if not found.scores:
        return
    ends = [end for each in found.scores for end in (each.ci95 or (each.score, each.score))]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    width = min(max(cell_len(each.item) for each in found.scores), _NAME)
    head = f"{'':<{width}}{'n':>6}{'won':>7}{'score':>8}  {'95 %':<15}"
    component = 0
    yield FigureLine(plain(head.rstrip(), "$muted"))
    for each in found.scores:
        if each.component != component:
            component = each.component
            yield FigureLine(Content.styled("never compared with those above", "$muted"))
        score = coefficient(each.score) + ("*" if each.prior else "")
        told = interval(each.ci95)
        name = set_cell_size(one_line(each.item, width), width)
        shown = f"{name}{each.games:>6,}{each.won:>7g}{score:>8}  {told:<15}"
        drawn = _drawn(each.score, each.ci95, low, high)
        yield FigureLine(
            plain(f"{shown}  {drawn}".rstrip()),
            _note(each.reason, prior=each.prior),
            "",
            each.item,
            found.pairs[each.item],
        )


def _note(reason: str | None, *, prior: bool) -> str:
    told = ["A score is in log-odds with mean 0: 1.1 above another wins three times in four."]
    if prior:
        told.append(
            f"* Some lost to nobody: a normal prior of variance {PRIOR_VARIANCE:g} holds it."
        )
    if reason:
        told.append(f"No interval: {reason}.")
    return " ".join(told)


def _drawn(score: float, ends: Interval | None, low: float, high: float) -> str:
    """The interval as a line between the least and the greatest of the table, the score a dot."""

    def at(value: float) -> int:
        return round((value - low) / ((high - low) or 1) * (_BAR - 1))

    cells = [" "] * _BAR
    if ends is not None:
        first, last = at(ends[0]), at(ends[1])
        cells[first : last + 1] = "─" * (last + 1 - first)
    cells[at(0.0)] = "│" if cells[at(0.0)] == " " else "┼"
    cells[at(score)] = "●"
    return "".join(cells)
