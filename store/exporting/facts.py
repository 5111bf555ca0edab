"""Everything an export asks of the project about each pair, read in a few whole-table queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from store.judgements import labels, rankings
from store.judgements.rankings import Ranking
from store.log import current_state
from store.records import Choice, Message, Origin, Verdict


class Side(NamedTuple):
    """One answer of a pair."""

    id: str
    text: str
    origin: Origin
    author: str | None
    finish_reason: str | None


GivenBy = Literal["person", "model", "source"]
"""Whose word a label is; ``source`` is a file's own preference."""


class Withdrawn(NamedTuple):
    """Somebody who took a verdict back and has given no other."""

    annotator: str
    given_by: GivenBy


class AnnotatorVerdict(NamedTuple):
    """What one annotator says of a pair."""

    annotator: str
    given_by: GivenBy
    verdict: Verdict
    round_id: str | None
    margin: float | None = None
    """How much better, from 0 to 1, where they said so: see :mod:`store.exporting.margins`."""
    strength: int | None = None
    note: str = ""
    """Read only for formats that hold it."""


class Decided(NamedTuple):
    """A person's current decision on a revision, as far as one pair of texts is concerned."""

    annotator: str
    choice: Choice
    original: str
    """Text of the candidate the chain began with."""
    text: str
    """The revision's text; the edited text where this is about the edit's own pair."""
    is_edit: bool
    """True for the pair of original and edited text, False for original and revision."""


@dataclass(slots=True)
class PairFacts:
    """A pair with all that was said about it."""

    id: str
    external_id: str | None
    kind: str
    prompt_id: str
    messages: tuple[Message, ...]
    category: str
    a: Side
    b: Side
    words: list[AnnotatorVerdict] = field(default_factory=list)
    """The last word of everybody, by annotator; of people, models and sources."""
    blind: list[AnnotatorVerdict] = field(default_factory=list)
    """People's first labels given blind, which agreement is counted from."""
    withdrawn: list[Withdrawn] = field(default_factory=list)
    """Verdicts taken back that nothing took the place of."""
    ruling: Verdict | None = None
    ruled_by: str = ""
    reason: str = ""
    """Of the ruling."""
    flagged: bool = False

    def side(self, verdict: Verdict) -> Side:
        """The answer that the verdict ``a`` or ``b`` names."""
        return self.a if verdict is Verdict.A else self.b


@dataclass(slots=True)
class Facts:
    """The whole project as an export sees it, pairs in project order."""

    pairs: list[PairFacts]
    """All but those that were removed."""
    decisions: dict[str, list[Decided]]
    """Prompt to the current decisions on revisions of its candidates."""
    removed: tuple[str, ...] = ()
    """Ids of the pairs that were removed, in project order."""
    crowd: Mapping[str, tuple[Verdict | None, float]] = field(default_factory=dict)
    """Pair to the likeliest verdict of all raters and its probability, where it was asked for."""

    def keep(self, only: frozenset[str]) -> None:
        """Leave out all but some pairs."""
        self.pairs = [pair for pair in self.pairs if pair.id in only]
        self.removed = tuple(pair_id for pair_id in self.removed if pair_id in only)


_PAIRS = """
SELECT pair.id, pair.external_id, pair.kind, pair.prompt_id, prompt.messages, prompt.category,
       a.id, a.text, a.origin, a.author, a.finish_reason,
       b.id, b.text, b.origin, b.author, b.finish_reason
FROM kept_pair AS pair
JOIN prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id
ORDER BY pair.position
"""
_REMOVED = """
SELECT pair_id FROM removed_pair JOIN pair ON pair.id = pair_id ORDER BY pair.position
"""
_WORDS = """
SELECT pair_id, annotator, given_by, verdict, round_id, strength FROM last_word
ORDER BY pair_id, annotator
"""
_NOTES = """
SELECT pair_id, annotator, labels_current.note
FROM last_word JOIN labels_current USING (pair_id, annotator, phase)
WHERE labels_current.note <> ''
"""
_BLIND = """
SELECT pair_id, annotator, given_by, verdict, round_id, NULL FROM blind_label
WHERE given_by = 'person' ORDER BY pair_id, annotator
"""
_WITHDRAWN = """
SELECT pair_id, annotator, given_by FROM withdrawn_label ORDER BY pair_id, annotator
"""
_DECISIONS = """
SELECT prompt_id, annotator, choice, original, preferred, is_edit FROM decision_now
ORDER BY prompt_id, annotator, revision_id, is_edit
"""


