"""Proposes the candidates of a prompt.

The first is drawn at the highest temperature: it is to be a plausible bad answer, the rejected
side of a pair, and no gibberish. What a detector finds broken is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from engine import templates
from engine.detectors import Fault, Finding, proposal_fault
from engine.face import Finished, GenerationEvent, Sampling, Started, Urgency
from engine.plan import ATTEMPTS, Plan
from engine.workshop import Heard, Workshop, add_generations, fields, heard_by, settled
from store import candidates, runs
from store.records import Origin, Prompt
from store.sqlite import Database, immediate

Stored = Callable[[int], None]
"""Called with the slot of each candidate that has been handed to the store."""


async def propose(
    workshop: Workshop,
    prompt: Prompt,
    slots: Sequence[int],
    *,
    urgency: Urgency = Urgency.BATCH,
    hear: Heard = lambda _slot, _text: None,
    stored: Stored = lambda _slot: None,
) -> None:
    """Write and store the candidates of some slots; each is stored as soon as it is finished.

    Args:
        workshop: the run.
        prompt: what is answered.
        slots: which candidates.
        urgency: who waits.
        hear: told (slot, text so far).
        stored: told of each stored slot.

    Raises:
        EngineError: the model failed; finished candidates are stored.
    """
    missing = list(slots)
    refused: dict[int, list[_Try]] = {}
    for attempt in range(1, ATTEMPTS + 1):
        batch = _Batch(workshop, prompt, missing, attempt, refused, stored)
        try:
            await batch.write(urgency, hear)
        finally:
            await settled(batch.handed_over)
        missing = batch.again
        if not missing:
            return


@dataclass(frozen=True, slots=True)
class _Try:
    """One refused candidate, kept in case nothing better comes."""

    row: dict[str, Any]
    finding: Finding


class _Batch:
    """The candidates of one prompt that are written together and share its evaluated text."""

    def __init__(
        self,
        workshop: Workshop,
        prompt: Prompt,
        slots: Sequence[int],
        attempt: int,
        refused: dict[int, list[_Try]],
        stored: Stored,
    ) -> None:
        self.handed_over: list[Future[Any]] = []
        self.again: list[int] = []
        self._workshop = workshop
        self._prompt = prompt
        self._slots = list(slots)
        self._attempt = attempt
        self._refused = refused
        self._stored = stored
        self._done: set[int] = set()
        self._started = Started("", 0, 0)
        self._samplings = [
            sampling_for(workshop.plan, prompt.id, slot, attempt) for slot in self._slots
        ]

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
        await self._workshop.proposer.engine.generate(
            asking.messages, self._samplings, urgency=urgency, on_event=on_event
        )

    def _finish(self, finished: Finished) -> None:
        slot = self._slots[finished.choice]
        text = finished.text.strip()
        finding = proposal_fault(text, finish_reason=finished.finish_reason)
        if finding and finding.fault is Fault.CUT and not self._is_revised(slot):
            finding = None
        row = fields(
            self._workshop.proposer,
            "propose",
            self._started.rendered,
            self._started.prompt_tokens,
            self._samplings[finished.choice],
            finished,
            attempt=self._attempt,
            extra={"slot": slot},
        )
        row["refused"] = str(finding) if finding else None
        if finding is None:
            self._store(slot, row, [one.row for one in self._refused.get(slot, [])])
            return
        self._refused.setdefault(slot, []).append(_Try(row, finding))
        if self._attempt < ATTEMPTS:
            self.again.append(slot)
            return
        tries = self._refused[slot]
        best = min(tries, key=lambda one: one.finding.fault.badness)
        self._store(slot, best.row, [one.row for one in tries if one is not best])

    def _is_revised(self, slot: int) -> bool:
        plan = self._workshop.plan
        return plan.rounds > 0 and (slot == 0 or plan.revise_all)

    def _store(self, slot: int, row: dict[str, Any], others: list[dict[str, Any]]) -> None:
        author = self._workshop.proposer.info.name
        at = self._workshop.clock()
        self.handed_over.append(
            self._workshop.store.submit(_add, self._prompt.id, slot, row, author, others, at=at)
        )
        self._stored(slot)


def sampling_for(plan: Plan, prompt_id: str, slot: int, attempt: int) -> Sampling:
    """How the candidate of a slot is drawn."""
    drawn = Sampling(temperature=plan.temperature_of(slot), max_tokens=plan.max_tokens)
    return replace(drawn, seed=plan.seed_of("propose", prompt_id, slot, attempt))


def _add(
    db: Database,
    prompt_id: str,
    slot: int,
    row: dict[str, Any],
    author: str,
    others: list[dict[str, Any]],
    *,
    at: str,
) -> str:
    """One candidate with its generation, and the generations that were refused before it."""
    with immediate(db):
        add_generations(db, others, at=at)
        generation_id = runs.add_generation(db, at=at, **row)
        return candidates.add(
            db,
            prompt_id=prompt_id,
            origin=Origin.PROPOSED,
            text=row["text"].strip(),
            generation_id=generation_id,
            author=author,
            slot=slot,
            finish_reason=row["finish_reason"],
            at=at,
        )
