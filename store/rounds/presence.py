"""Who is at work on this file now, so that two people do not label under one name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import meta, replica
from store.db.leftovers import is_alive
from store.db.project_database import immediate
from store.errors import StoreError
from store.names import as_known, seen

_KEY = "present"


class Present(NamedTuple):
    """One process that has the project open under a name."""

    annotator: str
    process: int
    machine: str
    since: str
    birth: str = ""
    """When the process began, as its system counts it: its number alone is given again."""


class NameInUse(StoreError):
    """Somebody else works under the name now."""

    def __init__(self, other: Present) -> None:
        super().__init__(
            f"{other.annotator} works on this project in another window since"
            f" {other.since[11:16]} UTC (process {other.process}). Two people need two names:"
            " give yours with --as; the same person goes on there, or adds --also-here"
        )


def claim(db: Database, annotator: str, at: str, *, process: int | None = None) -> None:
    """Work under a name alone.

    Raises:
        NameInUse: another living process works under it; nothing was changed.
    """
    with immediate(db):
        if others := enter(db, annotator, at, process=process):
            raise NameInUse(others[0])


def enter(db: Database, annotator: str, at: str, *, process: int | None = None) -> list[Present]:
    """Say that this process works under a name.

    Returns:
        The other living processes under the same name; warn when there are any.
    """
    number = process or os.getpid()
    own = Present(ids.name(annotator), number, replica.machine(), at, birth(number))
    with immediate(db):
        others = [each for each in _living(db) if each.process != own.process]
        _store(db, [*others, own])
    look = seen(own.annotator)
    return [each for each in others if seen(each.annotator) == look]


def leave(db: Database, *, process: int | None = None) -> None:
    """Say that this process has ended its work."""
    gone = process or os.getpid()
    with immediate(db):
        _store(db, [each for each in _living(db) if each.process != gone])


def here(db: Database) -> list[Present]:
    """Every living process that has the project open."""
    return _living(db)


def spelled(db: Database, annotator: str) -> str:
    """A name as the project knows it, where somebody worked here whose name looks the same."""
    name = ids.name(annotator)
    known = db.execute("SELECT 1 FROM label_head WHERE annotator = ? LIMIT 1", [name]).fetchone()
    return name if known else as_known(name, names(db))


def all_spelled(db: Database, annotators: Iterable[str]) -> tuple[str, ...]:
    """Several names as the project knows them, each once."""
    known = names(db)
    return tuple(dict.fromkeys(as_known(each, known) for each in annotators))


def names(db: Database) -> list[str]:
    """Every name somebody has ever worked under in this project."""
    rows = db.execute("SELECT DISTINCT annotator FROM sound_event ORDER BY annotator").fetchall()
    return [str(row[0]) for row in rows]


def people(db: Database) -> list[str]:
    """Those of :func:`names` that are neither models nor files."""
    return [name for name in names(db) if ids.is_person(name)]


def _living(db: Database) -> list[Present]:
    said = [Present(**each) for each in json.loads(meta.get(db, _KEY, "[]"))]
    machine = replica.machine()
    # WAL needs all processes on one host, so an entry of another machine is left over from a copy.
    return [
        each
        for each in said
        if each.machine == machine
        and is_alive(each.process)
        and each.birth in ("", birth(each.process))
    ]


def birth(process: int) -> str:
    """What tells a process from a later one of the same number; empty where nobody says."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        stat = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return f"{boot}:{stat.rpartition(')')[2].split()[19]}"


def _store(db: Database, present: list[Present]) -> None:
    meta.put(db, _KEY, json.dumps([each._asdict() for each in present]))
