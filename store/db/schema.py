"""The tables, triggers and indexes of a project file, as numbered migrations.

The views (:mod:`store.db.views`) are made anew by the last migration that changes one; those that
earlier ones need are made here.

Everything a person decides is a row of ``event``; ``label_head``, ``head`` and ``round_pair``
are caches of the current state, rebuilt from events at any time
(:mod:`store.log.current_state`). Items (``prompt``, ``candidate`` ...) are written once, under the
hash of their content.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from store import ids
from store.db import views
from store.db.views import GIVEN_BY
from store.log import current_state, set_aside

migrations = Migrations("pairlab")

_TABLES = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE prompt (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    messages TEXT NOT NULL CHECK (json_valid(messages)),
    text TEXT NOT NULL,
    category TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    source TEXT NOT NULL,
    external_id TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX prompt_category ON prompt (category);

CREATE TABLE constitution (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    language TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    model_sha256 TEXT,
    backend TEXT NOT NULL,
    chat_template TEXT,
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    seed INTEGER NOT NULL,
    started_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE generation (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES run (id),
    kind TEXT NOT NULL CHECK (kind IN ('propose', 'critique', 'revise', 'judge')),
    rendered TEXT NOT NULL,
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    seed INTEGER NOT NULL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    attempt INTEGER NOT NULL,
    refused TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE candidate (
    id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES prompt (id),
    origin TEXT NOT NULL CHECK (origin IN ('proposed', 'imported', 'revision', 'edited')),
    text TEXT NOT NULL,
    parent_id TEXT REFERENCES candidate (id),
    critique_id TEXT REFERENCES critique (id),
    generation_id TEXT REFERENCES generation (id),
    author TEXT,
    round INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    finish_reason TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX candidate_prompt ON candidate (prompt_id, origin, slot, round);
CREATE INDEX candidate_parent ON candidate (parent_id);

CREATE TABLE critique (
    id TEXT PRIMARY KEY,
    candidate_id TEXT NOT NULL REFERENCES candidate (id),
    round INTEGER NOT NULL,
    constitution_id TEXT NOT NULL REFERENCES constitution (id),
    principle_id TEXT NOT NULL,
    text TEXT NOT NULL,
    found INTEGER NOT NULL CHECK (found IN (0, 1)),
    generation_id TEXT REFERENCES generation (id),
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX critique_candidate ON critique (candidate_id);

CREATE TABLE pair (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    prompt_id TEXT NOT NULL REFERENCES prompt (id),
    a_id TEXT NOT NULL REFERENCES candidate (id),
    b_id TEXT NOT NULL REFERENCES candidate (id),
    kind TEXT NOT NULL CHECK (kind IN ('imported', 'revision', 'edited', 'chosen')),
    external_id TEXT,
    a_role TEXT,
    b_role TEXT,
    source TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX pair_prompt ON pair (prompt_id);
CREATE INDEX pair_external ON pair (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX pair_a ON pair (a_id);
CREATE INDEX pair_b ON pair (b_id);

CREATE TABLE event (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    replica TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lamport INTEGER NOT NULL,
    at TEXT NOT NULL,
    annotator TEXT NOT NULL,
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    phase TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    UNIQUE (replica, seq)
) STRICT;
CREATE INDEX event_cell ON event (item, annotator, kind, phase);

CREATE TABLE head (
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    annotator TEXT NOT NULL,
    phase TEXT NOT NULL,
    event_id TEXT NOT NULL,
    value TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (kind, item, annotator, phase)
) STRICT, WITHOUT ROWID;

CREATE TABLE round_pair (
    round_id TEXT NOT NULL,
    annotator TEXT NOT NULL,
    position INTEGER NOT NULL,
    pair_id TEXT NOT NULL,
    PRIMARY KEY (round_id, annotator, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX round_pair_pair ON round_pair (pair_id, annotator);
"""

_TRIGGERS = "".join(
    f"""
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT raise(ABORT, '{table} rows are never changed'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT raise(ABORT, '{table} rows are never deleted'); END;
"""
    for table in ("event", "candidate", "critique", "generation", "run", "constitution", "pair")
)

