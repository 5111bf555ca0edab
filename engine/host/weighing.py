"""Continuations are weighed: the logits of a run become log-probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.host.jobs import Row, Weighing
from engine.host.library import Context
from engine.host.places import Places
from engine.protocol import Answer as Line
from engine.protocol import Chosen, Weighed


class Weigher:
    """Takes the logits of rows that are weighed."""

    def __init__(self, context: Context, places: Places, send: Callable[[Line], None]) -> None:
        self._context = context
        self._places = places
        self._send = send

    def take(self, row: Row, position: int, index: int) -> None:
        """Add the log-probability of what follows ``position``.

        Args:
            row: the row.
            position: which of its tokens the logits belong to.
            index: where that token stood in the run.
        """
        job = row.job
        assert isinstance(job, Weighing)
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
            self._places.close(row)
            job.unfinished -= 1
            self._answer(job)

    def _prompt_done(self, job: Weighing, row: Row) -> None:
        """The tokens after each continuation's first get rows of their own, as there is room."""
        self._places.close(row)
        job.waiting.extend(
            number for number, tokens in enumerate(job.continuations) if len(tokens) > 1
        )
        job.unfinished = len(job.waiting)
        if job.waiting:
            self._places.add(job)
        self._answer(job)

    def _answer(self, job: Weighing) -> None:
        if job.unfinished:
            return
        if job.single:
            self._send(Weighed(job.id, job.sums[0], len(job.continuations[0])))
        else:
            self._send(Chosen(job.id, tuple(job.sums)))
