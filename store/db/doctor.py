"""What is wrong with a project file or the place it lies in, in plain words."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from types import ModuleType
from typing import Final

from sqlite_utils import Database

from store.db import cipher, file_system, leftovers, meta, replica, rolling, soundness
from store.db.connection import is_read_only, open_readonly
from store.db.diagnosis import Diagnosis as Diagnosis
from store.db.diagnosis import Severity as Severity
from store.db.schema import migrations
from store.db.soundness import Progress
from store.db.sqlite import (
    WAL_RESET_FIXED,
    WAYS_BACK,
    StrPath,
    library_of,
    library_version,
    sqlite3,
    translated,
)
from store.db.views import GIVEN_BY
from store.errors import DiskFull, Locked, StoreError
from store.items import purged

_OLD_PAIRS = f"""
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM label_head WHERE pair_id = pair.id AND verdict = 'a'
        AND ({GIVEN_BY}) = 'source'))
FROM pair WHERE kind = 'imported' AND a_role IS NULL AND b_role IS NULL
    AND (?1 IS NULL OR position <= CAST(?2 AS INTEGER))
"""  # noqa: S608 - written in store.db.views

ROOM: Final = 200 * 2**20
"""Bytes of free disk below which we warn."""


_WAYS_BACK: Final = f"{WAYS_BACK[0].upper()}{WAYS_BACK[1:]}."


def examine(
    path: StrPath, *, quick: bool = False, progress: Progress = lambda _words: None
) -> list[Diagnosis]:
    """Check a project file and its surroundings; changes nothing.

    A missing or broken file is a finding, not an exception.

    Args:
        path: the project.
        quick: look at the newest rows alone, and not at SQLite's pages.
        progress: is told what is looked at next.
    """
    try:
        library = library_of(path)
    except Locked as error:
        remedy = "Name its key with --key-file FILE, or type the passphrase in a terminal."
        return [*_place(path), Diagnosis("project", Severity.BROKEN, str(error), remedy)]
    found = [sqlite_version(library_version(library), library)]
    if not Path(path).exists():
        found.append(
            Diagnosis(
                "project",
                Severity.NOTE,
                f"There is no project file {path} yet.",
                f"Make one with: pairlab --db {shlex.quote(str(path))} new",
            )
        )
        return [*found, *_place(path)]
    found += [*_place(path), _encrypted(path, library)]
    try:
        db = open_readonly(path)
    except DiskFull as error:
        return [*found, Diagnosis("project", Severity.WARNING, str(error), "Make room.")]
    except StoreError as error:
        remedy = f"Name a project file with --db FILE; or {WAYS_BACK}."
        return [*found, Diagnosis("project", Severity.BROKEN, str(error), remedy)]
    try:
        with translated(path):
            found += soundness.newest(db) if quick else soundness.everything(db, path, progress)
            found += [
                _journal(db),
                *_sides(db),
                _replica(db, path),
            ]
            if not migrations.pending(db):  # they read views that an older file has not yet
                found += [*_removed(db), *_purged(db), _backups(db, path)]
    except StoreError as error:
        found.append(Diagnosis("integrity", Severity.BROKEN, str(error), _WAYS_BACK))
    finally:
        db.close()
    return found


def sqlite_version(version: tuple[int, ...], library: ModuleType = sqlite3) -> Diagnosis:
    """Whether a SQLite library has the bug that can corrupt a WAL file."""
    name = ".".join(map(str, version))
    if (3, 7, 0) <= version < WAL_RESET_FIXED:
        return Diagnosis(
            "sqlite",
            Severity.WARNING,
            f"SQLite {name} can damage a file that two processes write at the same time"
            " (rare; fixed in 3.51.3).",
            "Install pysqlite3 0.6.1 (where it is encrypted sqlcipher3 0.6.4) or newer, or let one"
            " process at a time open the project.",
        )
    return Diagnosis("sqlite", Severity.OK, f"SQLite {name} ({library.__name__})")


def _place(path: StrPath) -> list[Diagnosis]:
    return [
        _file_system(path),
        _sync(path),
        _rights(path),
        *_writing(path),
        _room(path),
        _leftovers(path),
    ]


def _writing(path: StrPath) -> list[Diagnosis]:
    if not is_read_only(path):
        return []
    return [
        Diagnosis(
            "writing",
            Severity.NOTE,
            "The project is read-only here: agree, show, check, export and report work.",
            "To label, copy it into a folder of your own.",
        )
    ]


def _file_system(path: StrPath) -> Diagnosis:
    kind = file_system.file_system(path)
    if kind in file_system.NETWORK:
        return Diagnosis(
            "file system",
            _refused(),
            f"The project lies on a network file system ({kind}): two machines that write there"
            " would damage it.",
            "Move it to a local disk; exchange work between machines with: pairlab merge",
        )
    if kind in file_system.SHARED:
        return Diagnosis(
            "file system",
            Severity.WARNING,
            f"The project lies in a folder of the machine around this one ({kind}).",
            "Let only one of the two machines open it at a time; safer is a disk of this one.",
        )
    return Diagnosis("file system", Severity.OK, f"local disk ({kind or 'kind not known'})")


def _sync(path: StrPath) -> Diagnosis:
    service = file_system.sync_folder(path)
    if service is None:
        return Diagnosis("sync folder", Severity.OK, "not in a folder that is copied elsewhere")
    return Diagnosis(
        "sync folder",
        _refused(),
        f"The project lies in a folder that {service} copies: a copy taken in the middle of a"
        " write is damaged, and the texts leave this machine.",
        f"Move it out of {service}; put copies made with pairlab backup there, if at all.",
    )


def _encrypted(path: StrPath, library: ModuleType) -> Diagnosis:
    if library is not sqlite3:
        words = f"the project file is encrypted (SQLCipher {cipher.version()}); exports are plain"
        return Diagnosis("encryption", Severity.OK, words)
    if file_system.is_encrypted(path):
        return Diagnosis("encryption", Severity.OK, "the disk below is encrypted (dm-crypt)")
    return Diagnosis(
        "encryption",
        Severity.NOTE,
        "The project file is not encrypted, and nothing tells that the disk below is.",
        "Where the texts must not leave the room, encrypt it:"
        f" pairlab --db {shlex.quote(str(path))} encrypt",
    )


def _refused() -> Severity:
    return Severity.WARNING if file_system.is_allowed() else Severity.BROKEN


def _rights(path: StrPath) -> Diagnosis:
    names = file_system.open_to_others(path)
    if not names:
        return Diagnosis("rights", Severity.OK, "readable by its owner alone")
    return Diagnosis(
        "rights",
        Severity.WARNING,
        f"Others on this machine may read {', '.join(names)}.",
        f"Close them with: chmod 600 {' '.join(names)}",
    )


def _room(path: StrPath) -> Diagnosis:
    try:
        free = shutil.disk_usage(Path(path).absolute().parent).free
    except OSError as error:
        return Diagnosis(
            "room", Severity.BROKEN, f"The folder cannot be read: {error.strerror}.", "Make it."
        )
    words = f"{free / 2**30:.1f} GiB free on the disk"
    if free < ROOM:
        return Diagnosis("room", Severity.WARNING, words, "Make room before a long run.")
    return Diagnosis("room", Severity.OK, words)


def _journal(db: Database) -> Diagnosis:
    mode = str(db.execute("PRAGMA journal_mode").fetchone()[0])
    if mode == "wal":
        return Diagnosis("journal", Severity.OK, "write-ahead log in use")
    return Diagnosis(
        "journal",
        Severity.NOTE,
        f"Journal mode is {mode}: right for a backup that was not opened yet.",
        "Where it stays so, the file system does not take shared memory: use a local disk.",
    )


def _leftovers(path: StrPath) -> Diagnosis:
    left = leftovers.found(Path(path).absolute().parent)
    gone = [each.path.name for each in left if each.owner_gone]
    if gone:
        return Diagnosis(
            "leftovers",
            Severity.NOTE,
            f"Processes that were killed left {', '.join(gone)} beside the project.",
            "Nothing to do: they are removed when a project in this folder is opened.",
        )
    if left:
        names = ", ".join(each.path.name for each in left)
        return Diagnosis("leftovers", Severity.OK, f"processes at work write {names}")
    return Diagnosis("leftovers", Severity.OK, "none beside the project")


def _removed(db: Database) -> list[Diagnosis]:
    """What was taken out of the project, where anything was."""
    row = db.execute(
        "SELECT (SELECT count(*) FROM removed JOIN prompt ON prompt.id = item WHERE text <> ?1),"
        " (SELECT count(*) FROM removed_pair JOIN pair ON pair.id = pair_id"
        "  JOIN prompt ON prompt.id = prompt_id WHERE text <> ?1)",
        [purged.GONE],
    ).fetchone()
    if not any(row):
        return []
    words = f"removed: prompts {row[0]}, pairs {row[1]}; kept in the file, counted nowhere."
    remedy = "List them in mode B with status:removed; bring them back with: pairlab remove --undo"
    return [Diagnosis("removed", Severity.NOTE, words, remedy)]


def _purged(db: Database) -> list[Diagnosis]:
    """Texts that are gone, and texts that somebody else took out of another copy."""
    gone, still = purged.here(db), purged.elsewhere(db)
    if not gone and not still:
        return []
    words = f"prompts {len(gone)}, whose texts are gone for good"
    if not still:
        return [Diagnosis("purged", Severity.OK, words)]
    return [
        Diagnosis(
            "purged",
            Severity.WARNING,
            f"{words}; {len(still)} more were purged from another copy, and are still here.",
            f"Take them out here too with: pairlab purge {' '.join(each[:12] for each in still)}",
        )
    ]


def _sides(db: Database) -> list[Diagnosis]:
    """Pairs imported before sides were drawn by content: there ``a`` may always be the chosen."""
    since = meta.get(db, meta.SIDES_FROM_CONTENT)
    old, named = db.execute(_OLD_PAIRS, [since, since]).fetchone()
    if not old:
        return []
    words = f"{old} imported pairs keep the order of their file"
    if named:
        words += f"; in {named} of them the answer the file calls chosen is a"
    found = Diagnosis(
        "sides",
        Severity.NOTE,
        f"{words}: where a file names chosen and rejected, a was always the chosen one, and kappa"
        " over such pairs reads too low.",
        "They stay as they are, so that labels keep their meaning; to have sides drawn, import"
        " the file into a new project.",
    )
    return [found]


def _backups(db: Database, path: StrPath) -> Diagnosis:
    wanted, there = rolling.wanted(db), rolling.existing(path)
    newest = f", the newest {there[0].name}" if there else ""
    if wanted:
        words = f"on: the latest {wanted} are kept; there are {len(there)}{newest}"
        return Diagnosis("backups", Severity.OK, words)
    words = f"off: opening the project writes no backup; there are {len(there)}{newest}"
    remedy = "Have the latest 3 kept with: pairlab setting --backups 3"
    return Diagnosis("backups", Severity.NOTE, words, remedy)


def _replica(db: Database, path: StrPath) -> Diagnosis:
    if replica.is_bound(db, path):
        return Diagnosis("replica", Severity.OK, "this is the file it was made or last opened as")
    return Diagnosis(
        "replica",
        Severity.NOTE,
        "This file was copied or moved; it takes a new replica id when it is opened.",
        "Nothing to do: join the two copies later with: pairlab merge",
    )
