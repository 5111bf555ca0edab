"""A project that nobody else has open, and files whose content is overwritten before they go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from store.db.sqlite import sqlite3, translated
from store.errors import Busy

_CHUNK: Final = 2**20


@contextmanager
def alone(project: Path) -> Iterator[Any]:
    """A connection to a project that no other process can open meanwhile; its log is in the file.

    Raises:
        Busy: another process has it open.
    """
    with translated(project), closing(sqlite3.connect(project, isolation_level=None)) as opened:
        opened.execute("PRAGMA busy_timeout=0")
        opened.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            opened.execute("PRAGMA journal_mode=DELETE")
            opened.execute("BEGIN EXCLUSIVE")
            opened.execute("COMMIT")  # in this locking mode the lock stays
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise Busy(
                f"Another process has {project} open; nothing was changed: end it, then try again"
            ) from None
        yield opened


def overwrite(handle: int) -> None:
    """Write zeros over an open file's content, and see them to the disk."""
    left = os.fstat(handle).st_size
    os.lseek(handle, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(handle, bytes(min(left, _CHUNK)))
    os.fsync(handle)
