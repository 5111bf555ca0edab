"""Taking the texts of prompts out of a project file for good.

Rows deleted in place leave traces: in free pages, in the log, in pages that were moved. So the file
is written anew without the texts and put in the place of the old one, whose content is overwritten.
A copy that somebody made before still holds them: those beside the project are named.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from store import ids
from store.db import cipher, copies, exclusive, leftovers, rolling, waiting
from store.db.connection import open_readonly
from store.db.file_header import must_be_project
from store.db.project_database import immediate
from store.db.session import session
from store.db.sqlite import StrPath, connect, translated
from store.errors import StoreError
from store.items import content_hashes
from store.items.purged import BLANKS, GONE
from store.items.tables import TABLES
from store.log import current_state, events, set_aside
from store.views import search_index

_SHORTEST: Final = 12
"""Characters of a text by which it is looked for elsewhere; shorter ones are everywhere."""

_OF: Final = {
    "candidate": "prompt_id IN (SELECT id FROM purged_item)",
    "critique": "candidate_id IN (SELECT id FROM purged_item)",
    "pair": "prompt_id IN (SELECT id FROM purged_item)",
    "generation": (
        "id IN (SELECT generation_id FROM candidate WHERE id IN (SELECT id FROM purged_item)"
        " UNION SELECT generation_id FROM critique WHERE id IN (SELECT id FROM purged_item))"
        " OR EXISTS (SELECT 1 FROM purged_text AS gone WHERE instr(rendered, gone.text) > 0"
        "  OR instr(generation.text, gone.text) > 0 OR instr(reasoning, gone.text) > 0)"
    ),
}


@dataclass(frozen=True, slots=True)
class Purged:
    """What was taken out, and where it may still be."""

    prompts: int
    pairs: int
    events: int
    """Decisions about them: labels, notes and all others; gone with them."""
    same_words: tuple[str, ...]
    """Prompts and answers that hold the same words and stay."""
    copies: tuple[Path, ...]
    """Project files beside this one that hold the texts."""

    def as_json(self) -> dict[str, Any]:
        """The object of ``purge --json``."""
        return {
            "prompts": self.prompts,
            "pairs": self.pairs,
            "events": self.events,
            "same_words": list(self.same_words),
            "copies": [os.fspath(each) for each in self.copies],
        }


def with_what_was_made_of_them(db: Database, prompts: Sequence[str]) -> list[str]:
    """Some prompts, and those that hold their words: wrapped in attacks, asked with opinions."""
    found = list(dict.fromkeys(prompts))
    for prompt in found:
        made = db.execute(
            "SELECT DISTINCT item FROM head WHERE kind IN ('attack', 'bait')"
            " AND json_extract(value, '$.base') = ? ORDER BY 1",
            [prompt],
        )
        found += [str(row[0]) for row in made if row[0] not in found]
    return found


def purge(path: StrPath, prompts: Sequence[str], annotator: str, at: str) -> Purged:
    """Write the project anew without the texts of some prompts and of all that answers them.

    Args:
        path: the project.
        prompts: whole ids.
        annotator: who does it; the event that stays names them.
        at: UTC time, ISO-8601.

    Raises:
        Busy: another process has the project open.
        Damaged: an item is not what its id says.
        StoreError: there is no room, or the folder cannot be written. The project is as it was.
    """
    project = Path(os.path.realpath(path))
    with session(project):
        pass  # brings it up to date, and clears away what was left
    work, made = leftovers.beside(project), leftovers.beside(project)
    try:
        with exclusive.alone(project) as source:
            copies.new_file(work)
            with closing(connect(work, key=source.key)) as copy:
                source.backup(copy)
                done = _emptied(Database(copy, execute_plugins=False), prompts, annotator, at, made)
            exclusive.put_in_place(made, project)
    except OSError as error:
        raise StoreError(
            f"{project} could not be purged ({error.strerror or error}); it is as it was"
        ) from error
    finally:
        for name in (work, made):
            with suppress(OSError):
                exclusive.shred(name)
            for ending in ("-wal", "-shm", "-journal"):
                Path(f"{name}{ending}").unlink(missing_ok=True)
    return Purged(*done, tuple(_copies_with(prompts, project)))


def _emptied(
    db: Database, prompts: Sequence[str], annotator: str, at: str, made: Path
) -> tuple[int, int, int, tuple[str, ...]]:
    """Take the texts out of a private copy, then write it to a file without free pages."""
    for pragma in ("secure_delete=ON", "trusted_schema=OFF", "temp_store=MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    with translated(), immediate(db):
        content_hashes.must_be_unchanged(db, "nothing was purged: see doctor")
        _name(db, prompts)
        told = db.execute(
            "SELECT (SELECT count(*) FROM prompt WHERE id IN (SELECT id FROM purged_item)),"
            " (SELECT count(*) FROM pair WHERE id IN (SELECT id FROM purged_item)),"
            " (SELECT count(*) FROM event WHERE item IN (SELECT id FROM purged_item))"
        ).fetchone()
        before = events.last_arrival(db)
        for prompt in prompts:  # before anything goes: no number of an event is given twice
            value = {"on": True, "purged": True}
            events.append(db, "removed", prompt, ids.name(annotator), value, at=at)
        triggers = _without_triggers(db)
        for table, blanks in BLANKS.items():
            cells = dict(blanks) | ({"text": GONE} if table == "prompt" else {})
            settings = ", ".join(f"{name} = ?" for name in cells)
            where = (
                _OF["generation"] if table == "generation" else "id IN (SELECT id FROM purged_item)"
            )
            db.execute(f"UPDATE {table} SET {settings} WHERE {where}", list(cells.values()))  # noqa: S608
            TABLES[table].reseal(db)
        db.execute(
            "DELETE FROM event WHERE item IN (SELECT id FROM purged_item) AND arrival <= ?",
            [before],
        )
        db.execute("DELETE FROM draft WHERE item IN (SELECT id FROM purged_item)")
        same = [str(row[0]) for row in db.execute(_SAME_WORDS).fetchall()]
        search_index.forget(db)
        for statement in triggers:
            db.execute(statement)
        set_aside.rebuild(db)
        current_state.rebuild(db)
        for name in ("purged_item", "purged_text"):
            db.execute(f"DROP TABLE temp.{name}")
    content_hashes.must_be_unchanged(db, "nothing was purged")
    copies.new_file(made)
    waiting.say("rewriting the project")
    with translated(made):
        db.execute("VACUUM INTO ?", [os.fspath(made)])
    copies.sync(made)
    return (*told, tuple(same))


_SAME_WORDS: Final = """
SELECT id FROM prompt WHERE EXISTS (SELECT 1 FROM purged_text AS gone
    WHERE instr(prompt.text, gone.text) > 0)
