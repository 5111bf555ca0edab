"""Whether the file SQLite writes to is still the project that lies at its path.

SQLite goes on writing to what it opened: into a deleted file, into a log nobody will find, or its
pages into another project that was copied over the first one. So the path is looked at before and
after each write. Only ``stat`` is used: closing a descriptor of a file that SQLite has open would
drop SQLite's locks on it (sqlite.org/howtocorrupt.html, 2.2). A file whose content changed by
other means than a device or inode is read through SQLite, which takes care of that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

Place = tuple[int, int]
"""Device and inode."""

COMPANIONS: Final = ("-wal", "-shm")
_READINGS: Final = 5
"""How often a strange content is read before it counts: another process may be just writing it."""
_BETWEEN: Final = 0.03
"""Seconds between two readings."""


class Loss(StrEnum):
    """What became of the file at the path."""

    REMOVED = "removed"
    REPLACED = "replaced"
    """Another file lies at the path."""
    OVERWRITTEN = "overwritten"
    """The same file has the content of another one."""
    LOG = "log"
    """What SQLite keeps beside it was removed or replaced."""


class Mark(NamedTuple):
    """What a project file says of itself, without the log beside it."""

    bound_to: str
    """Where it has its replica id; another project, or a copy from elsewhere, says otherwise."""
    sides: str
    """A seed drawn when the project was made."""
    rows: tuple[int, ...]
    """How many rows the tables had in which nothing is ever deleted."""


class Lost(NamedTuple):
    """A loss, and where the file is now."""

    loss: Loss
    path: Path
    """Where the project was."""
    found_at: Path | None = None
    """Another name under which the whole file lies; None where it has none, or none is known."""


class FileWatch:
    """Remembers which file was opened; costs a few ``stat`` calls a look.

    Args:
        given: the path as the user named it; a link in it may be switched later.
        opened: the path as SQLite resolved it.
        own: what the project says of itself, with its log: the mark of its file in the end.
        read: reads the mark from the file alone; None where it cannot.
        read_whole: reads it from the file with its log, where the file alone is not sound and
            the two together are; None otherwise. So does a process leave it that was killed while
            it moved the log into the file; a copy that was put there is sound alone.
    """

    def __init__(
        self,
        given: Path,
        opened: Path,
        own: Mark,
        read: Callable[[], Mark | None],
        read_whole: Callable[[], Mark | None],
    ) -> None:
        self.path = given
        self._opened = opened
        # the opened path last: what is known of its content is compared with what is there
        self._paths = (*((os.fspath(given),) if given != opened else ()), os.fspath(opened))
        self._read, self._read_whole = read, read_whole
        status = opened.stat()
        self._place = _place(status)
        self._change = _change(status)
        self._own = own
        self._mark: Mark | None = None
        self._recognise(read())
        self._companions = {
            Path(f"{opened}{ending}"): _place(Path(f"{opened}{ending}").stat())
            for ending in COMPANIONS
            if Path(f"{opened}{ending}").exists()
        }
        self._beside = [(os.fspath(path), place) for path, place in self._companions.items()]
        self.lost: Lost | None = None
        """What the first look that failed has found."""

    @property
    def known(self) -> Mark | None:
        """What the file by itself said when it was last recognised as ours."""
        return self._mark

    def look(self) -> Lost | None:
        """Look at the path; what was lost once stays lost."""
        if self.lost is None:
            self.lost = self._look()
        return self.lost

    def owns(self, path: Path) -> bool:
        """Whether what lies there now is a file this watch began with."""
        return _is_at(path, self._companions.get(path, self._place))

    def companions(self) -> dict[Path, Path | None]:
        """SQLite's files beside the project, each with a path it can be reached under now."""
        return {
            path: path if self.owns(path) else _descriptor(place)
            for path, place in self._companions.items()
        }

    def _look(self) -> Lost | None:
        for path in self._paths:
            try:
                status = os.stat(path)  # noqa: PTH116 - a third of the time, at each label
            except OSError:
                return Lost(Loss.REMOVED, self.path, self._where_now())
            if _place(status) != self._place:
                return Lost(Loss.REPLACED, self.path, self._where_now())
        if _change(status) != self._change and not self._still_ours():
            return Lost(Loss.OVERWRITTEN, self.path)
        for beside, place in self._beside:
            if not _is_at(beside, place):
                return Lost(Loss.LOG, self.path)
        return None

    def _still_ours(self) -> bool:
        for _ in range(_READINGS):
            change = _change(self._opened.stat())
            found = self._read()
            if self._mark is None or (found is not None and _follows(self._mark, found)):
                self._change = change
                self._recognise(found)
                return True
            time.sleep(_BETWEEN)
        change = _change(self._opened.stat())
        found = self._read_whole() if change[0] else None
        if found is None or self._mark is None or not _follows(self._mark, found):
            return False
        self._change = change
        return True

    def _recognise(self, found: Mark | None) -> None:
        """Know the file by its content from now on, if it is ours by then."""
        if found is not None and found[:2] == self._own[:2]:
            self._mark = found

    def _where_now(self) -> Path | None:
        """Where the file lies under another name."""
        descriptor = _descriptor(self._place)
        try:
            named = [descriptor.readlink()] if descriptor is not None else []
            folder = self._opened.parent
            if self._opened.parent.is_dir():
                named += [folder / entry.name for entry in os.scandir(folder)]
        except OSError:
            return None
        return next((path for path in named if _is_at(path, self._place)), None)


def _follows(before: Mark, now: Mark) -> bool:
    return before[:2] == now[:2] and all(
        old <= new for old, new in zip(before.rows, now.rows, strict=True)
    )


def _place(status: os.stat_result) -> Place:
    return status.st_dev, status.st_ino


def _change(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_at(path: str | Path, place: Place) -> bool:
    try:
        return _place(os.stat(path)) == place  # noqa: PTH116
    except OSError:
        return False


def _descriptor(place: Place) -> Path | None:
    """This process's own descriptor of a file, where the kernel shows them; it is not opened."""
    try:
        shown = list(Path("/proc/self/fd").iterdir())
    except OSError:
        return None
    return next((path for path in shown if _is_at(path, place)), None)
