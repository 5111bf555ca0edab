"""People's rulings as comparisons that a judge may be shown before it is asked."""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.judgements import rulings
from store.records import Verdict


class RuledPair(NamedTuple):
    """A pair on which a person has ruled that one answer is better."""

    pair_id: str
    prompt_id: str
    category: str
    question: str
    better: str
    worse: str


def ordered(db: Database) -> list[RuledPair]:
    """Every pair with a standing ruling for one side by a person, in project order."""
    standing = {
        pair_id: ruling.verdict
        for pair_id, ruling in rulings.all_standing(db).items()
        if ids.is_person(ruling.by) and ruling.verdict in (Verdict.A, Verdict.B)
    }
    rows = db.execute(
        "SELECT pair.id, prompt.id, prompt.category, prompt.text, a.text, b.text"
        " FROM kept_pair AS pair"
        " JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id"
        " JOIN candidate AS a ON a.id = pair.a_id JOIN candidate AS b ON b.id = pair.b_id"
        " ORDER BY pair.position"
    )
    return [
        RuledPair(*row[:4], *(row[4:] if standing[row[0]] is Verdict.A else row[:3:-1]))
        for row in rows
        if row[0] in standing
    ]
