"""Everything an export asks of the project about each pair, read in a few whole-table queries.

What was said alike of several pairs is one object: a project may have a million labels.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeVar

from sqlite_utils import Database

from store.errors import Damaged
from store.judgements import labels, rankings
from store.judgements.rankings import Groups
from store.log import current_state
from store.records import Choice, Message, Origin, Verdict

T = TypeVar("T")


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

    @classmethod
    def of(
        cls, annotator: str, given_by: GivenBy, verdict: str, round_id: str, strength: int | None
    ) -> AnnotatorVerdict:
        """One from the cells of a row."""
        margin = None if strength is None else strength / 2
        return cls(annotator, given_by, _VERDICTS[verdict], round_id, margin, strength)


class Decided(NamedTuple):
    """A person's current decision on a revision, as far as one pair of texts is concerned."""

    annotator: str
    choice: Choice
    preferred: Verdict
    """The side that the revision is, or the edited text where this is about the edit's own pair."""
    is_edit: bool
    """True for the pair of original and edited text, False for original and revision."""


@dataclass(slots=True)
class PairOutline:
    """A pair with all that was said about it, without its texts."""

    id: str
    category: str
    words: tuple[AnnotatorVerdict, ...] = ()
    """The last word of everybody, by annotator; of people, models and sources."""
    withdrawn: tuple[Withdrawn, ...] = ()
    """Verdicts taken back that nothing took the place of."""
    ruling: Verdict | None = None
    ruled_by: str = ""
    reason: str = ""
    """Of the ruling."""
    flagged: bool = False
    part: str = ""
    """What an entry tells of the pair, where a format makes other entries than one a pair."""


@dataclass(slots=True, kw_only=True)
class PairFacts(PairOutline):
    """The same with the texts."""

    external_id: str | None
    kind: str
    prompt_id: str
    messages: tuple[Message, ...]
    a: Side
    b: Side

    def side(self, verdict: Verdict) -> Side:
        """The answer that the verdict ``a`` or ``b`` names."""
        return self.a if verdict is Verdict.A else self.b


@dataclass(slots=True)
class Facts:
    """The whole project as an export sees it, pairs in project order."""

    pairs: list[PairOutline]
    """All but those that were removed."""
    decisions: dict[str, list[Decided]]
    """Pair to the current decisions that speak of its two texts."""
    removed: tuple[str, ...] = ()
    """Ids of the pairs that were removed, in project order."""
    crowd: Mapping[str, tuple[Verdict | None, float]] = field(default_factory=dict)
    """Pair to the likeliest verdict of all raters and its probability, where it was asked for."""

    def keep(self, only: frozenset[str]) -> None:
        """Leave out all but some pairs."""
        self.pairs = [pair for pair in self.pairs if pair.id in only]
        self.removed = tuple(pair_id for pair_id in self.removed if pair_id in only)


_PAIRS = """
SELECT pair.id, pair.prompt_id, pair.a_id, pair.b_id, prompt.category
FROM kept_pair AS pair JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
ORDER BY pair.position
"""
_TEXTS = """
SELECT pair.id, pair.external_id, pair.kind, pair.prompt_id, prompt.messages,
       a.id, a.text, a.origin, a.author, a.finish_reason,
       b.id, b.text, b.origin, b.author, b.finish_reason
FROM json_each(?) AS asked
CROSS JOIN pair ON pair.id = asked.value
JOIN prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id
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
SELECT pair.id, annotator, choice, iif(a.text = preferred, 'a', 'b'), is_edit
FROM decision_now
CROSS JOIN kept_pair AS pair ON pair.prompt_id = decision_now.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id
WHERE original = a.text AND preferred = b.text OR original = b.text AND preferred = a.text
ORDER BY annotator, revision_id, is_edit
"""


_VERDICTS = {each.value: each for each in Verdict}
_ORIGINS = {each.value: each for each in Origin}


_BATCH: Final = 256
"""Pairs whose texts are read together."""

_TOGETHER: Final = 20_000
"""Ways in which a pair was spoken of that are remembered to share them."""


