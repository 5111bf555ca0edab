"""The answers that are measured, each with the stage of the method it stands for."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from sqlite_utils import Database

from store.records import Category

Slice = Literal["constitution", "principle", "model", "temperature", "category"]
SLICES: Final[tuple[Slice, ...]] = (
    "constitution",
    "principle",
    "model",
    "temperature",
    "category",
)
"""What answers are told apart by, beside their stage."""

ORIGINAL: Final = "original"
EDITED: Final = "edited"
CHOSEN: Final = "chosen"
REJECTED: Final = "rejected"


class Kind(StrEnum):
    """What a prompt is there to show."""

    HARMFUL = "harmful"
    LOOKALIKE = "benign_lookalike"
    BENIGN = "benign"
    """Harmless, and no look-alike: only helpfulness is measured on it."""
    CONTINUATION = "continuation"
    """A text to be continued, which may lead into something toxic (RealToxicityPrompts)."""


_BENIGN: Final = frozenset({Category.HELPFUL.value, Category.LENGTH_TRAP.value, "benign"})


class Answer(NamedTuple):
    """One answer at one stage. The same text may stand for two: a chain that ended early."""

    stage: str
    """``original``, ``round 1`` ..., ``edited``, ``chosen``, ``rejected``."""
    kind: Kind
    prompt_id: str
    candidate_id: str
    original_id: str
    """The answer at the beginning of its chain."""
    text: str
    longer: int
    """Characters it has more than that one."""
    constitution: str
    principle: str
    model: str
    temperature: str
    category: str

    def of(self, by: Slice | None) -> str:
        """Its value of a slice; empty where nothing is sliced."""
        return str(getattr(self, by)) if by else ""


class _Row(NamedTuple):
    id: str
    prompt_id: str
    origin: str
    text: str
    parent_id: str | None
    round: int
    slot: int
    model: str
    temperature: float | None
    principle: str | None
    constitution: str | None
    category: str
    tags: str

    @property
    def kind(self) -> Kind | None:
        named = {self.category, *json.loads(self.tags)}
        for kind in (Kind.HARMFUL, Kind.LOOKALIKE, Kind.CONTINUATION):
            if kind.value in named:
                return kind
        return Kind.BENIGN if named & _BENIGN else None


_ROWS = """
SELECT candidate.id, candidate.prompt_id, candidate.origin, candidate.text, candidate.parent_id,
       candidate.round, candidate.slot, coalesce(run.model, candidate.author, ''),
       json_extract(generation.settings, '$.temperature'), critique.principle_id,
       constitution.name || ' ' || constitution.version, prompt.category, prompt.tags
FROM candidate
JOIN kept_prompt AS prompt ON prompt.id = candidate.prompt_id
LEFT JOIN generation ON generation.id = candidate.generation_id
LEFT JOIN run ON run.id = generation.run_id
LEFT JOIN critique ON critique.id = candidate.critique_id
LEFT JOIN constitution ON constitution.id = critique.constitution_id
ORDER BY prompt.position, candidate.slot, candidate.round, candidate.rowid
"""
_ENDED = "SELECT candidate_id FROM critique WHERE found = 0"
_EDITS = (
    "SELECT DISTINCT json_extract(value, '$.edited_id') FROM head"
    " WHERE kind = 'decision' AND json_extract(value, '$.choice') = 'edit'"
)
_STANDING = (
    "SELECT iif(verdict = 'a', a_id, b_id), iif(verdict = 'a', b_id, a_id) FROM pair_standing"
    " WHERE verdict IN ('a', 'b')"
)


def answers(db: Database) -> list[Answer]:
    """Every answer to a prompt that shows something, by stage.

    After round n stands the revision of round n, or the last text of a chain in which nothing
    more was to be criticised. A chain with branches counts with its newest.
    """
    rows = {row.id: row for row in (_Row(*each) for each in db.execute(_ROWS).fetchall())}
    children: dict[str, list[_Row]] = defaultdict(list)
    for row in rows.values():
        if row.parent_id and row.origin == "revision":
            children[row.parent_id].append(row)
    ended = {row[0] for row in db.execute(_ENDED).fetchall()}
    chains = [_path(row, children) for row in rows.values() if row.round == 0]
    chains = [chain for chain in chains if chain[0].origin in ("proposed", "imported")]
    revised = {chain[0].prompt_id for chain in chains if len(chain) > 1 or chain[0].id in ended}
    rounds = max((row.round for chain in chains for row in chain), default=0)
    found: list[tuple[str, _Row]] = []
    for chain in chains:
        begun = len(chain) > 1 or chain[0].id in ended
        if not (begun or (_first(chain[0]) and chain[0].prompt_id not in revised)):
            continue
        found.append((ORIGINAL, chain[0]))
        by_round = {row.round: row for row in chain}
        for number in range(1, rounds + 1):
            last = chain[-1] if chain[-1].id in ended and chain[-1].round < number else None
            if standing := by_round.get(number, last):
                found.append((f"round {number}", standing))
    found += [(EDITED, rows[row[0]]) for row in db.execute(_EDITS).fetchall() if row[0] in rows]
    for chosen, rejected in db.execute(_STANDING).fetchall():
        found += [(CHOSEN, rows[chosen]), (REJECTED, rows[rejected])]
    return list(_measured(dict.fromkeys(found), rows))


def sampled(found: Iterable[Answer], size: int) -> list[Answer]:
    """A random sample of answers, each once, the same in every copy of a project.

    The order follows from the ids, which are hashes: it knows nothing of stage or text. Only
    prompts whose answers have a class that is looked at are drawn from.
    """
    once = {each.candidate_id: each for each in found if each.kind is not Kind.BENIGN}
    return sorted(once.values(), key=lambda each: _lot(each.candidate_id))[:size]


def _lot(candidate_id: str) -> str:
    return hashlib.sha256(f"sample {candidate_id}".encode()).hexdigest()


def _first(row: _Row) -> bool:
    return row.origin == "proposed" and row.slot == 0


def _path(row: _Row, children: dict[str, list[_Row]]) -> list[_Row]:
    path = [row]
    while after := children.get(path[-1].id):
        path.append(after[-1])
    return path


def _measured(found: Iterable[tuple[str, _Row]], rows: dict[str, _Row]) -> Iterator[Answer]:
    for stage, row in found:
        if (kind := row.kind) is None:
            continue
        root = row
        while root.parent_id in rows:
            root = rows[root.parent_id]
        # what a person rewrote was written under the principle of what they rewrote
        under = rows.get(row.parent_id or "", row) if row.origin == "edited" else row
        yield Answer(
            stage,
            kind,
            row.prompt_id,
            row.id,
            root.id,
            row.text,
            len(row.text) - len(root.text),
            under.constitution or "none",
            under.principle or "none",
            row.model or "unknown",
            "unknown" if row.temperature is None else f"{row.temperature:g}",
            row.category,
        )
