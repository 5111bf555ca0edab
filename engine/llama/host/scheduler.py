"""Continuous batching: which tokens of which request go into the next run of the model.

Each step runs the model over one token of every answer being written and, within a budget, over
parts of prompts. Urgent requests go first; an answer that ends
gives its place away at once; k answers to one prompt evaluate it once; a prompt that begins
like another waits for it, or takes over what has been evaluated.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.api import Urgency
from engine.llama.host.binding import BATCH, OUTPUTS, SEQUENCES, Context, Model
from engine.llama.host.drawing import NO_TOKEN, Draw, Drawing, Draws
from engine.llama.host.generation import AnswerWriter
from engine.llama.host.jobs import (
    BatchRow,
    Counters,
    GenerateJob,
    Job,
    RunningAnswer,
    ScoreJob,
)
from engine.llama.host.kv_cache import KvCache
from engine.llama.host.kv_cells import KvPages
from engine.llama.host.pieces import PieceBuffer
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.runs import UNKNOWN, Output, RunInFlight, RunPart, Runs
from engine.llama.host.scoring import Scorer
from engine.llama.host.slots import Slots
from engine.llama.host.threads import Threads
from engine.llama.host.token_batch import Span
from engine.llama.protocol import NO_NUMBERS, Cancelled, Refused
from engine.llama.protocol import Answer as Line

_Drawn = tuple[BatchRow, RunningAnswer, Draw]

_SOME_PROMPT = 16
"""Tokens of prompts a run carries at least, however many answers are being written."""


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
        self._flight: RunInFlight | None = None
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
        self._runs = Runs(context, self._cache, self.counters, self._cancels, clock)
        self._drawing = drawing
        self._scorer = Scorer(context, self._slots, send)
        # a recurrent state that was left half computed cannot be taken back
        self._may_interrupt = not model.whole_only

    @property
    def busy(self) -> bool:
        """Whether :meth:`step` has something to do."""
        return self._slots.busy or self._writer.busy

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
        late = self._runs.late.pop(request, (0, 0))
        # the last token of an answer may be drawn and its row gone
        untold = self._writer.forget(request)
        if self._slots.remove(request) or untold:
            self._send(Cancelled(request, *late))

    def step(self) -> None:
        """Bring every answer one token further, and some prompts some tokens."""
        began = self._clock()
        if self._apart:
            self._admit()
            self._complete(self._launch(self._prompts(self._prompt_budget.tokens, 0)))
            self._complete(self._launch(self._writes()))
        else:
            flight = self._flight
            if flight is None or all(output.row.closed for output in flight.outputs):
                self._admit()
                flight = self._launch(self._filled_up(self._writes()))
            self._flight = self._pass_on(flight) if flight and flight.outputs else None
        if not self._slots.rows or self._flight is None:
            # nothing else is computed meanwhile
            self._writer.tell()
            self._writer.settle()
        self.counters.busy += self._clock() - began

    def _admit(self) -> None:
        if self._slots.urgent or self._slots.suspecting:
            # whoever gives way must have something left to write
            self._writer.tell()
            self._writer.settle()
        self._slots.admit()

    def _filled_up(self, writes: list[RunPart]) -> list[RunPart]:
        """The next tokens of answers, and beside them some of prompts."""
        budget = max(self._prompt_budget.tokens - len(writes), _SOME_PROMPT)
        return writes + self._prompts(budget, len(writes))

    def _by_rank(self) -> list[BatchRow]:
        return sorted(self._slots.rows, key=lambda row: row.job.rank)

    def _writes(self) -> list[RunPart]:
        """The next token of every answer."""
        rows = [row for row in self._slots.rows if row.writes]
        if len(rows) > self._outputs:
            rows = [row for row in self._by_rank() if row.writes][: self._outputs]
        return [part for row in rows for part in self._parts(row, 1)]

    def _prompts(self, budget: int, beside: int) -> list[RunPart]:
        """Parts of prompts, ``budget`` tokens in all, beside so many answers."""
        plan: list[RunPart] = []
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

    def _parts(self, row: BatchRow, most: int) -> list[RunPart]:
        """The next tokens of a row, with the cells they go to."""
        parts: list[RunPart] = []
        start = len(row.kv.tokens)
        for cells in self._cache.place(row.kv, most):
            tokens = row.tokens[start : start + len(cells)]
            span = Span(row.kv.sequence, start, tokens, row.outputs_from)
            parts.append(RunPart(row, span, cells))
            start += len(cells)
        return parts

    def _launch(self, plan: list[RunPart]) -> RunInFlight | None:
        """Run the model once; None where there is nothing to run, or it was interrupted."""
        run = self._runs.prepare(plan)
        flight = self._runs.begin(run)
        self._runs.note(run, flight)
        return flight

    def _complete(self, flight: RunInFlight | None) -> None:
        """Take what a run has brought, on a processor, which comes back when it is done."""
        if flight is None:
            return
        outputs = flight.outputs
        drawn = self._draws(outputs)
        tokens = self._tokens(flight, self._drawing.prepare([draw for *_, draw in drawn]))
        self._take(outputs, drawn, tokens)
        self._writer.tell()
        without = self._without_numbers(outputs, drawn, tokens)
        if without:
            self._start_over(without, outputs)
        self._writer.settle()

    def _pass_on(self, flight: RunInFlight) -> RunInFlight | None:
        """Take what a run has brought and begin the next one at once; returns that.

        While a GPU computes, texts are made, jobs are admitted and the next run is planned as if
        no answer ended; one that does end has been run for a token more, which nobody draws.
        """
        self._writer.tell()
        self._writer.settle()
        self._slots.admit()
        outputs = [output for output in flight.outputs if not output.row.closed]
        drawn = self._draws(outputs)
        number = {row: at for at, (row, _answer, _draw) in enumerate(drawn)}
        draws = self._drawing.prepare([draw for *_, draw in drawn])
        run = self._runs.prepare(self._ahead(outputs))
        chosen = [number[row] for row in run.unknown] if run else []
        tokens = self._tokens(flight, draws)
        fed = [max(token, 0) for token in tokens]  # the run cannot carry what was not drawn
        following = self._runs.begin(run, [fed[at] for at in chosen])
        self._take(outputs, drawn, tokens)
        for row in run.unknown if run else ():
            row.tokens.append(fed[number[row]])
        self.counters.needed += len(chosen)
        self._runs.note(run, following)
        without = self._without_numbers(outputs, drawn, tokens)
        if without:
            self._writer.tell()
            self._start_over(without, outputs)
            return None
        self._writer.settle()
        return following

    def _ahead(self, outputs: list[Output]) -> list[RunPart]:
        """What the next run carries, whatever is drawn from this one; nothing where that decides.

        Answers to one prompt must first get rows of their own, and what is weighed may be over.
        """
        rows = []
        for row in (output.row for output in outputs):
            if not isinstance(row.job, GenerateJob) or len(row.answers) > 1:
                return []
            if row.answers and not row.answers[0].nearly_full:
                rows.append(row)
        others = self._writes()
        if not rows or len(rows) + len(others) > self._outputs:
            return []
        parts = [self._unknown(row) for row in rows]
        return self._filled_up(parts + others)

    def _unknown(self, row: BatchRow) -> RunPart:
        """The next token of an answer, before it is drawn."""
        (cells,) = self._cache.place(row.kv, 1)
        start = len(row.kv.tokens)
        return RunPart(row, Span(row.kv.sequence, start, UNKNOWN, row.outputs_from), cells)

    def _draws(self, outputs: list[Output]) -> list[_Drawn]:
        return [
            (output.row, answer, Draw(answer.sampler, output.number, output.at))
            for output in outputs
            for answer in output.row.answers
        ]

    def _tokens(self, flight: RunInFlight, draws: Draws) -> list[int]:
        """Draw; a GPU goes on after llama.cpp has come back, until somebody wants to know."""
        began = self._clock()
        tokens = draws.draw()
        ended = self._clock()
        self.counters.inside += ended - began
        took = flight.took if self._apart else ended - flight.began
        self._prompt_budget.note(flight.size, took)
        self._threads.note(flight.size, took)
        return tokens

    def _take(
        self,
        outputs: list[Output],
        drawn: list[_Drawn],
        tokens: list[int],
    ) -> None:
        for output in outputs:
            output.row.in_flight = False
        for (row, answer, _draw), token in zip(drawn, tokens, strict=True):
            if token != NO_TOKEN:
                self._writer.take(row, answer, token)

    def _without_numbers(
        self, outputs: list[Output], drawn: list[_Drawn], tokens: list[int]
    ) -> set[Job]:
        """Weigh what is to be weighed; returns whom the model came to no numbers for (NaN)."""
        without = {
            row.job for (row, *_), token in zip(drawn, tokens, strict=True) if token == NO_TOKEN
        }
        for row, position, at, _number in outputs:
            if isinstance(row.job, ScoreJob) and not self._scorer.take(row, position, at):
                without.add(row.job)
        self._clear_of_suspicion({output.row for output in outputs}, without)
        return without

    def _clear_of_suspicion(self, rows: set[BatchRow], without: set[Job]) -> None:
        """Who has numbers for all that it writes need not be alone any more."""
        for job in {row.job for row in rows if row.job.alone} - without:
            mine = {row for row in self._slots.rows if row.job is job}
            if isinstance(job, GenerateJob) and not job.waiting and mine <= rows:
                job.alone = False

    def _start_over(self, without: set[Job], outputs: list[Output]) -> None:
        """End the request that missing numbers are from, or find out which it is.

        In one cache a text without numbers takes those of its neighbours, even once it has gone.
        So all goes on in a clean cache, and who may have been it first, one after the other.
        """
        with_numbers = {output.row.job for output in outputs} - without
        begun = {row.job for row in self._slots.rows if row.kv.tokens}
        for job in without if self._context.lanes else without | begun - with_numbers:
            if job.alone:
                self._writer.forget(job.id)
                self._slots.remove(job.id)
                self._send(Refused(job.id, "bad_request", NO_NUMBERS))
            job.alone = True
        self._slots.start_over()


def _hurry(row: BatchRow) -> int:
    """A prompt a person waits for is evaluated in one run."""
    return row.pending if row.job.urgency is Urgency.NOW else 0


def _outputs_allow(row: BatchRow, outputs: int) -> int:
    """How many tokens of a row may be evaluated with ``outputs`` positions of logits to give."""
    return max(0, row.outputs_from - len(row.kv.tokens)) + max(0, outputs)
