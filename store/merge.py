"""Joining two files that went apart: idempotent, in any order, nothing dropped.

Events have content-hash ids and a place of their own (replica, number), items the hash of their
content; so the union of both files is well defined, and the current state follows from it. What
the two files say differently is told (:mod:`store.merging.conflicts`). The other file is taken as
hostile (:mod:`store.merging.incoming`, :mod:`store.merging.checked`).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from store import events, heads, ids, replica, rounds
from store.merging import checked, conflicts, forks, incoming
from store.merging.conflicts import Conflict
from store.records import Message, Prompt
from store.sqlite import StrPath, immediate, path_of

OnRow = Callable[[int], None]
"""Told how many rows have been looked at."""

_ITEMS = tuple(table for table in incoming.COLUMNS if table != "event")


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge brought, or would bring."""

    path: Path
    dry_run: bool
    added: dict[str, int]
    """Rows that were new here, by table."""
    known: dict[str, int]
    """Rows that were here already, by table."""
    labels: dict[str, int]
    """New labels by annotator."""
    conflicts: tuple[Conflict, ...]
    adopted: dict[str, int] = field(default_factory=dict)
    """Events taken over from a fork, by the replica id they had."""

    @property
    def anything(self) -> bool:
        """True when the other file had something new."""
        return any(self.added.values())

    def as_json(self) -> dict[str, Any]:
        """The object of ``merge --json``."""
        return {
            "file": os.fspath(self.path),
            "dry_run": self.dry_run,
            "added": self.added,
            "known": self.known,
            "labels": self.labels,
            "conflicts": [conflict.as_json() for conflict in self.conflicts],
            "adopted": self.adopted,
        }


class _Rehearsed(Exception):
    """Ends the transaction of a dry run without writing."""


def merge(
    db: Database,
    path: StrPath,
    *,
    dry_run: bool = False,
    adopt_fork: bool = False,
    on_row: OnRow | None = None,
) -> Merged:
    """Bring another project file's work into this one; the other file is not changed.

    Args:
        db: the own project.
        path: the other file.
        dry_run: go through all of it and write nothing.
        adopt_fork: take over what a fork of this file made, under a replica id of its own.
        on_row: for a progress bar.

    Raises:
        Fork: both files went on under one replica id; the message has the way out.
        MissingProject, NotAProject, Damaged: the other file cannot be read or trusted; nothing
            was taken from it.
    """
    with incoming.opened(path, path_of(db)) as other:
        work = _Merge(db, other, Path(path), dry_run=dry_run, adopt_fork=adopt_fork, on_row=on_row)
        try:
            with immediate(db):
                work.run()
                if dry_run:
                    raise _Rehearsed
        except _Rehearsed:
            pass
    return work.result()


class _Merge:
    """One merge, inside one transaction of the own file."""

    def __init__(
        self,
        db: Database,
        other: Database,
        path: Path,
        *,
        dry_run: bool,
        adopt_fork: bool,
        on_row: OnRow | None,
    ) -> None:
        self._db, self._other, self._path = db, other, path
        self._dry_run, self._adopt, self._on_row = dry_run, adopt_fork, on_row
        self._seen = 0
        self._added: Counter[str] = Counter()
        self._known: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._conflicts: list[Conflict] = []
        self._adopted: dict[str, int] = {}

    def run(self) -> None:
        # candidates and critiques point at each other, and parents may come after children
        self._db.execute("PRAGMA defer_foreign_keys=ON")
        for table in _ITEMS:
            self._take_items(table)
        if broken := self._db.execute("PRAGMA foreign_key_check").fetchone():
            raise checked.Tampered(
                f"{self._path} is not to be trusted: a {broken[0]} names a {broken[2]} that is not"
                " there; nothing was taken from it"
            )
        self._take_events()

    def result(self) -> Merged:
        hidden = rounds.hidden_pairs(self._db)
        return Merged(
            path=self._path,
            dry_run=self._dry_run,
            added={table: self._added[table] for table in incoming.COLUMNS},
            known={table: self._known[table] for table in incoming.COLUMNS},
            labels=dict(sorted(self._labels.items())),
            conflicts=tuple(_veiled(each, hidden) for each in self._conflicts),
            adopted=self._adopted,
        )

    def _take_items(self, table: str) -> None:
        here = {row[0] for row in self._db.execute(incoming.select(table, ("id",)))}
        new: list[tuple[Any, ...]] = []
        for values in self._rows(table):
            if values[0] in here:
                self._known[table] += 1
            else:
                here.add(values[0])
                new.append(values)
        if table in ("prompt", "pair"):
            place = incoming.COLUMNS[table].index("external_id")
            named = [(row[0], row[place]) for row in new if row[place] is not None]
            self._conflicts += conflicts.same_external_id(self._db, table, named)
        self._insert(table, new)
        if table == "pair":
            self._check_pairs(new)
        self._added[table] = len(new)

    def _rows(self, table: str) -> Iterable[tuple[Any, ...]]:
        for values in incoming.rows(self._other, table):
            yield checked.row(table, values)
            self._seen += 1
            if self._on_row is not None:
                self._on_row(self._seen)

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        columns = incoming.COLUMNS[table]
        if table == "prompt":
            columns = (*columns, "text")
            rows = [(*row, _prompt_text(row)) for row in rows]
        marks = ", ".join("?" * len(columns))
        statement = ("INSERT INTO", table, "(", ", ".join(columns), ") VALUES (", marks, ")")
        self._db.conn.executemany(" ".join(statement), rows)

    def _check_pairs(self, new: list[tuple[Any, ...]]) -> None:
        """A pair's id covers its prompt and both texts, which are here by now."""
        for pair_id, prompt_id, a_id, b_id, _, external_id, *_ in new:
            sides = [
                self._db.execute(
                    "SELECT text FROM candidate WHERE id = ? AND prompt_id = ?", (side, prompt_id)
                ).fetchone()
                for side in (a_id, b_id)
            ]
            if None in sides or pair_id != ids.pair_id(
                prompt_id, sides[0][0], sides[1][0], external_id
            ):
                raise checked.Tampered(
                    f"{self._path} is not to be trusted: the content of pair {pair_id[:12]} does"
                    " not belong to its id; nothing was taken from it"
                )

    def _take_events(self) -> None:
        theirs = [checked.as_event(values) for values in self._rows("event")]
        if parted := forks.found(self._db, theirs):
            since = forks.after(theirs, parted)
            if not self._adopt:
                raise forks.Fork(self._path, since)
            theirs = forks.adopted(theirs, parted)
            self._adopted = since
        here = {row[0] for row in self._db.execute("SELECT id FROM event")}
        new = [event for event in theirs if event.id not in here]
        self._conflicts += conflicts.moved_apart(self._db, theirs, new)
        for event in new:
            events.insert(self._db, event)
        for cell in {heads.cell_of(event) for event in new}:
            heads.refresh(self._db, cell)
        self._labels.update(event.annotator for event in new if event.kind == "label")
        self._added["event"], self._known["event"] = len(new), len(theirs) - len(new)
        if replica.current(self._db) in self._adopted:
            replica.bind(self._db, path_of(self._db))


def _prompt_text(row: tuple[Any, ...]) -> str:
    turns = tuple(Message(**turn) for turn in json.loads(row[1]))
    return Prompt(row[0], turns, row[2]).text


def _veiled(conflict: Conflict, hidden: frozenset[str]) -> Conflict:
    """Of a pair in a sealed round, that there is a conflict; not what anybody chose."""
    if conflict.item not in hidden:
        return conflict
    return replace(conflict, ours="sealed", theirs="sealed")
