"""Another file's content, taken as hostile until every row has been looked at.

The file is copied by SQLite itself (a plain copy would miss what lies in its ``-wal``), the copy
is opened read-only, and its tables must be, to the letter, those that pairlab makes: no view,
trigger, virtual table or generated column of the other file is ever used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from store.errors import Damaged, MissingProject, NotAProject, StoreError
from store.file_header import APPLICATION_ID
from store.schema import migrations
from store.sqlite import BUSY_SECONDS, StrPath, open_readonly, sqlite3, translated

MAX_FILE_BYTES: Final = 8 * 2**30
MAX_TEXT_BYTES: Final = 16 * 2**20
"""Longest text in any cell; a context of a million tokens fits."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "prompt": ("id", "messages", "category", "tags", "source", "external_id", "created_at"),
    "constitution": ("id", "name", "version", "language", "source", "created_at"),
    "run": (
        "id",
        "model",
        "model_sha256",
        "backend",
        "chat_template",
        "settings",
        "seed",
        "started_at",
    ),
    "generation": (
        "id",
        "run_id",
        "kind",
        "rendered",
        "settings",
        "seed",
        "text",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
        "seconds",
        "attempt",
        "refused",
        "created_at",
        "reasoning",
    ),
    "candidate": (
        "id",
        "prompt_id",
        "origin",
        "text",
        "parent_id",
        "critique_id",
        "generation_id",
        "author",
        "round",
        "slot",
        "finish_reason",
        "created_at",
    ),
    "critique": (
        "id",
        "candidate_id",
        "round",
        "constitution_id",
        "principle_id",
        "text",
        "found",
        "generation_id",
        "created_at",
    ),
    "pair": (
        "id",
        "prompt_id",
        "a_id",
        "b_id",
        "kind",
        "external_id",
        "a_role",
        "b_role",
        "source",
        "created_at",
    ),
    "event": (
        "id",
        "replica",
        "seq",
        "lamport",
        "at",
        "annotator",
        "kind",
        "item",
        "phase",
        "value",
    ),
}
"""The tables that are read, in the order they are written, and the columns, in their order."""

_ORDER: Final = {
    "prompt": "position",
    "constitution": "id",
    "run": "id",
    "generation": "rowid",
    "candidate": "rowid",
    "critique": "rowid",
    "pair": "position",
    "event": "arrival",
}
_MIGRATIONS: Final = "_sqlite_migrations"


@contextmanager
def opened(path: StrPath, beside: StrPath) -> Iterator[Database]:
    """A private, read-only copy of another file; it is gone afterwards.

    Args:
        path: the other file.
        beside: the own project file; the copy lies in its folder, where there is room and where
            such texts lie already.

    Raises:
        MissingProject, NotAProject, Damaged: it cannot be read, or is not what it claims to be.
    """
    _look_at(Path(path), Path(beside))
    folder = Path(beside).absolute().parent
    with tempfile.TemporaryDirectory(prefix=".merge-", dir=folder) as private:
        copy = Path(private) / "incoming.db"
        with translated(path):
            _copy(Path(path), copy)
            db = open_readonly(copy)
        with closing(db):
            with translated(path):
                _check(db, path)
            yield db


def rows(db: Database, table: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table in its own order, by :data:`COLUMNS`."""
    with translated():
        yield from db.execute(select(table, COLUMNS[table], "ORDER BY", _ORDER[table]))


def select(table: str, columns: Iterable[str], *rest: str) -> str:
    """A statement over names that are written in this module and nowhere else."""
    return " ".join(("SELECT", ", ".join(columns), "FROM", table, *rest))


def _look_at(path: Path, own: Path) -> None:
    if not path.exists():
        raise MissingProject(path)
    if not path.is_file():
        raise NotAProject(f"{path} is no file; name the other project file")
    if path.samefile(own):
        raise StoreError(f"{path} is this project itself; name the other file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise StoreError(
            f"{path} is larger than {MAX_FILE_BYTES // 2**30} GiB, which no project is;"
            " nothing was read"
        )


def _copy(path: Path, copy: Path) -> None:
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    uri = path.absolute().as_uri() + "?mode=ro"
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.absolute().parent, os.W_OK) and not wal.exists():
        uri += "&immutable=1"  # a read-only medium has no room for the -shm file of WAL
    with (
        closing(
            sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as source,
        closing(sqlite3.connect(os.fspath(copy), isolation_level=None)) as target,
    ):
        for connection in (source, target):
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
        source.execute("SELECT count(*) FROM sqlite_schema")  # says it plainly when it is none
        source.backup(target)
        # one file, complete in itself, that can be opened read-only
        target.execute("PRAGMA journal_mode=DELETE")
        if target.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise NotAProject(f"{path} is no pairlab project; nothing was taken from it")
        # read before anything is asked of it: even the list of migrations may be a trap
        _must_be_ours(target, {_MIGRATIONS}, path)


def _check(db: Database, path: StrPath) -> None:
    # a file of an older pairlab will do, where what is read of it is still made in the same way
    _must_be_ours(db.conn, set(COLUMNS), path)
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Damaged(f"{path} is damaged ({verdict}); nothing was taken from it")
    for table, columns in COLUMNS.items():
        longest = [f"max(length(CAST({column} AS BLOB)))" for column in columns]
        sizes = db.execute(select(table, longest)).fetchone()
        if any(size is not None and size > MAX_TEXT_BYTES for size in sizes):
            raise NotAProject(
                f"{path} is not to be trusted: a text in its table {table} is longer than"
                f" {MAX_TEXT_BYTES // 2**20} MiB; nothing was taken from it"
            )


def _must_be_ours(connection: Any, tables: set[str], path: StrPath) -> None:
    found, expected = _definitions(connection, tables), _expected(tables)
    if strange := sorted({name for name, *_ in set(found) ^ set(expected)} | _twice(found)):
        raise NotAProject(
            f"{path} is not to be trusted: {', '.join(strange)} is not as pairlab makes it;"
            " nothing was taken from it"
        )


def _twice(found: list[tuple[str, str, str]]) -> set[str]:
    names = [name for name, *_ in found]
    return {name for name in names if names.count(name) > 1}


def _definitions(connection: Any, tables: set[str]) -> list[tuple[str, str, str]]:
    """Name, kind and text of these tables, once for each time a name occurs."""
    rows = connection.execute("SELECT lower(name), type, sql FROM sqlite_schema").fetchall()
    return sorted(row for row in rows if row[0] in tables)


def _expected(tables: set[str]) -> list[tuple[str, str, str]]:
    empty = Database(memory=True, execute_plugins=False)
    try:
        migrations.apply(empty)
        return _definitions(empty.conn, tables)
    finally:
        empty.close()
