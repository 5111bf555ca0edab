"""What can be read of a damaged project file, row by row, into a new one.

Rows on pages that SQLite cannot read are passed over; of the others those are taken that are
what their ids say and that name nothing that is lost. So the new file is whole, if smaller.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from store.db import meta
from store.db.cipher import Key
from store.db.connection import create
from store.db.file_header import must_exist
from store.db.project_database import immediate
from store.db.sqlite import StrPath, connect, raised, translated
from store.errors import Damaged
from store.items.content_hashes import pair_belongs
from store.items.table import Row
from store.items.tables import ITEMS, TABLES, there
from store.log import event_kinds, events
from store.log.catching_up import catch_up
from store.merging import checked

_NAMES: Final[dict[str, dict[str, str]]] = {
    "generation": {"run_id": "run"},
    "candidate": {
        "prompt_id": "prompt",
        "parent_id": "candidate",
        "critique_id": "critique",
        "generation_id": "generation",
    },
    "critique": {
        "candidate_id": "candidate",
        "constitution_id": "constitution",
        "generation_id": "generation",
    },
    "pair": {"prompt_id": "prompt", "a_id": "candidate", "b_id": "candidate"},
}
"""Which columns name a row of which table."""
_WITHOUT_ROWID: Final = ("constitution", "run")
_FACTS: Final = ("created_at", "sides", "order", "theme")
"""What is kept of the old file's own facts: seeds, above all, so that the sides stay."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of a damaged file."""

    path: Path
    taken: dict[str, int]
    """Rows in the new file, by table."""
    lost: dict[str, int]
    """Rows that were read and could not be used, by table."""
    unread: tuple[str, ...]
    """Tables of which a part could not be read."""

    @property
    def whole(self) -> bool:
        """True when nothing was lost."""
        return not self.unread and not any(self.lost.values())

    def as_json(self) -> dict[str, Any]:
        """The object of ``rescue --json``."""
        return {
            "file": os.fspath(self.path),
            "taken": self.taken,
            "lost": self.lost,
            "unread": list(self.unread),
        }


def salvage(path: StrPath, out: StrPath, at: str) -> Salvaged:
    """Write what can be read to a new project; the damaged file is not changed.

    Args:
        path: the damaged file.
        out: the new one; nothing is there yet.
        at: UTC time, ISO-8601.

    Raises:
        MissingProject: there is no file to read.
        ProjectExists: there is something at ``out``.
        Damaged: not even the list of tables can be read.
    """
    must_exist(path)
    with closing(_Source(path)) as source:
        if not source.readable:
            raise Damaged(f"Nothing can be read of {path}: not even its list of tables")
        new = create(out, at=at, key=source.key)
        new.watch = None  # what a file is known by is about to become that of the damaged one
        try:
            with translated(out), closing(new), immediate(new):
                done = _copy(source, new, Path(out))
        except BaseException:
            for ending in ("", "-wal", "-shm"):
                Path(f"{os.fspath(out)}{ending}").unlink(missing_ok=True)
            raise
    return done