_STANDING = f"""
-- a file of the first version has an older form of these three
DROP VIEW IF EXISTS triplets;
DROP VIEW IF EXISTS labels_current;
DROP TABLE IF EXISTS label_head;

CREATE TABLE label_head (
    pair_id TEXT NOT NULL,
    annotator TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('first', 'repeat', 'discussion')),
    verdict TEXT NOT NULL CHECK (verdict IN ('a', 'b', 'tie', 'both_bad', 'skip')),
    strength INTEGER,
    seconds REAL,
    left_side TEXT CHECK (left_side IN ('a', 'b')),
    guideline_id TEXT,
    note TEXT,
    informed INTEGER NOT NULL CHECK (informed IN (0, 1)),
    round_id TEXT,
    event_id TEXT NOT NULL,
    at TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT 'given' CHECK (answer IN ('given', 'skipped', 'again')),
    drawn TEXT,
    given_by TEXT NOT NULL GENERATED ALWAYS AS (
        {GIVEN_BY}
    ) VIRTUAL,
    PRIMARY KEY (pair_id, annotator, phase)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_head_annotator ON label_head (annotator, phase);
CREATE INDEX event_clear ON event (item) WHERE kind = 'clear';
"""

_SET_ASIDE = """
CREATE TABLE set_aside (
    event_id TEXT PRIMARY KEY,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW sound_event AS
SELECT * FROM event WHERE NOT EXISTS (SELECT 1 FROM set_aside WHERE set_aside.event_id = event.id);
"""

# A prompt that came without a category gets one from the first import that names it.
_PROMPT_TRIGGERS = """
CREATE TRIGGER prompt_no_update BEFORE UPDATE ON prompt
WHEN old.position IS NOT new.position OR old.id IS NOT new.id OR old.messages IS NOT new.messages
    OR old.text IS NOT new.text OR old.tags IS NOT new.tags OR old.source IS NOT new.source
    OR old.external_id IS NOT new.external_id OR old.created_at IS NOT new.created_at
    OR old.category <> 'uncategorised'
BEGIN SELECT raise(ABORT, 'prompt rows are never changed'); END;
CREATE TRIGGER prompt_no_delete BEFORE DELETE ON prompt
BEGIN SELECT raise(ABORT, 'prompt rows are never deleted'); END;
"""


_INDEXES = """
CREATE INDEX event_decision ON event (arrival) WHERE kind = 'decision';
CREATE INDEX label_head_answered ON label_head (annotator, phase, answer)
    WHERE phase = 'first' AND answer <> 'again';
CREATE INDEX label_head_pace ON label_head (annotator, at) WHERE seconds IS NOT NULL;
"""

_SEARCH = """
CREATE TABLE search_doc (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('prompt', 'candidate', 'critique', 'note')),
    words INTEGER NOT NULL,
    characters INTEGER NOT NULL
) STRICT;
CREATE TABLE search_seen (
    kind TEXT PRIMARY KEY,
    upto INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Filled by store.views.search_index and not by triggers, which need a trusted schema on older
-- libraries.
CREATE VIRTUAL TABLE search USING fts5(
    text, content = '', tokenize = 'unicode61 remove_diacritics 2'
);
"""

# ``pairs`` has the rows of label_head with an answer in the first phase; every pair of the project
# up to the position ``upto`` has one (store.rounds.order remembers it, a label taken back ends it).
_ANSWER_COUNTS = """
CREATE TABLE answer_count (
    annotator TEXT PRIMARY KEY,
    pairs INTEGER NOT NULL,
    upto INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO answer_count SELECT annotator, count(*), 0 FROM label_head
WHERE phase = 'first' AND answer <> 'again' GROUP BY annotator;
CREATE TRIGGER answer_count_added AFTER INSERT ON label_head WHEN new.phase = 'first'
BEGIN
    INSERT INTO answer_count VALUES (new.annotator, new.answer <> 'again', 0)
    ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs;
END;
CREATE TRIGGER answer_count_changed AFTER UPDATE ON label_head
WHEN new.phase = 'first' AND (new.answer = 'again') <> (old.answer = 'again')
BEGIN
    UPDATE answer_count SET pairs = pairs + iif(new.answer = 'again', -1, 1), upto = 0
    WHERE annotator = new.annotator;
END;
CREATE TRIGGER answer_count_taken_back AFTER DELETE ON label_head WHEN old.phase = 'first'
BEGIN
    UPDATE answer_count SET pairs = pairs - (old.answer <> 'again'), upto = 0
    WHERE annotator = old.annotator;
END;
CREATE INDEX pair_edited ON pair (position) WHERE kind = 'edited';
CREATE INDEX pair_chosen ON pair (position) WHERE kind = 'chosen';
"""


@migrations()
def m0001_tables(db: Database) -> None:
    """The first schema, but for what the next step makes anew."""
    for script in (_TABLES, _TRIGGERS):
        for statement in _statements(script):
            db.execute(statement)


@migrations()
def m0002_prompt_triggers(db: Database) -> None:
    """Prompts are written once, like all items."""
    for statement in _statements(_PROMPT_TRIGGERS):
        db.execute(statement)


@migrations()
def m0003_set_aside(db: Database) -> None:
    """Events that cannot be used are listed, and everything reads the others."""
    for statement in _statements(_SET_ASIDE):
        db.execute(statement)
    set_aside.rebuild(db)


