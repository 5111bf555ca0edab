"""Backups made by themselves: a few, the oldest giving way, in a folder beside the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from store import clock
from store.db import cipher
from store.db.backup import backup
from store.db.connection import last_rows, open_readonly
from store.db.sqlite import StrPath
from store.errors import StoreError
from store.judgements import settings

_NAME = re.compile(r"\d{6}-\d{8}T\d{6}Z\.db")
"""Counted, because a clock may go back."""


class Rolled(NamedTuple):
    """What a turn of the backups did."""

    written: Path | None
    """None where the newest backup holds everything already, or none are wanted."""
    kept: int


def wanted(db: Database) -> int:
    """How many backups the project keeps; 0 for none."""
    return int(settings.get(db, settings.BACKUPS, 0))


def folder(project: StrPath) -> Path:
    """Where they lie."""
    return Path(f"{os.fspath(project)}.backups")


def existing(project: StrPath) -> list[Path]:
    """The backups there are, newest first."""
    place = folder(project)
    names = [each.name for each in place.iterdir()] if place.is_dir() else []
    return [place / name for name in sorted(filter(_NAME.fullmatch, names), reverse=True)]


def beside(project: Path) -> Iterator[Path]:
    """The files in the project's folder and among its backups, but for hidden ones and itself."""
    for place in (project.parent, folder(project)):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path != project and not path.name.startswith(".") and path.is_file():
                yield path


def roll(db: Database, project: StrPath, at: str) -> Rolled:
    """Write a backup where something is new since the last one, then let the oldest go.

    Args:
        db: the project.
        project: its path.
        at: UTC time, ISO-8601; the new backup is named after it.

    Raises:
        Damaged: the copy is not whole; the older ones all stay.
        StoreError: it cannot be written.
    """
    keep = wanted(db)
    there = existing(project)
    if not keep or (there and _rows_of(there[0]) == last_rows(db.conn)):
        return Rolled(None, len(there))
    folder(project).mkdir(mode=0o700, exist_ok=True)
    number = 1 + (int(there[0].name.partition("-")[0]) if there else 0)
    target = folder(project) / f"{number:06}-{clock.parse(at):%Y%m%dT%H%M%SZ}.db"
    backup(db, target)
    for old in existing(project)[keep:]:
        old.unlink(missing_ok=True)
    return Rolled(target, len(existing(project)))


def _rows_of(path: Path) -> tuple[int, ...] | None:
    """How far a backup goes; None where it cannot be read."""
    try:
        with cipher.unasked(), closing(open_readonly(path)) as db:
            return last_rows(db.conn)
    except StoreError:
        return None