UNION
SELECT id FROM candidate WHERE EXISTS (SELECT 1 FROM purged_text AS gone
    WHERE instr(candidate.text, gone.text) > 0)
"""


def _name(db: Database, prompts: Sequence[str]) -> None:
    """Temporary tables of all that goes: items by id, and texts by which more is found."""
    db.execute("CREATE TEMP TABLE purged_item (id TEXT PRIMARY KEY)")
    db.execute("INSERT INTO purged_item SELECT value FROM json_each(?)", [json.dumps([*prompts])])
    for table in ("candidate", "critique", "pair"):
        db.execute(
            f"INSERT INTO purged_item SELECT id FROM {table} WHERE {_OF[table]}"  # noqa: S608
        )
    db.execute(
        "CREATE TEMP TABLE purged_text AS SELECT DISTINCT text FROM ("
        " SELECT json_extract(turn.value, '$.content') AS text"
        " FROM prompt, json_each(prompt.messages) AS turn"
        " WHERE prompt.id IN (SELECT id FROM purged_item)"
        " UNION SELECT text FROM candidate WHERE id IN (SELECT id FROM purged_item)"
        " UNION SELECT text FROM critique WHERE id IN (SELECT id FROM purged_item)"
        ") WHERE length(text) >= ?",
        [_SHORTEST],
    )


def _without_triggers(db: Database) -> list[str]:
    """Drop what keeps rows from being changed; the statements that make it again."""
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in found:
        db.execute(f"DROP TRIGGER {name}")
    return [str(sql) for _, sql in found]


def _copies_with(prompts: Sequence[str], project: Path) -> Iterator[Path]:
    """The project files beside this one in which one of the prompts still has its text."""
    for path in rolling.beside(project):
        with suppress(StoreError), cipher.unasked():
            must_be_project(path)
            with closing(open_readonly(path)) as db, translated(path):
                if db.execute(
                    "SELECT 1 FROM prompt WHERE text <> ? AND id IN"
                    " (SELECT value FROM json_each(?))",
                    [GONE, json.dumps([*prompts])],
                ).fetchone():
                    yield path
