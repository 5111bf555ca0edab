"""What annotators said on each pair, counted by SQLite in one pass over the current labels.

What counts is the view ``blind_label``: first passes that stand and were given before the other's
was shown; ``skip`` is no label. What a round hides (:mod:`store.agreement.blinding`) is not there.
Nothing is fetched but a line for each *combination* of verdicts, so a million labels cost one scan
and no memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.counts import Counts, Said, Ties, counts
from store.agreement.multi import Pattern
from store.judgements import guidelines

By = Literal["category", "principle", "origin", "guideline"]
"""What slices are made by; ``origin`` is the pair's kind (imported, revision, edited, chosen)."""

NO_VALUE = "none"
"""Slice of the pairs that have no such thing: no principle, no guideline."""

Coding = Literal["verdict", "strength"]
"""What is counted: the verdict alone, or with its strength, as ``a 2``."""

_NEXT_NAME = (
    "SELECT annotator FROM kept_label AS label_head WHERE annotator > ? AND phase = 'first'"
    " ORDER BY annotator LIMIT 1"
)

# The plus signs keep SQLite from the index on annotators: walking the table in the order of its
# key needs no sorting, and takes half the time.
_COUNTING = """
WHERE +annotator IN (SELECT value FROM json_each(:annotators))
  AND (:round IS NULL OR round_id = :round)
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
"""
_SAID: dict[Coding, str] = {
    "verdict": "SELECT pair_id, json_group_object(annotator, verdict) AS said,",
    "strength": """
        SELECT pair_id,
               json_group_object(annotator, verdict || coalesce(' ' || strength, '')) AS said,""",
}

_GUIDELINES = """
       min(coalesce(guideline_id, '')) AS oldest, max(coalesce(guideline_id, '')) AS newest
"""

_VERSIONS = """
SELECT pair_id, coalesce(guideline_id, '') AS version, json_group_object(annotator, verdict) AS said
FROM versioned_label
"""

_SLICE: dict[By | Literal["roles"] | None, str] = {
    None: "SELECT '' AS slice, pair_id, said FROM passes",
    "category": """
        SELECT prompt.category AS slice, pair_id, said FROM passes
        JOIN kept_pair AS pair ON pair.id = pair_id
        JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id""",
    "origin": """
        SELECT pair.kind AS slice, pair_id, said
        FROM passes JOIN kept_pair AS pair ON pair.id = pair_id""",
    # Under each version what was said under it, also where a later label stands now; mixed: the
    # labels that stand were made under different versions.
    "guideline": """
        SELECT version AS slice, pair_id, said FROM versions
        UNION ALL SELECT 'mixed', pair_id, said FROM passes WHERE oldest <> newest""",
    "roles": """
        SELECT coalesce(pair.a_role || ' ' || pair.b_role, '') AS slice, pair_id, said
        FROM passes JOIN kept_pair AS pair ON pair.id = pair_id""",
    # The principle behind the younger of the two texts; a person's edit has that of its parent.
    "principle": """
        SELECT coalesce(
            CASE WHEN a.round > b.round THEN under_a.principle_id ELSE under_b.principle_id END,
            under_a.principle_id, under_b.principle_id, '') AS slice, pair_id, said
        FROM passes JOIN kept_pair AS pair ON pair.id = pair_id
        JOIN candidate AS a ON a.id = pair.a_id
        JOIN candidate AS b ON b.id = pair.b_id
        LEFT JOIN candidate AS from_a ON a.origin = 'edited' AND from_a.id = a.parent_id
        LEFT JOIN candidate AS from_b ON b.origin = 'edited' AND from_b.id = b.parent_id
        LEFT JOIN critique AS under_a ON under_a.id = coalesce(a.critique_id, from_a.critique_id)
        LEFT JOIN critique AS under_b ON under_b.id = coalesce(b.critique_id, from_b.critique_id)
        """,
}

_COUNT, _COUNTED = "SELECT slice, said, count(*) FROM (", ") GROUP BY slice, said"

_LIST, _LISTED = (
    "SELECT slice, chosen.pair_id, said FROM (",
    ") AS chosen JOIN kept_pair AS pair ON pair.id = chosen.pair_id ORDER BY pair.position",
)

BY: tuple[By, ...] = ("category", "principle", "origin", "guideline")


class Spoken(NamedTuple):
    """One line of the count: in this slice, so many pairs have this combination."""

    slice: str
    said: dict[str, str]
    """Verdict by annotator."""
    pairs: int


class PairInCell(NamedTuple):
    """A pair behind a cell of a table."""

    pair_id: str
    said: Said
    slice: str


def annotators(db: Database, *, ai: bool = False) -> list[str]:
    """Everybody with a first-pass label, by name; people only, or models only with ``ai``.

    One look into the index per name, however many labels there are.
    """
    found: list[str] = []
    name = ""
    while row := db.execute(_NEXT_NAME, [name]).fetchone():
        name = str(row[0])
        found.append(name)
    return [each for each in found if (ids.is_ai(each) if ai else ids.is_person(each))]


