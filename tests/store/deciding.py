"""Small projects for the tests of the store's event side: pairs, a clock, rows to compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from sqlite_utils import Database

from store.clock import parse, stamp
from store.items import pairs
from tests.store.building import AT, a_candidate, a_prompt


def some_pairs(db: Database, how_many: int = 1, category: str = "helpful") -> list[str]:
    made = []
    for n in range(how_many):
        prompt = a_prompt(db, f"question {n} of {category}", category)
        a, b = (
            a_candidate(db, prompt, f"{side} answer {n}", slot=i) for i, side in enumerate("ab")
        )
        made.append(pairs.add(db, prompt, a, b, "imported", source="test", at=AT)[0])
    return made


def ticking() -> Callable[[], str]:
    """A clock that goes on by a second each time it is read."""
    seconds = count(1)
    return lambda: stamp(parse(AT) + timedelta(seconds=next(seconds)))


def head_rows(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that follows from the events, as rows."""
    return {
        table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for table in ("label_head", "head", "round_pair")
    }
