"""Runs of the model: what one carries, how it is begun, what is known once it has been."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.llama.host.binding import Context
from engine.llama.host.jobs import BatchRow, Counters
from engine.llama.host.kv_cache import KvCache
from engine.llama.host.token_batch import Span

_MOST_FILLED: Final = 32
"""Lanes without anything to run that are run all the same, between two that have."""
UNKNOWN: Final[Sequence[int]] = [0]
"""Stands for the token that a row's answer has not drawn yet: this object, whatever is in it."""


class Output(NamedTuple):
    """A token of the run whose logits were asked for."""

    row: BatchRow
    position: int
    """Which of the row's tokens."""
    at: int
    """Which of the run's tokens."""
    number: int
    """Which of the run's rows of logits."""


class RunPart(NamedTuple):
    """Tokens of a row that go to neighbouring cells in a run."""

    row: BatchRow
    span: Span
    cells: range

    @property
    def place(self) -> tuple[int, int]:
        """Sorts parts by sequence, and those of one by position."""
        return self.span.sequence, self.span.start


class Prepared(NamedTuple):
    """A run that may begin as soon as its tokens are known."""

    plan: list[RunPart]
    fillers: list[Span]
    unknown: list[BatchRow]
    """The rows whose token is still to be drawn."""
    at: list[int]
    """Which of the run's tokens theirs are."""
    size: int


class RunInFlight(NamedTuple):
    """A run that has begun; a GPU computes it until somebody wants to know."""

    outputs: list[Output]
    size: int
    """Tokens it carries."""
    began: float
    took: float
    """Seconds until llama.cpp came back."""


class Runs:
    """Begins runs and records what they evaluate."""

    def __init__(
        self,
        context: Context,
        cache: KvCache,
        counters: Counters,
        cancels: set[int],
        clock: Callable[[], float],
    ) -> None:
        """Nothing has been run.

        Args:
            context: the cache's contents.
            cache: who holds them.
            counters: to be counted up.
            cancels: requests that are being cancelled.
            clock: seconds from an arbitrary start.
        """
        self._context = context
        self._cache = cache
        self._counters = counters
        self._cancels = cancels
        self._clock = clock
        self.late: dict[int, tuple[int, int]] = {}
        """Runs and tokens of requests that were run although their cancel had come."""

    def prepare(self, plan: list[RunPart]) -> Prepared | None:
        """Fill the batch; None where there is nothing to run."""
        if not plan:
            return None
        if self._context.lanes:
            plan.sort(key=lambda part: part.place)
        else:
            # llama.cpp fills free cells from the first on
            plan.sort(key=lambda part: part.cells.start)
        for part in plan:
            self._cache.open(part.cells)
        fillers = self._fillers(plan)
        spans = [*(part.span for part in plan), *fillers]
        if fillers:
            spans.sort()
        self._context.prepare(spans)
        starts = itertools.accumulate((len(span.tokens) for span in spans), initial=0)
        at = [start for start, span in zip(starts, spans, strict=False) if span.tokens is UNKNOWN]
        unknown = [part.row for part in plan if part.span.tokens is UNKNOWN]
        return Prepared(plan, fillers, unknown, at, sum(len(span.tokens) for span in spans))

    def begin(self, run: Prepared | None, tokens: Sequence[int] = ()) -> RunInFlight | None:
        """Run the model; None when interrupted, or there is nothing to run.

        Args:
            run: what it carries.
            tokens: those that were unknown. Their rows know them when :meth:`note` is called.
        """
        if run is None:
            return None
        began = self._clock()
        complete = self._context.run(run.at, tokens)
        took = self._clock() - began
        self._counters.inside += took
        return RunInFlight([], run.size, began, took) if complete else None

    def note(self, run: Prepared | None, flight: RunInFlight | None) -> None:
        """Record a run: its outputs, or what an interruption has left of it."""
        if run is None:
            return
        for filler in run.fillers:
            self._context.cut(filler.sequence, filler.start)
        if flight is None:
            self._keep_what_is_done(run.plan)
        else:
            flight.outputs.extend(self._evaluated(run))

    def _fillers(self, plan: list[RunPart]) -> list[Span]:
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
            if 1 < after - before <= _MOST_FILLED
            for lane in range(before + 1, after)
        ]

    def _evaluated(self, run: Prepared) -> list[Output]:
        """Note that a run is complete; returns what there are logits of."""
        self._counters.decodes += 1
        fillers = [filler.sequence for filler in run.fillers]
        outputs: list[Output] = []
        at = 0
        for row, span, _cells in run.plan:
            size = len(span.tokens)
            self._cache.grow(row.kv, row.tokens[span.start : span.start + size])
            first = at + bisect.bisect(fillers, span.sequence)
            wanted = range(max(span.start, row.outputs_from), span.start + size)
            outputs += [
                Output(row, position, first + position - span.start, number)
                for number, position in enumerate(wanted, len(outputs))
            ]
            row.in_flight = row.in_flight or bool(wanted)
            at += size
            if row.job.id in self._cancels:
                decodes, tokens = self.late.get(row.job.id, (0, 0))
                self.late[row.job.id] = (decodes + 1, tokens + size)
        self._counters.evaluated += at
        return outputs

    def _keep_what_is_done(self, plan: list[RunPart]) -> None:
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
                self._counters.evaluated += len(tokens)
        self._cache.settle({part.row.kv for part in plan})
