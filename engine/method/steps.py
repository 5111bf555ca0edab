"""One step of a plan at a time, with the draft shown while it is written and told when stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from engine.api import Engine, Urgency
from engine.method.constitution import Principle
from engine.method.context import RunContext, open_context
from engine.method.events import Kind, RunnerEvent, Stored, Writing
from engine.method.judge import Judge, open_judge
from engine.method.pad import pad
from engine.method.pending import PendingVerdicts, PendingWork, pending_work
from engine.method.plan import Plan
from engine.method.progress import ProgressCounter
from engine.method.propose import propose
from engine.method.revise import Subject, criticise, pick_place, revise
from store.db.thread import StoreThread
from store.items import candidates, critiques, pairs, prompts
from store.items.pending import Work
from store.judgements import pairing
from store.records import Candidate, Critique, Prompt
from store.rounds import queue

Listener = Callable[[RunnerEvent], None]


class Steps:
    """Takes the steps of a plan and tells of them.

    Args:
        engine: the model.
        teacher: a stronger model that criticises and revises instead.
        store: the project.
        plan: gives principles and seeds.
        clock: UTC time as it is stored.
        annotator: whose undecided chains count as ready.
        counter: counts the texts.
    """

    def __init__(
        self,
        engine: Engine,
        teacher: Engine | None,
        store: StoreThread,
        plan: Plan,
        *,
        clock: Callable[[], str],
        annotator: str | None,
        counter: ProgressCounter,
    ) -> None:
        self.plan = plan
        self._engine = engine
        self._teacher = teacher
        self._store = store
        self._clock = clock
        self._annotator = annotator
        self._counter = counter
        self.pending: PendingWork = pending_work(plan)
        """What the plan has left to do; whose verdicts it means is known once it is open."""
        self.judge: Judge | None = None
        """Who judges, once it is open and where the plan judges."""
        self._context: RunContext | None = None
        self._opening = asyncio.Lock()
        self._listeners: list[Listener] = []
        self._drafts: dict[tuple[str, str, int], Writing] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with each event; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: RunnerEvent) -> None:
        """Tell whoever listens."""
        for listener in tuple(self._listeners):
            listener(event)

    async def tell_progress(self) -> None:
        """Tell how far the plan is."""
        ready = 0
        if self._annotator is not None:
            ready = await self._store.call(queue.revise_ready, self._annotator)
        self.tell(self._counter.progress(ready, self._engine.status.tokens_per_second))

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that were recorded; none before :meth:`open`."""
        made = self._context
        return () if made is None else (made.proposer.run_id, made.reviser.run_id)

    def draft(self, item_id: str) -> tuple[Writing, ...]:
        """What is being written right now for a prompt or a chain."""
        return tuple(
            writing
            for _, writing in sorted(self._drafts.items())
            if item_id in {writing.prompt_id, writing.original_id}
        )

    async def open(self) -> RunContext:
        """Load the models and record the run, once.

        Raises:
            EngineError: a model does not load.
        """
        async with self._opening:
            if self._context is None:
                context = await open_context(
                    self._store,
                    self.plan,
                    self._engine,
                    teacher=self._teacher,
                    clock=self._clock,
                )
                if "judge" in self.plan.parts:
                    self.judge = await open_judge(context)
                    self.pending = PendingVerdicts(
                        self.judge.name, self.judge.keys, self.plan.limit
                    )
                self._context = context
            return self._context

    async def take(self, work: Work, urgency: Urgency) -> None:
        """Take one step that is pending.

        Raises:
            EngineError: the model failed; what was finished is stored.
        """
        if work.step == "judge":
            await self._judge(work, urgency)
            return
        prompt = await self._store.call(prompts.get, work.prompt_id)
        if work.step == "propose":
            await self._propose(prompt, work.slots, urgency)
            return
        original_id, candidate_id = work.original_id or "", work.candidate_id or ""
        if work.step == "pair":
            await self._store.write(
                pairs.make_revision_pair, original_id, candidate_id, at=self._clock()
            )
            return
        candidate = await self._store.call(candidates.get, candidate_id)
        if work.step == "pad":
            await self._pad(prompt, original_id, candidate, urgency)
            return
        subject = Subject(prompt, original_id, candidate, work.round)
        if work.step == "critique":
            await self.criticise(subject, None, urgency)
        else:
            await self.revise(subject, work.critique_id, urgency)

    async def pair_by_policy(self) -> int:
        """Make the pairs that what the judges said allows (`setting --pairs`); how many are new."""
        made = 0
        for prompt_id in await self._store.call(pairing.judged_prompts):
            new = await self._store.call(pairing.by_policy, prompt_id, at=self._clock())
            made += len(new)
        return made

    async def _propose(self, prompt: Prompt, slots: tuple[int, ...], urgency: Urgency) -> None:
        def hear(slot: int, text: str) -> None:
            self._hear(Writing(prompt.id, None, "propose", 0, slot, None, text))

        def stored(slot: int) -> None:
            self._drafts.pop((prompt.id, "propose", slot), None)
            self._counter.step()
            self.tell(Stored(prompt.id, None, "propose"))

        try:
            await propose(
                await self.open(), prompt, slots, urgency=urgency, hear=hear, stored=stored
            )
        finally:
            for slot in slots:
                self._drafts.pop((prompt.id, "propose", slot), None)
        await self.tell_progress()

    async def _pad(
        self, prompt: Prompt, original_id: str, short: Candidate, urgency: Urgency
    ) -> None:
        await pad(await self.open(), prompt, short, urgency=urgency)
        self._counter.step()
        self.tell(Stored(prompt.id, original_id, "pad"))
        await self.tell_progress()

    async def _judge(self, work: Work, urgency: Urgency) -> None:
        await self.open()
        assert self.judge is not None, "a plan that judges has a judge"
        await self.judge.judge(work.pair_id or "", urgency)
        self._counter.step()
        self.tell(Stored(work.prompt_id, None, "judge"))
        await self.tell_progress()

    async def criticise(
        self, subject: Subject, principle_id: str | None, urgency: Urgency
    ) -> Critique:
        """Criticise under one principle, or under the one the plan picks.

        Raises:
            EngineError: the model failed, or there is no such principle.
        """
        context = await self.open()
        made = await self._store.call(critiques.of_candidate, subject.candidate.id)
        if principle_id is not None:
            principle = self.plan.constitution.principle(principle_id)
            subject = replace(subject, chosen=True)
        else:
            principle = self._picked(subject, tuple(each.principle_id for each in made))
        hear = self._hearing(subject, "critique", principle.id)
        try:
            critique = await criticise(context, subject, principle, urgency=urgency, hear=hear)
        finally:
            self._drop(subject, "critique")
        found_nothing = 1 + 2 * max(0, self.plan.rounds - subject.round)
        self._counter.step(1 if critique.found else 1 + found_nothing)
        await self._tell_stored(subject, "critique")
        return critique

    def _picked(self, subject: Subject, used: tuple[str, ...] = ()) -> Principle:
        return self.plan.principle_for(
            subject.prompt.category, *pick_place(subject), round_number=subject.round, used=used
        )

    async def revise(
        self, subject: Subject, critique_id: str | None, urgency: Urgency
    ) -> Candidate:
        """Revise as a critique asks, or by the principle alone that the plan picks.

        Raises:
            EngineError: the model failed.
        """
        context = await self.open()
        basis: Critique | Principle
        if critique_id is None:
            basis = self._picked(subject)
            hear = self._hearing(subject, "revise", basis.id)
        else:
            basis = await self._store.call(critiques.get, critique_id)
            hear = self._hearing(subject, "revise", basis.principle_id)
        try:
            revision = await revise(context, subject, basis, urgency=urgency, hear=hear)
        finally:
            self._drop(subject, "revise")
        self._counter.step()
        await self._tell_stored(subject, "revise")
        return revision

    def _hearing(
        self, subject: Subject, kind: Kind, principle_id: str
    ) -> Callable[[int, str], None]:
        def hear(_choice: int, text: str) -> None:
            self._hear(
                Writing(
                    subject.prompt.id,
                    subject.original_id,
                    kind,
                    subject.round,
                    subject.candidate.slot,
                    principle_id,
                    text,
                )
            )

        return hear

    def _hear(self, writing: Writing) -> None:
        self._drafts[writing.prompt_id, writing.kind, writing.slot] = writing
        self.tell(writing)

    def _drop(self, subject: Subject, kind: Kind) -> None:
        self._drafts.pop((subject.prompt.id, kind, subject.candidate.slot), None)

    async def _tell_stored(self, subject: Subject, kind: Kind) -> None:
        self.tell(Stored(subject.prompt.id, subject.original_id, kind))
        await self.tell_progress()
