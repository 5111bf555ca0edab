"""What the card and the manifest tell about how the data came about; read with the plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from sqlite_utils import Database

from store.agreement import blinding, tables
from store.agreement.report import Agreement, agreement
from store.items.tables import TABLES
from store.judgements import guidelines
from store.records import Guideline
from store.reporting.markdown import cell
from store.rounds import draws, rounds
from store.rounds.draws import QueueOrder


class Rules(NamedTuple):
    """A constitution that exported answers were criticised or revised under."""

    name: str
    version: str
    id: str
    """SHA-256 of its file's content."""


class ModelUsed(NamedTuple):
    """A model that wrote something on the way to the exported answers, or judged them."""

    name: str
    sha256: str | None
    backend: str
    original: str | None = None
    """Name of the file that it was converted from, None where it is as it came."""
    original_sha256: str | None = None

    @property
    def markdown(self) -> str:
        """The model as an item of a list."""
        line = f"- model {cell(self.name)} ({cell(self.backend)})"
        if self.sha256:
            line += f", SHA-256 of the file `{self.sha256}`"
        if self.original:
            line += f", converted from {cell(self.original)}, SHA-256 `{self.original_sha256}`"
        return line


@dataclass(frozen=True, slots=True)
class Background:
    """How the data came about."""

    constitutions: tuple[Rules, ...]
    guidelines: tuple[Guideline, ...]
    """The versions that labels of the exported pairs were made under."""
    models: tuple[ModelUsed, ...]
    labels: dict[str, int]
    """First-pass labels by annotator, without ``skip`` and what rounds still hide."""
    agreements: tuple[Agreement, ...]
    """Of each two people who have pairs in common."""
    order: QueueOrder = draws.PROJECT_ORDER
    """In what order pairs were shown, which says what these are over."""

    def as_json(self) -> dict[str, Any]:
        """What the manifest keeps of it."""
        return {
            "constitutions": [rules._asdict() for rules in self.constitutions],
            "guidelines": [{"version": g.version, "id": g.id} for g in self.guidelines],
            "models": [model._asdict() for model in self.models],
            "labels": self.labels,
            "agreement": [
                {
                    "annotators": list(two.annotators),
                    "n": two.n,
                    "kappa": _rounded(two.kappa.value),
                    "ci95": None if two.ci95 is None else [_rounded(end) for end in two.ci95],
                    "band": two.band,
                }
                for two in self.agreements
            ],
        }


def _rounded(value: float | None) -> float | None:
    """Scikit-learn and the formula differ in the last digit: the same project, the same bytes."""
    return None if value is None else round(value, 9)


_BEHIND = """
WITH RECURSIVE behind (id, parent_id, critique_id, generation_id) AS (
    SELECT candidate.id, parent_id, critique_id, generation_id FROM candidate
    JOIN kept_pair AS pair ON candidate.id IN (pair.a_id, pair.b_id)
    WHERE pair.id IN (SELECT value FROM json_each(:pairs))
    UNION
    SELECT candidate.id, candidate.parent_id, candidate.critique_id, candidate.generation_id
    FROM behind JOIN candidate ON candidate.id = behind.parent_id
)
"""
"""The candidates of the exported pairs and all that they were made from."""

_CONSTITUTIONS = """
SELECT name, version, id FROM constitution WHERE id IN (
    SELECT constitution_id FROM critique WHERE id IN (SELECT critique_id FROM behind)
    -- a revision without a critique names it itself
    UNION SELECT json_extract(settings, '$.constitution_id') FROM generation
    WHERE id IN (SELECT generation_id FROM behind)
) ORDER BY name, version, id
"""
_MODELS = """
SELECT DISTINCT model, model_sha256, backend,
       json_extract(settings, '$.converted_from.name'),
       json_extract(settings, '$.converted_from.sha256')
FROM run WHERE id IN (
    SELECT run_id FROM generation WHERE id IN (
        SELECT generation_id FROM behind
        UNION SELECT generation_id FROM critique WHERE id IN (SELECT critique_id FROM behind)
    )
) ORDER BY model, model_sha256, backend
"""
_LABELS = """
SELECT annotator, count(*) FROM first_label
WHERE pair_id NOT IN (SELECT value FROM json_each(?))
GROUP BY annotator ORDER BY annotator
"""
_GUIDELINES = """
SELECT DISTINCT guideline_id FROM kept_label AS label_head
WHERE guideline_id IS NOT NULL AND pair_id IN (SELECT value FROM json_each(:pairs))
  AND pair_id NOT IN (SELECT pair_id FROM sealed_pair)
"""


def _used(db: Database, table: str, pairs: dict[str, str]) -> list[tuple[Any, ...]]:
    """What of a table is behind the pairs; a project without models is not searched for them."""
    statement = _CONSTITUTIONS if table == "constitution" else _MODELS
    if not TABLES[table].count(db):
        return []
    return db.execute(_BEHIND + statement, pairs).fetchall()


def read(db: Database, exported: Iterable[str]) -> Background:
    """Read it from the project.

    Args:
        db: the project.
        exported: ids of the pairs that go out; only what is behind them is named.
    """
    pairs = {"pairs": json.dumps(list(exported))}
    used = {row[0] for row in db.execute(_GUIDELINES, pairs)}
    # that somebody has done a pair is progress; that it was no skip is not
    hidden = blinding.as_json(rounds.hidden_pairs(db))
    people = tables.annotators(db)
    found = (agreement(db, first, second) for first, second in combinations(people, 2))
    return Background(
        constitutions=tuple(Rules(*row) for row in _used(db, "constitution", pairs)),
        guidelines=tuple(g for g in guidelines.history(db) if g.id in used),
        models=tuple(ModelUsed(*row) for row in _used(db, "run", pairs)),
        labels=dict(db.execute(_LABELS, [hidden]).fetchall()),
        agreements=tuple(two for two in found if two.n),
        order=draws.order(db),
    )