def load(db: Database, *, notes: bool = False) -> Facts:
    """Read the project, all but its texts.

    Args:
        db: the project.
        notes: whether to read the notes of labels as well.
    """
    flagged = labels.all_flagged(db)
    pairs = []
    for pair_id, prompt_id, a_id, b_id, category in db.execute(_PAIRS):
        told = not flagged.isdisjoint((pair_id, prompt_id, a_id, b_id))
        pairs.append(PairOutline(pair_id, sys.intern(category), flagged=told))
    by_id = {pair.id: pair for pair in pairs}
    for pair_id, words in _said(db, _WORDS, AnnotatorVerdict.of):
        if pair := by_id.get(pair_id):
            pair.words = words
    alike: dict[AnnotatorVerdict, AnnotatorVerdict] = {}
    for pair_id, rows in groupby(rankings.of_labels(db), itemgetter(0)):
        if pair := by_id.get(pair_id):
            margins = {who: _rank_margin(sides, groups) for _, who, sides, groups in rows}
            pair.words = tuple(
                alike.setdefault(said, said)
                for word in pair.words
                for said in [word._replace(margin=margins.get(word.annotator, word.margin))]
            )
    for pair_id, annotator, note in db.execute(_NOTES) if notes else ():
        if pair := by_id.get(pair_id):
            pair.words = tuple(
                word._replace(note=note) if word.annotator == annotator else word
                for word in pair.words
            )
    for pair_id, withdrawn in _said(db, _WITHDRAWN, Withdrawn):
        if pair := by_id.get(pair_id):
            pair.withdrawn = withdrawn
    for item, ruled in current_state.latest_of_each(db, "ruling").items():
        if (pair := by_id.get(item)) and ruled.value.get("verdict"):
            pair.ruling = Verdict(ruled.value["verdict"])
            pair.ruled_by, pair.reason = ruled.annotator, ruled.value.get("reason") or ""
    removed = tuple(row[0] for row in db.execute(_REMOVED))
    return Facts(pairs, _decisions(db), removed)


def blind(db: Database) -> Iterator[tuple[str, tuple[AnnotatorVerdict, ...]]]:
    """People's first labels given blind, which agreement is counted from, by pair.

    A label that is alike of two pairs is one object.
    """
    return _said(db, _BLIND, AnnotatorVerdict.of)


def _said(db: Database, sql: str, made: Callable[..., T]) -> Iterator[tuple[str, tuple[T, ...]]]:
    """What was said of each pair; the same words of two pairs are one object, to save memory."""
    each: dict[tuple[Any, ...], T] = {}
    together: dict[tuple[int, ...], tuple[T, ...]] = {}
    for pair_id, rows in groupby(db.execute(sql), itemgetter(0)):
        words = [each.get(row[1:]) or each.setdefault(row[1:], made(*row[1:])) for row in rows]
        key = tuple(map(id, words))
        if len(together) >= _TOGETHER:
            together.clear()
        yield pair_id, together.get(key) or together.setdefault(key, tuple(words))


def _rank_margin(sides: tuple[str, str], groups: Groups) -> float | None:
    ranks = rankings.ranks(groups)
    a, b = map(ranks.get, sides)
    if a is None or b is None:
        return None  # the same text under another id
    return abs(a - b) / (len(ranks) - 1)


def with_texts(db: Database, pairs: Iterable[PairOutline]) -> Iterator[PairFacts]:
    """The same pairs, with texts that are read a few pairs at a time.

    Raises:
        Damaged: a pair, its prompt or an answer is not there any more.
    """
    left = iter(pairs)
    while batch := list(islice(left, _BATCH)):
        rows = db.execute(_TEXTS, [json.dumps([pair.id for pair in batch])]).fetchall()
        if [row[0] for row in rows] != [pair.id for pair in batch]:
            raise Damaged("pairs of the project are gone since it was read; try again")
        yield from map(_whole, batch, rows)


def _whole(pair: PairOutline, row: tuple[Any, ...]) -> PairFacts:
    _, external_id, kind, prompt_id, messages, *sides = row
    a_id, a_text, a_origin, a_author, a_finish, b_id, b_text, b_origin, b_author, b_finish = sides
    return PairFacts(
        pair.id,
        pair.category,
        pair.words,
        pair.withdrawn,
        pair.ruling,
        pair.ruled_by,
        pair.reason,
        pair.flagged,
        pair.part,
        external_id=external_id,
        kind=kind,
        prompt_id=prompt_id,
        messages=tuple(Message(m["role"], m["content"]) for m in json.loads(messages)),
        a=Side(a_id, a_text, _ORIGINS[a_origin], a_author, a_finish),
        b=Side(b_id, b_text, _ORIGINS[b_origin], b_author, b_finish),
    )


def _decisions(db: Database) -> dict[str, list[Decided]]:
    """What the decisions say of which two texts: two chains may come to the same pair."""
    out: dict[str, list[Decided]] = defaultdict(list)
    for pair_id, annotator, word, preferred, is_edit in db.execute(_DECISIONS):
        out[pair_id].append(Decided(annotator, Choice(word), _VERDICTS[preferred], bool(is_edit)))
    return dict(out)
