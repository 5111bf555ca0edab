"""A project for as long as something is done with it, and its rescue where the file is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from store import errors
from store.db.connection import is_read_only, open_readonly, open_store
from store.db.guard import guarded
from store.db.schema import migrations
from store.db.sqlite import Database, StrPath, translated


@contextmanager
def session(path: StrPath) -> Iterator[Database]:
    """Open, hand over, close; SQLite's errors come out as :class:`store.errors.StoreError`.

    A project that cannot be written is opened for reading.

    Raises:
        FileLost: the file was removed, replaced or moved meanwhile.
    """
    if is_read_only(path):
        with closing(open_readonly(path)) as reading, translated(path):
            if migrations.pending(reading):
                raise errors.NotAProject(
                    f"{path} is from an older pairlab and cannot be changed here; copy it into a"
                    " folder of your own and open it there"
                )
            yield reading
        return
    db = open_store(path)
    try:
        with guarded(db), translated(path):
            yield db
    finally:
        db.close()
