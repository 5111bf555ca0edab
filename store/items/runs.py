"""Runs and generations: which model wrote what, from which text, under which settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NotRequired, Required, TypedDict, Unpack

from sqlite_utils import Database

from store import ids
from store.db.connection import immediate
from store.errors import WrongId
from store.records import Generation, Run

_SELECT_RUN = (
    "SELECT id, model, model_sha256, backend, chat_template, settings, seed, started_at FROM run"
)
_INSERT_RUN = (
    "INSERT OR IGNORE INTO run (id, model, model_sha256, backend, chat_template, settings, seed,"
    " started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT_GENERATION = (
    "SELECT id, run_id, kind, rendered, settings, seed, text, finish_reason, prompt_tokens,"
    " completion_tokens, seconds, attempt, refused, created_at, reasoning FROM generation"
)
_INSERT_GENERATION = (
    "INSERT OR IGNORE INTO generation (id, run_id, kind, rendered, settings, seed, text,"
    " finish_reason, prompt_tokens, completion_tokens, seconds, attempt, refused, created_at,"
    " reasoning) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class RunFields(TypedDict):
    """What a run is made of, as :class:`store.records.Run` explains it."""

    model: Required[str]
    model_sha256: Required[str | None]
    backend: Required[str]
    chat_template: Required[str | None]
    settings: Required[dict[str, Any]]
    seed: Required[int]


class GenerationFields(TypedDict):
    """What a generation is made of, as :class:`store.records.Generation` explains it."""

    run_id: Required[str]
    kind: Required[str]
    rendered: Required[str]
    settings: Required[dict[str, Any]]
    seed: Required[int]
    text: Required[str]
    finish_reason: Required[str]
    prompt_tokens: Required[int]
    completion_tokens: Required[int]
    seconds: Required[float]
    attempt: NotRequired[int]
    refused: NotRequired[str | None]
    reasoning: NotRequired[str | None]


def add_run(db: Database, *, at: str, **fields: Unpack[RunFields]) -> str:
    """Records one use of a model, started at ``at`` (UTC, ISO-8601).

    Returns:
        Its id.
    """
    made = Run(id="", started_at=at, **fields)
    values = (
        made.model,
        made.model_sha256,
        made.backend,
        made.chat_template,
        json.dumps(made.settings, ensure_ascii=False, sort_keys=True),
        made.seed,
        at,
    )
    run_id = ids.digest("run", values)
    with immediate(db):
        db.execute(_INSERT_RUN, (run_id, *values))
    return run_id


def get_run(db: Database, run_id: str) -> Run:
    """The run of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT_RUN + " WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise WrongId(run_id, "run")
    return _run(row)


def runs(db: Database) -> list[Run]:
    """All runs, oldest first."""
    rows = db.execute(_SELECT_RUN + " ORDER BY started_at, id")
    return [_run(row) for row in rows]


def add_generation(db: Database, *, at: str, **fields: Unpack[GenerationFields]) -> str:
    """Records one text a model wrote, refused ones included.

    Call it in one :func:`store.db.connection.immediate` with the candidate or critique that
    comes of it, so that a kill leaves both or neither.

    Returns:
        Its id.
    """
    made = Generation(id="", created_at=at, **fields)
    values = (
        made.run_id,
        made.kind,
        made.rendered,
        json.dumps(made.settings, ensure_ascii=False, sort_keys=True),
        made.seed,
        made.text,
        made.finish_reason,
        made.prompt_tokens,
        made.completion_tokens,
        float(made.seconds),  # as the column gives it back: the id is checked in merges
        made.attempt,
        made.refused,
        at,
        made.reasoning,
    )
    generation_id = generation_identity(values)
    with immediate(db):
        db.execute(_INSERT_GENERATION, (generation_id, *values))
    return generation_id


def generation_identity(values: Sequence[Any]) -> str:
    """The id of a generation, from its columns after the id.

    Reasoning is part of it only where there is some: rows of before the column keep their ids.
    """
    *before, reasoning = values
    return ids.digest("generation", before if reasoning is None else values)


def attempts_made(db: Database) -> dict[str, int]:
    """The last attempt that was refused, by the place of its text.

    The place is what the text is for, ``place`` of the settings; texts of older versions, whose
    record has none, are not told.
    """
    rows = db.execute(
        "SELECT json_extract(settings, '$.place'), max(attempt) FROM generation"
        " WHERE refused IS NOT NULL AND json_type(settings, '$.place') = 'text' GROUP BY 1"
    )
    return dict(rows.fetchall())


def get_generation(db: Database, generation_id: str) -> Generation:
    """The generation of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT_GENERATION + " WHERE id = ?", (generation_id,)).fetchone()
    if row is None:
        raise WrongId(generation_id, "generation")
    return _generation(row)


def _run(row: Sequence[Any]) -> Run:
    key, model, sha256, backend, template, settings, seed, started_at = row
    return Run(key, model, sha256, backend, template, json.loads(settings), seed, started_at)


def _generation(row: Sequence[Any]) -> Generation:
    key, run_id, kind, rendered, settings, *after = row
    return Generation(key, run_id, kind, rendered, json.loads(settings), *after)
