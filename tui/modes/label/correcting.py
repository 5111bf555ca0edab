"""Correcting in mode L: the better answer opened in its place, the text paired with both."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from textual import getters
from textual.app import ComposeResult
from textual.geometry import Size
from textual.widgets import Static

from store.judgements import corrections
from store.judgements.corrections import Correction
from store.judgements.drafts import DraftPlace
from store.records import Verdict
from store.views import labelling
from store.views.labelling import PairToLabel
from tui.modes.base import ModeScreen
from tui.sides import said
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.editor import Editor
from tui.widgets.pair_view import PairView
from tui.widgets.reading import Band, ReadingColumn


class CorrectableView(PairView):
    """A pair of which one answer can be opened to be corrected."""

    editor = getters.query_one(Editor)

    def __init__(self) -> None:
        super().__init__()
        self._away: AnswerPane | None = None

    def compose(self) -> ComposeResult:
        """The editor stands in the place of an answer."""
        yield from super().compose()
        yield Editor("Your correction")
        yield Static(id="below", markup=False)

    def answers(self) -> Iterable[Band]:
        """The answers as they stand, one of them replaced by the editor."""
        for band in super().answers():
            yield [
                ReadingColumn([self.editor]) if self._away in column.widgets else column
                for column in band
            ]

    def place_below(self, size: Size, bottom: int, lines: int) -> tuple[int, int]:
        """At the end of the view, whole or not at all: it stays from pair to pair."""
        rows = min(lines, size.height // 3)
        return size.height - rows, rows if bottom + 2 <= size.height - rows else 0

    def open_editor(self, pane: AnswerPane) -> None:
        """Put the editor in the place of an answer."""
        self._away, pane.display = pane, False
        self.fit()

    def close_editor(self) -> None:
        """Both answers again."""
        if self._away is not None:
            self.editor.close()
            self._away.display, self._away = True, None
            self.fit()


class Opened(NamedTuple):
    """A correction that is being written."""

    to_label: PairToLabel
    better: Verdict
    """On the sides as they stand."""
    strength: int | None
    seconds: float
    """How long the pair was read before."""

    @property
    def place(self) -> DraftPlace:
        """Where its draft is kept."""
        return corrections.place(self.to_label.pair_id, self.to_label.swapped(self.better))

    @property
    def waiting(self) -> DraftPlace:
        """Where it waits for the end of a sealed round."""
        better = self.to_label.swapped(self.better)
        return corrections.place(self.to_label.pair_id, better, finished=True)


class CorrectingScreen(ModeScreen):
    """The part of mode L that corrects."""

    view = getters.query_one(CorrectableView)

    def __init__(self) -> None:
        super().__init__()
        self.to_label: PairToLabel | None = None
        """The pair on the screen."""
        self.asking = False
        """The next key of a verdict says which answer is opened to be corrected."""
        self.opened: Opened | None = None

    async def corrected(self, opened: Opened, done: Correction, after: PairToLabel | None) -> None:
        """A correction is on the disk."""

    def text_places(self) -> Iterable[tuple[DraftPlace, str]]:
        """Both answers can be corrected."""
        if self.to_label is not None:
            for side in (Verdict.A, Verdict.B):
                yield corrections.place(self.to_label.pair_id, side), "label.correct"
        yield from super().text_places()

    def action_correct(self) -> None:
        """``c``: the answer that was picked or is held better; else the next key says which."""
        to_label = self.to_label
        if to_label is None or not self._is_meant():
            return
        if self.asking:
            self._ask_which(on=False)
            return
        better = to_label.swapped(to_label.mine.verdict) if to_label.mine else None
        if self.focused in tuple(self.both_panes()):
            better = Verdict.A if self.focused is self.view.left else Verdict.B
        if better in (Verdict.A, Verdict.B):
            self.open_correction(better)
        else:
            self._ask_which(on=True)

    def open_correction(self, better: Verdict, strength: int | None = None) -> None:
        """Open one side's answer."""
        to_label = self.to_label
        if to_label is None or not self._is_meant():
            return
        self.asking = False
        self.action_leave()
        left = better is Verdict.A
        self.opened = opened = Opened(to_label, better, strength, self.seconds_on_item())
        self.view.open_editor(self.view.left if left else self.view.right)
        draft = self.drafts.get(opened.place) or self.drafts.get(opened.waiting)
        self.view.editor.open(opened.place, to_label.first if left else to_label.second, draft)
        self.tell("")

    def close_correction(self) -> None:
        """The pair as it was."""
        self.asking, self.opened = False, None
        self.view.close_editor()

    def on_editor_saved(self, event: Editor.Saved) -> None:
        """``ctrl+s``: the text is kept, the label as well."""
        if self.opened is None:
            return
        if event.changed or self.drafts.get(self.opened.waiting) is not None:
            self.act(partial(self._keep, self.opened, event.text), decides=False)
        else:
            self.tell(f"nothing is changed; {self.app.key_of('editor.leave')} leaves")

    def on_editor_left(self, event: Editor.Left) -> None:
        """``escape``: the text waits for the next ``c``."""
        self.close_correction()
        if event.changed:
            self.tell(f"left; {self.app.key_of('label.correct')} goes on with your text")

    async def settle_corrections(self) -> None:
        """What waited for a round that is open now becomes an answer."""
        for place in await self.ask(corrections.settle, self.services.annotator):
            self.drafts.drop(place)

    async def _keep(self, opened: Opened, text: str) -> None:
        done, after = await self.ask(
            labelling.correct,
            opened.to_label,
            self.services.annotator,
            opened.to_label.swapped(opened.better),
            text,
            seconds=opened.seconds,
            strength=opened.strength,
            at=self.services.clock(),
        )
        self.drafts.drop(opened.place)
        if done.candidate_id is None:
            self.drafts.write(opened.waiting, text)
        await self.corrected(opened, done, after)

    def _ask_which(self, *, on: bool) -> None:
        self.asking = on
        key = self.app.key_of
        left, right = (said(side, stacked=self.stacked) for side in (Verdict.A, Verdict.B))
        scaled = self.to_label is not None and self.to_label.strength
        keys = (
            ("label.rather_left", "label.rather_right") if scaled else ("label.left", "label.right")
        )
        which = f"{key(keys[0])} {left}, {key(keys[1])} {right}, {key('label.correct')} neither"
        self.tell(f"which is better, to be corrected: {which}" if on else "")
