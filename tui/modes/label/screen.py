"""Mode L: two answers, one key, the next pair."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from textual import getters
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget

from store.items import pairs
from store.judgements import guidelines
from store.judgements.corrections import Correction
from store.log import undo
from store.records import Phase, Verdict
from store.rounds import queue
from store.views import adjudication, labelling, to_rank, worked
from store.views.labelling import PairToLabel
from tui.formatting import category, counted, share, time_left
from tui.keys.deciding import LABEL
from tui.messages import LabelStored, RunnerSaid
from tui.modes.judge import text as lines
from tui.modes.label.correcting import CorrectableView, CorrectingScreen, Opened
from tui.rhythm import Rhythm, midnight
from tui.session import SEEN
from tui.sides import said
from tui.text import one_line
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.hanging import two_columns
from tui.widgets.header import WIDE
from tui.widgets.next_step import ANOTHER, NextStep, command, for_another
from tui.widgets.prompt_pane import PromptPane


class LabelScreen(CorrectingScreen):
    """Pairs in the annotator's own order, sides by the stored seed, nothing of who wrote what.

    Everything shown comes from :mod:`store.views.labelling`. The order of one verdict is: on the
    disk, then the next pair; a key is never queued for a pair that was not yet seen.
    """

    MODE = "label"
    JUMPS = "pair number, in your order"
    HELP_TEXT = (
        "Read both answers, then say which is better. Which of them stands left is drawn for "
        "each annotator alone, and nothing here tells who wrote them or what anybody else "
        "chose.\nTie: equally good. Both bad: neither may be used for training. A skipped pair "
        "has no verdict and comes back at the end; {move.earlier} leads back to it, "
        "and to every earlier one.\nA prompt with three answers or more can be ranked at once: "
        "{label.rank}, then the numbers of the answers, best first.\n"
        "{label.correct} opens the better answer: your text becomes a third one, is paired with "
        "both, and the label stays. Your own word on these pairs is not blind and counts for no "
        "agreement; the others get them in their queue. In a sealed round your text waits until "
        "the round is open."
    )

    BINDINGS = LABEL

    prompt = getters.query_one("#prompt", PromptPane)
    left = getters.query_one("#left", AnswerPane)
    right = getters.query_one("#right", AnswerPane)
    next_step = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self._passed: set[str] = set()
        """Skipped pairs that were skipped again: they wait until one asks for them."""
        self._skipped = 0
        """How many wait, where nothing else is left."""
        self._to_rank = False
        """Where nothing is left to label, there may be answers to put in order."""
        self._guideline: str | None = None
        """Id of the version below the answers."""
        self.rhythm = Rhythm()

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
            self.prompt.title = _title(self.to_label, stacked=self.stacked)
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
        self.tell(f"undone: {_undone_words(undone, to_label, stacked=self.stacked)}")

    async def marked(self) -> None:
        """What is told of this pair has changed, or how many there are: its title says so."""
        shown = self.to_label
        if shown is not None and shown.phase is Phase.FIRST and self.opened is None:
            again = await self.ask(labelling.at_pair, self.services.annotator, shown.pair_id)
            if again is not None and self.to_label is shown:
                self.to_label = again
                self.prompt.title = _title(again, stacked=self.stacked)
                self.prompt.mark_done(again.done / max(again.total, 1))
                self.prompt.remark(self._pace(again))

    async def origin(self) -> Content | None:
        """Category and guideline; whatever else there is to know would end the blindness."""
        if self.to_label is None:
            return None
        current = await self.ask(guidelines.current)
        rules = "none yet" if current is None else f"version {current.version}, by {current.author}"
        return two_columns(
            [
                ("category", category(self.to_label.text.category)),
                ("guideline", rules),
                ("", ""),
                ("Who wrote the answers is told in Browse, once you have labelled them", ""),
                ("and the round they are in is open.", ""),
            ]
        )

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
        self.tell(_round_words(to_label, after) or pause or f"pair {to_label.index}: {words}")
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
            title = _title(to_label, stacked=self.stacked)
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

    def _pace(self, to_label: PairToLabel) -> str:
        """``about 25 min left · 38 today · 96 an hour``, as far as there is room."""
        parts = [time_left(to_label.seconds_left), *self.rhythm.words(self.services.clock())]
        return " · ".join(filter(None, parts if self.app.size.width >= WIDE else parts[:2]))

    async def _read_rhythm(self) -> None:
        """What this annotator has done today, from the log."""
        since = midnight(self.services.clock())
        times = await self.ask(worked.label_times, self.services.annotator, since)
        self.rhythm = Rhythm(times)

    async def _look_ahead(self) -> None:
        """Wrap the texts of the pair to come while this one is being read."""
        await asyncio.sleep(SEEN)
        if self.to_label is None:
            return
        me, after = self.services.annotator, self.to_label.pair_id
        ahead = await self.ask(labelling.resume, me, after=after, passed=self._passed)
        if ahead is not None:
            self.prompt.prepare_prompt(ahead.text.messages)
            self.left.prepare(ahead.first)
            self.right.prepare(ahead.second)

    async def _tell_guideline(self) -> None:
        current = await self.ask(guidelines.current)
        if current is None:
            return
        self.status.doing = f"guideline v{current.version} · {_headline(current.text)}"
        if current.id != self._guideline:
            from tui.dialogs.guideline_text import opening  # a parser, not needed for the pair

            self._guideline = current.id
            self.view.tell_below(opening(current))

    async def _nothing_left(self) -> None:
        total = await self.ask(queue.total)
        self._to_rank = await self.ask(to_rank.any_waiting)
        if total:
            me = self.services.annotator
            self._skipped = await self.ask(queue.skipped, me)
            sealed = lines.sealed(await self.ask(adjudication.waiting))
            agenda = await self.ask(adjudication.agenda)
            waiting = (await self.ask(worked.decided, me)).ready
            told = [_all_words(total, self._skipped)]
            told += [" · ".join(self.rhythm.words(self.services.clock())), sealed]
            self.next_step.tell(
                "\n".join(filter(None, told)),
                [
                    *_ways_on(self._skipped, len(agenda.pair_ids) - len(agenda.ruled), waiting),
                    (for_another(me, self.services.db_path), ANOTHER),
                ],
            )
            self.refresh_bindings()
            return
        name = self.services.db_path
        self.next_step.tell(
            "There is no pair to label yet. A finished revision makes one, and so does an import.",
            (
                ("mode.revise", "shows what the model writes: accept, edit, reject"),
                ("all.import", "brings in pairs of answers, or prompts"),
                (command("import pairs.jsonl", name), "brings them in"),
            ),
        )
        self.refresh_bindings()


def _title(to_label: PairToLabel, *, stacked: bool) -> str:
    """``Pair 41 of 120``, and what this annotator said of it before."""
    parts = [f"Pair {to_label.index} of {to_label.total}"]
    if to_label.round is not None:
        parts[0] = (
            f"Round {one_line(to_label.round.name, 24)} · pair {to_label.index} of {to_label.total}"
        )
    elif to_label.order.useful:
        parts.append(f"useful first, κ over a random {share(to_label.order.share)}")
    if to_label.mine is not None:
        verdict = to_label.swapped(to_label.mine.verdict)
        words = said(verdict, stacked=stacked, strength=to_label.mine.strength)
        parts.append(f"your verdict: {words}")
    if to_label.flagged:
        parts.append("flagged")
    if to_label.note:
        parts.append(f"note: {one_line(to_label.note, 40)}")
    return " · ".join(parts)


def _all_words(total: int, skipped: int) -> str:
    """``19 labelled, 1 skipped: it comes again``, or that all are done."""
    if not skipped:
        return f"All {counted(total, 'pair')} have your verdict."
    again = "it comes" if skipped == 1 else "they come"
    return f"{total - skipped:,} labelled, {skipped:,} skipped: {again} again."


def _ways_on(skipped: int, disagreements: int, revisions: int) -> list[tuple[str, str]]:
    """What comes next where everything is labelled; what there is to do is counted."""
    ways = [
        ("label.skipped", f"shows {counted(skipped, 'skipped pair')} again") if skipped else None,
        ("mode.judge", f"rules on {counted(disagreements, 'disagreement')}")
        if disagreements
        else None,
        ("mode.revise", f"decides on {counted(revisions, 'revision')}") if revisions else None,
        ("mode.kappa", "tells how far you and the others agree"),
        ("mode.export", "writes what is decided"),
        ("all.undo", "takes back your last verdict"),
        ("move.earlier", "goes back through your verdicts"),
    ]
    return [way for way in ways if way]


def _round_words(before: PairToLabel, after: PairToLabel | None) -> str:
    """That a round is done, and what comes now; empty while one is in the same round."""
    if before.round is None or before.phase is not Phase.FIRST:
        return ""
    if after is not None and (after.round == before.round or after.phase is Phase.REPEAT):
        return ""
    done = f"round {one_line(before.round.name, 24)}: all {before.total:,} of yours done"
    if after is None:
        return done
    if after.round is None:
        return f"{done}; now the pairs outside of it"
    return f"{done}; now round {one_line(after.round.name, 24)}"


def _headline(text: str) -> str:
    """The first line of the guideline that says something, without its Markdown."""
    lines = (line.strip(" #*_") for line in text.splitlines())
    return one_line(next((line for line in lines if line), ""), 60)


def _undone_words(undone: undo.Undone, to_label: PairToLabel | None, *, stacked: bool) -> str:
    where = f" on pair {to_label.index}" if to_label is not None else ""
    if undone.kind == "label" and to_label is not None:
        verdict = to_label.swapped(Verdict(undone.was["verdict"]))
        return f"the verdict{where} ({said(verdict, stacked=stacked)})"
    return f"the {undone.kind}{where}"
