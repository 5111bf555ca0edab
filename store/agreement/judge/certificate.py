"""The certificate of a judge: everything that tells whether its labels can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NamedTuple

from sqlite_utils import Database

from store import ids, names
from store.agreement import tables
from store.agreement.counts import VERDICTS, counts, tally_of
from store.agreement.figure import as_number, as_numbers
from store.agreement.judge import judged_pairs, length, own_text, people, position, votes
from store.agreement.judge.calibration import Calibration, calibration
from store.agreement.judge.consistency import CLASSES, Consistency, consistency
from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.length import LengthBias
from store.agreement.judge.measured import Measured
from store.agreement.judge.own_text import SelfPreference
from store.agreement.judge.people import NOBODY, Accuracy, Ceiling
from store.agreement.judge.position import PositionBias
from store.agreement.judge.sentence import sentence
from store.agreement.judge.temperature import TemperatureScaling, temperature_scaling
from store.agreement.judge.votes import ConstitutionComparison, Votes
from store.agreement.judge.weak import weaknesses
from store.agreement.report import Agreement
from store.agreement.slices import Slice, of_part
from store.agreement.tables import natural
from store.errors import StoreError
from store.items import constitutions
from store.judgements import askings


class CategoryFigures(NamedTuple):
    """The judge on the pairs of one category."""

    agreement: Slice
    """With people's word, as slices between two people."""
    accuracy: Measured
    """Over pairs where both name a side; its pairs are those the judge has wrong."""
    conflict: Measured


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of one judge in this project."""

    judge: str
    sentence: str
    """What it comes to, in plain words."""
    weak: tuple[str, ...]
    """Why its labels need ``--allow weak_judge``; empty where they need not."""
    pairs: int
    """Pairs it has answered about."""
    asked: int
    """Askings, each in both orders."""
    tokens: int
    verdicts: Mapping[str, tuple[str, ...]]
    """Pairs by its verdict."""
    with_word: int
    """Pairs with a person's verdict that may be told."""
    divided: tuple[str, ...]
    """Pairs on which no verdict is that of more than half of the people."""
    position: PositionBias
    consistency: tuple[Consistency, ...]
    people: tuple[Agreement, ...]
    together: Measured
    ceiling: Ceiling
    judges: tuple[Agreement, ...]
    differing: Mapping[str, tuple[str, ...]]
    """Pairs on which the judge says otherwise, by person and other judge."""
    accuracy: Accuracy
    """Against what more than half of the people say of a pair."""
    rulings: Accuracy
    calibration: Calibration
    temperature: TemperatureScaling
    length: LengthBias
    own_text: SelfPreference
    categories: tuple[CategoryFigures, ...]
    principles: tuple[Votes, ...]
    constitutions: tuple[ConstitutionComparison, ...]
    called: Mapping[str, str]
    """Name and version of constitutions, by id."""

    @property
    def certified(self) -> bool:
        """Whether its labels may be exported without asking for it."""
        return not self.weak

    def as_json(self) -> dict[str, Any]:
        """Every figure with n, interval and reason; pairs are counted, not named."""
        return {"certified": self.certified, **as_json(self), "weak": list(self.weak)}


def certificate(db: Database, judge: str, *, people: Sequence[str] | None = None) -> Certificate:
    """Everything about one judge, over what rounds let be told.

    Args:
        db: the project.
        judge: its name, with or without ``ai:``.
        people: whose labels it is held against; None for everybody's.

    Raises:
        StoreError: it has answered about no pair.
    """
    name = named(db, judge)
    if people:
        known = tables.annotators(db)
        people = [names.resolve(each, known, "annotator") for each in people]
    return of_pairs(name, *read(db, people))


def read(
    db: Database, people: Sequence[str] | None = None
) -> tuple[dict[str, list[JudgedPair]], dict[str, str]]:
    """What the certificates of all judges rest on: their pairs by name, and constitutions by id."""
    called = {each.id: f"{each.name} {each.version}" for each in constitutions.TABLE.where(db)}
    return {each: judged_pairs.load(db, each, people) for each in judges(db)}, called


def judges(db: Database) -> list[str]:
    """Every model with an asking or a label, by name."""
    rows = db.execute("SELECT DISTINCT annotator FROM first_label WHERE given_by = 'model'")
    return sorted({*askings.judges(db), *(str(row[0]) for row in rows.fetchall())})


def named(db: Database, judge: str) -> str:
    """The full name of a judge.

    Raises:
        StoreError: nobody of this name has answered about a pair.
    """
    there = judges(db)
    if not there:
        raise StoreError(f"no judge '{judge}' here; no model has judged yet: pairlab judge")
    return names.find(judge, there) or names.resolve(ids.AI + judge, there, "judge")


