"""Whether the items of a file still are what their ids and checksums say.

The id of an item is the hash of its content (see docs/database.md for what that is in each
table), and a checksum covers the whole row, so a letter changed outside pairlab, or by a failing
disk, can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.errors import Damaged
from store.items.purged import GONE, is_blank
from store.items.table import SEAL, Row
from store.items.tables import ITEMS, TABLES, WALKED, there
from store.log import events

START: Final = -1
"""Before the first row of every table: SQLite puts numbers before texts."""

_OWN: Final = {
    "meta": ("key", "key, value"),
    "draft": ("json_array(annotator, kind, item)", "annotator, kind, item, text, at"),
}
"""What a file holds of its own beside :data:`store.items.tables.TABLES`: walking order, columns."""
WALK: Final = (*TABLES, *_OWN)
"""All that is walked, in this order."""

_PAIRS = """
SELECT pair.position, {columns}, {seal}, a.text, b.text,
       a.prompt_id = pair.prompt_id AND b.prompt_id = pair.prompt_id
FROM pair LEFT JOIN candidate AS a ON a.id = pair.a_id LEFT JOIN candidate AS b ON b.id = pair.b_id
WHERE pair.position > ? ORDER BY pair.position LIMIT ?
"""


class Changed(NamedTuple):
    """An item, or an event, that is not what its id says."""

    table: str
    id: str

    def __str__(self) -> str:
        return f"{self.table} {self.id[:12]}"


_Compared = tuple[int | str, str, bool]
Step = tuple[int | str, Changed | None]
"""A row's place in the walking order of its table, and the row where it was changed."""


def changed(db: Database, tables: Iterable[str] = (*ITEMS, *_OWN)) -> Iterator[Changed]:
    """The rows whose content does not belong to their id or their checksum."""
    for table in tables:
        yield from (each for _, each in walk(db, table, START, -1) if each is not None)


def walk(db: Database, table: str, after: int | str, limit: int) -> Iterator[Step]:
    """Compare rows in the table's walking order.

    Args:
        db: a project.
        table: one of :data:`WALK`.
        after: the place of the last row that need not be looked at; :data:`START` for none.
        limit: most rows; -1 for all.
    """
    steps: Iterable[_Compared]
    if table == "event":
        steps = events.compared(db, after, limit)
    elif table == "pair":
        steps = _pairs(db, after, limit)
    elif table in _OWN:
        steps = _own(db, table, after, limit)
    else:
        steps = _rows(db, table, after, limit)
    if limit >= 0 and table in TABLES:
        steps = list(steps)  # where all is walked SQLite's own check looks at the indexes
        known = TABLES[table].those_there(db, [item for _, item, _ in steps])
        steps = ((place, item, same and item in known) for place, item, same in steps)
    for place, item, same in steps:
        yield place, None if same else Changed(table, item)


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
    """Whether a pair's id is that of its prompt, both texts and the imported id.

    Of a pair whose texts were purged nobody can say; it passes.
    """
    return (a == b == GONE and external_id is None) or pair_id == ids.pair_id(
        prompt_id, a, b, external_id
    )


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


def _pairs(db: Database, after: int | str, limit: int) -> Iterator[_Compared]:
    names = [f"pair.{each}" for each in TABLES["pair"].names]
    statement = _PAIRS.format(columns=", ".join(names), seal=_sealed(db, "pair"))
    for place, *row in db.execute(statement, [after, limit]):
        *cells, seal, a, b, one_prompt = row
        pair = TABLES["pair"].cells(tuple(cells))
        same = pair_belongs(pair["id"], pair["prompt_id"], a, b, pair["external_id"])
        is_sealed = seal is None or seal == TABLES["pair"].seal(pair)
        yield place, pair["id"], bool(one_prompt) and same and is_sealed


def _own(db: Database, table: str, after: int | str, limit: int) -> Iterator[_Compared]:
    key, columns = _OWN[table]
    if not db[table].exists():
        return  # a file from before it
    start = "" if after == START else after
    for place, *row, seal in db.execute(
        f"SELECT {key}, {columns}, {_sealed(db, table)} FROM {table}"  # noqa: S608
        f" WHERE {key} > ? ORDER BY 1 LIMIT ?",
        [start, limit],
    ):
        yield place, str(row[0]), seal is None or seal == ids.seal(row)


def _rows(db: Database, table: str, after: int | str, limit: int) -> Iterator[_Compared]:
    """What is derived from the other columns is compared with them."""
    key = WALKED[table]
    derived = [name for name in TABLES[table].derived if name != SEAL]
    select = ", ".join([key, *there(db.conn, table), *derived, _sealed(db, table)])
    size = 1 + len(TABLES[table].names)
    for row in db.execute(
        f"SELECT {select} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",  # noqa: S608
        [after, limit],
    ):
        made = _derived(table, row[1:size])
        same = made is not None and made[:-1] == row[size:-1] and row[-1] in (None, made[-1])
        yield row[0], str(row[1]), same


def _sealed(db: Database, table: str) -> str:
    """What to select for the checksum; nothing in a file from before it."""
    found = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    return f"{table}.{SEAL}" if SEAL in found else "NULL"


def _derived(table: str, row: Row) -> Row | None:
    """The derived cells of a row; None where its id is not that of its content."""
    made = TABLES[table]
    cells = made.cells(row)
    try:
        if cells["id"] != made.identity(cells) and not is_blank(table, cells):
            return None
        return tuple(work_out(cells) for work_out in made.derived.values())
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        return None
