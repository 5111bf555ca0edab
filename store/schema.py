"""The tables, views and triggers of a project file, as numbered migrations.

Everything a person decides is a row of ``event``; ``label_head`` and ``head`` are caches of the
current state, rebuilt from events at any time (:mod:`store.heads`). Items (``prompt``,
``candidate`` ...) are written once, under the hash of their content.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x70_61_69_72
"""``pair`` in ASCII: tells a pairlab file from any other SQLite file."""

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
    PRIMARY KEY (pair_id, annotator, phase)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_head_annotator ON label_head (annotator, phase);

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

_VIEWS = """
CREATE VIEW labels_current AS
SELECT pair_id, annotator, phase, verdict, strength, seconds, left_side, note,
       informed, guideline_id, round_id, at
FROM label_head;

CREATE VIEW pairs_readable AS
SELECT pair.position, pair.id, pair.external_id, prompt.category, prompt.text AS prompt,
       a.text AS a, b.text AS b, pair.kind, pair.a_role, pair.b_role, pair.source
FROM pair
JOIN prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id;
"""


@migrations()
def m0001_tables(db: Database) -> None:
    """The whole first schema."""
    for script in (_TABLES, _TRIGGERS, _VIEWS):
        for statement in _statements(script):
            db.execute(statement)


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
