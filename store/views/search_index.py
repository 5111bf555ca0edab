"""Full-text search: which texts of a project hold a word.

The index knows prompts, candidates, critiques and notes by a number of its own
(``search_doc``), without their texts (a contentless FTS5 table). Texts come in where one asks for
them, in steps, so that a large project of an older version is read while its owner works; what is
new since then is found by how far each table was read.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from sqlite_utils import Database

from store.db.project_database import immediate
from store.judgements.disagreements import count_words
from store.views import closed
from store.views.query import SearchTerm

STEP: Final = 200
"""Texts read in one transaction; the thread of the store is free again between two."""

COMMON: Final = 10_000
"""A word in more texts than this is looked for item by item, not item by its texts."""

RARE: Final = 1_000
"""The items of a word in no more texts than this are counted in one go."""

PREFIX: Final = 3
"""Shortest bare word that also finds the words it begins."""

# Notes of all events: one that is set aside now may be taken up, and is told only then.
_SOURCES: Final = {
    "prompt": "SELECT position, id, text FROM prompt WHERE position > ? ORDER BY 1 LIMIT ?",
    "candidate": "SELECT rowid, id, text FROM candidate WHERE rowid > ? ORDER BY 1 LIMIT ?",
    "critique": "SELECT rowid, id, text FROM critique WHERE rowid > ? ORDER BY 1 LIMIT ?",
    "note": (
        "SELECT arrival, id, json_extract(value, iif(kind = 'note', '$.text', '$.note'))"
        " FROM event WHERE arrival > ? AND kind IN ('note', 'label') ORDER BY 1 LIMIT ?"
    ),
}
_LAST: Final = {
    "prompt": "SELECT coalesce(max(position), 0) FROM prompt",
    "candidate": "SELECT coalesce(max(rowid), 0) FROM candidate",
    "critique": "SELECT coalesce(max(rowid), 0) FROM critique",
    "note": (
        "SELECT coalesce((SELECT arrival FROM event WHERE kind IN ('note', 'label')"
        " ORDER BY arrival DESC LIMIT 1), 0)"
    ),
}
_COUNTS: Final = {
    "prompt": "SELECT count(*) FROM prompt",
    "candidate": "SELECT count(*) FROM candidate",
    "critique": "SELECT count(*) FROM critique",
}
_UNSPACED = re.compile(
    "([\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff])"
)

_TEMPORARY = (
    (
        "CREATE TEMP TABLE IF NOT EXISTS search_hit (term INTEGER NOT NULL, doc INTEGER NOT NULL,"
        " PRIMARY KEY (term, doc)) WITHOUT ROWID"
    ),
    (
        "CREATE TEMP TABLE IF NOT EXISTS search_noted (term INTEGER NOT NULL, item TEXT NOT NULL,"
        " PRIMARY KEY (term, item)) WITHOUT ROWID"
    ),
    "CREATE TEMP TABLE IF NOT EXISTS search_asked (key TEXT NOT NULL)",
)
_NOTE_HITS = (
    " FROM temp.search_hit AS hit JOIN search_doc AS doc ON doc.id = hit.doc AND doc.kind = 'note'"
    " JOIN sound_event AS event ON event.id = doc.item"
)
_MAY_BE_TOLD = (
    f"(event.annotator = :viewer OR CASE WHEN EXISTS (SELECT 1 FROM pair WHERE id = event.item)"
    f" THEN NOT EXISTS (SELECT 1 FROM pair WHERE pair.id = event.item AND {closed.PAIR})"
    " ELSE NOT EXISTS (SELECT 1 FROM prompt WHERE (prompt.id = event.item OR prompt.id ="
    f"  (SELECT prompt_id FROM candidate WHERE id = event.item)) AND {closed.PROMPT}) END)"
)
# a note that still stands, on its own or with a label
_NOTED_ALONE = (
    "INSERT OR IGNORE INTO temp.search_noted SELECT hit.term, event.item"
    + _NOTE_HITS
    + " JOIN head ON head.kind = 'note' AND head.item = event.item"
    "  AND head.annotator = event.annotator AND head.phase = '' AND head.event_id = event.id"
    f" WHERE hit.term = :term AND {_MAY_BE_TOLD}"
)
_NOTED_WITH_LABEL = (
    "INSERT OR IGNORE INTO temp.search_noted SELECT hit.term, event.item"
    + _NOTE_HITS
    + " JOIN label_head AS label ON label.pair_id = event.item AND label.phase = event.phase"
    "  AND label.annotator = event.annotator AND label.event_id = event.id"
    " LEFT JOIN head ON head.kind = 'note' AND head.item = event.item"
    "  AND head.annotator = event.annotator AND head.phase = ''"
    " WHERE hit.term = :term AND (head.item IS NULL OR label.at > head.at)"
    f" AND {_MAY_BE_TOLD}"
)


class Coverage(NamedTuple):
    """How far the texts are read in."""

    done: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether every text can be found."""
        return self.done >= self.total


class Term(NamedTuple):
    """A word that was looked up."""

    number: int
    """Of its rows in ``temp.search_hit`` and ``temp.search_noted``."""
    common: bool
    """Whether it is in more than :data:`COMMON` texts."""
    rare: bool
    """Whether it is in no more than :data:`RARE`."""
    without: bool


def read_in(db: Database, steps: int = 1) -> Coverage:
    """Read the next texts into the index.

    Args:
        db: the project.
        steps: transactions of :data:`STEP` texts at most.
    """
    for _ in range(steps):
        if not _step(db):
            break
    return coverage(db)


