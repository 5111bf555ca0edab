"""Answers grow: a drawn token goes into the next run, becomes text, or ends its answer.

What a token means for the next run is known at once; its text, and whether that ends the answer,
may wait until the run has begun: a GPU computes while the text is made. An answer that its text
ends has then been run for one token more, which nobody draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.llama.host.binding import Model
from engine.llama.host.jobs import BatchRow, Counters, GenerateJob, RunningAnswer
from engine.llama.host.pieces import PieceBuffer
from engine.llama.host.slots import Slots
from engine.llama.protocol import Answer as Line
from engine.llama.protocol import Done


class _Untold(NamedTuple):
    """A token whose text has not been made."""

    job: GenerateJob
    answer: RunningAnswer
    token: int | None
    """None: the model says that it is done."""
    last: bool
    """Nothing can follow; the answer has left its row."""


class AnswerWriter:
    """Takes what the samplers drew."""

    def __init__(
        self,
        model: Model,
        slots: Slots,
        counters: Counters,
        pieces: PieceBuffer,
        send: Callable[[Line], None],
        clock: Callable[[], float],
    ) -> None:
        self._model = model
        self._slots = slots
        self._counters = counters
        self._pieces = pieces
        self._send = send
        self._clock = clock
        self._untold: list[_Untold] = []

    @property
    def busy(self) -> bool:
        """Whether there are tokens whose text has not been made."""
        return bool(self._untold)

    def take(self, row: BatchRow, answer: RunningAnswer, token: int) -> None:
        """Add a drawn token to its answer; :meth:`tell` makes its text."""
        job = row.job
        assert isinstance(job, GenerateJob)
        self._counters.written += 1
        ends = self._model.ends(token)
        if not ends:
            answer.written.append(token)
        last = ends or answer.full
        self._untold.append(_Untold(job, answer, None if ends else token, last))
        if last:
            row.answers.remove(answer)

    def tell(self) -> None:
        """Make the text of the tokens taken, end the answers it ends, and send what is due."""
        untold, self._untold = self._untold, []
        for job, answer, token, last in untold:
            if token is not None:
                text = answer.read(self._model.piece(token))
                self._pieces.add(job.id, answer.choice, text, self._counters.decodes)
            if token is None or answer.text.stopped:
                self._finish(job, answer, "stop", last=last)
            elif answer.used_up:
                self._finish(job, answer, "length", last=last)
        self._pieces.flush_due()

    def forget(self, request: int) -> bool:
        """The request is over, whatever was drawn for it; False where nothing was untold."""
        untold = [drawn for drawn in self._untold if drawn.job.id == request]
        for drawn in untold:
            drawn.answer.sampler.free()
            self._untold.remove(drawn)
        self._pieces.forget(request)
        return bool(untold)

    def settle(self) -> None:
        """Give each answer that goes on a row of its own, and close the rows without any."""
        for row in list(self._slots.rows):
            if not isinstance(row.job, GenerateJob):
                continue
            if not row.answers:
                self._slots.close(row)
                continue
            if row.pending or row.in_flight:
                continue
            first, *others = row.answers
            for answer in others:
                self._slots.fork(row, answer)
            row.answers = [first]
            row.tokens.append(first.written[-1])
            self._counters.needed += 1 + len(others)

    def _finish(self, job: GenerateJob, answer: RunningAnswer, reason: str, *, last: bool) -> None:
        if not last:
            row = next(row for row in self._slots.rows if answer in row.answers)
            row.answers.remove(answer)
        answer.sampler.free()
        rest = answer.text.finish(cut=reason == "length")
        self._pieces.add(job.id, answer.choice, rest, self._counters.decodes)
        self._pieces.flush(job.id)
        self._send(
            Done(
                job.id,
                answer.choice,
                answer.text.text,
                reason,
                len(answer.written),
                self._clock() - answer.began,
                answer.text.reasoning,
            )
        )
        job.unfinished -= 1
        if not job.unfinished:
            self._pieces.forget(job.id)
