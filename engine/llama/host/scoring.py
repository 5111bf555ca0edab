"""Continuations are weighed: the logits of a run become log-probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.llama.host.binding import Context
from engine.llama.host.jobs import BatchRow, ScoreJob
from engine.llama.host.slots import Slots
from engine.llama.protocol import NO_NUMBERS, Chosen, Refused, Weighed
from engine.llama.protocol import Answer as Line


class Scorer:
    """Takes the logits of rows that are weighed."""

    def __init__(self, context: Context, slots: Slots, send: Callable[[Line], None]) -> None:
        self._context = context
        self._slots = slots
        self._send = send

    def take(self, row: BatchRow, position: int, index: int) -> None:
        """Add the log-probability of what follows ``position``.

        Args:
            row: the row.
            position: which of its tokens the logits belong to.
            index: where that token stood in the run.
        """
        job = row.job
        assert isinstance(job, ScoreJob)
        logits = self._context.logits(index)
        peak = float(logits.max())
        total = peak + float(np.log(np.exp(logits - peak, dtype=np.float64).sum()))
        if row.continuation is None:
            for number, tokens in enumerate(job.continuations):
                job.sums[number] += float(logits[tokens[0]]) - total
            self._prompt_done(job, row)
            return
        following = job.continuations[row.continuation][position + 1 - len(job.prompt)]
        job.sums[row.continuation] += float(logits[following]) - total
        if position == len(row.tokens) - 1:
            self._slots.close(row)
            job.unfinished -= 1
            self._answer(job)

    def _prompt_done(self, job: ScoreJob, row: BatchRow) -> None:
        """The tokens after each continuation's first get rows of their own, as there is room."""
        self._slots.close(row)
        job.waiting.extend(
            number for number, tokens in enumerate(job.continuations) if len(tokens) > 1
        )
        job.unfinished = len(job.waiting)
        if job.waiting:
            self._slots.add(job)
        self._answer(job)

    def _answer(self, job: ScoreJob) -> None:
        if job.unfinished:
            return
        if not np.isfinite(job.sums).all():
            self._send(Refused(job.id, "bad_request", NO_NUMBERS))
            return
        if job.single:
            self._send(Weighed(job.id, job.sums[0], len(job.continuations[0])))
        else:
            self._send(Chosen(job.id, tuple(job.sums)))
