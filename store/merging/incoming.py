"""Another file's content, taken as hostile until every row has been looked at.

The file is copied by SQLite itself (a plain copy would miss what lies in its ``-wal``), the copy
is opened read-only, and its tables must be, to the letter, those that pairlab makes: no view,
trigger, virtual table or generated column of the other file is ever used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from store.db import copies, definitions, leftovers
from store.db.cipher import Key
from store.db.connection import open_readonly
from store.db.file_header import APPLICATION_ID
from store.db.schema import migrations
from store.db.sqlite import StrPath, disk_full, translated
from store.errors import Damaged, DiskFull, MissingProject, NotAProject, StoreError
from store.items.table import SEAL
from store.items.tables import TABLES, WALKED, there

MAX_FILE_BYTES: Final = 8 * 2**30
MAX_TEXT_BYTES: Final = 16 * 2**20
"""Longest text in any cell; a context of a million tokens fits."""

_MIGRATIONS: Final = "_sqlite_migrations"


@contextmanager
def opened(path: StrPath, beside: StrPath, key: Key | None = None) -> Iterator[Database]:
    """A private, read-only copy of another file; it is gone afterwards.

    Args:
        path: the other file.
        beside: the own project file; the copy lies in its folder, where there is room and where
            such texts lie already.
        key: of the own project; then a plain file's copy is encrypted as well.

    Raises:
        MissingProject, NotAProject, Damaged: it cannot be read, or is not what it claims to be.
    """
    _look_at(Path(path), Path(beside))
    folder = Path(beside).absolute().parent
    with leftovers.folder(folder, "merge") as private:
        copy = private / "incoming.db"
        try:
            with translated(path):
                copies.whole(Path(path), copy, _look_inside, key)
                db = open_readonly(copy, called=path)
        except DiskFull as error:
            raise disk_full(beside) from error
        with closing(db):
            with translated(path):
                _check(db, path)
            yield db


def rows(db: Database, table: str, path: StrPath | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows of a table in its own order, by its columns; errors name the file ``path``."""
    with translated(path):
        columns = there(db.conn, table)
        yield from db.execute(select(table, columns, "ORDER BY", WALKED[table]))


def seals(db: Database, table: str) -> dict[str, int | None]:
    """The checksums of a table's rows by id; empty in a file from before they were kept."""
    found = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    return dict(db.execute(select(table, ("id", SEAL))).fetchall()) if SEAL in found else {}


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


def _look_inside(copy: Any, path: Path) -> None:
    if copy.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotAProject(f"{path} is no pairlab project; nothing was taken from it")
    # read before anything is asked of it: even the list of migrations may be a trap
    _must_be_ours(copy, {_MIGRATIONS}, path)


def _check(db: Database, path: StrPath) -> None:
    # a file of an older pairlab will do, where it is made as that one made it
    _must_be_ours(db.conn, set(TABLES), path, {step.name for step in migrations.applied(db)})
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Damaged(f"{path} is damaged ({verdict}); nothing was taken from it")
    for table in TABLES:
        longest = [f"max(length(CAST({column} AS BLOB)))" for column in there(db.conn, table)]
        sizes = db.execute(select(table, longest)).fetchone()
        if any(size is not None and size > MAX_TEXT_BYTES for size in sizes):
            raise NotAProject(
                f"{path} is not to be trusted: a text in its table {table} is longer than"
                f" {MAX_TEXT_BYTES // 2**20} MiB; nothing was taken from it"
            )


def _must_be_ours(
    connection: Any, tables: set[str], path: StrPath, steps: set[str] | None = None
) -> None:
    """Refuse tables that are not, to the letter, those that some steps of the schema make."""
    found, expected = (
        [each for each in every if each[0] in tables]
        for every in (definitions.there(connection), definitions.expected(steps))
    )
    if strange := sorted({name for name, *_ in set(found) ^ set(expected)} | _twice(found)):
        raise NotAProject(
            f"{path} is not to be trusted: {', '.join(strange)} is not as pairlab makes it;"
            " nothing was taken from it"
        )


def _twice(found: list[definitions.Definition]) -> set[str]:
    names = [name for name, *_ in found]
    return {name for name in names if names.count(name) > 1}