def spoken(
    db: Database,
    names: Sequence[str],
    *,
    by: By | Literal["roles"] | None = None,
    coding: Coding = "verdict",
    round_id: str | None = None,
) -> list[Spoken]:
    """Counts every combination of verdicts of these annotators.

    Args:
        db: the project.
        names: whose labels.
        by: slice by this (``roles``: what a and b are, as ``original revision``); the slice is
            ``""`` otherwise. Slices by guideline overlap: a pair labelled again under a new
            version is in both.
        coding: verdicts alone, or with their strength.
        round_id: only labels given in this round.
    """
    rows = _query(db, (_COUNT, _SLICE[by], _COUNTED), coding, names, round_id)
    naming = _slice_names(db, by)
    return [Spoken(naming(part), json.loads(said), n) for part, said, n in rows]


def said_of_pairs(db: Database, names: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """The pairs that :func:`spoken` counts, in project order, with what was said of each."""
    rows = _query(db, (_LIST, _SLICE[None], _LISTED), "verdict", names, None)
    return [(pair_id, json.loads(said)) for _, pair_id, said in rows]


def patterns(lines: Iterable[Spoken], names: Sequence[str]) -> list[Pattern]:
    """The combinations in the order of ``names``, for alpha and Fleiss."""
    whose = [ids.name(name) for name in names]
    return [Pattern(tuple(map(line.said.get, whose)), line.pairs) for line in lines]


def tally(lines: Iterable[Spoken], first: str, second: str) -> dict[Said, int]:
    """How often each combination of two annotators occurs, whatever others said."""
    out: dict[Said, int] = {}
    for (a, b), number in patterns(lines, (first, second)):
        out[a, b] = out.get((a, b), 0) + number
    return out


def between(
    db: Database, first: str, second: str, *, ties: Ties = "separate", round_id: str | None = None
) -> Counts:
    """The table of two annotators."""
    lines = spoken(db, (first, second), round_id=round_id)
    return counts(tally(lines, first, second), ties)


def by_slice(lines: Iterable[Spoken]) -> dict[str, list[Spoken]]:
    """The lines of each slice, slices in natural order (H2 before H10, v2 before v10)."""
    parts: dict[str, list[Spoken]] = {}
    for line in lines:
        parts.setdefault(line.slice, []).append(line)
    return dict(sorted(parts.items(), key=lambda part: natural(part[0])))


def items(
    db: Database,
    first: str,
    second: str,
    *,
    said: Said | None = None,
    by: By | None = None,
    value: str | None = None,
    round_id: str | None = None,
) -> list[PairInCell]:
    """The pairs behind a cell or a slice of the table, in project order.

    Args:
        db: the project.
        first: one annotator.
        second: the other.
        said: the cell, with None for "no label"; without it, the common pairs on which the two
            disagree.
        by: what ``value`` is a value of.
        value: only this slice.
        round_id: only labels given in this round.
    """
    rows = _query(db, (_LIST, _SLICE[by], _LISTED), "verdict", (first, second), round_id)
    naming = _slice_names(db, by)
    whose = ids.name(first), ids.name(second)
    found = []
    for part, pair_id, text in rows:
        verdicts = json.loads(text)
        answer = verdicts.get(whose[0]), verdicts.get(whose[1])
        wanted = answer == said if said else None not in answer and answer[0] != answer[1]
        if wanted and value in (None, naming(part)):
            found.append(PairInCell(pair_id, answer, naming(part)))
    return found


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts numbers inside a text in the order of their value."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", text)
        if part
    )


def _slice_names(db: Database, by: str | None) -> Callable[[str], str]:
    """How the values that SQL gives are called on the screen."""
    if by is None:
        return str
    versions = {g.id: f"v{g.version}" for g in guidelines.history(db)} if by == "guideline" else {}
    return lambda part: versions.get(part, part) or NO_VALUE


def _query(
    db: Database,
    parts: tuple[str, str, str],
    coding: Coding,
    names: Sequence[str],
    round_id: str | None,
) -> list[tuple[Any, ...]]:
    whose = [ids.name(name) for name in names]
    passes = ("WITH passes AS (", _SAID[coding], _GUIDELINES, "FROM blind_label", _COUNTING)
    versions = (
        "GROUP BY pair_id), versions AS (",
        _VERSIONS,
        _COUNTING,
        "AND informed = 0 AND drawn IS NOT 'useful'",
    )
    sql = "\n".join((*passes, *versions, "GROUP BY pair_id, version)", *parts))
    wanted = {
        "annotators": json.dumps(whose),
        "round": round_id,
        "hidden": blinding.as_json(blinding.hidden(db, whose)),
    }
    return list(db.execute(sql, wanted).fetchall())
