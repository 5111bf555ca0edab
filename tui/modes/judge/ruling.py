"""One ruling in mode J: verdict, cause, sureness, reason, and the case for the guideline."""

from __future__ import annotations

from functools import partial

from store.judgements import guidelines, rulings
from store.judgements.drafts import DraftKind, DraftPlace
from store.judgements.rulings import Cause, Confidence
from store.records import Verdict
from store.views.adjudication import Case
from tui.modes.common_keys import JUMP
from tui.modes.judge import text as lines
from tui.modes.judge.case import CaseScreen
from tui.modes.judge.text import RulingDraft
from tui.sides import said
from tui.widgets.note_line import NoteLine


class RulingScreen(CaseScreen):
    """What is chosen is a draft of the ruling; the reason ends it, and it is on the disk."""

    def action_rule(self, verdict: str) -> None:
        """A ruling on the sides as they stand."""
        self.act(partial(self._rule, Verdict(verdict)))

    def action_reason(self) -> None:
        """Open the line below for the reason of the ruling."""
        if self.case is not None:
            self.decide(lambda: self._ask("reason", "reason", self.draft.reason))

    def action_add_case(self) -> None:
        """The case becomes an example of the guideline: with its ruling, or at once."""
        self.act(self._choose_case)

    def action_go_on(self) -> None:
        """``enter`` in the list: what stands out there goes with the ruling."""
        self.act(self._go_on)

    def action_adopt(self) -> None:
        """One annotator's note as the reason, the next one's with the next press."""
        notes = self._notes()

        async def adopt() -> None:
            names = list(notes)
            at = names.index(self.draft.adopted_from) if self.draft.adopted_from in names else -1
            name = names[(at + 1) % len(names)]
            self.draft.reason, self.draft.adopted_from = notes[name], name
            await self._amend()

        if notes:
            self.act(adopt)

    def action_cause(self, cause: str) -> None:
        """``3`` to ``7``; the same again takes it back."""

        async def choose() -> None:
            self.draft.cause = None if self.draft.cause == cause else Cause(cause)
            await self._amend()

        self.act(choose)

    def action_sure(self, confidence: str) -> None:
        """``8`` ``9`` ``0``; the same again takes it back."""

        async def choose() -> None:
            same = self.draft.confidence == confidence
            self.draft.confidence = None if same else Confidence(confidence)
            await self._amend()

        self.act(choose)

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A line was finished: a reason, a case for the guideline, a search, a number."""
        if event.item == JUMP:
            return
        event.prevent_default()
        what, _, about = event.item.partition(" ")
        if what == "search":
            self.guideline.find(event.text)
        elif self.case is not None and about == self.case.pair_id:
            self._written(what, event.text.strip())

    async def _rule(self, verdict: Verdict) -> None:
        """Ask why they disagreed and how sure one is, unless both are chosen already."""
        if self._verdict is None and self.draft.cause and self.draft.confidence:
            await self._ask_reason(verdict)
            return
        if self._verdict is None:
            self.draft.cause = self.draft.cause or self._last.cause
            self.draft.confidence = self.draft.confidence or self._last.confidence
        self._verdict = verdict
        self.add_class("-asking")
        self._draw()

    async def _go_on(self) -> None:
        verdict = self._verdict
        if verdict is not None:
            self._close_list()
            self._last = RulingDraft(cause=self.draft.cause, confidence=self.draft.confidence)
            self._draw()
            await self._ask_reason(verdict)

    async def _choose_case(self) -> None:
        """In the list a choice like the others; a ruled case is added at once."""
        if self._verdict is not None:
            self.draft.as_case = not self.draft.as_case
            self._draw()
        elif self.case is None or self.case.ruling is None:
            self.tell("a case says which answer is right: rule first, the list offers it")
        else:
            self._ask("case", "case: why it is right", self.case.ruling.reason)

    async def _ask_reason(self, verdict: Verdict) -> None:
        """Rule, or ask for the reason first."""
        if self.draft.reason:
            await self._put(verdict)
        else:
            self._ask(verdict.value, f"{said(verdict, stacked=self.stacked)}, because", "")

    async def _put(self, verdict: Verdict) -> None:
        """The ruling is on the disk, then comes the next case."""
        case = self.case
        if case is None:
            return
        place = self.agenda.pair_ids.index(case.pair_id) + 1
        await self._store(case, case.swapped(verdict))
        added = ""
        if self.draft.as_case and self.draft.reason:
            version = await self._store_case(case, case.swapped(verdict), self.draft.reason)
            added = f", guideline v{version} has the case"
        await self._reload()
        await self._open(self.agenda.open_after(case.pair_id))
        self.tell(lines.told(verdict, place, stacked=self.stacked) + added)

    async def _store(self, case: Case, verdict: Verdict) -> None:
        await self.ask(
            rulings.rule,
            case.pair_id,
            self.services.annotator,
            verdict,
            reason=self.draft.reason,
            cause=self.draft.cause,
            confidence=self.draft.confidence,
            adopted_from=self.draft.adopted_from,
            at=self.services.clock(),
        )
        self.drafts.drop(DraftPlace(DraftKind.REASON, case.pair_id))

    async def _amend(self) -> None:
        """Show the draft; where one's own ruling stands already, it is changed with it."""
        case = self.case
        if case is None:
            return
        if self._verdict is None and case.ruling is not None and self._is_mine(case):
            await self._store(case, case.ruling.verdict)
            self.case = await self._read(case.pair_id)
            self.tell("ruling changed")
        self._draw()

    def _written(self, what: str, text: str) -> None:
        if what == "case":
            self.act(partial(self._add_case, text), on_item=False, decides=False)
            return
        notes = self._notes()
        if notes.get(self.draft.adopted_from or "") != text:
            self.draft.adopted_from = None
        self.draft.reason = text
        work = self._amend if what == "reason" else partial(self._put, Verdict(what))
        self.act(work, on_item=False, decides=False)

    async def _add_case(self, text: str) -> None:
        case = self.case
        if case is None or case.ruling is None:
            return
        version = await self._store_case(case, case.ruling.verdict, text)
        self.guideline.scroll_end_or_home(end=True)
        self._draw()
        self.tell(f"guideline v{version}: the case was added")

    async def _store_case(self, case: Case, verdict: Verdict, why: str) -> int:
        me, at = self.services.annotator, self.services.clock()
        added = await self.ask(guidelines.add_case, case.pair_id, verdict, why, me, at)
        self.drafts.drop(DraftPlace(DraftKind.CASE, case.pair_id))
        await self._read_guideline()
        return added.version

    def _ask(self, what: str, label: str, text: str) -> None:
        place = None
        if self.item_id is not None and what != "search":
            kind = DraftKind.CASE if what == "case" else DraftKind.REASON
            place = DraftPlace(kind, self.item_id)
        draft = self.drafts.get(place) if place is not None else None
        about = f"{what} {self.item_id or ''}"
        self.note_line.open(about, text, label=label, place=place, draft=draft)
