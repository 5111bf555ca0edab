"""What `judge` still has to do: the questions about pairs that one judge was not asked yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store import ids, texts
from store.items.pending import Work
from store.judgements import decisions

_PAIRS = """
SELECT pair.id, prompt.id, pair.position, prompt.category, prompt.text,
       coalesce(json_extract(prompt.messages, '$[#-1].content'), ''), a.text, b.text
FROM kept_pair AS pair JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id JOIN candidate AS b ON b.id = pair.b_id
WHERE {} ORDER BY prompt.position, pair.position
"""
_CHOSEN = "prompt.id IN (SELECT id FROM kept_prompt ORDER BY position LIMIT :limit)"


class PairToJudge(NamedTuple):
    """A pair as a judge is asked about it."""

    pair_id: str
    prompt_id: str
    position: int
    category: str
    question: str
    a: str
    b: str


class Skipped(NamedTuple):
    """Pairs that are not worth a question."""

    withdrawn: int = 0
    """Made by an edit that nobody stands behind any more."""
    identical: int = 0
    empty: int = 0


Wanted = Callable[[PairToJudge], Sequence[str]]
"""The keys of the askings a pair is to have."""


def pending(
    db: Database,
    judge: str,
    wanted: Wanted,
    *,
    limit: int | None = None,
    pair_id: str | None = None,
) -> list[Work]:
    """The pairs that lack an asking of a judge, first prompt first.

    Args:
        db: the project.
        judge: the name its askings stand under.
        wanted: which askings a pair is to have.
        limit: only pairs of the first so many prompts in project order; None for all.
        pair_id: only this pair, inside the limit or not.
    """
    made = _made(db, judge, pair_id)
    found = _read(db, limit) if pair_id is None else [one(db, pair_id)]
    return [
        Work("judge", pair.prompt_id, pair_id=pair.pair_id)
        for pair in found
        if not made[pair.pair_id].issuperset(wanted(pair))
    ]


def counted(
    db: Database, judge: str, wanted: Wanted, *, limit: int | None = None
) -> tuple[int, int]:
    """How many pairs of the first ``limit`` prompts have all their askings, and of how many."""
    made = _made(db, judge, None)
    done = [made[pair.pair_id].issuperset(wanted(pair)) for pair in _read(db, limit)]
    return sum(done), len(done)


def one(db: Database, pair_id: str) -> PairToJudge:
    """One pair, whether it is worth a question or not; it must be there."""
    row = db.execute(_PAIRS.format("pair.id = ?"), [pair_id]).fetchone()
    return _pair(row)


def keys_of(db: Database, judge: str, pair_id: str) -> frozenset[str]:
    """The askings of a judge about a pair, by key."""
    return frozenset(_made(db, judge, pair_id)[pair_id])


def skipped(db: Database, *, limit: int | None = None) -> Skipped:
    """How many pairs of the first ``limit`` prompts no judge is asked about, and why."""
    reasons = [reason for _, reason in _looked_at(db, limit)]
    return Skipped(*(reasons.count(field) for field in Skipped._fields))


def _read(db: Database, limit: int | None) -> Iterator[PairToJudge]:
    return (pair for pair, reason in _looked_at(db, limit) if reason is None)


def _looked_at(db: Database, limit: int | None) -> Iterator[tuple[PairToJudge, str | None]]:
    """Every pair, and why it is skipped."""
    withdrawn = decisions.withdrawn_pairs(db)
    rows = db.execute(_PAIRS.format(_CHOSEN), {"limit": -1 if limit is None else limit})
    for row in rows:
        pair, last_turn = _pair(row), row[5]
        if pair.pair_id in withdrawn:
            yield pair, "withdrawn"
        elif any(texts.blank(text) for text in (last_turn, pair.a, pair.b)):
            yield pair, "empty"
        elif texts.normalised(pair.a) == texts.normalised(pair.b):
            yield pair, "identical"
        else:
            yield pair, None


def _pair(row: Sequence[str]) -> PairToJudge:
    return PairToJudge(row[0], row[1], int(row[2]), *row[3:5], *row[6:8])


def _made(db: Database, judge: str, pair_id: str | None) -> defaultdict[str, set[str]]:
    made: defaultdict[str, set[str]] = defaultdict(set)
    rows = db.execute(
        "SELECT pair_id, key FROM asking WHERE judge = :judge"
        " AND (:pair IS NULL OR pair_id = :pair)",
        {"judge": ids.name(judge), "pair": pair_id},
    )
    for pair, key in rows:
        made[pair].add(key)
    return made
