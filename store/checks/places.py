"""Places: whether an annotator's verdicts follow the side an answer stood on."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store.agreement import blinding
from store.agreement.figure import percent
from store.agreement.sides import fair_coin_p
from store.checks.finding import Finding, Level
from store.rounds import rounds

FEW: Final = 30
"""Preferences below which nothing is said of an annotator."""
UNLIKELY: Final = 0.01
"""Chance of a fair coin below which a share of left picks is no accident."""

_PICKS = """
SELECT annotator, count(*) FILTER (WHERE verdict = left_side), count(*) FROM kept_label
WHERE given_by = 'person' AND phase = 'first' AND left_side IS NOT NULL AND verdict IN ('a', 'b')
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
GROUP BY annotator ORDER BY annotator
"""


def favourite_place(db: Database) -> Finding:
    """Annotators who take one side more often than a coin would, by the exact binomial test."""
    hidden = {"hidden": blinding.as_json(rounds.hidden_pairs(db))}
    told = [row for row in db.execute(_PICKS, hidden).fetchall() if row[2] >= FEW]
    biased = [(who, left, n) for who, left, n in told if fair_coin_p(left, n) < UNLIKELY]
    shares = ", ".join(f"{who} {percent(left / n)} left (n {n})" for who, left, n in biased or told)
    return Finding(
        Level.WARN if biased else Level.FINE if told else Level.UNKNOWN,
        f"{shares}: the place decides, not the answer"
        if biased
        else shares or f"nobody has {FEW} preferences with a known side",
        {"annotators": len(told), "biased": len(biased)},
        tuple(pair for who, left, n in biased for pair in _picked(db, who, left=2 * left > n)),
    )


def _picked(db: Database, annotator: str, *, left: bool) -> list[str]:
    """The pairs whose answer on one side an annotator preferred, in project order."""
    rows = db.execute(
        "SELECT pair.id FROM kept_label AS label_head JOIN kept_pair AS pair ON pair.id = pair_id"
        " WHERE annotator = ? AND phase = 'first' AND verdict IN ('a', 'b')"
        " AND left_side IS NOT NULL AND (verdict = left_side) = ? ORDER BY pair.position",
        [annotator, left],
    )
    return [str(row[0]) for row in rows]
