"""What agreement rests on where pairs follow from rankings: judgements, not pairs.

All pairs that follow from a ranking of one prompt are one judgement. So beside the number of pairs
stands that of judgements, and beside the usual interval of kappa one over whole prompts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.counts import Said, Ties, counts, tally_of
from store.agreement.figure import as_numbers
from store.agreement.intervals import Interval

DRAWS: Final = 2000

_COMMON: Final = """
SELECT pair_id, pair.prompt_id, one.verdict, other.verdict
FROM blind_label AS one JOIN blind_label AS other USING (pair_id) JOIN pair ON pair.id = pair_id
WHERE one.annotator = ? AND other.annotator = ?
"""
_RANKED: Final = "SELECT pair_id, prompt_id, annotator FROM ranked_pair WHERE annotator IN (?, ?)"


class RankedPairs(NamedTuple):
    """How much of what two annotators have in common follows from rankings."""

    pairs: int
    """Common pairs on which the label of either follows from a ranking."""
    judgements: int
    """Common pairs, all that follow from rankings of one prompt as one."""
    rankings: tuple[int, int]
    """Rankings of the first and of the second behind them."""
    ci95: Interval | None
    """Kappa over resampled prompts; None where it is undefined or of one prompt."""

    def as_json(self) -> dict[str, Any]:
        """The key ``rankings`` of ``agree --json``."""
        return self._asdict() | {
            "rankings": list(self.rankings),
            "ci95": as_numbers(self.ci95),
        }

    @property
    def words(self) -> str:
        """One line for people, without the interval."""
        return (
            f"{self.pairs} pairs follow from rankings ({self.rankings[0]} and {self.rankings[1]}"
            f" prompts): {self.judgements} judgements"
        )


def ranked_pairs(
    db: Database, first: str, second: str, *, ties: Ties = "separate", seed: int = 0
) -> RankedPairs | None:
    """What rankings stand behind the common pairs of two annotators; None where none do."""
    whose = ids.name(first), ids.name(second)
    ranked: dict[str, set[str]] = defaultdict(set)
    for pair_id, _, who in db.execute(_RANKED, whose).fetchall():
        ranked[pair_id].add(who)
    hidden = blinding.hidden(db, whose)
    by_prompt: dict[str, list[Said]] = defaultdict(list)
    following: dict[str, str] = {}
    common = 0
    for pair_id, prompt_id, *said in db.execute(_COMMON, whose).fetchall():
        if pair_id not in hidden and counts({(said[0], said[1]): 1}, ties).n:
            common += 1
            by_prompt[prompt_id].append((said[0], said[1]))
            if pair_id in ranked:
                following[pair_id] = prompt_id
    if not following:
        return None
    behind = [len({p for pair, p in following.items() if who in ranked[pair]}) for who in whose]
    return RankedPairs(
        len(following),
        common - len(following) + len(set(following.values())),
        (behind[0], behind[1]),
        _interval(list(by_prompt.values()), ties, seed),
    )


def _interval(by_prompt: list[list[Said]], ties: Ties, seed: int) -> Interval | None:
    """95 % percentiles of kappa over draws of prompts; draws without a kappa are left out."""
    import numpy as np

    n = len(by_prompt)
    if n < 2:
        return None
    tables = np.array([counts(tally_of(said), ties).table for said in by_prompt], dtype=float)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS)
    drawn = np.tensordot(times, tables, axes=1)
    drawn /= drawn.sum(axis=(1, 2), keepdims=True)
    by_chance = (drawn.sum(axis=2) * drawn.sum(axis=1)).sum(axis=1)
    defined = by_chance < 1 - 1e-12
    if not defined.any():
        return None
    seen = drawn.trace(axis1=1, axis2=2)
    kappas = (seen[defined] - by_chance[defined]) / (1 - by_chance[defined])
    low, high = np.quantile(kappas, (0.025, 0.975))
    return float(low), float(high)
