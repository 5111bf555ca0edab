"""Constitutions as they were used: stored whole, under the hash of their text."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlite_utils import Database

from store.db.connection import immediate
from store.errors import WrongId

_SELECT = "SELECT id, name, version, language, source, created_at FROM constitution"
_INSERT = (
    "INSERT OR IGNORE INTO constitution (id, name, version, language, source, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


class ConstitutionRow(NamedTuple):
    """One version of a constitution."""

    id: str
    """SHA-256 of the TOML text, in hex."""
    name: str
    version: str
    language: str
    source: str
    """The TOML text, to the letter."""
    created_at: str


def add(db: Database, name: str, version: str, language: str, source_toml: str, at: str) -> str:
    """Stores a constitution; the same text again adds nothing.

    Returns:
        Its id, the SHA-256 of the text's UTF-8 bytes in hex.
    """
    constitution_id = hashlib.sha256(source_toml.encode()).hexdigest()
    with immediate(db):
        db.execute(_INSERT, (constitution_id, name, version, language, source_toml, at))
    return constitution_id


def get(db: Database, constitution_id: str) -> ConstitutionRow:
    """The constitution of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT + " WHERE id = ?", (constitution_id,)).fetchone()
    if row is None:
        raise WrongId(constitution_id, "constitution")
    return ConstitutionRow(*row)


def names(db: Database) -> list[str]:
    """The names of the stored constitutions, each once, in alphabetical order."""
    return [row[0] for row in db.execute("SELECT DISTINCT name FROM constitution ORDER BY name")]


def named(db: Database, name: str) -> ConstitutionRow | None:
    """The constitution of this name that was stored last, or None."""
    row = db.execute(
        _SELECT + " WHERE name = ? ORDER BY created_at DESC, id LIMIT 1", (name,)
    ).fetchone()
    return None if row is None else ConstitutionRow(*row)
