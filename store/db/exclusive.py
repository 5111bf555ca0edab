"""A project that nobody else has open, and files whose content is overwritten before they go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from store.db import copies
from store.db.sqlite import connect, raised, translated
from store.errors import Busy

_CHUNK: Final = 2**20


@contextmanager
def alone(project: Path, *, converts: bool = False) -> Iterator[Any]:
    """A connection to a project that no other process can open meanwhile; its log is in the file.

    Args:
        project: its file.
        converts: whether a file of the other kind is to be attached.

    Raises:
        Busy: another process has it open.
    """
    with translated(project), closing(connect(project, converts=converts)) as opened:
        opened.execute("PRAGMA busy_timeout=0")
        opened.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            opened.execute("PRAGMA journal_mode=DELETE")
            opened.execute("BEGIN EXCLUSIVE")
            opened.execute("COMMIT")  # in this locking mode the lock stays
        except raised("OperationalError") as error:
            if "locked" not in str(error):
                raise
            raise Busy(
                f"Another process has {project} open; nothing was changed: end it, then try again"
            ) from None
        yield opened


def _overwrite(handle: int) -> None:
    """Write zeros over an open file's content, and see them to the disk."""
    left = os.fstat(handle).st_size
    os.lseek(handle, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(handle, bytes(min(left, _CHUNK)))
    os.fsync(handle)


def put_in_place(made: Path, project: Path) -> None:
    """Let a new file take the place of a project, whose content is overwritten then."""
    handle = os.open(project, os.O_RDWR)
    try:
        made.replace(project)
        copies.sync(project.parent)
        _overwrite(handle)
    finally:
        os.close(handle)


def shred(path: Path) -> None:
    """Remove a file, and overwrite its content."""
    handle = os.open(path, os.O_RDWR)
    try:
        path.unlink()
        _overwrite(handle)
    finally:
        os.close(handle)
