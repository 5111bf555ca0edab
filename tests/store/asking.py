"""Askings of judges for tests, by their probabilities."""

from __future__ import annotations

import math

from sqlite_utils import Database

from store.judgements import askings
from tests.store.deciding import AT


def ask(
    db: Database,
    pair: str,
    q_ab: float,
    q_ba: float,
    *,
    principle: str = "H1",
    seed: int = 0,
    judge: str = "ai:m.gguf",
    seconds: float = 0.0,
) -> None:
    """One asking with these probabilities of the first place."""
    askings.add(
        db,
        pair,
        judge,
        tuple((math.log(q), math.log(1 - q)) for q in (q_ab, q_ba)),  # type: ignore[arg-type]
        principle_id=principle,
        constitution_id="c",
        template="1",
        seed=seed,
        tokens=40,
        seconds=seconds,
        at=AT,
    )
