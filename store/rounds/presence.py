"""Who is at work on this file now, so that two people do not label under one name."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from sqlite_utils import Database

from store import ids
from store.db import meta, replica
from store.db.leftovers import is_alive
from store.db.project_database import immediate

_KEY = "present"


@dataclass(frozen=True, slots=True)
class Present:
    """One process that has the project open under a name."""

    annotator: str
    process: int
    machine: str
    since: str


def enter(db: Database, annotator: str, at: str, *, process: int | None = None) -> list[Present]:
    """Say that this process works under a name.

    Returns:
        The other living processes under the same name; warn when there are any.
    """
    own = Present(ids.name(annotator), process or os.getpid(), replica.machine(), at)
    with immediate(db):
        others = [each for each in _living(db) if each.process != own.process]
        _store(db, [*others, own])
    return [each for each in others if each.annotator == own.annotator]


def leave(db: Database, *, process: int | None = None) -> None:
    """Say that this process has ended its work."""
    gone = process or os.getpid()
    with immediate(db):
        _store(db, [each for each in _living(db) if each.process != gone])


def here(db: Database) -> list[Present]:
    """Every living process that has the project open."""
    return _living(db)


def names(db: Database) -> list[str]:
    """Every name somebody has ever worked under in this project."""
    rows = db.execute("SELECT DISTINCT annotator FROM sound_event ORDER BY annotator").fetchall()
    return [str(row[0]) for row in rows]


def _living(db: Database) -> list[Present]:
    said = [Present(**each) for each in json.loads(meta.get(db, _KEY, "[]"))]
    machine = replica.machine()
    # WAL needs all processes on one host, so an entry of another machine is left over from a copy.
    return [each for each in said if each.machine == machine and is_alive(each.process)]


def _store(db: Database, present: list[Present]) -> None:
    meta.put(db, _KEY, json.dumps([asdict(each) for each in present]))
