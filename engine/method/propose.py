"""Proposes the candidates of a prompt.

The first is drawn at the highest temperature: it is to be a plausible bad answer, the rejected
side of a pair, and no gibberish. What a detector finds broken is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from engine.api import Finished, GenerationEvent, Sampling, Started, Urgency
from engine.method import templates
from engine.method.attempts import (
    WORDS,
    Heard,
    add_generations,
    crowded_out,
    explained,
    generation_of,
    given_up,
    heard_by,
    is_cut,
    is_hopeless,
    longer_thought,
    place_of,
    settled,
)
from engine.method.context import RunContext
from engine.method.detectors import Detection, proposal_fault
from engine.method.plan import ATTEMPTS, Plan
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import candidates, runs
from store.records import Candidate, Generation, Origin, Prompt

Stored = Callable[[int], None]
"""Called with the slot of each candidate that has been handed to the store."""


async def propose(
    context: RunContext,
    prompt: Prompt,
    slots: Sequence[int],
    *,
    urgency: Urgency = Urgency.BATCH,
    hear: Heard = lambda _slot, _text: None,
    stored: Stored = lambda _slot: None,
) -> None:
    """Write and store the candidates of some slots; each is stored as soon as it is finished.

    Args:
        context: the run.
        prompt: what is answered.
        slots: which candidates.
        urgency: who waits.
        hear: told (slot, text so far).
        stored: told of each stored slot.

    Raises:
        EngineError: the model failed; finished candidates are stored.
        NothingUsable: every attempt at a candidate was refused; the attempts are stored, and the
            other candidates.
    """
    missing = list(slots)
    refused: dict[int, list[_Try]] = {}
    for attempt in range(1, ATTEMPTS + 1):
        batch = _SlotBatch(context, prompt, missing, attempt, refused, stored)
        try:
            await batch.write(urgency, hear)
        finally:
            await settled(batch.handed_over)
        missing = batch.again
        if not missing:
            break
    if refused:
        raise given_up(WORDS["propose"], [one.finding for one in min(refused.items())[1]])


@dataclass(frozen=True, slots=True)
class _Try:
    """One refused candidate."""

    row: Generation
    finding: Detection
    drawn: Sampling
    """How to draw the next one."""


class _SlotBatch:
    """The candidates of one prompt that are written together and share its evaluated text."""

    def __init__(
        self,
        context: RunContext,
        prompt: Prompt,
        slots: Sequence[int],
        attempt: int,
        refused: dict[int, list[_Try]],
        stored: Stored,
    ) -> None:
        self.handed_over: list[Future[Any]] = []
        self.again: list[int] = []
        self._context = context
        self._prompt = prompt
        self._slots = list(slots)
        self._attempt = attempt
        self._refused = refused
        self._stored = stored
        self._done: set[int] = set()
        self._started = Started("", 0, 0)
        self._samplings = [self._sampling(slot) for slot in self._slots]

    async def write(self, urgency: Urgency, hear: Heard) -> None:
        listen = heard_by(lambda choice, text: hear(self._slots[choice], text), "")

        def on_event(event: GenerationEvent) -> None:
            listen(event)
            if isinstance(event, Started):
                self._started = event
            elif isinstance(event, Finished) and event.choice not in self._done:
                # a host that was restarted finishes what it had finished before once more
                self._done.add(event.choice)
                self._finish(event)

        asking = templates.proposal(self._prompt)
        await self._context.proposer.engine.generate(
            asking.messages, self._samplings, urgency=urgency, on_event=on_event
        )

    def _sampling(self, slot: int) -> Sampling:
        plan = self._context.plan
        tries = self._refused.get(slot)
        drawn = tries[-1].drawn if tries else sampling_for(plan, slot)
        return replace(
            drawn, seed=plan.seed_of("propose", self._prompt.id, slot, self._number(slot))
        )

    def _place(self, slot: int) -> str:
        return place_of("propose", self._prompt.id, slot)

    def _number(self, slot: int) -> int:
        """Of this attempt, counted over all runs."""
        return self._context.attempts.get(self._place(slot), 0) + self._attempt

    def _finish(self, finished: Finished) -> None:
        slot = self._slots[finished.choice]
        drawn = self._samplings[finished.choice]
        text = finished.text.strip()
        finding = explained(proposal_fault(text, finish_reason=finished.finish_reason), finished)
        again = self._is_revised(slot) or crowded_out(drawn, finished)
        last = self._attempt == ATTEMPTS or not again
        if finding and is_cut(finding) and last:
            finding = None
        row = generation_of(
            self._context.proposer,
            "propose",
            self._started.rendered,
            self._started.prompt_tokens,
            drawn,
            finished,
            attempt=self._number(slot),
            extra={"slot": slot, "place": self._place(slot)},
            finding=finding,
        )
        if finding is None:
            self._store(slot, row, [one.row for one in self._refused.pop(slot, [])])
            return
        tries = self._refused.setdefault(slot, [])
        tries.append(_Try(row, finding, longer_thought(drawn, finished, finding)))
        if self._attempt < ATTEMPTS and not is_hopeless([one.finding for one in tries]):
            self.again.append(slot)
        elif cut := next((one for one in tries if is_cut(one.finding)), None):
            kept = replace(cut.row, refused=None)
            self._store(slot, kept, [one.row for one in tries if one is not cut])
            del self._refused[slot]
        else:
            self._give_up(slot, tries)

    def _give_up(self, slot: int, tries: list[_Try]) -> None:
        """Store the attempts; there is no candidate."""
        rows = [one.row for one in tries]
        at = self._context.clock()
        self.handed_over.append(self._context.store.submit_write(add_generations, rows, at=at))
        self._context.attempts[self._place(slot)] = self._number(slot)

    def _is_revised(self, slot: int) -> bool:
        plan = self._context.plan
        return plan.rounds > 0 and (slot == 0 or plan.revise_all)

    def _store(self, slot: int, row: Generation, others: list[Generation]) -> None:
        author = self._context.proposer.info.name
        at = self._context.clock()
        self.handed_over.append(
            self._context.store.submit_write(
                _add, self._prompt.id, slot, row, author, others, at=at
            )
        )
        self._stored(slot)


def sampling_for(plan: Plan, slot: int) -> Sampling:
    """How the candidate of a slot is drawn, but for its seed."""
    return Sampling(
        temperature=plan.temperature_of(slot),
        max_tokens=plan.max_tokens,
        thinking_tokens=plan.thinking_tokens,
    )


def _add(
    db: Database,
    prompt_id: str,
    slot: int,
    row: Generation,
    author: str,
    others: list[Generation],
    *,
    at: str,
) -> str:
    """One candidate with its generation, and the generations that were refused before it."""
    with immediate(db):
        add_generations(db, others, at=at)
        generation_id = runs.add_generation(db, replace(row, created_at=at))
        return candidates.add(
            db,
            Candidate(
                prompt_id=prompt_id,
                origin=Origin.PROPOSED,
                text=row.text.strip(),
                generation_id=generation_id,
                author=author,
                slot=slot,
                finish_reason=row.finish_reason,
                created_at=at,
            ),
        )
