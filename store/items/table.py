"""A table of items, defined once: the fields of its record are its columns.

A new column is a migration, a field at the end of the record, and its line in
``docs/database.md``. Rows of files from before it have the field's default, which the migration
has to give as well.
"""

# ruff: noqa: S608 - every name in these statements is written in store.items and store.records

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlite_utils import Database

from store import ids
from store.db import waiting
from store.db.project_database import immediate
from store.db.sqlite import translated
from store.errors import WrongId
from store.items.columns import columns_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SEAL: Final = "seal"
"""The column with the checksum of a whole row; NULL where another program wrote the row."""

Record = TypeVar("Record", bound="DataclassInstance")

Row = tuple[Any, ...]
"""Cells in the order of :attr:`Table.names`."""

Cells = Mapping[str, Any]
"""The cells of a row by the names of their columns."""


class Table(Generic[Record]):
    """Reads and writes the rows of one table as records; rows are written once, never changed.

    Statements are made once, from the fields: sqlite-utils' ``insert`` and ``rows_where`` ask the
    schema again for each row, which doubles the statements behind one key.

    Args:
        name: of the table.
        record: a frozen dataclass that takes its fields by keyword, ``id`` first.
        identity: the id that the content of a row must have; its own id is not looked at.
        order: the columns by which rows are listed.
        numbered: the column that the database counts up, if there is one.
        seen_as: the view that records are read through, where events change what a row says.
        derived: further columns, worked out from the others when a row is written, for readers of
            the file.
    """

    def __init__(
        self,
        name: str,
        record: type[Record],
        identity: Callable[[Cells], str],
        *,
        order: str,
        numbered: str | None = None,
        seen_as: str | None = None,
        derived: Mapping[str, Callable[[Cells], Any]] | None = None,
    ) -> None:
        self.name = name
        self.record = record
        self.identity = identity
        self.order = order
        self.derived = {**(derived or {}), SEAL: self.seal}
        every = columns_of(record)
        self.columns = tuple(column for column in every if column.name != numbered)
        """What travels between files, in the order of the record's fields."""
        self.names = tuple(column.name for column in self.columns)
        """The names of :attr:`columns`."""
        self._defaults = [column.default for column in self.columns]
        self._writers = [(each.name, each.write) for each in self.columns if each.write]
        self._read_names = [column.name for column in every]
        self._readers = [(each.name, each.read) for each in every if each.read]
        self._values = attrgetter(*self.names)
        self._select = (
            f"SELECT {', '.join(f'{name}.{each}' for each in self._read_names)}"
            f" FROM {seen_as or name} AS {name}"
        )
        written = (*self.names, *self.derived)
        self._insert = (
            f"INSERT INTO {name} ({', '.join(written)}) VALUES ({', '.join('?' * len(written))})"
        )
        # an insert that finds its id there would leave a gap where the database counts
        self._add = f"{self._insert} ON CONFLICT (id) DO NOTHING" if numbered is None else None

    def add(self, db: Database, made: Record) -> tuple[str, bool]:
        """Write a record under the id of its content; content that is there already stays.

        Returns:
            The id, and whether the row is new.
        """
        cells = dict(zip(self.names, self._values(made), strict=True))
        _convert(cells, self._writers)
        key = cells["id"] = self.identity(cells)
        # inside a transaction one statement, which is whole or absent, needs no savepoint
        with translated() if db.conn.in_transaction else immediate(db):
            if self._add is not None:
                return key, db.execute(self._add, self._written(cells)).rowcount > 0
            if self.has(db, key):
                return key, False
            db.execute(self._insert, self._written(cells))
        return key, True

    def add_all(self, db: Database, made: Iterable[Record]) -> list[str]:
        """The same for many records, in few statements; call inside a transaction.

        Returns:
            Their ids, in the same order.
        """
        rows: dict[str, dict[str, Any]] = {}
        keys = []
        for each in made:
            cells = dict(zip(self.names, self._values(each), strict=True))
            _convert(cells, self._writers)
            key = cells["id"] = self.identity(cells)
            keys.append(key)
            rows.setdefault(key, cells)
        there = self.those_there(db, rows)
        new = (self._written(cells) for key, cells in rows.items() if key not in there)
        with translated():
            db.conn.executemany(self._insert, new)
        return keys

    def insert(self, db: Database, rows: Iterable[Row]) -> None:
        """Write rows whose ids were checked before; call inside a transaction."""
        db.conn.executemany(self._insert, (self._written(self.cells(row)) for row in rows))

    def has(self, db: Database, key: str) -> bool:
        """Whether there is a row of this whole id."""
        found = db.execute(f"SELECT 1 FROM {self.name} WHERE id = ?", [key]).fetchone()
        return found is not None

    def those_there(self, db: Database, keys: Iterable[str]) -> set[str]:
        """Which of these whole ids have a row."""
        rows = db.execute(
            f"SELECT id FROM {self.name} WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(keys))],
        )
        return {str(row[0]) for row in rows}

    def get(self, db: Database, key: str) -> Record:
        """The record of a whole id.

        Raises:
            WrongId: there is none.
        """
        row = db.execute(f"{self._select} WHERE id = ?", [key]).fetchone()
        if row is None:
            raise WrongId(key, self.name)
        return self._read(row)

    def where(
        self, db: Database, condition: str = "1", values: Sequence[Any] = (), *, limit: int = -1
    ) -> list[Record]:
        """The records that meet a condition, in the table's order; all of them by default."""
        rows = db.execute(
            f"{self._select} WHERE {condition} ORDER BY {self.order} LIMIT ?", [*values, limit]
        )
        return [self._read(row) for row in rows]

    def count(self, db: Database) -> int:
        """How many rows there are."""
        return int(db.execute(f"SELECT count(*) FROM {self.name}").fetchone()[0])

    def cells(self, row: Row) -> Cells:
        """The cells of a row by name."""
        return dict(zip(self.names, row, strict=True))

    def there(self, connection: Any) -> list[str]:
        """What to select for :attr:`names`; their defaults for what an older file lacks."""
        found = {row[1] for row in connection.execute(f"PRAGMA table_info({self.name})")}
        return [
            column.name if column.name in found else _literal(column.default)
            for column in self.columns
        ]

    def seal(self, cells: Cells) -> int:
        """The checksum of a row; a column that is added later, at its default, changes nothing."""
        given = zip(cells.items(), self._defaults, strict=True)
        return ids.seal({name: cell for (name, cell), default in given if cell != default})

    def reseal(self, db: Database, condition: str = "1", values: Sequence[Any] = ()) -> None:
        """Work the checksums of rows out anew; for whoever changes rows on purpose."""
        rows = db.execute(f"SELECT count(*) FROM {self.name} WHERE {condition}", values)
        words = f"working out checksums of {self.name}"
        seal_of = waiting.counted_calls(self._seal_of, words, rows.fetchone()[0])
        db.conn.create_function("row_seal", -1, seal_of)
        made = f"row_seal({', '.join(map(handed_over, self.there(db.conn)))})"
        db.execute(f"UPDATE {self.name} SET {SEAL} = {made} WHERE {condition}", values)

    def _seal_of(self, *row: Any) -> int | None:
        try:
            return self.seal(self.cells(tuple(map(received, row))))
        except (TypeError, ValueError):  # a damaged cell: its id does not cover it either
            return None

    def _written(self, cells: Cells) -> list[Any]:
        return [*cells.values(), *[work_out(cells) for work_out in self.derived.values()]]

    def _read(self, row: Row) -> Record:
        values = dict(zip(self._read_names, row, strict=True))
        _convert(values, self._readers)
        return self.record(**values)


def handed_over(cell: str) -> str:
    """A cell as a function of ours can be given it: Python cuts a text at its first NUL."""
    return (
        f"CASE WHEN typeof({cell}) = 'text' AND instr(CAST({cell} AS BLOB), x'00')"
        f" THEN CAST(hex(CAST({cell} AS BLOB)) AS BLOB) ELSE {cell} END"
    )


def received(cell: Any) -> Any:
    """What :func:`handed_over` was of."""
    return bytes.fromhex(cell.decode("ascii")).decode() if isinstance(cell, bytes) else cell


def _convert(row: dict[str, Any], steps: list[tuple[str, Callable[[Any], Any]]]) -> None:
    for name, step in steps:
        if row[name] is not None:
            row[name] = step(row[name])


def _literal(cell: str | float | None) -> str:
    if cell is None:
        return "NULL"
    return "'" + cell.replace("'", "''") + "'" if isinstance(cell, str) else repr(cell)
