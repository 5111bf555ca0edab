"""What mode L says around a pair: title, pace, guideline, and what comes when all is done."""

from __future__ import annotations

import asyncio

from textual import getters
from textual.content import Content

from store.judgements import guidelines
from store.log import undo
from store.records import Phase, Verdict
from store.rounds import queue
from store.views import adjudication, labelling, to_rank, worked
from store.views.labelling import PairToLabel
from tui.formatting import category, counted, share, time_left
from tui.modes.judge import text as lines
from tui.modes.label.correcting import CorrectingScreen
from tui.rhythm import Rhythm, midnight
from tui.session import SEEN
from tui.sides import said
from tui.text import one_line
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.hanging import two_columns
from tui.widgets.header import WIDE
from tui.widgets.next_step import ANOTHER, NextStep, command, for_another
from tui.widgets.prompt_pane import PromptPane

HELP = (
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


class TellingScreen(CorrectingScreen):
    """Words above, below and instead of the pair."""

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

    def _pace(self, to_label: PairToLabel) -> str:
        """``about 25 min left · 38 today · 96 an hour``, as far as there is room."""
        parts = [time_left(to_label.seconds_left), *self.rhythm.words(self.services.clock())]
        return " · ".join(filter(None, parts if self.app.size.width >= WIDE else parts[:2]))

    async def _read_rhythm(self) -> None:
        """What this annotator has done today, from the log."""
        since = midnight(self.services.clock())
        times = await self.ask(worked.label_times, self.services.annotator, since)
        self.rhythm = Rhythm(times)

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

    async def marked(self) -> None:
        """What is told of this pair has changed, or how many there are: its title says so."""
        shown = self.to_label
        if shown is not None and shown.phase is Phase.FIRST and self.opened is None:
            again = await self.ask(labelling.at_pair, self.services.annotator, shown.pair_id)
            if again is not None and self.to_label is shown:
                self.to_label = again
                self.prompt.title = title_of(again, stacked=self.stacked)
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


def title_of(to_label: PairToLabel, *, stacked: bool) -> str:
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


def round_words(before: PairToLabel, after: PairToLabel | None) -> str:
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


def undone_words(undone: undo.Undone, to_label: PairToLabel | None, *, stacked: bool) -> str:
    """``the verdict on pair 7 (left)``: what was taken back."""
    where = f" on pair {to_label.index}" if to_label is not None else ""
    if undone.kind == "label" and to_label is not None:
        verdict = to_label.swapped(Verdict(undone.was["verdict"]))
        return f"the verdict{where} ({said(verdict, stacked=stacked)})"
    return f"the {undone.kind}{where}"
