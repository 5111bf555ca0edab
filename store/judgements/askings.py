"""What judges were asked about pairs: log-probabilities of the two places, in both orders.

A judge (a model, under the name ``ai:MODEL``) is asked about one pair under one principle with
``a`` shown first and again with ``b`` shown first; that is one asking. Another principle, seed,
constitution, template, choice of examples or number of reasoning samples is another asking, which
stands beside the first. The soft label is the mean over both orders (Bai et al. 2022, section
4.1); a judge without position bias gives the same probability in both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.log import events
from store.records import Event, Verdict

Orders = tuple[tuple[float, float], tuple[float, float]]
"""Natural log-probabilities of the first and of the second place: with ``a`` first, with ``b``."""

_COLUMNS: Final = (
    "pair_id, judge, key, principle_id, constitution_id, template, seed, few_shot, samples,"
    " ab_first, ab_second, ba_first, ba_second, coalesce(tokens, 0), coalesce(seconds, 0.0), at"
)


class Asking(NamedTuple):
    """One pair, asked of one judge under one principle in both orders."""

    pair_id: str
    judge: str
    """``ai:NAME``."""
    key: str
    """Hash of what the asking depends on; see :func:`key_of`."""
    principle_id: str
    constitution_id: str
    """SHA-256 of the constitution's source."""
    template: str
    """Name of the wording."""
    seed: int
    few_shot: str
    """Digest of the examples shown before the question; empty without any."""
    samples: int
    """Reasoning samples averaged in each order; 0 where the letters were asked for at once."""
    ab_first: float
    """Log-probability of the first place with ``a`` there."""
    ab_second: float
    ba_first: float
    """Log-probability of the first place with ``b`` there."""
    ba_second: float
    tokens: int
    """Tokens both orders cost, prompts included; 0 where it is not known."""
    seconds: float
    at: str

    @property
    def q_ab(self) -> float:
        """Probability of the first place with ``a`` there."""
        return _first(self.ab_first, self.ab_second)

    @property
    def q_ba(self) -> float:
        """Probability of the first place with ``b`` there."""
        return _first(self.ba_first, self.ba_second)

    @property
    def mass(self) -> float:
        """Probability that either letter is what comes next, the smaller of both orders."""
        return min(
            math.exp(self.ab_first) + math.exp(self.ab_second),
            math.exp(self.ba_first) + math.exp(self.ba_second),
        )


class SoftLabel(NamedTuple):
    """What one judge says about one pair over some of its askings."""

    pair_id: str
    judge: str
    q_ab: float
    """Mean probability of the first place with ``a`` there."""
    q_ba: float
    """Mean probability of the first place with ``b`` there."""
    askings: int
    mass: float
    """Smallest probability over the askings that either letter is what comes next."""

    @property
    def p(self) -> float:
        """Probability that ``a`` is better."""
        return (self.q_ab + 1 - self.q_ba) / 2

    @property
    def conflict(self) -> bool:
        """Whether the two orders name different answers."""
        return (self.q_ab - 0.5) * (0.5 - self.q_ba) < 0

    def verdict(self, margin: float = 0.0) -> Verdict:
        """``a``, ``b``, or a tie: where the orders conflict or p is within the margin of 1/2."""
        if self.conflict or abs(self.p - 0.5) <= margin:
            return Verdict.TIE
        return Verdict.A if self.p > 0.5 else Verdict.B


def key_of(
    principle_id: str,
    constitution_id: str,
    template: str,
    *,
    seed: int = 0,
    few_shot: str = "",
    samples: int = 0,
) -> str:
    """The name of an asking among those of one judge about one pair."""
    said = [principle_id, constitution_id, template, seed, few_shot, samples]
    return ids.digest("asking", said)[:32]


def add(
    db: Database,
    pair_id: str,
    judge: str,
    orders: Orders,
    *,
    principle_id: str,
    constitution_id: str,
    template: str,
    seed: int = 0,
    few_shot: str = "",
    samples: int = 0,
    tokens: int = 0,
    seconds: float = 0.0,
    at: str,
) -> Event:
    """Record one asking; the same asking made again takes the place of the earlier answer.

    Raises:
        BadInput: there is no such pair, or a log-probability is above 0 or not finite.
    """
    key = key_of(
        principle_id, constitution_id, template, seed=seed, few_shot=few_shot, samples=samples
    )
    value: dict[str, Any] = {
        "principle_id": principle_id,
        "constitution_id": constitution_id,
        "template": template,
        "seed": seed,
        "orders": [list(each) for each in orders],
        "samples": samples,
        "few_shot": few_shot,
        "tokens": tokens,
        "seconds": seconds,
    }
    return events.append(db, "asking", pair_id, judge, value, phase=key, at=at)


def of_pair(db: Database, pair_id: str, judge: str | None = None) -> list[Asking]:
    """The askings about a pair, of one judge or of all."""
    return _read(db, "pair_id = :pair AND (:who IS NULL OR judge = :who)", pair=pair_id, who=judge)


def of_judge(db: Database, judge: str) -> list[Asking]:
    """All askings of one judge, in the project's order of pairs."""
    return _read(db, "judge = :who", who=judge)


def judges(db: Database) -> list[str]:
    """Every judge that was asked anything, by name."""
    rows = db.execute("SELECT DISTINCT judge FROM asking ORDER BY judge").fetchall()
    return [str(row[0]) for row in rows]


def soft_label(askings: Sequence[Asking]) -> SoftLabel:
    """The mean over askings of one pair by one judge; at least one."""
    n = len(askings)
    return SoftLabel(
        askings[0].pair_id,
        askings[0].judge,
        sum(each.q_ab for each in askings) / n,
        sum(each.q_ba for each in askings) / n,
        n,
        min(each.mass for each in askings),
    )


def soft_labels(askings: Iterable[Asking]) -> dict[str, SoftLabel]:
    """One judge's askings, put together by pair."""
    by_pair: dict[str, list[Asking]] = {}
    for each in askings:
        by_pair.setdefault(each.pair_id, []).append(each)
    return {pair_id: soft_label(each) for pair_id, each in by_pair.items()}


def _read(db: Database, where: str, **values: str | None) -> list[Asking]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM asking JOIN kept_pair AS pair ON pair.id = pair_id WHERE {where}"  # noqa: S608
        " ORDER BY pair.position, judge, asking.at, key",
        values,
    ).fetchall()
    return [Asking(*row) for row in rows]


def _first(first: float, second: float) -> float:
    """Probability of the first label when only the two count."""
    difference = second - first
    return 1 / (1 + math.exp(min(difference, 700.0)))
