"""What a file says of itself before SQLite is loaded: enough to refuse a wrong one at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from store import errors

APPLICATION_ID: Final = 0x70_61_69_72
"""``pair`` in ASCII: tells a pairlab file from any other SQLite file."""

_MAGIC: Final = b"SQLite format 3\0"
_PAGE: Final = 4096
"""Bytes of a page of an encrypted file, which has no more of a header than a salt."""
SALT_BYTES: Final = 16
_ID_AT: Final = 68
"""Where the application id stands in a database file (sqlite.org/fileformat2.html, 1.3)."""


BEFORE_RESTORE: Final = ".before-restore-"
"""Between the name of a project that a restore put aside, and the time at which it did."""


def must_be_project(path: str | os.PathLike[str]) -> None:
    """Refuse what is certainly no project file; what passes here is still read with care.

    Raises:
        MissingProject: there is no such file; names the command that makes one.
        NotAProject: it is something else.
    """
    must_exist(path)
    if Path(f"{os.fspath(path)}-wal").exists():
        return  # what the header says may not have reached it yet
    with Path(path).open("rb") as file:
        start = file.read(_ID_AT + 4)
    if salt_of(path) is not None:
        return
    if not start.startswith(_MAGIC) or int.from_bytes(start[_ID_AT:]) != APPLICATION_ID:
        raise errors.NotAProject(f"{path} is no pairlab project; it was left as it is")


def salt_of(path: str | os.PathLike[str]) -> bytes | None:
    """The salt an encrypted file begins with; None where it does not look like one.

    It is read by itself: not for a file that SQLite has open in this process, whose locks would be
    dropped (sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        with Path(path).open("rb") as file:
            page = file.read(_PAGE)
    except OSError:
        return None
    # 4,096 random bytes have all values; text has a third of them
    if page.startswith(_MAGIC) or len(page) < _PAGE or len(set(page)) < 250:
        return None
    return page[:SALT_BYTES]


def must_exist(path: str | os.PathLike[str]) -> None:
    """Refuse what is not there, or no file.

    Raises:
        MissingProject: there is nothing.
        NotAProject: it is a folder or the like.
    """
    if not Path(path).exists():
        raise errors.MissingProject(path, _former(Path(path)))
    if not Path(path).is_file():
        raise errors.NotAProject(f"{path} is no file; name a project file, or make one with: new")


def _former(path: Path) -> Path | None:
    """The newest file that a restore put aside, where a kill left nothing in its place."""
    names = [
        each
        for each in sorted(path.absolute().parent.glob(f"*{BEFORE_RESTORE}*Z*"))
        if each.name.startswith(path.name + BEFORE_RESTORE)
        and not each.name.endswith(("-wal", "-shm", "-journal"))
    ]
    return path.with_name(names[-1].name) if names else None
