"""The pairs people disagree on, with what a ruling needs: verdicts, notes, times, haste.

Models are asked for by name or not at all: where a model says something else than all people,
nobody has to rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlite_utils import Database

from store import ids
from store.items import pairs
from store.judgements import labels, rulings
from store.records import Label, PairText, Phase, Verdict
from store.rounds import rounds

WORDS_PER_SECOND: Final = 15.0
"""Faster than this nobody has read the texts: about four times silent reading (238 words a
minute, Brysbaert 2019, Journal of Memory and Language 109)."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""A word, or one character of a script that sets no spaces."""

_DISAGREED = """
SELECT pair.id FROM first_label JOIN kept_pair AS pair ON pair.id = pair_id
WHERE CASE ?1 WHEN '[]' THEN given_by = 'person'
      ELSE annotator IN (SELECT value FROM json_each(?1)) END
GROUP BY pair.id HAVING count(DISTINCT verdict) > 1 ORDER BY pair.position
"""


class Order(StrEnum):
    """What comes first."""

    ALIKE = "alike"
    """The pairs whose two answers are most alike: the finest distinctions."""
    CATEGORY = "category"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One pair with different first verdicts."""

    pair_id: str
    category: str
    labels: tuple[Label, ...]
    """The first-pass labels of the annotators asked for, by name; ``skip`` left out."""
    ruling: rulings.Ruling | None
    alike: float
    """Share of words the two answers have in common, 0 to 1."""
    hasty: frozenset[str]
    """Annotators who took less time than reading the texts takes."""


def ordered(
    db: Database,
    annotators: Sequence[str] = (),
    *,
    order: Order = Order.ALIKE,
    unruled: bool = False,
) -> list[Disagreement]:
    """The disagreements, without the pairs that rounds still hide.

    Args:
        db: the project.
        annotators: between whom; all people when none are named.
        order: what comes first.
        unruled: only those without a ruling.
    """
    ruled = rulings.all_standing(db)
    found = []
    for pair_id in _pairs(db, [ids.name(name) for name in annotators]):
        if unruled and pair_id in ruled:
            continue
        text = pairs.text(db, pair_id)
        given = first_labels(db, pair_id, [ids.name(name) for name in annotators])
        found.append(
            Disagreement(
                pair_id=pair_id,
                category=text.category,
                labels=given,
                ruling=ruled.get(pair_id),
                alike=alike(text.a, text.b),
                hasty=frozenset(each.annotator for each in given if is_hasty(text, each.seconds)),
            )
        )
    if order is Order.ALIKE:
        found.sort(key=lambda each: -each.alike)
    elif order is Order.CATEGORY:
        found.sort(key=lambda each: each.category)
    return found


def first_labels(db: Database, pair_id: str, annotators: Sequence[str] = ()) -> tuple[Label, ...]:
    """The first labels that stand on a pair, ``skip`` left out; of all people by default."""
    return tuple(
        each
        for each in labels.of_pair(db, pair_id)
        if each.phase is Phase.FIRST
        and each.verdict is not Verdict.SKIP
        and (each.annotator in annotators if annotators else ids.is_person(each.annotator))
    )


def alike(a: str, b: str) -> float:
    """The words two texts share, as a share of all their words (Jaccard), 0 to 1."""
    one, other = set(_words(a)), set(_words(b))
    return len(one & other) / len(one | other) if one or other else 1.0


def is_hasty(text: PairText, seconds: float | None) -> bool:
    """True when a verdict came faster than the texts can be read."""
    return seconds is not None and faster_than_read((text.prompt_text, text.a, text.b), seconds)


def faster_than_read(texts: Iterable[str], seconds: float) -> bool:
    """True when nobody reads these texts in so many seconds."""
    return seconds * WORDS_PER_SECOND < sum(map(count_words, texts))


def count_words(text: str) -> int:
    """Words of a text; a character is a word in scripts that set no spaces."""
    return len(_words(text))


def _pairs(db: Database, annotators: Sequence[str]) -> list[str]:
    rows = db.execute(_DISAGREED, [json.dumps(list(annotators))]).fetchall()
    hidden = rounds.hidden_pairs(db, annotators)
    return [pair_id for (pair_id,) in rows if pair_id not in hidden]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