@migrations()
def m0004_labels_that_stand(db: Database) -> None:
    """A label queued again or skipped over stays in force; older files get this answer too."""
    for statement in _statements(_STANDING):
        db.execute(statement)
    current_state.rebuild_labels(db)


@migrations()
def m0005_generation_reasoning(db: Database) -> None:
    """What a model thought before its text, kept apart from it."""
    db.execute("ALTER TABLE generation ADD COLUMN reasoning TEXT")


@migrations()
def m0006_drafts(db: Database) -> None:
    """A table for texts that are not finished; guideline drafts were facts about the file."""
    db.execute(
        "CREATE TABLE draft ("
        " annotator TEXT NOT NULL,"
        " kind TEXT NOT NULL CHECK (kind IN ('edit', 'note', 'reason', 'case', 'guideline')),"
        " item TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,"
        " PRIMARY KEY (annotator, kind, item)"
        ") STRICT, WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO draft SELECT substr(key, length('guideline draft:') + 1), 'guideline', '',"
        " value, strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM meta"
        " WHERE key LIKE 'guideline draft:%' AND value <> ''"
    )
    db.execute("DELETE FROM meta WHERE key LIKE 'guideline draft:%'")


@migrations()
def m0007_search_index(db: Database) -> None:
    """The words of every text, which :mod:`store.views.search_index` reads in when asked."""
    for statement in _statements(_SEARCH):
        db.execute(statement)


@migrations()
def m0008_views(db: Database) -> None:
    """Indexes for what is asked with every label."""
    for statement in _statements(_INDEXES):
        db.execute(statement)


@migrations()
def m0009_ai_feedback(db: Database) -> None:
    """Indexes over what judges were asked and what follows from it, and a label's draw."""
    if "drawn" not in db["label_head"].columns_dict:
        db.execute("ALTER TABLE label_head ADD COLUMN drawn TEXT")
    db.execute("CREATE INDEX event_asking ON event (arrival) WHERE kind = 'asking'")
    db.execute("CREATE INDEX event_pairing ON event (arrival) WHERE kind = 'pairing'")


@migrations()
def m0012_drafts_of_answers(db: Database) -> None:
    """Answers that a person writes are drafts too."""
    # not renamed: SQLite would look through all views then, of which later ones miss their tables
    kept = db.execute("SELECT annotator, kind, item, text, at FROM draft").fetchall()
    db.execute("DROP TABLE draft")
    db.execute(
        "CREATE TABLE draft ("
        " annotator TEXT NOT NULL,"
        " kind TEXT NOT NULL CHECK (kind IN ('edit', 'own answer', 'correction', 'corrected',"
        " 'note', 'reason', 'case', 'guideline')),"
        " item TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,"
        " PRIMARY KEY (annotator, kind, item)"
        ") STRICT, WITHOUT ROWID"
    )
    db.conn.executemany("INSERT INTO draft VALUES (?, ?, ?, ?, ?)", kept)


@migrations()
def m0017_answer_counts(db: Database) -> None:
    """How many pairs each annotator has answered, kept with each label and not counted again."""
    for statement in _statements(_ANSWER_COUNTS):
        db.execute(statement)


@migrations()
def m0018_seals(db: Database) -> None:
    """A checksum of each row that no id covers whole."""
    from store.items.table import handed_over, received  # not above: records may get fields before
    from store.items.tables import ITEMS, TABLES

    triggers = db.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%_no_update'"
    ).fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for table in ITEMS:
        db.execute(f"ALTER TABLE {table} ADD COLUMN seal INTEGER")
        TABLES[table].reseal(db)
    drafts = ("annotator", "kind", "item", "text", "at")
    for table, cells in (("meta", ("key", "value")), ("draft", drafts)):
        db.execute(f"ALTER TABLE {table} ADD COLUMN seal INTEGER")
        db.conn.create_function("row_seal", -1, lambda *row: ids.seal(tuple(map(received, row))))
        given = ", ".join(map(handed_over, cells))
        db.execute(f"UPDATE {table} SET seal = row_seal({given})")  # noqa: S608 - names of ours
    for _, sql in triggers:
        db.execute(sql)


@migrations()
def m0025_categories(db: Database) -> None:
    """A prompt's category may be changed, by an event."""
    # once for all steps: only a file that has them all is read through the views
    views.recreate(db)


def _statements(script: str) -> list[str]:
    """The statements of a script; ``executescript`` would commit the migration's transaction."""
    out: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        inside_trigger = "CREATE TRIGGER" in pending and "END;" not in pending
        if line.rstrip().endswith(";") and not inside_trigger:
            out.append(pending.strip())
            pending = ""
    return out
