"""How long a model's texts were here so far, and how fast they came: what a plan is reckoned by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlite_utils import Database

_FEWEST: Final = 8
"""Texts of one kind, or gaps between texts, that make a mean."""
_REST: Final = 60
"""Seconds between two texts of a run that count as work; what is longer was a pause."""


class TokensPerText(NamedTuple):
    """Means of one kind of text, with the attempts that were refused on the way to it."""

    written: float
    """Thinking included."""
    prompt: float


@dataclass(frozen=True, slots=True)
class WritingPace:
    """What the project knows of one model."""

    tokens: dict[str, TokensPerText] = field(default_factory=dict)
    """By kind of generation; kinds with few texts are left out."""
    per_second: float | None = None
    """Tokens written a second, of all its texts together; None where there are few."""


def of_model(db: Database, model: str | None) -> WritingPace:
    """The pace of a model by its name; None takes the server whose texts are the newest."""
    if model is None:
        row = db.execute(
            "SELECT model FROM run WHERE backend = 'endpoint' ORDER BY started_at DESC LIMIT 1"
        ).fetchone()
        model = row[0] if row else ""
    tokens = {
        kind: TokensPerText(written / kept, prompt / kept)
        for kind, kept, written, prompt in db.execute(
            "SELECT kind, sum(refused IS NULL), sum(completion_tokens), sum(prompt_tokens)"
            " FROM generation JOIN run ON run.id = run_id WHERE model = ? GROUP BY kind",
            (model,),
        )
        if kept >= _FEWEST
    }
    gaps, written, seconds = db.execute(
        "SELECT count(*), total(tokens), total(gap) FROM (SELECT completion_tokens AS tokens,"
        " 86400 * (julianday(generation.created_at) - julianday(lag(generation.created_at)"
        " OVER (PARTITION BY run_id ORDER BY generation.created_at))) AS gap"
        " FROM generation JOIN run ON run.id = run_id WHERE model = ? AND kind <> 'judge')"
        " WHERE gap <= ?",
        (model, _REST),
    ).fetchone()
    return WritingPace(tokens, written / seconds if gaps >= _FEWEST and seconds > 0 else None)
