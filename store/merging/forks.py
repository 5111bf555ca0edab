"""Two files that both went on under one replica id: found, refused, and the way out.

Every file has a replica id of its own, and numbers its events. A file copied by hand takes a new
id when it is opened elsewhere; where that failed (a disk image, a restored snapshot), the same
numbers come to mean different events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlite_utils import Database

from store import ids
from store.errors import StoreError
from store.log import events
from store.records import Event

_REFERENCES = ("restores", "undoes")
"""Fields of an event's value that name another event."""


class Fork(StoreError):
    """Both files went on under the same replica id."""

    def __init__(self, path: object, replicas: dict[str, int]) -> None:
        events_there = sum(replicas.values())
        super().__init__(
            f"{path} and this project are one file that was copied and used on both sides (replica"
            f" {', '.join(name[:8] for name in replicas)}); nothing was merged. The way out: merge"
            f" with --adopt-fork, which takes the {events_there} events it made since over under a"
            " replica id of their own, and from then on work with one of the two files only"
        )
        self.replicas = replicas


def found(db: Database, theirs: Sequence[Event]) -> dict[str, int]:
    """Replicas that both files went on under: first number at which they differ, by replica."""
    own = {
        (replica, seq): event_id
        for event_id, replica, seq in db.execute("SELECT id, replica, seq FROM event")
    }
    parted: dict[str, int] = {}
    for event in theirs:
        here = own.get((event.replica, event.seq))
        if here is not None and here != event.id:
            parted[event.replica] = min(event.seq, parted.get(event.replica, event.seq))
    return parted


def after(theirs: Sequence[Event], parted: dict[str, int]) -> dict[str, int]:
    """How many events the other file made since, by replica."""
    return {
        replica: sum(e.replica == replica and e.seq >= seq for e in theirs)
        for replica, seq in parted.items()
    }


def adopted(theirs: Sequence[Event], parted: dict[str, int]) -> list[Event]:
    """The other file's events, those since the fork under a replica id of their own.

    The new ids follow from the content, so that adopting the same file again changes nothing.
    """
    fresh = {
        replica: ids.digest(
            "fork", [replica, next(e.id for e in theirs if (e.replica, e.seq) == (replica, seq))]
        )[:32]
        for replica, seq in parted.items()
    }
    renamed: dict[str, str] = {}
    out = []
    for event in sorted(theirs, key=lambda e: (e.replica, e.seq)):
        start = parted.get(event.replica)
        if start is None or event.seq < start:
            out.append(event)
            continue
        value = event.value | {
            key: renamed.get(event.value[key], event.value[key])
            for key in _REFERENCES
            if isinstance(event.value.get(key), str)
        }
        made = replace(event, replica=fresh[event.replica], seq=event.seq - start + 1, value=value)
        made = replace(made, id=events.identity(made))
        renamed[event.id] = made.id
        out.append(made)
    return out
