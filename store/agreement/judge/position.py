"""Whether the order in which the answers are shown decides what a judge says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.measured import Measured, mean, share
from store.agreement.sides import fair_coin_p

NOT_ASKED = "no record of what the judge was asked"


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Bias towards a place."""

    conflict: Measured
    """Share of the pairs on which the two orders name different answers."""
    first: Measured
    """Share of the conflicting pairs on which the first place won both times."""
    first_p: float | None
    """Exact two-sided binomial p of that against one half: without bias conflicts split evenly
    (McNemar 1947)."""
    size: Measured
    """Mean over pairs of (q_ab + q_ba)/2 - 1/2: probability the first place has too much."""
    mass: float | None
    """Median probability that either letter is what comes next; the smaller of both orders."""


def position(pairs: Sequence[JudgedPair]) -> PositionBias:
    """Order conflict and its direction, over the pairs of which the askings are on record."""
    found = [(pair, pair.soft) for pair in pairs if pair.soft is not None]
    conflicts = [(pair, soft) for pair, soft in found if soft.conflict]
    first = share(
        [soft.q_ab > 0.5 for _, soft in conflicts],
        [pair.prompt_id for pair, _ in conflicts],
        [pair.id for pair, _ in conflicts],
        none="no pair whose orders conflict" if found else NOT_ASKED,
    )
    prompts, names = [pair.prompt_id for pair, _ in found], [pair.id for pair, _ in found]
    return PositionBias(
        share([soft.conflict for _, soft in found], prompts, names, none=NOT_ASKED),
        first,
        fair_coin_p(len(first.pairs), first.n) if first.n else None,
        mean(
            [(soft.q_ab + soft.q_ba) / 2 - 0.5 for _, soft in found],
            prompts,
            names,
            none=NOT_ASKED,
        ),
        median(soft.mass for _, soft in found) if found else None,
    )