def of_pairs(
    judge: str,
    judged: Mapping[str, Sequence[JudgedPair]],
    called: Mapping[str, str] | None = None,
) -> Certificate:
    """The certificate from what :func:`read` gives; needs no project, so that a thread may."""
    pairs = judged[judge]
    others = {name: theirs for name, theirs in judged.items() if name != judge}
    words = [pair.word for pair in pairs]
    placed = position.position(pairs)
    found = people.accuracy(pairs, words, NOBODY)
    together = people.together(pairs)
    with_word = sum(bool(pair.people) for pair in pairs)
    limit = people.ceiling(pairs)
    categories = _categories(pairs)
    by_length, own = length.length_bias(pairs), own_text.self_preference(pairs)
    sure = [
        (pair.soft.p, int(pair.word == "a"), pair.prompt_id, pair.id)
        for pair in pairs
        if pair.soft is not None and pair.word in ("a", "b")
    ]
    p, y, prompts, names = (
        (list(column) for column in zip(*sure, strict=True)) if sure else ([], [], [], [])
    )
    weak = weaknesses(placed, with_word, found, together)
    return Certificate(
        judge=judge,
        sentence=sentence(
            weak,
            placed,
            together,
            limit,
            found,
            by_length,
            own,
            [(part.agreement.value, part.agreement, part.accuracy) for part in categories],
        ),
        weak=weak,
        pairs=len(pairs),
        asked=sum(len(pair.asked) for pair in pairs),
        tokens=sum(each.tokens for pair in pairs for each in pair.asked),
        verdicts={
            verdict: ids_
            for verdict in VERDICTS
            if (ids_ := tuple(pair.id for pair in pairs if pair.verdict == verdict))
            or verdict in CLASSES  # both_bad comes from elsewhere alone
        },
        with_word=with_word,
        divided=tuple(pair.id for pair in pairs if pair.people and pair.word is None),
        position=placed,
        consistency=consistency(pairs),
        people=people.with_each(pairs, judge),
        together=together,
        ceiling=limit,
        judges=people.with_judges(pairs, judge, others),
        differing=_differing(pairs, others),
        accuracy=found,
        rulings=people.accuracy(pairs, [pair.ruling for pair in pairs], "no pair is ruled on"),
        calibration=calibration(p, y, prompts, names),
        temperature=temperature_scaling(p, y, prompts),
        length=by_length,
        own_text=own,
        categories=categories,
        principles=votes.of_principles(pairs),
        constitutions=votes.of_constitutions(pairs),
        called=called or {},
    )


def _differing(
    pairs: Sequence[JudgedPair], others: Mapping[str, Sequence[JudgedPair]]
) -> dict[str, tuple[str, ...]]:
    said = {name: {pair.id: pair.verdict for pair in theirs} for name, theirs in others.items()}
    for pair in pairs:
        for name, verdict in pair.people.items():
            said.setdefault(name, {})[pair.id] = verdict
    return {
        name: tuple(p.id for p in pairs if words.get(p.id, p.verdict) != p.verdict)
        for name, words in said.items()
    }


def _categories(pairs: Sequence[JudgedPair]) -> tuple[CategoryFigures, ...]:
    found = []
    for value in sorted({pair.category for pair in pairs}, key=natural):
        mine = [pair for pair in pairs if pair.category == value]
        said = [(pair.word, pair.verdict) for pair in mine if pair.word is not None]
        found.append(
            CategoryFigures(
                of_part("category", value, counts(tally_of(said))),
                people.accuracy(mine, [pair.word for pair in mine], NOBODY).decided,
                position.position(mine).conflict,
            )
        )
    return tuple(found)


_LISTS = ("verdicts", "divided", "differing", "pairs")
"""Entries that hold pairs: JSON has their number."""


def _entry(name: str, value: Any) -> Any:
    if name in _LISTS and isinstance(value, Mapping):
        return {key: len(each) for key, each in value.items()}
    return len(value) if name in _LISTS and isinstance(value, tuple) else as_json(value)


def as_json(value: Any) -> Any:
    """Figures as JSON: fields by name, lists of pairs as their number."""
    if isinstance(value, Measured):
        return value.as_json()
    if isinstance(value, Agreement):
        return {
            "with": value.annotators[0],
            "n": value.n,
            "p_o": as_number(value.figures["p_o"].value),
            "kappa": as_number(value.kappa.value),
            "ci95": as_numbers(value.ci95),
            "ac1": as_number(value.figures["ac1"].value),
            "labels": list(value.counts.labels),
            "table": [list(row) for row in value.counts.table],
            "undefined": {
                key: each.reason
                for key, each in value.figures.items()
                if each.reason and key in ("p_o", "kappa", "ac1")
            },
        }
    if isinstance(value, Slice):
        return value.as_json()
    if isinstance(value, Mapping):
        return {key: _entry(key, each) for key, each in value.items()}
    if is_dataclass(value):
        names = [each.name for each in fields(value)]
        names += [each for each in ("contradicts", "better") if hasattr(type(value), each)]
        return {name: _entry(name, getattr(value, name)) for name in names}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {key: _entry(key, each) for key, each in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple):
        if value and all(isinstance(each, float) for each in value):
            return as_numbers(value)
        return [as_json(each) for each in value]
    return as_number(value) if isinstance(value, float) else value
