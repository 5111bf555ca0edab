"""Mode L: two answers, one key, the next pair."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.events import Resize
from textual.widget import Widget

from store.items import pairs
from store.judgements.corrections import Correction
from store.log import undo
from store.records import Phase, Verdict
from store.rounds import queue
from store.views import labelling
from store.views.labelling import PairToLabel
from tui.formatting import counted
from tui.keys.deciding import LABEL
from tui.messages import LabelStored, RunnerSaid
from tui.modes.label.correcting import CorrectableView, Opened
from tui.modes.label.telling import HELP, TellingScreen, round_words, title_of, undone_words
from tui.sides import said
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.next_step import NextStep


class LabelScreen(TellingScreen):
    """Pairs in the annotator's own order, sides by the stored seed, nothing of who wrote what.

    Everything shown comes from :mod:`store.views.labelling`. The order of one verdict is: on the
    disk, then the next pair; a key is never queued for a pair that was not yet seen.
    """

    MODE = "label"
    JUMPS = "pair number, in your order"
    HELP_TEXT = HELP

    BINDINGS = LABEL

    def compose_mode(self) -> Iterable[Widget]:
        """The prompt, the two answers, or what to do when there is no pair."""
        yield CorrectableView()
        yield NextStep()

    def both_panes(self) -> Iterable[AnswerPane]:
        """The two answers."""
        return (self.left, self.right)

    def is_hard_to_read(self) -> bool:
        """By the prompt's category and one's own flag."""
        shown = self.to_label
        return shown is not None and (shown.flagged or shown.text.category == "harmful")

    async def on_mount(self) -> None:
        """Nothing to say before the first look."""
        self.next_step.display = False

    def on_resize(self, _event: Resize) -> None:
        """Left and right may be upper and lower now."""
        if self.to_label is not None:
            self.prompt.title = title_of(self.to_label, stacked=self.stacked)
            self.prompt.remark(self._pace(self.to_label))

    def on_screen_resume(self) -> None:
        """Opened: go on where this annotator left off. Back from another mode: what is new."""
        self.background(self._come_back, group="item")

    def on_runner_said(self, _: RunnerSaid) -> None:
        """The model finished something: where there was nothing to label, there may be now."""
        if self.to_label is None:
            self.background(self._resume, group="item")

    async def other_work(self) -> None:
        """Somebody else wrote: new pairs may be there, and a new guideline."""
        await self._come_back()

    async def go_to(self, item_id: str) -> None:
        """A pair that was picked in mode B."""
        if self.opened is not None:
            self.tell("you are writing here: save or leave, then open it again")
            return
        self._show(await self.ask(labelling.at_pair, self.services.annotator, item_id))
        await self._tell_guideline()

    async def jump(self, number: int) -> None:
        """The pair at a place of this annotator's own order, or the nearest there is."""
        round_ = self.to_label.round if self.to_label else None
        to_label = await self.ask(
            labelling.at_place, self.services.annotator, number, round_=round_
        )
        if to_label is not None:
            self.tell("" if to_label.index == number else f"there are {to_label.total:,} pairs")
            self._show(to_label)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Verdicts need a pair."""
        scaled = self.to_label is not None and self.to_label.strength
        if action == "scale" and not scaled:
            return False
        if action == "verdict" and scaled and parameters in {("a",), ("b",)}:
            return False
        if action in {"verdict", "scale", "correct"} and (self.item_id is None or self.cramped):
            return None
        if action == "skipped":
            return self.to_label is None and self._skipped > 0
        if action == "rank" and self.to_label is None:
            return self._to_rank or None
        return super().check_action(action, parameters)

    def action_verdict(self, verdict: str) -> None:
        """A verdict on the sides as they stand; behind ``c``, which one to correct."""
        if self.asking and Verdict(verdict) in {Verdict.A, Verdict.B}:
            self.decide(partial(self.open_correction, Verdict(verdict)))
            return
        self.act(partial(self._give, Verdict(verdict)))

    def action_scale(self, verdict: str, strength: int) -> None:
        """``1`` to ``4`` where the project asks how much better: much left to much right."""
        if self.asking:
            self.decide(partial(self.open_correction, Verdict(verdict), strength))
            return
        self.act(partial(self._give, Verdict(verdict), strength))

    def action_walk(self, step: int) -> None:
        """The arrows to the sides: through the queue without a verdict."""
        self.act(partial(self._walk, step), on_item=False, decides=False)

    def action_skipped(self) -> None:
        """``enter``, where nothing else is left: the skipped pairs once more."""
        self._passed.clear()
        self.act(self._resume, on_item=False)

    def action_rank(self) -> None:
        """Several answers of this prompt in order, or of the next prompt that has so many."""
        self.background(self._rank, group="rank")

    async def first_look(self) -> None:
        """The pair where one left; what is told beside it comes later."""
        await self._read_rhythm()
        self._show(await self.ask(labelling.resume, self.services.annotator))

    async def skip(self) -> None:
        """``space``: no verdict; the pair comes back at the end, skipped again not before asked."""
        to_label = self.to_label
        if (
            to_label is not None
            and to_label.mine is not None
            and to_label.mine.verdict is Verdict.SKIP
        ):
            self._passed.add(to_label.pair_id)
        await self._give(Verdict.SKIP)

    async def undone(self, undone: undo.Undone) -> None:
        """Back to the pair whose verdict, note or flag was taken back."""
        self.post_message(LabelStored())
        await self._read_rhythm()
        if undone.kind == "ranking":
            await self._resume()
            self.tell("undone: a ranking")
            return
        if corrected := undone.was.get("corrects"):
            self._show(await self.ask(labelling.at_pair, self.services.annotator, corrected))
            self.tell("undone: the correction and its pairs; the label stays")
            return
        if undone.kind not in {"label", "note", "flag"}:
            self.tell(f"undone: a {undone.kind} made in another mode")
            return
        repeated = undone.phase == Phase.REPEAT
        to_label = (
            await self.ask(labelling.resume, self.services.annotator)
            if repeated
            else await self.ask(labelling.at_pair, self.services.annotator, undone.item)
        )
        if to_label is not None:
            self._show(to_label)
        self.tell(f"undone: {undone_words(undone, to_label, stacked=self.stacked)}")

    # What happens

    async def _rank(self) -> None:
        from tui.modes.label.ranking import RankingScreen  # not needed for the first pair

        pair = None if self.to_label is None else await self.ask(pairs.get, self.to_label.pair_id)
        screen = RankingScreen(pair.prompt_id if pair else None)
        self.app.push_screen(screen, self._back_from_ranking)

    def _back_from_ranking(self, _: None) -> None:
        self.to_label = None  # it may have its verdict now
        self.background(self._come_back, group="item")

    async def _give(self, verdict: Verdict, strength: int | None = None) -> None:
        to_label = self.to_label
        if to_label is None:
            return
        after = await self.ask(
            labelling.give,
            to_label,
            self.services.annotator,
            to_label.swapped(verdict),
            seconds=self.seconds_on_item(),
            strength=strength,
            passed=self._passed,
            at=self.services.clock(),
        )
        words = said(verdict, stacked=self.stacked, strength=strength)
        pause = "" if verdict is Verdict.SKIP else self.rhythm.add(self.services.clock())
        # before the pair: what is told behind it would be drawn by a second paint
        self.tell(round_words(to_label, after) or pause or f"pair {to_label.index}: {words}")
        self._show(after)
        self.post_message(LabelStored())
        if after is None:
            await self._nothing_left()

    async def corrected(self, opened: Opened, done: Correction, after: PairToLabel | None) -> None:
        """The next pair; the label may have been stored with the text."""
        words = said(opened.better, stacked=self.stacked)
        became = (
            "your text becomes an answer when the round is open"
            if done.candidate_id is None
            else counted(len(done.pair_ids), "pair") + " with your text"
        )
        self.tell(f"pair {opened.to_label.index}: {words} corrected; {became}")
        self._show(after)
        self.post_message(LabelStored())
        if after is None:
            await self._nothing_left()

    async def _walk(self, step: int) -> None:
        index = self.to_label.index + step if self.to_label else await self.ask(queue.total)
        round_ = self.to_label.round if self.to_label else None
        to_label = await self.ask(labelling.at_place, self.services.annotator, index, round_=round_)
        if to_label is None or (
            self.to_label is not None and to_label.pair_id == self.to_label.pair_id
        ):
            self.tell("this is the first pair" if step < 0 else "this is the last pair")
        else:
            self.tell("")
            self._show(to_label)

    async def _resume(self) -> None:
        await self._read_rhythm()
        found = await self.ask(labelling.resume, self.services.annotator, passed=self._passed)
        self._show(found)
        await self._tell_guideline()
        if self.to_label is None:
            await self._nothing_left()

    async def _come_back(self) -> None:
        if self.to_label is None:
            await self._resume()
        else:
            await self.marked()
            await self._tell_guideline()
        await self.settle_corrections()

    def _show(self, to_label: PairToLabel | None) -> None:
        """Put a pair, or nothing, on the screen."""
        self.close_correction()
        self.to_label = to_label
        self.view.display = to_label is not None
        self.next_step.display = to_label is None
        if to_label is not None:
            title = title_of(to_label, stacked=self.stacked)
            self.prompt.mark_done(to_label.done / max(to_label.total, 1))
            self.view.show_pair(
                to_label.text.messages,
                to_label.first,
                to_label.second,
                title=title,
                aside=self._pace(to_label),
            )
        self.item_shown(to_label.pair_id if to_label else None)
        self.call_after_refresh(self.background, self._look_ahead, group="ahead")
