"""Who is being written now, who waits, and who shares whose evaluated beginning."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import replace

from engine.api import Urgency
from engine.llama.host.jobs import (
    BatchRow,
    Counters,
    GenerateJob,
    Job,
    RunningAnswer,
    ScoreJob,
    free,
)
from engine.llama.host.kv_cache import KvCache, common_start
from engine.llama.protocol import Answer as Line
from engine.llama.protocol import Begun

URGENT_SLOTS = 8
"""Slots beside the usual ones for what a person waits for."""
_OVERTAKE = 64
"""Only so many jobs that came after a job may be begun before it."""


class Slots:
    """The queue of jobs, the rows of the batch, and how one becomes the other."""

    def __init__(
        self,
        cache: KvCache,
        usual: int,
        counters: Counters,
        send: Callable[[Line], None],
        clock: Callable[[], float],
        *,
        whole_only: bool,
    ) -> None:
        self._cache = cache
        self._usual = usual
        self._counters = counters
        self._send = send
        self._clock = clock
        self._whole_only = whole_only
        self._queue: list[Job] = []
        self.rows: list[BatchRow] = []
        """What is in work; changed by the main thread only."""

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._queue or self.rows)

    @property
    def taken(self) -> int:
        """Answers being written or weighed."""
        return sum(row.width for row in self.rows)

    @property
    def waiting(self) -> int:
        """Requests whose turn has not come."""
        return sum(not job.begun for job in self._queue)

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for the first of the queue."""
        return bool(self._queue) and self._queue[0].urgency is Urgency.NOW

    @property
    def suspecting(self) -> bool:
        """Whether somebody waits to be computed alone."""
        return any(job.alone for job in self._queue)

    def add(self, job: Job) -> None:
        """Take a job into the queue, unless it is there already."""
        if job not in self._queue:
            bisect.insort(self._queue, job, key=lambda queued: queued.rank)

    def remove(self, request: int) -> bool:
        """Forget a request; False when there is none."""
        rows = [row for row in self.rows if row.job.id == request]
        queued = [job for job in self._queue if job.id == request]
        for row in rows:
            free(row.answers)
            self.close(row)
        for job in queued:
            self._queue.remove(job)
            if isinstance(job, GenerateJob):
                free(job.waiting)
        return bool(rows or queued)

    def close(self, row: BatchRow, *, whole: bool = False) -> None:
        """Take a row out of the batch; its prompt, or all of it, may serve others."""
        self.rows.remove(row)
        row.closed = True
        # a conversation goes on from an only answer; of many candidates none is gone on from
        whole = whole or (isinstance(row.job, GenerateJob) and row.job.single)
        self._cache.keep(row.kv, len(row.kv.tokens if whole else row.job.prompt))

    def start_over(self) -> None:
        """Take all rows out of the batch and empty the cache; their jobs wait for their turn.

        Answers keep what they have written, what was being weighed is weighed anew.
        """
        for row in self.rows:
            row.closed = True
            job = row.job
            if isinstance(job, GenerateJob):
                job.waiting.extendleft(reversed(row.answers))
            elif isinstance(job, ScoreJob):
                job.start_over()
            if row.answers or isinstance(job, ScoreJob):
                self.add(job)
        self.rows.clear()
        self._cache.reset()

    def fork(self, row: BatchRow, answer: RunningAnswer) -> None:
        """Give one of a row's answers a row of its own, which shares all there is."""
        kv = self._cache.new()
        assert kv is not None, "there are more sequence numbers than slots"
        self._cache.share(row.kv, kv, len(row.kv.tokens))
        tokens = [*row.tokens, answer.written[-1]]
        self.rows.append(replace(row, kv=kv, tokens=tokens, answers=[answer]))

    # -- admitting ------------------------------------------------------------------------------

    def admit(self) -> None:
        """Give free slots to the jobs that go first."""
        while self._queue:
            job = self._next()
            if not self._room_beside(job):
                return
            urgent = job.urgency is Urgency.NOW
            slots = self._usual + (URGENT_SLOTS if urgent else 0) - self.taken
            if urgent and slots < 1:
                slots = self._put_aside_one(job)
            if slots < 1:
                return
            if not self._open_row(job, slots):
                return
            if not (isinstance(job, GenerateJob | ScoreJob) and job.waiting):
                self._queue.remove(job)

    def _next(self) -> Job:
        """The first of the queue, or one soon after it that goes on from a finished text.

        That text is in the cache now, and will not be for long.
        """
        first = next((job for job in self._queue if job.alone), self._queue[0])
        if first.alone or self.urgent or len(self._queue) == 1 or not self._cache.kept:
            return first
        best, most = first, self._reusable(first) + self._cache.worth_sharing - 1
        for job in self._queue[1:]:
            if job.urgency != first.urgency or job.order > first.order + _OVERTAKE:
                continue
            reusable = self._reusable(job)
            if reusable > most:
                best, most = job, reusable
        return best

    def _room_beside(self, job: Job) -> bool:
        """Whether ``job`` may be computed with those in work: who shall be alone may not."""
        beside = [row for row in self.rows if row.job is not job]
        if any(row.job.alone or (job.alone and not row.answers) for row in beside):
            return False
        if job.alone and len(beside) == len(self.rows):
            for row in beside:
                self._put_aside(row)
            self._cache.reset()
        return True

    def _reusable(self, job: Job) -> int:
        """Tokens of a job's prompt that finished texts have evaluated."""
        most = len(job.prompt) - 1
        return max(self._cache.usable(kv, job.prompt, most) for kv in self._cache.kept)

    def _open_row(self, job: Job, slots: int) -> bool:
        """Start ``job``, or as many of its waiting answers as there is room for."""
        kv = self._cache.new()
        if kv is None:
            return False
        tokens = list(job.prompt)
        row = BatchRow(job, kv, tokens, len(tokens) - 1)
        if isinstance(job, GenerateJob):
            row.answers = _group(job, slots)
            tokens += row.answers[0].written
            row.outputs_from = len(tokens) - 1
        elif isinstance(job, ScoreJob) and job.waiting:
            row.continuation = job.waiting[0]
            row.outputs_from = len(tokens)
            tokens += job.continuations[row.continuation][:-1]
        self._share(row)
        while not self._fits(row):
            if len(row.answers) > 1:
                row.answers.pop()
            elif job.urgency is not Urgency.NOW or not self._put_aside_one(job):
                self._cache.drop(kv)
                return False
        self._begin(row)
        return True

    def _fits(self, row: BatchRow) -> bool:
        claimed = (self._cache.claim(one.kv, one.claims) for one in (*self.rows, row))
        return self._cache.make_room(sum(claimed))

    def _begin(self, row: BatchRow) -> None:
        job, now = row.job, self._clock()
        self._counters.needed += len(row.tokens) * row.width
        if isinstance(job, GenerateJob):
            for answer in row.answers:
                job.waiting.remove(answer)
                answer.began = answer.began or now
        elif isinstance(job, ScoreJob) and row.continuation is not None:
            job.waiting.popleft()
        self.rows.append(row)
        if not job.begun:
            job.begun = True
            reused = max(len(row.kv.tokens), row.common)
            self._send(Begun(job.id, job.rendered, len(job.prompt), reused))

    def _put_aside_one(self, urgent: Job) -> int:
        """Take the place of the least urgent answer being written; 0 when there is none."""
        rows = [row for row in self.rows if row.answers and row.job.urgency > urgent.urgency]
        if not rows:
            return 0
        row = max(rows, key=lambda found: found.job.rank)
        self._put_aside(row)
        return row.width

    def _put_aside(self, row: BatchRow) -> None:
        job = row.job
        assert isinstance(job, GenerateJob)
        job.waiting.extendleft(reversed(row.answers))
        self.close(row, whole=True)
        self.add(job)

    # -- sharing --------------------------------------------------------------------------------

    def ready(self, row: BatchRow) -> bool:
        """Whether a row may be evaluated now; shares with its leader when that is far enough."""
        leader = row.leader
        if leader is None:
            return True
        if len(leader.kv.tokens) < row.common and leader in self.rows:
            return False
        self._share(row)
        return row.leader is None

    def _share(self, row: BatchRow) -> None:
        """Take over the longest beginning others have evaluated, or wait for one being so."""
        best, have = None, 0
        for kv in (*self._cache.kept, *(other.kv for other in self.rows)):
            common = self._cache.usable(kv, row.tokens, row.outputs_from)
            if common > have:
                best, have = kv, common
        row.leader, row.common = self._leader(row, have)
        if best is not None and row.leader is None:
            self._cache.share(best, row.kv, have)

    def _leader(self, row: BatchRow, have: int) -> tuple[BatchRow | None, int]:
        """A row that goes first and will have evaluated more of the same beginning."""
        leader, most = None, have + self._cache.worth_sharing - 1
        if self._whole_only:
            return None, 0
        for other in self.rows:
            if other is row or other.job.urgency > row.job.urgency or _waits_for(other, row):
                continue
            common = min(common_start(other.tokens, row.tokens), row.outputs_from)
            if common > most:
                leader, most = other, common
        return leader, most if leader else 0


def _group(job: GenerateJob, slots: int) -> list[RunningAnswer]:
    """The waiting answers of a job that can begin together: unwritten ones share the prompt."""
    first = job.waiting[0]
    if first.written:
        return [first]
    return [answer for answer in job.waiting if not answer.written][:slots]


def _waits_for(row: BatchRow, other: BatchRow) -> bool:
    """Whether ``row`` waits for ``other``, directly or through others."""
    leader = row.leader
    while leader is not None:
        if leader is other:
            return True
        leader = leader.leader
    return False
