"""What becomes of the work when the project file was lost while it was open.

SQLite's connection still reads what was deleted or moved, so a whole copy can be written. Where
the file was overwritten its old content is gone but for what SQLite holds in memory and in the
log: then the copy is looked through row by row, and where it does not hold, the decisions of this
process alone are written, as a project file that can be merged.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store import clock
from store.db import kept_text
from store.db.backup import backup
from store.db.connection import create, open_readonly
from store.db.file_identity import Loss, Lost
from store.db.project_database import ProjectDatabase, immediate
from store.db.sqlite import Database, key_of, translated
from store.errors import Damaged, FileLost, StoreError
from store.items.content_hashes import pair_row_belongs
from store.items.table import Row
from store.items.tables import ITEMS, TABLES
from store.log import current_state, events
from store.merging import checked, incoming
from store.records import Event

_HAPPENED = {
    Loss.REMOVED: "was removed while it was open",
    Loss.REPLACED: "was replaced by another file while it was open",
    Loss.OVERWRITTEN: "was overwritten with another content while it was open",
    Loss.LOG: "lost the -wal or -shm file beside it while it was open",
}


@contextmanager
def guarded(db: ProjectDatabase, asked: Callable[[], str] | None = None) -> Iterator[None]:
    """Do something with a project, and see to it that nothing is lost where its file was.

    Args:
        db: the project.
        asked: describes what is done, with its texts; kept where it could not be written.

    Raises:
        FileLost: the file at the path is not the one that was opened; says what was kept where.
    """
    found = db.look()
    try:
        yield
    except FileLost as error:
        raise rescued(db) from error
    except Exception as error:
        if found and db.look():
            raise
        lost = rescued(db)
        if asked is not None:
            keep_text(lost, asked())
        raise lost from error
    if not db.look():
        raise rescued(db)


def rescued(db: ProjectDatabase) -> FileLost:
    """Keep everything, and say what happened, what is kept and what to do."""
    lost = _rescued(db)
    lost.key = key_of(db)
    return lost


def _rescued(db: ProjectDatabase) -> FileLost:
    watch = db.watch
    assert watch is not None
    lost = watch.lost
    assert lost is not None
    happened = f"{lost.path} {_HAPPENED[lost.loss]}; nothing more is written."
    if lost.found_at is not None and _all_in_file(db):
        way = f"go on with: pairlab --db {_quoted(lost.found_at)}"
        moved = f"{lost.path} was moved to {lost.found_at} while it was open"
        words = f"{moved} and holds everything; nothing more is written. Now {way}"
        return FileLost(words, lost.found_at)
    rescue, whole = _write(db, lost)
    if rescue is not None and lost.loss in (Loss.REMOVED, Loss.REPLACED):
        _all_in_file(db)  # else whoever opens the new file would take our log for its own
    if rescue is None:
        return FileLost(f"{happened} No copy of it could be written, to any folder", lost.path)
    kept = "Everything is" if whole else f"The {len(db.made)} decisions of this process are"
    return FileLost(f"{happened} {kept} kept in {rescue}; {_way_out(lost, rescue)}", rescue, rescue)


def keep_text(lost: FileLost, text: str) -> Path | None:
    """Add a text that is in no file to what was rescued.

    Returns:
        The file it is in, readable by its owner alone; None where it could not be written.
    """
    stem = lost.rescue.stem if lost.rescue is not None else f"{lost.beside.stem}.rescue-{_stamp()}"
    for folder in _folders(lost.beside.parent):
        try:
            return kept_text.keep(folder, stem, lost.key, text)
        except OSError:
            continue
    return None


def _all_in_file(db: ProjectDatabase) -> bool:
    """Move what is in the log into the file itself, whatever its name is by now."""
    with translated():
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def _write(db: ProjectDatabase, lost: Lost) -> tuple[Path | None, bool]:
    name = f"{lost.path.stem}.rescue-{_stamp()}{lost.path.suffix or '.db'}"
    for folder in _folders(lost.path.parent):
        try:
            backup(db, folder / name, compare=False)
        except StoreError:
            pass  # no room, no rights, or pages that do not belong together
        else:
            if lost.loss is not Loss.OVERWRITTEN or _holds(folder / name, db.made):
                return folder / name, True
            (folder / name).unlink()
        if lost.loss is Loss.OVERWRITTEN and _write_own_work(folder / name, db):
            return folder / name, False
    return None, False


def _holds(path: Path, made: Iterable[Event]) -> bool:
    """Whether each row of a copy is what its id says, and these events are among them."""
    try:
        db = open_readonly(path)
        try:
            if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                return False
            if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
                return False
            for values in incoming.rows(db, "pair"):
                _must_belong(db, values)
            seen = {
                values[0]
                for table in TABLES
                for values in incoming.rows(db, table)
                if checked.row(table, values)
            }
        finally:
            db.close()
    except StoreError:
        return False
    return {event.id for event in made} <= seen


def _must_belong(db: Database, pair: Row) -> None:
    """Refuse a pair whose id does not belong to the texts that are there.

    Raises:
        Damaged: it does not, or a text is missing.
    """
    if not pair_row_belongs(db, pair):
        raise Damaged(f"the content of pair {pair[0][:12]} does not belong to its id")


def _write_own_work(path: Path, db: ProjectDatabase) -> bool:
    """Write what this process added: its events, and what else is still what its id says."""
    try:
        made = create(path, key=key_of(db))
        try:
            made.execute("PRAGMA foreign_keys=OFF")  # what it builds on is in the project alone
            with immediate(made):
                for table, rows in _own_rows(db).items():
                    TABLES[table].insert(made, rows)
                for event in db.made:
                    events.insert(made, event)
                current_state.rebuild(made)
        finally:
            made.close()
    except StoreError:
        return False
    return True


def _own_rows(db: ProjectDatabase) -> dict[str, list[Row]]:
    """What this process added but events, in the order it can be written; all of it or nothing.

    A part would have the whole file refused when it is merged.
    """
    found: dict[str, list[Row]] = {}
    try:
        with translated():
            for table in ITEMS:
                new = ("WHERE rowid >", str(db.before[table])) if table in db.before else ()
                read = db.execute(incoming.select(table, TABLES[table].names, *new)).fetchall()
                for each in read if table == "pair" else ():
                    _must_belong(db, each)
                found[table] = [checked.row(table, each) for each in read]
    except StoreError:
        return {}
    return found


def _folders(beside: Path) -> Iterator[Path]:
    """Where a rescue file may lie: where the project was, else in a private folder."""
    if beside.is_dir():
        yield beside
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    private = state / "pairlab" / "rescue"
    try:
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        pass
    else:
        yield private
    try:
        yield Path(tempfile.mkdtemp(prefix="pairlab-rescue-"))
    except OSError:
        return


def _way_out(lost: Lost, rescue: Path) -> str:
    if lost.loss is Loss.REMOVED:
        return f"to go on: mv {_quoted(rescue)} {_quoted(lost.path)}"
    merge = f"pairlab --db {_quoted(lost.path)} merge {_quoted(rescue)}"
    return f"where the file there is a copy of the same project, bring it in with: {merge}"


def _quoted(path: Path) -> str:
    return shlex.quote(os.fspath(path))


def _stamp() -> str:
    return clock.now().replace("-", "").replace(":", "")
