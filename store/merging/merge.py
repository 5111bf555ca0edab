"""Joining two files that went apart: idempotent, in any order, nothing dropped.

Events have content-hash ids and a place of their own (replica, number), items the hash of their
content; so the union of both files is well defined, and the current state follows from it. What
the two files say differently is told (:mod:`store.merging.conflicts`). The other file is taken as
hostile (:mod:`store.merging.incoming`, :mod:`store.merging.checked`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from store.db import cipher, replica
from store.db.project_database import immediate
from store.db.sqlite import StrPath, key_of, path_of, raised
from store.errors import StoreError
from store.items import prompts
from store.items.content_hashes import pair_row_belongs
from store.items.table import Row
from store.items.tables import ITEMS, TABLES
from store.log import event_kinds, events
from store.log import set_aside as aside
from store.log.catching_up import catch_up
from store.log.set_aside import Aside
from store.merging import checked, conflicts, forks, incoming, people, purged_rows
from store.merging.conflicts import Conflict
from store.merging.people import Brought
from store.names import look_alikes
from store.records import Event
from store.rounds import presence, rounds

R = TypeVar("R")
OnRow = Callable[[int], None]
"""Told how many rows have been looked at."""


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
    people: tuple[Brought, ...] = ()
    """Everybody whose labels the other file has."""
    look_alikes: tuple[tuple[str, ...], ...] = ()
    """Different names, in the two files together, that look the same."""
    set_aside: tuple[Aside, ...] = ()
    """New events that cannot be used: kept, and counted nowhere."""

    categorised: int = 0
    """Prompts without a category here that have one in the other file: they got it."""
    encrypted: tuple[bool, bool] = (False, False)
    """Whether this project is, and the other file."""

    @property
    def anything(self) -> bool:
        """True when the other file had something new."""
        return any(self.added.values()) or self.categorised > 0

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
            "people": [each._asdict() for each in self.people],
            "look_alikes": [list(each) for each in self.look_alikes],
            "set_aside": [each._asdict() for each in self.set_aside],
            "categorised": self.categorised,
            "encrypted": dict(zip(("here", "there"), self.encrypted, strict=True)),
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
    with incoming.opened(path, path_of(db), key_of(db)) as other:
        work = _Merge(db, other, Path(path), dry_run=dry_run, adopt_fork=adopt_fork, on_row=on_row)
        try:
            with immediate(db):
                work.run()
                if dry_run:
                    raise _Rehearsed
        except _Rehearsed:
            pass
        except StoreError as error:
            if isinstance(error.__cause__, raised("IntegrityError")):  # a rule of a table
                raise work.mistrust(str(error.__cause__)) from error
            raise
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
        self._new: dict[str, list[Row]] = {}
        self._both: dict[str, dict[str, Row]] = {"prompt": {}, "pair": {}}
        self._categorised = 0
        self._out: Mapping[str, frozenset[str]] = {}
        self._added: Counter[str] = Counter()
        self._known: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._conflicts: list[Conflict] = []
        self._adopted: dict[str, int] = {}
        self._set_aside: tuple[Aside, ...] = ()
        self._people: tuple[Brought, ...] = ()
        self._alike: tuple[tuple[str, ...], ...] = ()

    def run(self) -> None:
        # candidates and critiques point at each other, and parents may come after children
        self._db.execute("PRAGMA defer_foreign_keys=ON")
        self._out = purged_rows.kept_out(self._db, self._other)
        for table in ITEMS:
            self._take_items(table)
        if why := purged_rows.unfounded(self._other, self._new):
            raise self.mistrust(why)
        self._check_candidates()
        if broken := self._db.execute("PRAGMA foreign_key_check").fetchone():
            raise self.mistrust(f"a {broken[0]} names a {broken[2]} that is not there")
        self._check_seals()
        self._take_events()
        self._compare_rows()
        self._tell()

    def _tell(self) -> None:
        """Put into words what a dry run takes back."""
        hidden = rounds.hidden_pairs(self._db)
        self._conflicts = [
            conflicts.named(self._db, _veiled(each, hidden)) for each in self._conflicts
        ]
        self._alike = tuple(look_alikes(presence.names(self._db)))

    def result(self) -> Merged:
        return Merged(
            path=self._path,
            dry_run=self._dry_run,
            added={table: self._added[table] for table in TABLES},
            known={table: self._known[table] for table in TABLES},
            labels=dict(sorted(self._labels.items())),
            conflicts=tuple(self._conflicts),
            adopted=self._adopted,
            people=self._people,
            look_alikes=self._alike,
            set_aside=self._set_aside,
            categorised=self._categorised,
            encrypted=(key_of(self._db) is not None, cipher.is_encrypted(self._path)),
        )

    def _take_items(self, table: str) -> None:
        here = {row[0] for row in self._db.execute(incoming.select(table, ("id",)))}
        new: list[tuple[Any, ...]] = []
        out = self._out.get(table, frozenset())
        for values in self._rows(table, checked.row):
            if values[0] in here:
                self._known[table] += 1
                if table in self._both:
                    self._both[table][values[0]] = values
            elif values[0] in out:
                continue
            else:
                here.add(values[0])
                new.append(values)
        if table in ("prompt", "pair"):
            place = TABLES[table].names.index("external_id")
            named = [(row[0], row[place]) for row in new if row[place] is not None]
            self._conflicts += conflicts.same_external_id(self._db, table, named)
        TABLES[table].insert(self._db, new)
        if table == "pair":
            self._check_pairs(new)
        self._new[table] = new
        self._added[table] = len(new)

    def _rows(self, table: str, check: Callable[[str, Row], R]) -> Iterable[R]:
        for values in incoming.rows(self._other, table, self._path):
            try:
                made = check(table, values)
            except checked.Tampered as error:
                raise self.mistrust(str(error)) from error
            yield made
            self._seen += 1
            if self._on_row is not None:
                self._on_row(self._seen)

    def _check_pairs(self, new: list[tuple[Any, ...]]) -> None:
        """A pair's id covers its prompt and both texts, which are here by now."""
        for row in new:
            if not pair_row_belongs(self._db, row):
                raise self.mistrust(f"the content of pair {row[0][:12]} does not belong to its id")

    def _check_candidates(self) -> None:
        """What a candidate was made from answers the same prompt."""
        for row in self._new["candidate"]:
            made = TABLES["candidate"].cells(row)
            parents = made["parent_id"], made["critique_id"]
            wrong = self._db.execute(
                "SELECT 1 FROM candidate WHERE prompt_id <> ?1 AND id IN"
                " (?2, (SELECT candidate_id FROM critique WHERE id = ?3))",
                (made["prompt_id"], *parents),
            ).fetchone()
            if wrong and any(parents):
                raise self.mistrust(
                    f"candidate {made['id'][:12]} was made from an answer to another prompt"
                )

    def _compare_rows(self) -> None:
        """What the two files say of the same prompts and pairs, where no event speaks of it."""
        said = "SELECT item FROM head WHERE kind = 'category'"
        spoken = {row[0] for row in self._db.execute(said)}
        for table, rows in self._both.items():
            for each in conflicts.of_rows(self._db, table, rows):
                if each.what != "category":
                    self._conflicts.append(each)
                elif each.item in spoken or each.theirs == prompts.UNCATEGORISED:
                    continue
                elif each.ours == prompts.UNCATEGORISED:
                    prompts.categorise(self._db, each.item, each.theirs)
                    self._categorised += 1
                else:
                    self._conflicts.append(each)

    def _check_seals(self) -> None:
        """What no id covers, a category or a role, is what was written in the other file."""
        for table, rows in self._new.items():
            seals = incoming.seals(self._other, table)
            for row in rows:
                seal = seals.get(row[0])
                if seal is not None and seal != TABLES[table].seal(TABLES[table].cells(row)):
                    raise self.mistrust(f"{table} {row[0][:12]} does not fit its checksum")

    def mistrust(self, why: str) -> checked.Tampered:
        """The error that says why nothing was taken from the other file."""
        return checked.Tampered(
            f"{self._path} is not to be trusted: {why}; nothing was taken from it"
        )

    def _take_events(self) -> None:
        spelled: dict[str, str] = {}
        theirs = []
        for made, text in self._rows("event", _event):
            theirs.append(made)
            if event_kinds.problem(made) is not None:
                spelled[made.id] = text  # it may hold what has no canonical spelling
        if parted := forks.found(self._db, theirs):
            since = forks.after(theirs, parted)
            if not self._adopt:
                raise forks.Fork(self._path, since)
            theirs = forks.adopted(theirs, parted)
            self._adopted = since
        gone: frozenset[str] = frozenset().union(*self._out.values())
        theirs = [event for event in theirs if event.item not in gone]
        here = {row[0] for row in self._db.execute("SELECT id FROM event")}
        before, labelled = events.last_arrival(self._db), people.places(self._db)
        new = [event for event in theirs if event.id not in here]
        for event in new:
            events.insert(self._db, event, spelled.get(event.id))
        sound = self._settle(new)
        unused = {each.id for each in aside.listed(self._db)}
        usable = [each for each in theirs if each.id not in unused]
        self._conflicts += conflicts.moved_apart(self._db, usable, sound, before)
        self._people = people.brought(labelled, usable, sound, self._conflicts)
        self._labels.update(event.annotator for event in sound if event.kind == "label")
        self._added["event"], self._known["event"] = len(new), len(theirs) - len(new)
        self._renew_replica(new)

    def _settle(self, new: list[Event]) -> list[Event]:
        """Set aside what cannot be used, take up what now can, and make the heads.

        Returns:
            The new events that count.
        """
        came = {event.id for event in new}
        catch_up(self._db)
        self._set_aside = tuple(each for each in aside.listed(self._db) if each.id in came)
        unused = {each.id for each in self._set_aside}
        return [event for event in new if event.id not in unused]

    def _renew_replica(self, new: list[Event]) -> None:
        """Go on under another id where events came in under our own.

        They are ours where this file was put back to an earlier state, or made up; in either
        case the numbers under that id are not ours alone to give.
        """
        own = replica.current(self._db)
        if own in self._adopted or any(event.replica == own for event in new):
            replica.bind(self._db, path_of(self._db))


def _event(_table: str, values: Row) -> tuple[Event, str]:
    return checked.event(values), values[-1]


def _veiled(conflict: Conflict, hidden: frozenset[str]) -> Conflict:
    """Of a pair in a sealed round, that there is a conflict; not what anybody chose."""
    if conflict.item not in hidden:
        return conflict
    return replace(conflict, ours="sealed", theirs="sealed")
