"""Encrypting a project, decrypting it, and giving it another key.

The file is written anew beside itself under the new key, compared with the old one row by row and
with its ids, and put in the old one's place, whose content is overwritten with zeros. A kill
leaves either the old or the new file there, and perhaps a part of the new one beside it, which is
removed when a project in that folder is opened the next time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from store.db import cipher, copies, exclusive, leftovers, meta, rolling
from store.db.connection import open_readonly
from store.db.file_header import must_be_project, salt_of
from store.db.session import session
from store.db.sqlite import StrPath, key_of, translated
from store.errors import Damaged, StoreError
from store.items import content_hashes
from store.log import events


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A project under its new key."""

    path: Path
    copies: tuple[Path, ...]
    """Files beside it that can be read as before: plain ones, or those under the former key."""


def must_be(path: StrPath, *, encrypted: bool) -> None:
    """Refuse a project of the other kind; not for one that SQLite has open in this process.

    Raises:
        StoreError: it is of the other kind; says what to do.
    """
    must_be_project(path)
    if cipher.is_encrypted(path) == encrypted:
        return
    named = quote(os.fspath(path))
    if encrypted:
        raise StoreError(f"{path} is not encrypted; to encrypt it: pairlab --db {named} encrypt")
    raise StoreError(
        f"{path} is encrypted already; to change its passphrase: pairlab --db {named} rekey"
    )


def change(path: StrPath, key: cipher.Key | None) -> Rewritten:
    """Put a project under another key, or none.

    Args:
        path: the project.
        key: the new key; None for a plain file.

    Raises:
        Busy: another process has the project open.
        Damaged: an item or event is not what its id says.
        Locked: the present key is not at hand.
        StoreError: there is no room, or the folder cannot be written. The project is as it was.
    """
    project = Path(os.path.realpath(path))
    with session(project) as db:  # brings it up to date, and clears away what was left
        was, sides = key_of(db), meta.seed(db, "sides")
    made = leftovers.beside(project)
    try:
        with exclusive.alone(project, converts=True) as source:
            copies.new_file(made)
            with copies.attached(source, os.fspath(made), key) as name:
                copies.rewrite(source, "main", name)
                if _content(source, "main") != _content(source, name):
                    raise Damaged(f"{project} was not copied whole; it is as it was: see doctor")
            _check(made)
            copies.sync(made)
            exclusive.put_in_place(made, project)
    except OSError as error:
        raise StoreError(
            f"{project} could not be rewritten ({error.strerror or error}); it is as it was"
        ) from error
    finally:
        with suppress(OSError):
            exclusive.shred(made)
        Path(f"{made}-journal").unlink(missing_ok=True)
    return Rewritten(project, tuple(_as_before(project, was, sides)))


def _content(connection: Any, of: str) -> str:
    """A hash of all tables of one file of a connection: definitions, and rows in their order."""
    total = hashlib.sha256()
    for row in connection.execute(
        f"SELECT type, name, sql FROM {of}.sqlite_schema ORDER BY type, name"  # noqa: S608
    ):
        total.update(repr(row).encode())
    for name, without_rowid in connection.execute(
        "SELECT name, wr FROM pragma_table_list WHERE schema = ? AND type IN ('table', 'shadow')"
        " AND name <> 'sqlite_schema' ORDER BY name",
        [of],
    ).fetchall():
        columns = "*" if without_rowid else "rowid, *"
        for row in connection.execute(f'SELECT {columns} FROM {of}."{name}"'):  # noqa: S608
            total.update(repr(row).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _check(made: Path) -> None:
    with closing(open_readonly(made)) as db, translated(made):
        otherwise = "it is as it was: see doctor"
        if (verdict := db.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise Damaged(f"the project is damaged ({verdict}); {otherwise}")
        content_hashes.must_be_unchanged(db, otherwise)
        if changed := events.changed(db):
            raise Damaged(f"{changed} events do not match their ids; {otherwise}")


def _as_before(project: Path, was: cipher.Key | None, sides: str) -> Iterator[Path]:
    """What the change has not reached: copies of the project, and texts that were rescued."""
    for path in rolling.beside(project):
        if was is not None:
            if salt_of(path) == was.salt:
                yield path
        elif path.match("*.rescue-*.txt"):
            yield path
        elif not cipher.is_encrypted(path):
            with suppress(StoreError):
                must_be_project(path)
                with closing(open_readonly(path)) as db, translated(path):
                    if meta.get(db, "sides") == sides:
                        yield path
