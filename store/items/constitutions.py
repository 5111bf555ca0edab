"""Constitutions as they were used: stored whole, under the hash of their text."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlite_utils import Database

from store.items.table import Cells, Table
from store.records import StoredConstitution


def identity(cells: Cells) -> str:
    """SHA-256 of the TOML text's UTF-8 bytes, in hex."""
    return hashlib.sha256(cells["source"].encode()).hexdigest()


TABLE: Final = Table("constitution", StoredConstitution, identity, order="created_at DESC, id")


def add(db: Database, made: StoredConstitution) -> str:
    """Write a constitution; the same text again adds nothing. Returns its id."""
    return TABLE.add(db, made)[0]


def get(db: Database, constitution_id: str) -> StoredConstitution:
    """The constitution of this id.

    Raises:
        WrongId: there is none.
    """
    return TABLE.get(db, constitution_id)


def names(db: Database) -> list[str]:
    """The names of the stored constitutions, each once, in alphabetical order."""
    return [row[0] for row in db.execute("SELECT DISTINCT name FROM constitution ORDER BY name")]


def named(db: Database, name: str) -> StoredConstitution | None:
    """The constitution of this name that was stored last, or None."""
    found = TABLE.where(db, "name = ?", [name], limit=1)
    return found[0] if found else None