def coverage(db: Database) -> Coverage:
    """How many of the places in each table are read; places without a text count too."""
    seen = _seen(db)
    last = {kind: int(db.execute(sql).fetchone()[0]) for kind, sql in _LAST.items()}
    done = sum(min(seen.get(kind, 0), last[kind]) for kind in last)
    return Coverage(done, sum(last.values()))


def mend(db: Database) -> None:
    """Where texts are missing that were read already (rows moved in the file), read again.

    Known texts are passed over, so that nothing stands in the index twice.
    """
    seen = _seen(db)
    known = dict(db.execute("SELECT kind, count(*) FROM search_doc GROUP BY kind").fetchall())
    for kind, sql in _COUNTS.items():
        read_all = seen.get(kind, 0) >= db.execute(_LAST[kind]).fetchone()[0]
        if read_all and known.get(kind, 0) < db.execute(sql).fetchone()[0]:
            with immediate(db):
                db.execute("DELETE FROM search_seen WHERE kind = ?", [kind])


def forget(db: Database) -> None:
    """Empty the index, words and all; it is read in anew from what is there then.

    With ``secure_delete`` on, the pages that held the words are overwritten.
    """
    with immediate(db):
        db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        db.execute("DELETE FROM search_doc")
        db.execute("DELETE FROM search_seen")


def look_up(db: Database, words: tuple[SearchTerm, ...], viewer: str) -> list[Term]:
    """Find the texts that hold each word; of notes only those the viewer may be told of.

    The hits lie in temporary tables until other words are asked for.

    Args:
        db: the project.
        words: what is looked for.
        viewer: who looks.
    """
    if not words:
        return []
    for statement in _TEMPORARY:
        db.execute(statement)
    given = closed.parameters(db, viewer)
    docs = db.execute("SELECT coalesce(max(id), 0) FROM search_doc").fetchone()[0]
    key = json.dumps(
        [[expression(word) for word in words], *given.values(), closed.moment(db), docs]
    )
    if db.execute("SELECT key FROM temp.search_asked").fetchone() != (key,):
        _fill(db, words, given, key)
    return [
        Term(number, _is_in(db, number, COMMON), not _is_in(db, number, RARE), word.without)
        for number, word in enumerate(words)
    ]


def expression(word: SearchTerm) -> str:
    """A word as FTS5 takes it: always a string, so that nothing in it is an operator."""
    text = spaced(word.text).replace('"', '""').replace("\0", " ")
    begins = not word.exact and len(word.text) >= PREFIX and not _UNSPACED.search(word.text)
    return f'"{text}"*' if begins else f'"{text}"'


def spaced(text: str) -> str:
    """The text with a space round each character of a script that sets no spaces.

    The tokenizer takes a run of such characters for one word; so a word of two of them is found.
    """
    return _UNSPACED.sub(r" \1 ", text)


def _step(db: Database) -> bool:
    """Read at most :data:`STEP` texts of the first table that has new ones; False when none has."""
    seen = _seen(db)
    for kind, sql in _SOURCES.items():
        if db.execute(sql, [seen.get(kind, 0), 1]).fetchone() is None:
            continue
        with immediate(db):
            upto = _seen(db).get(kind, 0)  # another process may have read on meanwhile
            rows = db.execute(sql, [upto, STEP]).fetchall()
            _add(db, kind, [(item, text) for _, item, text in rows if text])
            if rows:
                db.execute(
                    "INSERT INTO search_seen VALUES (?, ?)"
                    " ON CONFLICT (kind) DO UPDATE SET upto = excluded.upto",
                    [kind, rows[-1][0]],
                )
        return True
    return False


def _add(db: Database, kind: str, texts: list[tuple[str, str]]) -> None:
    items = json.dumps([item for item, _ in texts])
    known = {
        row[0]
        for row in db.execute(
            "SELECT item FROM search_doc WHERE item IN (SELECT value FROM json_each(?))", [items]
        )
    }
    last = int(db.execute("SELECT coalesce(max(id), 0) FROM search_doc").fetchone()[0])
    new = [(item, text) for item, text in texts if item not in known]
    numbered = list(enumerate(new, start=last + 1))
    db.conn.executemany(
        "INSERT INTO search_doc (id, item, kind, words, characters) VALUES (?, ?, ?, ?, ?)",
        [(number, item, kind, count_words(text), len(text)) for number, (item, text) in numbered],
    )
    db.conn.executemany(
        "INSERT INTO search (rowid, text) VALUES (?, ?)",
        [(number, spaced(text)) for number, (_, text) in numbered],
    )


def _seen(db: Database) -> dict[str, int]:
    return dict(db.execute("SELECT kind, upto FROM search_seen").fetchall())


def _fill(db: Database, words: tuple[SearchTerm, ...], given: dict[str, str], key: str) -> None:
    db.conn.execute("SAVEPOINT search_hit")
    for table in ("search_hit", "search_noted", "search_asked"):
        db.conn.execute(f"DELETE FROM temp.{table}")
    for number, word in enumerate(words):
        db.conn.execute(
            "INSERT INTO temp.search_hit SELECT ?, rowid FROM search WHERE search MATCH ?"
            " ORDER BY rowid",
            [number, expression(word)],
        )
        for statement in (_NOTED_ALONE, _NOTED_WITH_LABEL):
            db.conn.execute(statement, {**given, "term": number})
    db.conn.execute("INSERT INTO temp.search_asked VALUES (?)", [key])
    db.conn.execute("RELEASE search_hit")


def _is_in(db: Database, number: int, texts: int) -> bool:
    """Whether a word is in more texts than that."""
    row = db.execute(
        "SELECT 1 FROM temp.search_hit WHERE term = ? LIMIT 1 OFFSET ?", [number, texts]
    ).fetchone()
    return row is not None
