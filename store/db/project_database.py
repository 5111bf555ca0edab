"""A project that is open for writing, and its transactions."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from store import errors
from store.db.file_identity import FileWatch, Loss
from store.db.sqlite import Database, translated

_KEPT_EVENTS = 5000
"""Decisions of this connection that stay in memory: more than a person makes in a sitting."""


class ProjectDatabase(Database):
    """A project that is open for writing, with an eye on its file.

    Args:
        connection: to the file.
        check: refuses tables that this version does not know.
    """

    watch: FileWatch | None = None
    """None until the file is whole."""
    made: deque[Any]
    """The latest events of this connection, for the case that the file is overwritten."""
    before: dict[str, int]
    """The last row of each growing table when the file was opened."""

    seen_schema: int | None = None
    """SQLite's number of the tables' present form; None until the file is whole."""

    def __init__(self, connection: Any, check: Callable[[Database], None] | None = None) -> None:
        super().__init__(connection, execute_plugins=False)
        self.made = deque(maxlen=_KEPT_EVENTS)
        self._check = check
        self.before = {}

    def look(self) -> bool:
        """Whether the file is still the one that was opened; without it nothing is moved into it.

        The log is no longer written into the file then: the pages may be those of another project.
        """
        if self.watch is None or self.watch.lost is not None:
            return self.watch is None
        if self.watch.look() is None:
            return True
        self.conn.execute("PRAGMA wal_autocheckpoint=0")
        return False

    def check_schema(self) -> None:
        """Refuse to write where a newer pairlab has changed the tables since the last look.

        Raises:
            NotAProject: it has.
        """
        now = int(self.conn.execute("PRAGMA schema_version").fetchone()[0])
        if self.seen_schema not in (None, now) and self._check is not None:
            self._check(self)
        self.seen_schema = now

    def confirm(self) -> None:
        """Look again after a write.

        Raises:
            FileLost: what was written is not in the file at the path.
        """
        if not self.look():
            assert self.watch is not None
            path = self.watch.path
            raise errors.FileLost(f"{path} is no longer the file that was opened", path)

    def close(self) -> None:
        """Close; a file that is not ours any more gets nothing of what is in the log."""
        lost = self.watch.lost if self.watch is not None else None
        if self.watch is None or lost is None:
            super().close()
            return
        beside = self.watch.companions()
        # closing would write the log into the file, which another project may have taken over,
        # and whoever opens that one next would do the same: by now all of it is kept elsewhere
        if lost.loss in (Loss.OVERWRITTEN, Loss.LOG):
            for path, now in beside.items():
                if path.name.endswith("-wal") and now is not None:
                    os.truncate(now, 0)
        super().close()
        for path in beside:
            if self.watch.owns(path) and (path.name.endswith("-shm") or not path.stat().st_size):
                path.unlink(missing_ok=True)


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """A write: all of it is on the disk afterwards, or nothing.

    Takes the write lock at the start: a transaction that first reads and then writes would
    fail at once when another process wrote in between. Inside another one it is a savepoint.

    Raises:
        FileLost: it was written, but the file at the path is not the one that was opened.
        NotAProject: a newer pairlab has changed the tables meanwhile; nothing was written.
    """
    nested = db.conn.in_transaction
    watched = db if isinstance(db, ProjectDatabase) and not nested else None
    if watched is not None:
        watched.look()
    with translated():
        db.conn.execute("SAVEPOINT nested" if nested else "BEGIN IMMEDIATE")
        try:
            if watched is not None:
                watched.check_schema()
            yield
            db.conn.execute("RELEASE nested" if nested else "COMMIT")
        except BaseException:
            if db.conn.in_transaction:  # a full disk ends the transaction by itself
                db.conn.execute("ROLLBACK TO nested" if nested else "ROLLBACK")
                if nested:
                    db.conn.execute("RELEASE nested")
            raise
    if watched is not None:
        watched.confirm()
