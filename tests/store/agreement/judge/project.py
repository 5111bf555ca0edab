"""A project file with a judge in it: pairs, people's labels, askings and what they come to."""

from __future__ import annotations

import math

from sqlite_utils import Database

from store.judgements import askings, labels
from tests.store.agreement.judge.made import JUDGE, for_side
from tests.store.building import AT
from tests.store.deciding import some_pairs


def ask(
    db: Database,
    pair: str,
    q_ab: float,
    q_ba: float,
    *,
    judge: str = JUDGE,
    principle: str = "H1",
    constitution: str = "c",
    seed: int = 0,
) -> None:
    """One asking, and the judge's label from all of them."""
    askings.add(
        db,
        pair,
        judge,
        tuple((math.log(q), math.log1p(-q)) for q in (q_ab, q_ba)),  # type: ignore[arg-type]
        principle_id=principle,
        constitution_id=constitution,
        template="t",
        seed=seed,
        tokens=40,
        at=AT,
    )
    soft = askings.soft_label(askings.of_pair(db, pair, judge))
    labels.give(db, pair, judge, soft.verdict(), at=AT)


def judged(db: Database, n: int = 60, *, people: tuple[str, ...] = ("ann", "bob")) -> list[str]:
    """Pairs that people agree on in turn and the judge has right, but for every tenth."""
    made = some_pairs(db, n)
    for i, pair in enumerate(made):
        side = "ab"[i % 2]
        for name in people:
            labels.give(db, pair, name, side, at=AT)
        ask(db, pair, *for_side(side if i % 10 else "ba"[i % 2], 0.6 + 0.3 * (i % 3) / 2))
    return made
