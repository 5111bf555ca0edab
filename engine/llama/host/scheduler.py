"""Continuous batching: which tokens of which request go into the next run of the model.

Each step runs the model over one token of every answer being written and, within a budget, over
parts of prompts. Urgent requests go first; an answer that ends
gives its place away at once; k answers to one prompt evaluate it once; a prompt that begins
like another waits for it, or takes over what has been evaluated.
"""

from __future__ import annotations

import bisect
import itertools
import time
from collections.abc import Callable
from typing import NamedTuple

from engine.api import Urgency
from engine.llama.host.binding import BATCH, OUTPUTS, SEQUENCES, Context, Model, Span
from engine.llama.host.drawing import NO_TOKEN, Draw, Drawing
from engine.llama.host.generation import AnswerWriter
from engine.llama.host.jobs import BatchRow, Counters, Job, RunningAnswer, ScoreJob
from engine.llama.host.kv_cache import KvCache
from engine.llama.host.kv_cells import KvPages
from engine.llama.host.pieces import PieceBuffer
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.scoring import Scorer
from engine.llama.host.slots import Slots
from engine.llama.host.threads import Threads
from engine.llama.protocol import NO_NUMBERS, Cancelled, Refused
from engine.llama.protocol import Answer as Line

_MOST_FILLED = 32
"""Lanes without anything to run that are run all the same, between two that have."""
_SOME_PROMPT = 16
"""Tokens of prompts a run carries at least, however many answers are being written."""


class _Output(NamedTuple):
    """A token of the run whose logits were asked for."""

    row: BatchRow
    position: int
    """Which of the row's tokens."""
    at: int
    """Which of the run's tokens."""


class _Part(NamedTuple):
    """Tokens of a row that go to neighbouring cells in a run."""

    row: BatchRow
    span: Span
    cells: range

    @property
    def place(self) -> tuple[int, int]:
        """Sorts parts by sequence, and those of one by position."""
        return self.span.sequence, self.span.start


