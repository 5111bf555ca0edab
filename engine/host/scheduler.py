"""Continuous batching: which tokens of which request go into the next run of the model.

Each step runs the model once over one token of every answer being written and, with what is left
of the step's budget, over the beginnings of prompts. Urgent requests go first; an answer that ends
gives its place away at once; k answers to one prompt evaluate it once; a prompt that begins
like another waits for it, or takes over what has been evaluated.
"""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from engine.face import Urgency
from engine.host.cache import Cache, common_start
from engine.host.jobs import Answer, Job, Row, Weighing, Writing
from engine.host.library import BATCH, OUTPUTS, Context, Model, Span
from engine.host.pace import Pace
from engine.host.pieces import PieceBuffer
from engine.protocol import Answer as Line
from engine.protocol import Begun, Cancelled, Chosen, Done, Weighed

_WORTH_WAITING = 16
"""Tokens another row must be about to evaluate to be waited for."""
URGENT_PLACES = 8
"""Places beside the usual ones for what a person waits for."""


@dataclass(slots=True)
class Counters:
    """What has been done since the load."""

    written: int = 0
    evaluated: int = 0
    needed: int = 0
    decodes: int = 0
    inside: float = 0.0
    busy: float = 0.0


class Scheduler:
    """Owns the cache and all requests in work."""

    def __init__(
        self,
        model: Model,
        context: Context,
        *,
        places: int,
        pace: Pace,
        send: Callable[[Line], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._model = model
        self._context = context
        self._places = places
        self._pace = pace
        self._send = send
        self._clock = clock
        self._cache = Cache(context, whole_only=model.whole_only)
        self._queue: list[Job] = []
        self._rows: list[Row] = []
        self._cancels: set[int] = set()
        self._late: dict[int, tuple[int, int]] = {}
        self._pieces = PieceBuffer(send, clock)
        self.counters = Counters()

    # -- asked from outside ---------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return bool(self._queue or self._rows)

    @property
    def running(self) -> int:
        """Answers being written or weighed."""
        return sum(row.width for row in self._rows)

    @property
    def waiting(self) -> int:
        """Requests whose turn has not come."""
        return sum(not job.begun for job in self._queue)

    def add(self, job: Job) -> None:
        """Take a request into the queue."""
        bisect.insort(self._queue, job, key=lambda queued: queued.rank)

    def interrupt(self, request: int) -> None:
        """A cancel is on its way: end the model's run (called from the thread that reads)."""
        self._cancels.add(request)
        if any(row.job.id == request for row in list(self._rows)):
            self._context.interrupt()

    def allow(self) -> None:
        """Let the model run again; to be called before the cancels that came are handled."""
        self._context.allow()

    def step(self) -> None:
        """Run the model once."""
        began = self._clock()
        self._admit()
        plan = self._plan()
        if plan:
            self._run(plan)
        self._pieces.flush_due()
        self.counters.busy += self._clock() - began

    # -- cancelling -----------------------------------------------------------------------------

    def cancel(self, request: int) -> None:
        """End a request; unknown ones and finished ones are no matter."""
        self._cancels.discard(request)
        rows = [row for row in self._rows if row.job.id == request]
        queued = [job for job in self._queue if job.id == request]
        for row in rows:
            self._close(row)
        for job in queued:
            self._queue.remove(job)
            if isinstance(job, Writing):
                _free(job.waiting)
        self._pieces.forget(request)
        late = self._late.pop(request, (0, 0))
        if rows or queued:
            self._send(Cancelled(request, *late))

    def _close(self, row: Row) -> None:
        """Take a row out of the batch; what it has evaluated may serve others."""
        _free(row.answers)
        self._rows.remove(row)
        self._cache.keep(row.strand)

    # -- admitting ------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Give free places to the requests that go first, in order and never out of it."""
        while self._queue:
            job = self._queue[0]
            urgent = job.urgency is Urgency.NOW
            free = self._places + (URGENT_PLACES if urgent else 0) - self.running
            if urgent and free < 1:
                free = self._put_aside_one(job)
            if free < 1 or not self._open_row(job, free):
                return
            if not (isinstance(job, Writing) and job.waiting):
                self._queue.remove(job)

    def _open_row(self, job: Job, places: int) -> bool:
        """Start ``job``, or as many of its waiting answers as there is room for."""
        answers = _group(job, places)
        tokens = job.prompt + (answers[0].written if answers else [])
        outputs_from = len(tokens) - 1
        strand = self._cache.open()
        if strand is None:
            return False
        row = Row(job, strand, tokens, outputs_from, answers)
        self._share(row)
        while not self._fits(row):
            if len(row.answers) > 1:
                row.answers.pop()
            elif job.urgency is not Urgency.NOW or not self._put_aside_one(job):
                self._cache.drop(strand)
                return False
        self._begin(row)
        return True

    def _fits(self, row: Row) -> bool:
        claimed = sum(other.claim for other in self._rows)
        return self._cache.make_room(claimed + row.claim)

    def _begin(self, row: Row) -> None:
        job, now = row.job, self._clock()
        if isinstance(job, Writing):
            for answer in row.answers:
                job.waiting.remove(answer)
                answer.began = answer.began or now
                self.counters.needed += len(row.tokens)
        else:
            self.counters.needed += len(row.tokens)
        self._rows.append(row)
        if not job.begun:
            job.begun = True
            reused = max(len(row.strand.tokens), row.common)
            self._send(Begun(job.id, job.rendered, len(job.prompt), reused))

    def _put_aside_one(self, urgent: Job) -> int:
        """Take the place of the least urgent answer being written; 0 when there is none."""
        rows = [row for row in self._rows if row.answers and row.job.urgency > urgent.urgency]
        if not rows:
            return 0
        row = max(rows, key=lambda found: found.job.rank)
        job = row.job
        assert isinstance(job, Writing)
        job.waiting.extendleft(reversed(row.answers))
        self._rows.remove(row)
        self._cache.keep(row.strand)
        if job not in self._queue:
            self.add(job)
        return row.width

    # -- sharing --------------------------------------------------------------------------------

    def _share(self, row: Row) -> None:
        """Take over the longest beginning others have evaluated, or wait for one being so."""
        most = row.outputs_from
        best, have = None, 0
        for strand in (*self._cache.kept, *(other.strand for other in self._rows)):
            common = self._cache.usable(strand, common_start(strand.tokens, row.tokens))
            if min(common, most) > have:
                best, have = strand, min(common, most)
        row.leader, row.common = self._leader(row, have)
        if best is not None and row.leader is None:
            self._cache.share(best, row.strand, have)

    def _leader(self, row: Row, have: int) -> tuple[Row | None, int]:
        """A row that goes first and will have evaluated more of the same beginning."""
        leader, most = None, have + _WORTH_WAITING - 1
        if self._model.whole_only:
            return None, 0
        for other in self._rows:
            if other is row or other.job.urgency > row.job.urgency or _waits_for(other, row):
                continue
            common = min(common_start(other.tokens, row.tokens), row.outputs_from)
            if common > most:
                leader, most = other, common
        return leader, most if leader else 0

    def _ready(self, row: Row) -> bool:
        """Whether a row may be evaluated now; shares with its leader when that is far enough."""
        leader = row.leader
        if leader is None:
            return True
        if len(leader.strand.tokens) < row.common and leader in self._rows:
            return False
        self._share(row)
        return row.leader is None

    # -- running --------------------------------------------------------------------------------

    def _plan(self) -> list[tuple[Row, Span]]:
        """The rows of the next run, with the tokens each brings."""
        rows = sorted(self._rows, key=lambda row: row.job.rank)
        plan = [(row, _span(row, 1)) for row in rows if row.writes]
        outputs, total = len(plan), len(plan)
        budget = self._pace.tokens - total
        for row in rows:
            if row.writes or not self._ready(row):
                continue
            size = min(row.pending, max(budget, self._hurry(row)), BATCH - total)
            size = min(size, _outputs_allow(row, OUTPUTS - outputs))
            if size < 1:
                continue
            span = _span(row, size)
            plan.append((row, span))
            outputs += max(0, span.start + size - max(span.start, row.outputs_from))
            budget -= size
            total += size
        return plan

    def _hurry(self, row: Row) -> int:
        """A prompt a person waits for is evaluated in at most two runs."""
        if row.job.urgency is not Urgency.NOW:
            return 0
        return (len(row.tokens) + 1) // 2

    def _run(self, plan: list[tuple[Row, Span]]) -> None:
        began = self._clock()
        complete = self._context.decode([span for _row, span in plan])
        if not complete:
            self._note_interrupted(plan)
            self.counters.inside += self._clock() - began
            return
        self._pace.note(sum(len(span.tokens) for _row, span in plan), self._clock() - began)
        self.counters.decodes += 1
        at = 0
        taken: list[tuple[Row, int, int]] = []
        for row, span in plan:
            self._cache.grow(row.strand, list(span.tokens))
            end = span.start + len(span.tokens)
            taken += [
                (row, position, at + position - span.start)
                for position in range(max(span.start, row.outputs_from), end)
            ]
            at += len(span.tokens)
            if row.job.id in self._cancels:
                decodes, tokens = self._late.get(row.job.id, (0, 0))
                self._late[row.job.id] = (decodes + 1, tokens + len(span.tokens))
        self.counters.evaluated += at
        drawn = self._draw(taken)
        self.counters.inside += self._clock() - began
        for row, answer, token in drawn:
            self._take(row, answer, token)
        for row, position, index in taken:
            if isinstance(row.job, Weighing):
                self._weigh(row.job, row, position, index)
        self._settle()

    def _note_interrupted(self, plan: list[tuple[Row, Span]]) -> None:
        """Keep what was evaluated before the interruption."""
        for row, span in plan:
            done = self._context.length(span.sequence) - span.start
            if done > 0:
                self._cache.grow(row.strand, list(span.tokens[:done]))
                self.counters.evaluated += done

    def _draw(self, taken: list[tuple[Row, int, int]]) -> list[tuple[Row, Answer, int]]:
        return [
            (row, answer, answer.sampler.draw(self._context, index))
            for row, _position, index in taken
            for answer in row.answers
        ]

    # -- writing --------------------------------------------------------------------------------

    def _take(self, row: Row, answer: Answer, token: int) -> None:
        """Add a drawn token to its answer."""
        self.counters.written += 1
        reason = None
        if self._model.ends(token):
            reason = "stop"
        else:
            answer.written.append(token)
            text = answer.text.push(self._model.piece(token))
            self._pieces.add(row.job.id, answer.choice, text, self.counters.decodes)
            if answer.text.stopped:
                reason = "stop"
            elif answer.left <= 0:
                reason = "length"
        if reason is not None:
            self._finish(row, answer, reason)

    def _finish(self, row: Row, answer: Answer, reason: str) -> None:
        job = row.job
        assert isinstance(job, Writing)
        row.answers.remove(answer)
        answer.sampler.free()
        self._pieces.add(job.id, answer.choice, answer.text.finish(), self.counters.decodes)
        self._pieces.flush(job.id)
        self._send(
            Done(
                job.id,
                answer.choice,
                answer.text.text,
                reason,
                len(answer.written),
                self._clock() - answer.began,
            )
        )
        job.unfinished -= 1
        if not job.unfinished:
            self._pieces.forget(job.id)

    def _settle(self) -> None:
        """Give each answer that goes on a row of its own, and close the rows without any."""
        for row in list(self._rows):
            if not isinstance(row.job, Writing) or row.pending:
                continue
            if not row.answers:
                self._close(row)
                continue
            first, *others = row.answers
            for answer in others:
                self._fork(row, answer)
            row.answers = [first]
            row.tokens.append(first.written[-1])
            self.counters.needed += 1 + len(others)

    def _fork(self, row: Row, answer: Answer) -> None:
        strand = self._cache.open()
        assert strand is not None, "there are more sequence numbers than places"
        self._cache.share(row.strand, strand, len(row.strand.tokens))
        tokens = [*row.tokens, answer.written[-1]]
        self._rows.append(replace(row, strand=strand, tokens=tokens, answers=[answer]))

    # -- weighing -------------------------------------------------------------------------------

    def _weigh(self, job: Weighing, row: Row, position: int, index: int) -> None:
        """Add the log-probability of what follows ``position``."""
        logits = self._context.logits(index)
        peak = float(logits.max())
        total = peak + float(np.log(np.exp(logits - peak, dtype=np.float64).sum()))
        if row.continuation is None:
            for number, tokens in enumerate(job.continuations):
                job.sums[number] += float(logits[tokens[0]]) - total
            self._weigh_rests(job, row)
            return
        following = job.continuations[row.continuation][position + 1 - len(job.prompt)]
        job.sums[row.continuation] += float(logits[following]) - total
        if not row.pending and position == len(row.tokens) - 1:
            self._close(row)
            job.unfinished -= 1
            self._answer_weighed(job)

    def _weigh_rests(self, job: Weighing, row: Row) -> None:
        """The prompt is evaluated: weigh the tokens after each continuation's first."""
        for number, tokens in enumerate(job.continuations):
            self.counters.needed += len(tokens) - 1 + (len(row.tokens) if number else 0)
            if len(tokens) == 1:
                continue
            strand = self._cache.open()
            assert strand is not None, "the server limits the answers of a request"
            self._cache.share(row.strand, strand, len(row.strand.tokens))
            self._rows.append(
                Row(
                    job,
                    strand,
                    row.tokens + tokens[:-1],
                    len(row.tokens),
                    continuation=number,
                )
            )
            job.unfinished += 1
        self._close(row)
        self._answer_weighed(job)

    def _answer_weighed(self, job: Weighing) -> None:
        if job.unfinished:
            return
        if job.single:
            self._send(Weighed(job.id, job.sums[0], len(job.continuations[0])))
        else:
            self._send(Chosen(job.id, tuple(job.sums)))


def _group(job: Job, places: int) -> list[Answer]:
    """The waiting answers of ``job`` that can begin together: unwritten ones share the prompt."""
    if not isinstance(job, Writing):
        return []
    first = job.waiting[0]
    if first.written:
        return [first]
    return [answer for answer in job.waiting if not answer.written][:places]


def _span(row: Row, size: int) -> Span:
    start = len(row.strand.tokens)
    return Span(row.strand.sequence, start, row.tokens[start : start + size], row.outputs_from)


def _outputs_allow(row: Row, outputs: int) -> int:
    """How many tokens of a row may be evaluated with ``outputs`` positions of logits to give."""
    return max(0, row.outputs_from - len(row.strand.tokens)) + max(0, outputs)


def _waits_for(row: Row, other: Row) -> bool:
    """Whether ``row`` waits for ``other``, directly or through others."""
    leader = row.leader
    while leader is not None:
        if leader is other:
            return True
        leader = leader.leader
    return False


def _free(answers: Iterable[Answer]) -> None:
    for answer in answers:
        answer.sampler.free()
