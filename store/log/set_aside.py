"""Events that are set aside: kept for good, told by ``doctor`` and ``merge``, counted nowhere.

A file may hold events that no pairlab of this version would write: of a kind it does not know,
of a shape that is wrong, about an item that is not there, under a lamport number nobody can have
come to. ``set_aside`` lists them with the reason, and the view ``sound_event`` holds all others:
whatever is read of events is read there. Like the heads the list is a cache that follows from
the file's rows, so that copies that hold the same rows set the same events aside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import meta, waiting
from store.log import event_kinds
from store.log.event_schema import ItemType
from store.records import Event

_KEY: Final = "kinds"
_EVENTS = "SELECT id, replica, seq, lamport, at, annotator, kind, item, phase, value FROM event"
_SOME = " WHERE id IN (SELECT value FROM json_each(?))"
_WHO = (
    "SELECT event.id, kind, annotator, replica, told.value FROM json_each(?) AS told"
    " JOIN event ON event.id = told.key ORDER BY arrival"
)
_UNREADABLE = "its value cannot be read"
_LEAP = "its lamport number leaves a gap: nobody can have come to it"
# Each event of a cell goes one beyond the greatest its author knew, and files hold all that their
# authors knew: so the numbers of a cell have no gap, and what stands behind one was made up. The
# next event of one's own then never has to follow it.
_LEAPS = """
SELECT id FROM (
    SELECT id, lamport, dense_rank() OVER (
        PARTITION BY item, iif(kind IN (SELECT value FROM json_each(?1)), '', annotator),
            iif(kind = 'clear', 'label', kind), phase
        ORDER BY lamport) AS place
    FROM event WHERE lamport >= 1 {where}
) WHERE lamport > place
"""
_MANY: Final = 1_000
"""New events from which on all pairs are read at once, instead of each when it is named."""
_SHARED = json.dumps(sorted(event_kinds.SHARED))


Looked = Callable[[str, Event | None], None]


class Aside(NamedTuple):
    """One event that counts nowhere."""

    id: str
    kind: str
    annotator: str
    replica: str
    reason: str

    def told(self) -> str:
        """All that is known of it, on one line; not cleaned for a terminal."""
        return (
            f"event {self.id[:12]} ({self.kind} of {self.annotator}, replica {self.replica[:8]}):"
            f" {self.reason}"
        )


class News(NamedTuple):
    """What a look at the events found."""

    since: int
    """Arrival number of the last event that had been looked at; those behind it are new."""
    changed: list[Event]
    """Those that are or were set aside, without what they say."""


def listed(db: Database) -> list[Aside]:
    """The events that are set aside, in the order in which they came into the file."""
    return told(db, reasons(db))


def reasons(db: Database) -> dict[str, str]:
    """The list itself: reason by event id."""
    return dict(db.execute("SELECT event_id, reason FROM set_aside").fetchall())


def told(db: Database, reasons: dict[str, str]) -> list[Aside]:
    """Who made which of these events, in the order in which they came into the file."""
    return [Aside(*row) for row in db.execute(_WHO, [json.dumps(reasons)]).fetchall()]


def count(db: Database) -> int:
    """How many there are."""
    return int(db.execute("SELECT count(*) FROM set_aside").fetchone()[0])


def examined(db: Database, looked: Looked = lambda _row, _event: None) -> dict[str, str]:
    """Every event that has to be set aside, with the reason, worked out anew; changes nothing.

    Needs no table but those of the first schema, so that any project file can be asked.

    Args:
        db: a project.
        looked: is told each event in the order of arrival: its id, and what could be read of it.
    """
    number = db.execute("SELECT count(*) FROM event").fetchone()[0]
    found = db.execute(_EVENTS + " ORDER BY arrival")
    rows = waiting.counted(found, "looking at all events", number)
    leaps = {row[0] for row in db.execute(_LEAPS.format(where=""), [_SHARED])}
    return _judged(db, rows, leaps, _pairs(db), looked)


def is_up_to_date(db: Database) -> bool:
    """Whether every event was looked at, under the kinds that this version knows."""
    return meta.get(db, _KEY) == _looked_at(_last(db)) and not _changes(db, _asides(db))


def bring_up_to_date(db: Database) -> News:
    """Look at what was not looked at yet; call inside a transaction.

    The heads of what it tells of have to be made anew: see :mod:`store.log.catching_up`.
    """
    last = _last(db)
    fingerprint, _, arrival = meta.get(db, _KEY, "").partition(":")
    since = int(arrival or last)
    meta.put(db, _KEY, _looked_at(last))
    before = _asides(db)
    if fingerprint != event_kinds.FINGERPRINT:
        rebuild(db)
    else:
        settle(db, before)
        _look_at_new(db, since, last - since)
    return News(since, _events(db, {*before, *_asides(db)}))


def _look_at_new(db: Database, since: int, number: int) -> None:
    rows = db.execute(_EVENTS + " WHERE arrival > ? ORDER BY arrival", [since])
    leaps = _LEAPS.format(
        where="AND item IN (SELECT item FROM event WHERE lamport > 1 AND arrival > ?2)"
    )
    found = _judged(
        db,
        waiting.counted(rows, "looking at new events", number),
        {row[0] for row in db.execute(leaps, [_SHARED, since])},
        frozenset() if number < _MANY else _pairs(db),
    )
    db.conn.executemany("DELETE FROM set_aside WHERE event_id = ?", [[each] for each in found])
    _write(db, found)


def _pairs(db: Database) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute("SELECT id FROM pair"))


def mark_looked_at(db: Database, before: int, now: int) -> None:
    """Note that the events up to ``now`` were looked at, where this was so up to ``before``.

    Whoever writes events that are sound says this in the same transaction; else they are looked
    at, and their heads made, when the file is opened the next time.

    Args:
        db: the project.
        before: arrival number of the last event before those that were written.
        now: arrival number of the last event.
    """
    told = _looked_at(now)
    db.execute(
        "UPDATE meta SET value = ?, seal = ? WHERE key = ? AND value = ?",
        [told, ids.seal([_KEY, told]), _KEY, _looked_at(before)],
    )


def rebuild(db: Database) -> set[str]:
    """Make the list anew from all events; call inside a transaction.

    Returns:
        Ids of the events it had wrong.
    """
    wanted = examined(db)
    old = reasons(db)
    db.execute("DELETE FROM set_aside")
    _write(db, wanted)
    return {each for each in old.keys() | wanted.keys() if old.get(each) != wanted.get(each)}


def settle(db: Database, ids: Iterable[str]) -> list[Event]:
    """Bring the list up to date for some events, new ones or listed ones.

    Returns:
        Those whose standing changed by it. New events that are sound are none of them.
    """
    looked = list(ids)
    wanted = _changes(db, looked)
    for event_id, reason in wanted.items():
        db.execute("DELETE FROM set_aside WHERE event_id = ?", [event_id])
        if reason is not None:
            _write(db, {event_id: reason})
    return _events(db, wanted)


def reconsider(db: Database, item: str) -> list[Event]:
    """The same for what is set aside about one item, which something new was said of."""
    rows = db.execute(
        "SELECT id FROM event JOIN set_aside ON event_id = id WHERE item = ?", [item]
    ).fetchall()
    return settle(db, [row[0] for row in rows]) if rows else []


def reason_for(db: Database, event: Event, *, item_is_here: bool = False) -> str | None:
    """Why an event cannot be used in this file, whatever its lamport number; None where it can.

    Args:
        db: the project.
        event: what is to be used.
        item_is_here: what it is about was found in the file already.
    """
    wrong = event_kinds.problem(event)
    return wrong if wrong or item_is_here else _missing(db, event)


def parsed(row: tuple[Any, ...]) -> Event | None:
    """The event of a row in the order of its columns; None where its value is no JSON."""
    try:
        value = json.loads(row[9])
    except (ValueError, RecursionError):
        return None
    return Event(*(*row[:9], value))


def _changes(db: Database, ids: list[str]) -> dict[str, str | None]:
    """Of some events those that the list has wrong: the reason it should have, or None."""
    if not ids:
        return {}
    wanted = json.dumps(ids)
    leaps = _LEAPS.format(
        where="AND item IN (SELECT item FROM event"
        " WHERE lamport > 1 AND id IN (SELECT value FROM json_each(?2)))"
    )
    rows = db.execute(_EVENTS + _SOME, [wanted])
    found = _judged(db, rows, {row[0] for row in db.execute(leaps, [_SHARED, wanted])})
    told = dict(
        db.execute(
            "SELECT event_id, reason FROM set_aside"
            " WHERE event_id IN (SELECT value FROM json_each(?))",
            [wanted],
        ).fetchall()
    )
    return {
        event_id: found.get(event_id)
        for event_id in ids
        if found.get(event_id) != told.get(event_id)
    }


def _judged(
    db: Database,
    rows: Iterable[tuple[Any, ...]],
    leaps: set[str],
    here: frozenset[str] = frozenset(),
    looked: Looked = lambda _row, _event: None,
) -> dict[str, str]:
    """Reasons by event id; of the items in ``here`` it is known that they are in the file."""
    found = {}
    for row in rows:
        event = parsed(row)
        looked(row[0], event)
        is_here = event is not None and event.kind == "label" and event.item in here
        reason = _UNREADABLE if event is None else reason_for(db, event, item_is_here=is_here)
        if reason is None and row[0] in leaps:
            reason = _LEAP
        if reason is not None:
            found[row[0]] = reason
    return found


def _missing(db: Database, event: Event) -> str | None:
    """What an event names that is not in the file."""
    return _LOOKS[event_kinds.KINDS[event.kind].item](db, event)


def _pair(db: Database, event: Event) -> str | None:
    there = db.execute("SELECT 1 FROM pair WHERE id = ?", [event.item]).fetchone()
    return None if there else "its pair is not in this file"


def _anything(db: Database, event: Event) -> str | None:
    for table in ("pair", "prompt", "candidate", "critique"):
        if db.execute(f"SELECT 1 FROM {table} WHERE id = ?", [event.item]).fetchone():  # noqa: S608
            return None
    return "its item is not in this file"


def _revision(db: Database, event: Event) -> str | None:
    row = db.execute(
        "SELECT prompt_id FROM candidate WHERE id = ? AND origin = 'revision'", [event.item]
    ).fetchone()
    if row is None:
        return "its revision is not in this file"
    edited = event.value.get("edited_id")
    if edited is None or event.value.get("cleared"):
        return None
    there = db.execute(
        "SELECT 1 FROM candidate WHERE id = ? AND prompt_id = ?", [edited, row[0]]
    ).fetchone()
    return None if there else "the edited text is not in this file"


def _prompt(db: Database, event: Event) -> str | None:
    if not db.execute("SELECT 1 FROM prompt WHERE id = ?", [event.item]).fetchone():
        return "its prompt is not in this file"
    members = [one for group in event.value.get("groups", ()) for one in group]
    gone = db.execute(
        "SELECT 1 FROM json_each(?1) WHERE NOT EXISTS ("
        "SELECT 1 FROM candidate WHERE id = value AND prompt_id = ?2) LIMIT 1",
        [json.dumps(members), event.item],
    ).fetchone()
    return "an answer it names is not one of this prompt in this file" if gone else None


def _assigned(event: Event) -> Iterable[list[str]]:
    return event.value["assigned"].values() if event.kind == "round" else ()


def _named(db: Database, event: Event) -> str | None:
    pairs = [pair for given in _assigned(event) for pair in given]
    if event.kind == "guideline" and event.value.get("case"):
        pairs.append(event.value["case"])
    gone = db.execute(
        "SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT id FROM pair) LIMIT 1",
        [json.dumps(pairs)],
    ).fetchone()
    return "a pair it names is not in this file" if gone else None


_LOOKS: Final[dict[ItemType, Callable[[Database, Event], str | None]]] = {
    ItemType.PAIR: _pair,
    ItemType.ANYTHING: _anything,
    ItemType.REVISION: _revision,
    ItemType.PROMPT: _prompt,
    ItemType.NAME: _named,
}


def _looked_at(arrival: int) -> str:
    return f"{event_kinds.FINGERPRINT}:{arrival}"


def _last(db: Database) -> int:
    return int(db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0])


def _asides(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT event_id FROM set_aside").fetchall()]


def _write(db: Database, reasons: dict[str, str]) -> None:
    db.conn.executemany("INSERT INTO set_aside (event_id, reason) VALUES (?, ?)", reasons.items())


def _events(db: Database, ids: Iterable[str]) -> list[Event]:
    """Which events they are, without what they say."""
    rows = db.execute(_EVENTS + _SOME, [json.dumps(list(ids))]).fetchall()
    return [Event(*row[:9]) for row in rows]