class Scheduler:
    """Owns the cache and all requests in work."""

    def __init__(
        self,
        model: Model,
        context: Context,
        pages: KvPages,
        *,
        slots: int,
        prompt_budget: PromptBudget,
        threads: Threads,
        apart: bool,
        most_kept: int,
        drawing: Drawing,
        sequences: int = SEQUENCES,
        send: Callable[[Line], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Nothing runs before :meth:`step`.

        Args:
            model: the weights.
            context: the cache, empty.
            pages: its cells.
            slots: answers written at the same time.
            prompt_budget: how many tokens of prompts a run may carry.
            threads: learns how fast runs are, and how many threads they should have.
            apart: whether prompts and answers have runs of their own. On a CPU attention is
                computed for blocks of tokens over all that any of them looks at, so that
                sequences that share a block pay for each other; a GPU gains by fuller runs, and
                computes while the text of the last run is made.
            most_kept: pages of the cache that finished texts alone may hold.
            drawing: draws the tokens of a run.
            sequences: texts the cache can tell apart.
            send: where lines for the app go.
            clock: seconds from an arbitrary start.
        """
        self._apart = apart
        self._outputs = OUTPUTS if sequences == SEQUENCES else sequences
        self._context = context
        self._batch = BATCH - (sequences if context.lanes else 0)
        self._prompt_budget = prompt_budget
        self._threads = threads
        self._send = send
        self._clock = clock
        self._cancels: set[int] = set()
        self._late: dict[int, tuple[int, int]] = {}
        self.counters = Counters()
        self._cache = KvCache(
            pages,
            whole_only=model.whole_only,
            most_kept=most_kept,
            sequences=sequences,
            lanes=context.lanes,
        )
        self._slots = Slots(
            self._cache, slots, self.counters, send, clock, whole_only=model.whole_only
        )
        pieces = PieceBuffer(send, clock)
        self._writer = AnswerWriter(model, self._slots, self.counters, pieces, send, clock)
        self._drawing = drawing
        self._scorer = Scorer(context, self._slots, send)
        # a recurrent state that was left half computed cannot be taken back
        self._may_interrupt = not model.whole_only

    @property
    def busy(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return self._slots.busy

    @property
    def running(self) -> int:
        """Answers being written or weighed."""
        return self._slots.taken

    @property
    def waiting(self) -> int:
        """Requests whose turn has not come."""
        return self._slots.waiting

    def add(self, job: Job) -> None:
        """Take a request into the queue."""
        self._slots.add(job)

    def interrupt(self, request: int) -> None:
        """A cancel is on its way: end the model's run (called from the thread that reads)."""
        self._cancels.add(request)
        rows = list(self._slots.rows)
        if self._may_interrupt and any(row.job.id == request for row in rows):
            self._context.interrupt()

    def allow(self) -> None:
        """Let the model run again; to be called before the cancels that came are handled."""
        self._context.allow()

    def cancel(self, request: int) -> None:
        """End a request; unknown ones and finished ones are no matter."""
        self._cancels.discard(request)
        late = self._late.pop(request, (0, 0))
        self._writer.forget(request)
        if self._slots.remove(request):
            self._send(Cancelled(request, *late))

    def step(self) -> None:
        """Bring every answer one token further, and some prompts some tokens."""
        began = self._clock()
        if self._slots.urgent:
            # whoever gives way must have something left to write
            self._writer.tell()
            self._writer.settle()
        self._slots.admit()
        if self._apart:
            self._run(self._prompts(self._prompt_budget.tokens, 0))
            self._run(self._writes())
        else:
            plan = self._writes()
            budget = max(self._prompt_budget.tokens - len(plan), _SOME_PROMPT)
            self._run(plan + self._prompts(budget, len(plan)))
        if not self._slots.rows:
            self._writer.tell()
        self.counters.busy += self._clock() - began

    def _by_rank(self) -> list[BatchRow]:
        return sorted(self._slots.rows, key=lambda row: row.job.rank)

    def _writes(self) -> list[_Part]:
        """The next token of every answer."""
        rows = [row for row in self._slots.rows if row.writes]
        if len(rows) > self._outputs:
            rows = [row for row in self._by_rank() if row.writes][: self._outputs]
        return [part for row in rows for part in self._parts(row, 1)]

    def _prompts(self, budget: int, beside: int) -> list[_Part]:
        """Parts of prompts, ``budget`` tokens in all, beside so many answers."""
        plan: list[_Part] = []
        outputs = total = beside
        for row in self._by_rank():
            if row.writes or not self._slots.ready(row):
                continue
            size = min(row.pending, max(budget, _hurry(row)), self._batch - total)
            size = min(size, _outputs_allow(row, self._outputs - outputs))
            if size < 1:
                continue
            start = len(row.kv.tokens)
            parts = self._parts(row, size)
            plan += parts
            size = sum(len(part.cells) for part in parts)
            outputs += max(0, start + size - max(start, row.outputs_from))
            budget -= size
            total += size
        return plan

    def _parts(self, row: BatchRow, most: int) -> list[_Part]:
        """The next tokens of a row, with the cells they go to."""
        parts: list[_Part] = []
        start = len(row.kv.tokens)
        for cells in self._cache.place(row.kv, most):
            tokens = row.tokens[start : start + len(cells)]
            span = Span(row.kv.sequence, start, tokens, row.outputs_from)
            parts.append(_Part(row, span, cells))
            start += len(cells)
        return parts

    def _run(self, plan: list[_Part]) -> None:
        """Run the model once, unless there is nothing to run it over."""
        if not plan:
            return
        began = self._clock()
        if self._context.lanes:
            plan.sort(key=lambda part: part.place)
        else:
            # llama.cpp fills free cells from the first on
            plan.sort(key=lambda part: part.cells.start)
        for part in plan:
            self._cache.open(part.cells)
        fillers = self._fillers(plan)
        spans = [*(part.span for part in plan), *fillers]
        complete = self._context.decode(sorted(spans) if fillers else spans)
        for filler in fillers:
            self._context.cut(filler.sequence, filler.start)
        if not complete:
            self._keep_what_is_done(plan)
            self.counters.inside += self._clock() - began
            return
        size, took = sum(len(span.tokens) for span in spans), self._clock() - began
        outputs = self._evaluated(plan, [filler.sequence for filler in fillers])
        if not self._apart:
            self._writer.tell()
        drawn = self._draw(outputs)
        self.counters.inside += self._clock() - began
        # a GPU goes on after llama.cpp has come back, until somebody wants to know
        took = took if self._apart else self._clock() - began
        self._prompt_budget.note(size, took)
        self._threads.note(size, took)
        failed: set[int] = set()
        for row, answer, token in drawn:
            if token == NO_TOKEN:
                failed.add(row.job.id)
            else:
                self._writer.take(row, answer, token)
        if self._apart:
            self._writer.tell()
        for output in outputs:
            if isinstance(output.row.job, ScoreJob):
                self._scorer.take(*output)
        for request in failed:
            self._writer.forget(request)
            self._slots.remove(request)
            self._send(Refused(request, "bad_request", NO_NUMBERS))
        self._writer.settle()

    def _fillers(self, plan: list[_Part]) -> list[Span]:
        """A token for each lane that stands between lanes of the run, to be taken back.

        llama.cpp runs those lanes together whose numbers follow each other: a step over 128 takes
        far less time than one over the first 64 and one over the rest.
        """
        if not self._context.lanes:
            return []
        used = sorted({part.span.sequence for part in plan})
        return [
            Span(lane, self._context.length(lane), (0,), outputs_from=self._context.cells)
            for before, after in itertools.pairwise(used)
            if after - before <= _MOST_FILLED
            for lane in range(before + 1, after)
        ]

    def _evaluated(self, plan: list[_Part], fillers: list[int]) -> list[_Output]:
        """Note that a run is complete; returns what there are logits of.

        Args:
            plan: what it carried.
            fillers: lanes of which it carried a token for nothing, in ascending order.
        """
        self.counters.decodes += 1
        outputs: list[_Output] = []
        at = 0
        for row, span, _cells in plan:
            self._cache.grow(row.kv, span.tokens)
            size = len(span.tokens)
            first = at + bisect.bisect(fillers, span.sequence)
            outputs += [
                _Output(row, position, first + position - span.start)
                for position in range(max(span.start, row.outputs_from), span.start + size)
            ]
            at += size
            if row.job.id in self._cancels:
                decodes, tokens = self._late.get(row.job.id, (0, 0))
                self._late[row.job.id] = (decodes + 1, tokens + size)
        self.counters.evaluated += at
        return outputs

    def _keep_what_is_done(self, plan: list[_Part]) -> None:
        """After an interruption: the parts computed before it are in the cache.

        What was to have logits is taken back and computed again, for there are none.
        """
        for row, span, _cells in plan:
            done = self._context.length(span.sequence)
            kept = min(done, max(span.start, row.outputs_from))
            if kept < done:
                self._context.cut(span.sequence, kept)
            if kept > span.start:
                tokens = span.tokens[: kept - span.start]
                self._cache.grow(row.kv, tokens)
                self.counters.evaluated += len(tokens)
        self._cache.settle({part.row.kv for part in plan})

    def _draw(self, outputs: list[_Output]) -> list[tuple[BatchRow, RunningAnswer, int]]:
        wanted = [
            (output.row, answer, Draw(answer.sampler, number, output.at))
            for number, output in enumerate(outputs)
            for answer in output.row.answers
        ]
        tokens = self._drawing.draw([draw for _row, _answer, draw in wanted])
        return [
            (row, answer, token) for (row, answer, _draw), token in zip(wanted, tokens, strict=True)
        ]


def _hurry(row: BatchRow) -> int:
    """A prompt a person waits for is evaluated in one run."""
    return row.pending if row.job.urgency is Urgency.NOW else 0


def _outputs_allow(row: BatchRow, outputs: int) -> int:
    """How many tokens of a row may be evaluated with ``outputs`` positions of logits to give."""
    return max(0, row.outputs_from - len(row.kv.tokens)) + max(0, outputs)
