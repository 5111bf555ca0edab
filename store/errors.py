"""What can go wrong with a project file, in one line each: what happened and what to do."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any


class StoreError(Exception):
    """The store could not do what was asked; nothing was half written."""


class MissingProject(StoreError):
    """There is no project file where one was expected."""

    def __init__(self, path: object, former: object = None) -> None:
        way = f"make one with: pairlab --db {quote(str(path))} new"
        if former is not None:
            aside = quote(str(former))
            way = f"a restore put it aside: pairlab --db {quote(str(path))} restore {aside}"
        super().__init__(f"There is no project file {path}; {way}")
        self.path = path


class ProjectExists(StoreError):
    """A new project was asked for where a file already is; the file is untouched."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} exists already and was left as it is; choose another name")
        self.path = path


class NotAProject(StoreError):
    """The file is no pairlab project, or one from a newer pairlab."""


class Damaged(StoreError):
    """SQLite finds the file broken."""


class Busy(StoreError):
    """Another process kept the file locked for longer than we wait."""


class DiskFull(StoreError):
    """No room for the write; everything written before is kept."""


class Locked(StoreError):
    """A file is encrypted and cannot be opened: no key, a wrong one, or no SQLCipher."""


class FileLost(StoreError):
    """The project file was removed, replaced or moved while it was open.

    What was asked for when this was noticed is not in the file at the path; the message says
    where it is kept.
    """

    def __init__(self, message: str, beside: Path, rescue: Path | None = None) -> None:
        super().__init__(message)
        self.beside = beside
        """Where the project is, or was: what else is rescued belongs there."""
        self.rescue = rescue
        """The copy that was written because of it; None where none was needed or possible."""
        self.key: Any = None
        """Of the project, where it is encrypted: whatever else is kept is to be encrypted too."""


class WrongId(StoreError):
    """No item, or more than one, answers to an id or the beginning of one."""

    def __init__(self, text: str, what: str = "item", matches: int = 0) -> None:
        found = f"fits {matches} of them; give more characters" if matches else "fits none"
        super().__init__(f"{what} '{text}' {found}")
        self.text = text
        self.matches = matches


class SealedRound(StoreError):
    """The figures of a round that is still going on are closed to everybody."""

    def __init__(self, name: str, progress: str = "", *, blocks: bool = False) -> None:
        told = f" ({progress})" if progress else ""
        until = f"until all its annotators have finished{told}"
        super().__init__(
            f"Round '{name}' is shown in whole blocks of pairs {until}; this would tell more"
            if blocks
            else f"Round '{name}' is sealed {until}; nothing about it is shown before"
        )
        self.name = name


class BadInput(StoreError):
    """One thing somebody gave us cannot be used."""

    def __init__(
        self, reason: str, *, file: str | None = None, line: int | None = None, field: str = ""
    ) -> None:
        place = "".join((file or "", f":{line}" if line is not None else ""))
        head = ": ".join(part for part in (place, field) if part)
        super().__init__(f"{head}: {reason}" if head else reason)
        self.reason = reason
        self.file = file
        self.line = line
        self.field = field