_VERDICTS = {each.value: each for each in Verdict}
_ORIGINS = {each.value: each for each in Origin}


def load(db: Database, *, notes: bool = False) -> Facts:
    """Read the project.

    Args:
        db: the project.
        notes: whether to read the notes of labels as well.
    """
    pairs = [_pair(row) for row in db.execute(_PAIRS)]
    by_id = {pair.id: pair for pair in pairs}
    ranked = rankings.by_pair(db)
    for pair_id, said in _said(db, _WORDS):
        if pair := by_id.get(pair_id):
            ranking = ranked.get((pair_id, said.annotator))
            by = said.margin if ranking is None else _rank_margin(pair, ranking)
            pair.words.append(said if by == said.margin else said._replace(margin=by))
    for pair_id, annotator, note in db.execute(_NOTES) if notes else ():
        if pair := by_id.get(pair_id):
            pair.words = [
                word._replace(note=note) if word.annotator == annotator else word
                for word in pair.words
            ]
    for pair_id, said in _said(db, _BLIND):
        if pair := by_id.get(pair_id):
            pair.blind.append(said)
    for pair_id, *whose in db.execute(_WITHDRAWN):
        if pair := by_id.get(pair_id):
            pair.withdrawn.append(Withdrawn(*whose))
    for item, ruled in current_state.latest_of_each(db, "ruling").items():
        if (pair := by_id.get(item)) and ruled.value.get("verdict"):
            pair.ruling = Verdict(ruled.value["verdict"])
            pair.ruled_by, pair.reason = ruled.annotator, ruled.value.get("reason") or ""
    if flagged := labels.all_flagged(db):
        for pair in pairs:
            pair.flagged = not flagged.isdisjoint((pair.id, pair.prompt_id, pair.a.id, pair.b.id))
    removed = tuple(row[0] for row in db.execute(_REMOVED))
    return Facts(pairs, _decisions(db), removed)


def _said(db: Database, sql: str) -> Iterator[tuple[str, AnnotatorVerdict]]:
    for pair_id, annotator, given_by, verdict, round_id, strength in db.execute(sql):
        margin = None if strength is None else strength / 2
        yield (
            pair_id,
            AnnotatorVerdict(annotator, given_by, _VERDICTS[verdict], round_id, margin, strength),
        )


def _rank_margin(pair: PairFacts, ranking: Ranking) -> float | None:
    ranks = rankings.ranks(ranking.groups)
    if pair.a.id not in ranks or pair.b.id not in ranks:
        return None  # the same text under another id
    return abs(ranks[pair.a.id] - ranks[pair.b.id]) / (len(ranks) - 1)


def _pair(row: tuple[Any, ...]) -> PairFacts:
    pair_id, external_id, kind, prompt_id, messages, category, *sides = row
    a_id, a_text, a_origin, a_author, a_finish, b_id, b_text, b_origin, b_author, b_finish = sides
    return PairFacts(
        id=pair_id,
        external_id=external_id,
        kind=kind,
        prompt_id=prompt_id,
        messages=tuple(Message(m["role"], m["content"]) for m in json.loads(messages)),
        category=category,
        a=Side(a_id, a_text, _ORIGINS[a_origin], a_author, a_finish),
        b=Side(b_id, b_text, _ORIGINS[b_origin], b_author, b_finish),
    )


def _decisions(db: Database) -> dict[str, list[Decided]]:
    """What the decisions say of which two texts: two chains may come to the same pair."""
    out: dict[str, list[Decided]] = defaultdict(list)
    for prompt_id, annotator, word, original, text, is_edit in db.execute(_DECISIONS):
        out[prompt_id].append(Decided(annotator, Choice(word), original, text, bool(is_edit)))
    return dict(out)