class _Source:
    """The damaged file: gives the rows it can, and remembers where it could not."""

    def __init__(self, path: StrPath) -> None:
        self._path = path
        self._connection = _connect(path)
        self.key: Key | None = self._connection.key
        self.unread: dict[str, None] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _open_anew(self) -> None:
        """After an unreadable page SQLCipher reads no other on the same connection."""
        if self.key is not None:
            self.close()
            self._connection = _connect(self._path)

    @property
    def readable(self) -> bool:
        """Whether the list of tables can be read, and has those that matter."""
        try:
            rows = self._connection.execute("SELECT name FROM sqlite_schema").fetchall()
        except raised("DatabaseError"):
            return False
        return {*TABLES} <= {row[0] for row in rows}

    def facts(self) -> dict[str, str]:
        """What can be read of ``meta``."""
        return dict(row[1:] for row in self._walk("meta", "key", ("key", "value"), 1))

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table: from the front, from the back, then one by one between."""
        key = "id" if table in _WITHOUT_ROWID else "rowid"
        last = None
        for place, *values in self._walk(table, key, there(self._connection, table), 1):
            last = place
            yield tuple(values)
        if table not in self.unread:
            return
        first = None
        for place, *values in self._walk(table, key, there(self._connection, table), -1):
            if last is not None and place <= last:
                return
            first = place
            yield tuple(values)
        if key == "rowid" and first is not None:
            for place in range(0 if last is None else last + 1, first):
                yield from self._one(table, place)

    def _walk(self, table: str, key: str, columns: Iterable[str], way: int) -> Iterator[Row]:
        names = ", ".join(columns)
        order = "DESC" if way < 0 else "ASC"
        try:
            yield from self._connection.execute(
                f"SELECT {key}, {names} FROM {table} NOT INDEXED ORDER BY {key} {order}"  # noqa: S608 - names of ours
            )
        except raised("DatabaseError"):
            self.unread[table] = None
            self._open_anew()

    def _one(self, table: str, place: int) -> Iterator[Row]:
        names = ", ".join(there(self._connection, table))
        try:
            yield from self._connection.execute(
                f"SELECT {names} FROM {table} NOT INDEXED WHERE rowid = ?",  # noqa: S608 - names of ours
                [place],
            )
        except raised("DatabaseError"):
            self._open_anew()


def _copy(source: _Source, new: Database, out: Path) -> Salvaged:
    for key, value in source.facts().items():
        if key in _FACTS:
            meta.put(new, key, value)
    new.execute("PRAGMA defer_foreign_keys=ON")
    seen: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    usable = _usable(source, seen)
    for table in ITEMS:
        for row in source.rows(table):
            if row[0] in usable[table]:
                usable[table].remove(row[0])  # a page may be reached twice
                TABLES[table].insert(new, [checked.row(table, row)])
                taken[table] += 1
    _take_events(source, new, seen, taken)
    catch_up(new)
    return Salvaged(
        path=out,
        taken={table: taken[table] for table in TABLES},
        lost={table: seen[table] - taken[table] for table in TABLES},
        unread=tuple(source.unread),
    )


def _usable(source: _Source, seen: Counter[str]) -> dict[str, set[str]]:
    """The ids of the items that are whole and name nothing that is not."""
    names: dict[str, dict[str, list[tuple[str, str]]]] = {table: {} for table in ITEMS}
    texts: dict[str, tuple[str, str]] = {}
    for table in ITEMS:
        for row in source.rows(table):
            seen[table] += row[0] not in names[table]
            if not _is_whole(table, row, texts):
                continue
            named = TABLES[table].cells(row)
            names[table][row[0]] = [
                (other, named[column])
                for column, other in _NAMES.get(table, {}).items()
                if named[column] is not None
            ]
            if table == "candidate":
                texts[row[0]] = (named["prompt_id"], named["text"])
    while any(_drop_dangling(names, table) for table in ITEMS):  # each may make others dangle
        pass
    return {table: set(rows) for table, rows in names.items()}


def _drop_dangling(names: dict[str, dict[str, list[tuple[str, str]]]], table: str) -> bool:
    gone = [
        item
        for item, named in names[table].items()
        if any(each not in names[other] for other, each in named)
    ]
    for item in gone:
        del names[table][item]
    return bool(gone)


def _is_whole(table: str, row: Row, texts: dict[str, tuple[str, str]]) -> bool:
    try:
        checked.row(table, row)
    except checked.Tampered:
        return False
    if table != "pair":
        return True
    pair = TABLES[table].cells(row)
    a, b = texts.get(pair["a_id"]), texts.get(pair["b_id"])
    return (
        a is not None
        and b is not None
        and a[0] == b[0] == pair["prompt_id"]
        and pair_belongs(pair["id"], pair["prompt_id"], a[1], b[1], pair["external_id"])
    )


def _take_events(source: _Source, new: Database, seen: Counter[str], taken: Counter[str]) -> None:
    here: set[str] = set()
    for row in source.rows("event"):
        if row[0] in here:
            continue
        seen["event"] += 1
        try:
            made = checked.event(row)
            events.insert(new, made, row[-1] if event_kinds.problem(made) else None)
        except checked.Tampered:
            continue
        except raised("IntegrityError"):
            continue
        here.add(row[0])
        taken["event"] += 1


def _connect(path: StrPath) -> Any:
    with translated(path):
        connection = connect(path, "mode=ro")
        connection.execute("PRAGMA trusted_schema=OFF")
        # what is no UTF-8 any more is not what its id says either
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        return connection
