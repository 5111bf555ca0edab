"""The whole of a pair, as a line of ``audit`` holds it: rows and events under the ids they have.

They are written as a merge would write them, after the same checks, so that decisions, rulings,
flags, notes and what was labelled when come back, and not only the labels that stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import replica
from store.db.project_database import immediate
from store.db.sqlite import path_of, raised
from store.errors import StoreError
from store.importing.jsonl import Number
from store.items.columns import IN_JSON, Column, Holds
from store.items.content_hashes import pair_row_belongs
from store.items.table import Row
from store.items.tables import EVENTS, TABLES
from store.log import events, set_aside
from store.log.catching_up import catch_up
from store.merging import checked

EVENT_LISTS: Final = (
    "decisions",
    "rulings",
    "flags",
    "notes",
    "label_history",
)
"""Where a line keeps the events about its pair and what the pair was made from."""
NOT_TAKEN: Final = "texts and labels are taken as they stand, without their history"


class History(NamedTuple):
    """What was read off one line."""

    rows: tuple[tuple[str, Row], ...]
    """Tables and rows, each behind those it refers to."""
    events: tuple[Row, ...]
    """With those about the whole project, which the first line has."""
    changed: int = 0
    """How many events were left out, as they are not what their ids say."""


def of_line(line: Mapping[str, Any]) -> History:
    """The rows and events of a line.

    Raises:
        Tampered: a row is not what its id says.
    """
    try:
        about = _plain(line)
        other = json.loads(about.get("other") or "{}")
        told = [about.get(name) for name in EVENT_LISTS]
        lists = (other.get("general"), *told, other.get("events"))
        every = [_event(each) for found in lists for each in found or ()]
        sound = tuple(each for each in every if each is not None)
        return History(tuple(_rows(about, other)), sound, len(every) - len(sound))
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise checked.Tampered(f"it is not whole ({error!r:.80})") from error


class Restorer:
    """Writes histories into a project; call it inside the transaction of a batch."""

    def __init__(self, db: Database, category: str | None) -> None:
        """Prepares to write.

        Args:
            db: the project.
            category: of every prompt, where the user gave one.
        """
        self._db, self._category = db, category
        self._own = False
        self._came: set[str] = set()

    def restore(self, history: History) -> bool:
        """Write what is not there yet; :meth:`settle` then makes it count.

        Returns:
            Whether anything was new.

        Raises:
            StoreError: it does not fit this project; nothing of it was written.
        """
        new = False
        try:
            with immediate(self._db):
                for table, row in history.rows:
                    new |= self._insert(table, row)
                own = replica.current(self._db)
                for values in history.events:
                    if not EVENTS.has(self._db, values[0]):
                        events.insert(self._db, checked.event(values), values[-1])
                        self._came.add(values[0])
                        self._own |= values[1] == own
                        new = True
        except StoreError as error:
            if isinstance(error.__cause__, raised("IntegrityError")):
                raise StoreError(_MISFIT) from error
            raise
        return new

    def settle(self) -> list[str]:
        """Make the heads of what came in.

        Returns:
            Why events of it cannot be used here; they are kept, and later lines may change that.
        """
        if not self._came:
            return []
        catch_up(self._db)
        if self._own:  # as in a merge: numbers under this id are not ours alone to give
            replica.bind(self._db, path_of(self._db))
            self._own = False
        return [each.reason for each in set_aside.listed(self._db) if each.id in self._came]

    def _insert(self, table: str, row: Row) -> bool:
        if TABLES[table].has(self._db, row[0]):
            return False
        if table == "prompt" and self._category is not None:
            place = TABLES[table].names.index("category")
            row = (*row[:place], self._category, *row[place + 1 :])
        TABLES[table].insert(self._db, [row])
        if table == "pair" and not pair_row_belongs(self._db, row):
            raise StoreError("the content of the pair does not belong to its id")
        return True


_MISFIT: Final = (
    "it names what is neither in this line nor in the project (import the file with the first line"
    " of the export before it), or its events and the project's went apart under one replica id"
)


def _rows(line: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    for each in other.get("constitutions") or ():
        yield _row("constitution", each)
    prompt = line["prompt"]
    yield _row("prompt", prompt)
    texts = {each["id"]: each for each in (line["a"], line["b"], *line["chain"])}
    written: set[str] = set()

    def made(candidate_id: str | None) -> Iterator[tuple[str, Row]]:
        """A candidate behind all that it was made from."""
        if candidate_id is None or candidate_id in written or candidate_id not in texts:
            return
        written.add(candidate_id)
        found = texts[candidate_id]
        yield from made(found["parent_id"])
        if (critique := found.get("critique")) is not None:
            yield from made(critique["candidate_id"])
            yield from _generated("critique", critique)
        if found["prompt_id"] != prompt["id"]:
            raise ValueError("an answer to another prompt")
        yield from _generated("candidate", found)

    for candidate_id in texts:
        yield from made(candidate_id)
    sides = {"prompt_id": prompt["id"], "a_id": line["a"]["id"], "b_id": line["b"]["id"]}
    yield _row("pair", {**line["pair"], **sides})


def _generated(table: str, found: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    """A row of a text behind those of its generation; ids in place of what they name."""
    named = dict(found)
    if (generation := named.get("generation")) is not None:
        run = generation["run"]
        yield _row("run", run)
        yield _row("generation", {**generation, "run_id": run["id"]})
    for each in ("generation", "critique", "constitution"):
        named[f"{each}_id"] = (named.get(each) or {}).get("id")
    yield _row(table, named)


def _row(table: str, found: Mapping[str, Any]) -> tuple[str, Row]:
    cells = (_cell(each, found.get(each.name, each.default)) for each in TABLES[table].columns)
    return table, checked.row(table, tuple(cells))


def _cell(column: Column, value: Any) -> Any:
    """A value of JSON as the cell it was read from."""
    if value is None:
        return None
    if column.holds in IN_JSON:
        return json.dumps(value, ensure_ascii=False, sort_keys=column.holds is Holds.OBJECT)
    if column.holds is Holds.FLAG:
        return int(value)
    return float(value) if column.holds is Holds.REAL else value


def _event(found: Mapping[str, Any]) -> Row | None:
    cells = tuple(found[column.name] for column in EVENTS.columns[:-1])
    values = (*cells, ids.json_text(found["value"]))
    try:
        checked.event(values)
    except checked.Tampered:
        return None
    return values


def _plain(value: Any) -> Any:
    """JSON with its numbers as numbers, where they were kept as they were spelt."""
    if isinstance(value, Number):
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
