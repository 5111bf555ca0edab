"""Answers grow: a drawn token becomes text, ends its answer, or goes into the next run."""

from __future__ import annotations

from collections.abc import Callable

from engine.llama.host.binding import Model
from engine.llama.host.jobs import BatchRow, Counters, GenerateJob, RunningAnswer
from engine.llama.host.pieces import PieceBuffer
from engine.llama.host.slots import Slots
from engine.llama.protocol import Answer as Line
from engine.llama.protocol import Done


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

    def take(self, row: BatchRow, answer: RunningAnswer, token: int) -> None:
        """Add a drawn token to its answer."""
        self._counters.written += 1
        if self._model.ends(token):
            self._finish(row, answer, "stop")
            return
        answer.add(token)
        text = answer.text.push(self._model.piece(token))
        self._pieces.add(row.job.id, answer.choice, text, self._counters.decodes)
        if answer.text.stopped:
            self._finish(row, answer, "stop")
        elif answer.used_up:
            self._finish(row, answer, "length")

    def settle(self) -> None:
        """Give each answer that goes on a row of its own, and close the rows without any."""
        for row in list(self._slots.rows):
            if not isinstance(row.job, GenerateJob) or row.pending:
                continue
            if not row.answers:
                self._slots.close(row)
                continue
            first, *others = row.answers
            for answer in others:
                self._slots.fork(row, answer)
            row.answers = [first]
            row.tokens.append(first.written[-1])
            self._counters.needed += 1 + len(others)

    def _finish(self, row: BatchRow, answer: RunningAnswer, reason: str) -> None:
        job = row.job
        assert isinstance(job, GenerateJob)
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
