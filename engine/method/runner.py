"""The worker behind ``pairlab run``, its single steps and the app: makes what the plan asks for.

What is left to do is read from the store's rows before every step, so a run that was killed goes
on where it stopped. An item is a prompt, or a pair where pairs are judged. Unattended, as many
items are in flight as the engine has slots. In the app the prompt a person looks at goes first;
the others wait until its first revision is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from weakref import WeakValueDictionary

from engine.api import Engine, EngineStatus, State, Urgency
from engine.errors import EngineError, NoMoreRequests, NothingUsable, PromptTooLong
from engine.method.events import Failed, Idle, Writing
from engine.method.judge import Judge
from engine.method.pending import Portion
from engine.method.plan import Plan
from engine.method.progress import ProgressCounter
from engine.method.queue import WorkQueue
from engine.method.revise import Subject
from engine.method.steps import Listener, Steps
from store.db.thread import StoreThread
from store.errors import StoreError
from store.items import candidates, chains, critiques
from store.items.pending import Work
from store.records import Candidate, Prompt

_LANES_ATTENDED = 4
"""Prompts in flight while a person reads: enough to be ahead, few enough to be quick."""


class Runner:
    """Proposes, criticises and revises, or judges, whatever is pending.

    Args:
        engine: the model.
        store: the project.
        plan: what is to be made.
        teacher: a stronger model that criticises and revises instead.
        clock: UTC time as it is stored.
        annotator: whose undecided chains count as ready in
            :class:`~engine.method.events.PlanProgress`.
        timer: monotonic seconds, for the time left.
    """

    def __init__(
        self,
        engine: Engine,
        store: StoreThread,
        plan: Plan,
        *,
        teacher: Engine | None = None,
        clock: Callable[[], str],
        annotator: str | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures: dict[str, str] = {}
        """Why each prompt (or pair that was to be judged) was given up, since the last start."""
        self.paired = 0
        """Pairs that followed from what judges said (`setting --pairs`), since the last start."""
        self._engine = engine
        self._store = store
        self._counter = ProgressCounter(timer)
        self._steps = Steps(
            engine, teacher, store, plan, clock=clock, annotator=annotator, counter=self._counter
        )
        self._queue = WorkQueue()
        self._portions: Iterator[Portion] = iter(())
        """Items whose work has not been read yet."""
        self._reading = asyncio.Lock()
        self._only: frozenset[str] | None = None
        self._attended = False
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running = asyncio.Event()
        self._running.set()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._solo: set[asyncio.Task[None]] = set()
        self._fatal: EngineError | StoreError | None = None
        self._last_state: State | None = None
        self._hopeless: set[str] = set()
        self._unsubscribe: Callable[[], None] = lambda: None

    # -- telling --------------------------------------------------------------------------------

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with each event on the event loop; returns what ends it."""
        return self._steps.subscribe(listener)

    def draft(self, item_id: str) -> tuple[Writing, ...]:
        """What is being written right now for a prompt or a chain (its original's id)."""
        return self._steps.draft(item_id)

    @property
    def plan(self) -> Plan:
        """What is to be made."""
        return self._steps.plan

    @property
    def judge(self) -> Judge | None:
        """Who judges, once the models are loaded and where the plan judges."""
        return self._steps.judge

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs its texts are stored under: the model's and the teacher's."""
        return self._steps.run_ids

    @property
    def paused(self) -> bool:
        """Whether no new text is begun."""
        return not self._running.is_set()

    # -- steering -------------------------------------------------------------------------------

    def pause(self) -> None:
        """Begin no new text; what is being written is finished."""
        self._running.clear()

    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        self._running.set()

    def look_at(self, prompt_id: str | None) -> None:
        """A person looks at this prompt now: it goes first, the next ones after it."""
        self._queue.look_at(prompt_id)
        self._change()
        if self._task is None or prompt_id is None:
            return
        if self._queue.claim(prompt_id):
            task = asyncio.create_task(self._finish(prompt_id))
            self._solo.add(task)
            task.add_done_callback(self._solo.discard)
        elif prompt_id in self.failures:
            self.wake()

    def wake(self) -> None:
        """Look again for pending work: another process may have brought prompts."""
        self._wake.set()

    def start(self) -> None:
        """Work in the background, ahead of a person, until :meth:`stop`."""
        if self._task is None:
            self._attended = True
            self._unsubscribe = self._engine.subscribe(self._on_status)
            self._task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        """End the background work; texts that are being written are given up."""
        tasks = [task for task in (self._task, *self._solo) if task is not None]
        if self._task is not None:
            self._unsubscribe()
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self) -> None:
        """Work until nothing is pending; what failed is tried once more at the end.

        Raises:
            EngineError: the model failed for good. What is in :attr:`failures` alone did not
                raise: those items were given up, the others are done.
            StoreError: the project file cannot be read or written.
        """
        self.failures.clear()
        self._hopeless.clear()
        self._fatal = None
        await self._steps.open()
        await self._work_twice()
        self.paired = 0
        while made := await self._steps.pair_by_policy():
            self.paired += made
            if "judge" not in self.plan.parts:
                break
            await self._work_twice()  # a judge has something to say of the new pairs too
        self._steps.tell(Idle(len(self.failures)))

    async def _work_twice(self) -> None:
        """All that is pending, and once more what failed."""
        for last_try in (False, True):
            await self._scan(only=self._worth_retrying() if last_try else None)
            await self._work_through()
            if self._fatal is not None:
                raise self._fatal
            if not self._worth_retrying():
                break

    async def complete(self) -> tuple[int, int]:
        """How many prompts, or pairs to judge, are complete, and how many the plan has."""
        return await self._store.call(self._steps.pending.complete)

    # -- what a person asks for -----------------------------------------------------------------

    async def again(self, original_id: str, principle_id: str | None = None) -> Candidate | None:
        """Criticise and revise the newest round of a chain once more, under another principle.

        Args:
            original_id: the chain.
            principle_id: which one; None draws one that was not used for this candidate.

        Returns:
            The new revision; None where the model found nothing to criticise.

        Raises:
            EngineError: the model failed, or there is no such principle.
        """
        await self._steps.open()
        chain = await self._store.call(chains.get, original_id)
        async with self._lock(chain.prompt.id):
            chain = await self._store.call(chains.get, original_id)
            newest = chain.rounds[-1] if chain.rounds else None
            of_id = newest.of_id if newest else chain.original.id
            number = newest.number if newest else 1
            return await self._round(chain.prompt, chain.original.id, of_id, number, principle_id)

    async def another_round(self, original_id: str) -> Candidate | None:
        """Criticise and revise the last revision of a chain.

        Returns:
            The new revision; None where the model found nothing to criticise.

        Raises:
            EngineError: the model failed.
        """
        await self._steps.open()
        chain = await self._store.call(chains.get, original_id)
        async with self._lock(chain.prompt.id):
            chain = await self._store.call(chains.get, original_id)
            base = chain.last or chain.original
            return await self._round(chain.prompt, chain.original.id, base.id, base.round + 1, None)

    async def _round(
        self,
        prompt: Prompt,
        original_id: str,
        candidate_id: str,
        number: int,
        principle_id: str | None,
    ) -> Candidate | None:
        candidate = await self._store.call(candidates.get, candidate_id)
        made = await self._store.call(critiques.of_candidate, candidate_id)
        subject = Subject(prompt, original_id, candidate, number, branch=len(made))
        critique = await self._steps.criticise(subject, principle_id, Urgency.NOW)
        if not critique.found:
            return None
        return await self._steps.revise(subject, critique.id, Urgency.NOW)

    # -- the loop -------------------------------------------------------------------------------

    async def _forever(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.run()
            except (EngineError, StoreError) as error:
                self._steps.tell(Failed("", str(error)))
            await self._wake.wait()

    async def _scan(self, only: frozenset[str] | None = None) -> None:
        """Read from the rows what is left."""
        self._only = only
        for item_id in only or ():
            self.failures.pop(item_id, None)
        pending = self._steps.pending
        if self._attended:  # who looks may go anywhere
            self._portions = iter(())
            self._queue.fill(self._of_these(await self._store.call(pending.left)))
            if self._queue.looked_at is None:
                self._queue.look_at(self._queue.first())
        else:
            self._portions = await self._store.call(pending.portions)
            self._queue.fill(())
        done, total = await self._store.call(self._steps.pending.texts)
        self._counter.start(done, total)
        await self._steps.tell_progress()

    def _of_these(self, works: list[Work]) -> list[Work]:
        return [work for work in works if self._only is None or work.item_id in self._only]

    async def _work_through(self) -> None:
        info = self._engine.info
        slots = info.slots if info else 1
        lanes = min(slots, _LANES_ATTENDED) if self._attended else slots
        await asyncio.gather(*(self._lane() for _ in range(max(1, lanes))))

    async def _lane(self) -> None:
        while self._fatal is None:
            await self._running.wait()
            item_id = await self._next()
            if item_id is None:
                return
            await self._finish(item_id)

    async def _next(self) -> str | None:
        """The item to go on with; None where nobody is missing on any."""
        async with self._reading:
            while (item_id := self._queue.take(ahead=self._attended)) is None:
                portion = next(self._portions, None)
                if portion is None:
                    break
                try:
                    works = await self._store.call(self._steps.pending.left_of, portion)
                except StoreError as error:
                    self._fatal = error
                    break
                self._queue.extend(self._of_these(works))
        return item_id

    async def _finish(self, item_id: str) -> None:
        """Take the steps of one item until nothing of it is left or others are more urgent."""
        try:
            while self._fatal is None and await self._turn(item_id):
                if self._attended and self._queue.should_yield(item_id):
                    break
        except EngineError as error:
            self._give_up(item_id, error)
        except StoreError as error:
            self._fatal = error
        finally:
            self._queue.release(item_id)
            self._change()

    async def _turn(self, item_id: str) -> bool:
        """One step of an item; False when none is left."""
        await self._may_go(item_id)
        async with self._lock(item_id):
            # read anew: a person may have done this step, or another process
            works = await self._left(item_id)
            if works:
                await self._steps.take(works[0], self._urgency(item_id))
                works = await self._left(item_id)
        return bool(works)

    def _lock(self, item_id: str) -> asyncio.Lock:
        """The lock of one item, which lives as long as somebody holds it or waits for it."""
        return self._locks.setdefault(item_id, asyncio.Lock())

    async def _left(self, item_id: str) -> list[Work]:
        """What is left of an item."""
        works = await self._store.call(self._steps.pending.left, item_id)
        self._queue.update(item_id, works)
        self._change()
        return works

    async def _may_go(self, item_id: str) -> None:
        """Wait while paused, and while a person waits for another prompt's first revision."""
        await self._running.wait()
        while self._attended and self._queue.waits_for(item_id):
            self._changed.clear()
            await self._changed.wait()
            await self._running.wait()

    def _urgency(self, item_id: str) -> Urgency:
        if not self._attended:
            return Urgency.BATCH
        return Urgency.NOW if item_id == self._queue.looked_at else Urgency.AHEAD

    # -- trouble --------------------------------------------------------------------------------

    def _give_up(self, item_id: str, error: EngineError) -> None:
        self._queue.drop(item_id)
        failed = self._engine.status.state in {State.FAILED, State.STOPPED}
        if failed or isinstance(error, NoMoreRequests):
            self._fatal = error
            return
        self.failures[item_id] = str(error)
        hopeless = isinstance(error, NothingUsable) and not error.worth_retrying
        if hopeless or isinstance(error, PromptTooLong):
            self._hopeless.add(item_id)
        self._steps.tell(Failed(item_id, str(error)))

    def _worth_retrying(self) -> frozenset[str]:
        return frozenset(self.failures) - self._hopeless

    def _on_status(self, status: EngineStatus) -> None:
        """A model that came back after a failure is work to go on with."""
        if status.state is State.READY and self._last_state in {State.FAILED, State.STOPPED}:
            self._wake.set()
        self._last_state = status.state

    def _change(self) -> None:
        self._changed.set()
