"""What an item's id covers, and whether the items of a file still are what their ids say.

The id of an item is the hash of its content (see docs/database.md for what that is in each
table), so a letter changed outside pairlab, or by a failing disk, can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.errors import Damaged
from store.items.table import Row
from store.items.tables import ITEMS, TABLES, there

_PAIRS = """
SELECT pair.id, pair.prompt_id, a.text, b.text, pair.external_id,
       a.prompt_id = pair.prompt_id AND b.prompt_id = pair.prompt_id
FROM pair LEFT JOIN candidate AS a ON a.id = pair.a_id LEFT JOIN candidate AS b ON b.id = pair.b_id
ORDER BY pair.position
"""


class Changed(NamedTuple):
    """An item that is not what its id says."""

    table: str
    id: str

    def __str__(self) -> str:
        return f"{self.table} {self.id[:12]}"


def changed(db: Database, tables: Iterable[str] = ITEMS) -> Iterator[Changed]:
    """The items whose content does not belong to their id; a second for some 50,000 rows."""
    for table in tables:
        yield from _changed_pairs(db) if table == "pair" else _changed_rows(db, table)


def must_be_unchanged(db: Database, otherwise: str) -> None:
    """Go on only where every item is what its id says.

    Args:
        db: a project.
        otherwise: the end of the message: what was kept, what to do.

    Raises:
        Damaged: names the first item that was changed, and says how many there are.
    """
    found = list(changed(db))
    if found:
        raise Damaged(f"{told(found)}; {otherwise}")


def told(found: list[Changed]) -> str:
    """Which items were changed, on one line."""
    more = f" and {len(found) - 1} more items do" if len(found) > 1 else " does"
    return f"The content of {found[0]}{more} not belong to its id: changed outside pairlab"


def belongs(table: str, row: Row) -> bool:
    """Whether id and content of a row, in the order of its table's columns, belong together.

    A pair's id covers texts that are not in its row: see :func:`pair_belongs`.
    """
    return _derived(table, row) is not None


def pair_belongs(pair_id: str, prompt_id: str, a: str, b: str, external_id: str | None) -> bool:
    """Whether a pair's id is that of its prompt, both texts and the imported id."""
    return pair_id == ids.pair_id(prompt_id, a, b, external_id)


def pair_row_belongs(db: Database, row: Row) -> bool:
    """Whether a pair's id is that of the texts in the project, and both answer its prompt."""
    pair = TABLES["pair"].cells(row)
    statement = "SELECT text FROM candidate WHERE id = ? AND prompt_id = ?"
    a, b = (
        db.execute(statement, [pair[side], pair["prompt_id"]]).fetchone()
        for side in ("a_id", "b_id")
    )
    return bool(
        a and b and pair_belongs(pair["id"], pair["prompt_id"], a[0], b[0], pair["external_id"])
    )


def _changed_pairs(db: Database) -> Iterator[Changed]:
    for pair_id, prompt_id, a, b, external_id, of_one_prompt in db.execute(_PAIRS):
        if not of_one_prompt or not pair_belongs(pair_id, prompt_id, a, b, external_id):
            yield Changed("pair", pair_id)


def _changed_rows(db: Database, table: str) -> Iterator[Changed]:
    """What is derived from the other columns is compared with them."""
    select = ", ".join([*there(db.conn, table), *TABLES[table].derived])
    size = len(TABLES[table].names)
    for row in db.execute(f"SELECT {select} FROM {table}"):  # noqa: S608 - names of ours
        if _derived(table, row[:size]) != row[size:]:
            yield Changed(table, str(row[0]))


def _derived(table: str, row: Row) -> Row | None:
    """The derived cells of a row; None where its id is not that of its content."""
    made = TABLES[table]
    cells = made.cells(row)
    try:
        if cells["id"] != made.identity(cells):
            return None
        return tuple(work_out(cells) for work_out in made.derived.values())
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        return None
