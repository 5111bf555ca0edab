"""What people and judges said of pairs, when, and what it took: read for their comparison."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement.tables import annotators
from store.judgements import askings
from store.judgements.askings import Asking
from store.rounds import rounds


class PairRead(NamedTuple):
    """What a pair is, as far as it may bias anybody."""

    category: str
    longer: str | None
    """``a`` or ``b``; None where both are as long."""
    prompt: str


class TimedVerdict(NamedTuple):
    """One verdict, of a person's first pass or hidden repeat, or of a judge."""

    pair_id: str
    verdict: str
    seconds: float | None
    """Of a ranking the time for all of it, with each verdict that follows from it."""
    at: str
    left: str | None = None
    """The side that stood first; None where it is not known."""
    first: bool = True
    """Whether it is a first pass, and no hidden repeat."""
    ranking: str | None = None
    """Id of the ranking it follows from."""


class FeedbackFacts(NamedTuple):
    """Everything the comparison is made of; what rounds still hide is not there."""

    pairs: dict[str, PairRead]
    people: dict[str, list[TimedVerdict]]
    """All labels of each person, in the order they were given."""
    blind: dict[str, dict[str, str]]
    """The verdicts that agreement is counted from, by person and pair."""
    judges: dict[str, list[TimedVerdict]]
    """One verdict a pair of each model: of its soft label, or the label it gave."""
    askings: dict[str, dict[str, list[Asking]]]
    """By judge and pair."""


_PAIRS = """
SELECT pair.id, prompt.category, length(a.text) - length(b.text), prompt.id FROM kept_pair AS pair
JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id JOIN candidate AS b ON b.id = pair.b_id
WHERE pair.id NOT IN (SELECT value FROM json_each(?))
"""
_LABELS = """
SELECT label_head.pair_id, verdict,
       iif(ranking_id IS NULL, label_head.seconds, json_extract(event.value, '$.seconds')),
       label_head.at, left_side, label_head.phase = 'first', ranking_id
FROM kept_label AS label_head
LEFT JOIN ranked_pair ON ranked_pair.pair_id = label_head.pair_id
  AND ranked_pair.annotator = label_head.annotator AND label_head.phase = 'first'
LEFT JOIN event ON event.id = ranking_id
WHERE label_head.annotator = ? AND label_head.phase IN ('first', 'repeat') AND verdict <> 'skip'
  AND label_head.pair_id NOT IN (SELECT value FROM json_each(?)) ORDER BY label_head.at,
  label_head.pair_id
"""
_BLIND = """
SELECT annotator, pair_id, verdict FROM blind_label WHERE given_by = 'person'
  AND pair_id NOT IN (SELECT value FROM json_each(?))
"""


def read(db: Database) -> FeedbackFacts:
    """Read the project."""
    hidden = rounds.hidden_pairs(db)
    asked = [json.dumps(sorted(hidden))]
    pairs = {
        pair: PairRead(category, "a" if longer > 0 else "b" if longer else None, prompt)
        for pair, category, longer, prompt in db.execute(_PAIRS, asked).fetchall()
    }
    blind: dict[str, dict[str, str]] = {}
    for who, pair, verdict in db.execute(_BLIND, asked).fetchall():
        blind.setdefault(who, {})[pair] = verdict
    people = {who: _labels(db, who, asked[0]) for who in annotators(db)}
    by_judge: dict[str, dict[str, list[Asking]]] = {}
    for judge in askings.judges(db):
        for each in askings.of_judge(db, judge):
            if each.pair_id in pairs:
                by_judge.setdefault(judge, {}).setdefault(each.pair_id, []).append(each)
    labelled = {who: _labels(db, who, asked[0]) for who in annotators(db, ai=True)}
    judges = labelled | {judge: _soft(found) for judge, found in by_judge.items()}
    return FeedbackFacts(pairs, people, blind, dict(sorted(judges.items())), by_judge)


def _labels(db: Database, who: str, hidden: str) -> list[TimedVerdict]:
    rows = db.execute(_LABELS, [ids.name(who), hidden]).fetchall()
    return [TimedVerdict(*row) for row in rows]


def _soft(found: dict[str, list[Asking]]) -> list[TimedVerdict]:
    return sorted(
        (
            TimedVerdict(
                pair,
                askings.soft_label(each).verdict().value,
                sum(one.seconds for one in each) or None,
                max(one.at for one in each),
            )
            for pair, each in found.items()
        ),
        key=lambda given: (given.at, given.pair_id),
    )
