"""The tables, views and triggers of a project file, as numbered migrations.

A rule that several queries follow (what stands, what was given blind, what a round hides, who is
no person) is a view here; docs/database.md tells of each.

Everything a person decides is a row of ``event``; ``label_head``, ``head`` and ``round_pair``
are caches of the current state, rebuilt from events at any time
(:mod:`store.log.current_state`). Items (``prompt``, ``candidate`` ...) are written once, under the
hash of their content.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

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

_VIEWS = """
CREATE VIEW pairs_readable AS
SELECT pair.position, pair.id, pair.external_id, prompt.category, prompt.text AS prompt,
       a.text AS a, b.text AS b, pair.kind, pair.a_role, pair.b_role, pair.source
FROM pair
JOIN prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id;
"""

_STANDING = """
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
    given_by TEXT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN substr(annotator, 1, 3) = 'ai:' THEN 'model'
             WHEN substr(annotator, 1, 7) = 'source:' THEN 'source'
             ELSE 'person' END
    ) VIRTUAL,
    PRIMARY KEY (pair_id, annotator, phase)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_head_annotator ON label_head (annotator, phase);
CREATE INDEX event_clear ON event (item) WHERE kind = 'clear';

CREATE VIEW answered AS
SELECT pair_id, annotator, given_by, verdict, answer FROM label_head
WHERE phase = 'first' AND answer <> 'again';

CREATE VIEW shared_head AS
SELECT kind, item, value, annotator, at, event_id FROM (
    SELECT head.kind, head.item, head.value, head.annotator, head.at, head.event_id,
           row_number() OVER (
               PARTITION BY head.kind, head.item
               ORDER BY event.lamport DESC, event.replica DESC, event.seq DESC
           ) AS place
    FROM head JOIN sound_event AS event USING (kind, item, annotator, phase)
    WHERE head.kind IN ('ruling', 'setting', 'guideline', 'round', 'round_seal', 'round_end')
) WHERE place = 1;

CREATE VIEW round_now AS
SELECT made.item AS round_id, json_extract(made.value, '$.name') AS name,
       coalesce(json_extract(seal.value, '$.seal'), json_extract(made.value, '$.seal')) AS seal,
       CASE WHEN ended.item IS NOT NULL THEN json_extract(ended.value, '$.state')
            -- the last labels may have come in by a merge, which records no end
            WHEN (
                SELECT round_pair.pair_id FROM round_pair
                WHERE round_pair.round_id = made.item AND NOT EXISTS (
                    SELECT 1 FROM answered
                    WHERE answered.pair_id = round_pair.pair_id
                        AND answered.annotator = round_pair.annotator
                )
                -- people work from the front, so that a place without a label is found at once
                ORDER BY round_pair.annotator DESC, round_pair.position DESC LIMIT 1
            ) IS NULL THEN 'finished' END AS ended
FROM shared_head AS made
LEFT JOIN shared_head AS seal ON seal.kind = 'round_seal' AND seal.item = made.item
LEFT JOIN shared_head AS ended ON ended.kind = 'round_end' AND ended.item = made.item
WHERE made.kind = 'round';

CREATE VIEW sealed_pair AS
SELECT DISTINCT round_pair.pair_id FROM round_now JOIN round_pair USING (round_id)
WHERE round_now.ended IS NULL AND round_now.seal = 'sealed';

CREATE VIEW blind_pass AS
SELECT pair_id, annotator, given_by, verdict, strength, guideline_id, round_id, at FROM label_head
WHERE phase = 'first' AND informed = 0 AND verdict <> 'skip';

CREATE VIEW blind_label AS
SELECT * FROM blind_pass WHERE pair_id NOT IN (SELECT pair_id FROM sealed_pair);

CREATE VIEW last_word AS
SELECT pair_id, annotator, given_by, phase, verdict, round_id FROM label_head AS label
WHERE phase = 'first' AND NOT EXISTS (
    SELECT 1 FROM label_head AS later
    WHERE later.pair_id = label.pair_id AND later.annotator = label.annotator
        AND later.phase = 'discussion' AND later.verdict <> 'skip'
) OR phase = 'discussion' AND (verdict <> 'skip' OR NOT EXISTS (
    SELECT 1 FROM label_head AS earlier
    WHERE earlier.pair_id = label.pair_id AND earlier.annotator = label.annotator
        AND earlier.phase = 'first'
));

CREATE VIEW withdrawn_label AS
SELECT pair_id, annotator,
       CASE WHEN substr(annotator, 1, 3) = 'ai:' THEN 'model'
            WHEN substr(annotator, 1, 7) = 'source:' THEN 'source'
            ELSE 'person' END AS given_by
FROM (
    SELECT item AS pair_id, annotator FROM sound_event
    WHERE kind = 'clear' AND phase IN ('first', 'discussion')
    UNION
    SELECT pair_id, annotator FROM label_head
    WHERE verdict = 'skip' AND phase IN ('first', 'discussion')
) AS cell
WHERE EXISTS (
    SELECT 1 FROM sound_event AS event
    WHERE event.item = cell.pair_id AND event.annotator = cell.annotator AND kind = 'label'
        AND phase IN ('first', 'discussion') AND json_extract(value, '$.verdict') <> 'skip'
) AND NOT EXISTS (
    SELECT 1 FROM label_head AS stands
    WHERE stands.pair_id = cell.pair_id AND stands.annotator = cell.annotator
        AND stands.phase IN ('first', 'discussion') AND stands.verdict <> 'skip'
);

CREATE VIEW versioned_label AS
SELECT pair_id, annotator, guideline_id, verdict, strength, informed, round_id FROM label_head
WHERE phase = 'first' AND verdict <> 'skip'
UNION ALL
SELECT pair_id, annotator, guideline_id, verdict, strength, informed, round_id FROM (
    SELECT event.item AS pair_id, event.annotator,
           json_extract(value, '$.guideline_id') AS guideline_id,
           json_extract(value, '$.verdict') AS verdict,
           json_extract(value, '$.strength') AS strength,
           coalesce(json_extract(value, '$.informed'), 0) AS informed,
           json_extract(value, '$.round_id') AS round_id,
           row_number() OVER (
               PARTITION BY event.item, event.annotator, json_extract(value, '$.guideline_id')
               ORDER BY lamport DESC, replica DESC, seq DESC
           ) AS place
    FROM (
        SELECT item, annotator FROM sound_event WHERE kind = 'label' AND phase = 'first'
        GROUP BY item, annotator HAVING count(*) > 1
    ) AS cell
    JOIN sound_event AS event USING (item, annotator)
    WHERE kind = 'label' AND phase = 'first' AND json_extract(value, '$.verdict') <> 'skip'
        AND json_extract(value, '$.undoes') IS NULL AND NOT EXISTS (
            SELECT 1 FROM sound_event AS undo
            WHERE undo.item = event.item AND undo.annotator = event.annotator
                AND undo.kind IN ('label', 'clear') AND undo.phase = 'first'
                AND json_extract(undo.value, '$.undoes') = event.id
                AND json_extract(undo.value, '$.relabel') IS NULL
        )
) AS past
WHERE place = 1 AND NOT EXISTS (
    SELECT 1 FROM label_head AS stands
    WHERE stands.pair_id = past.pair_id AND stands.annotator = past.annotator
        AND stands.phase = 'first' AND stands.verdict <> 'skip'
        AND stands.guideline_id IS past.guideline_id
);
"""

_STANDING_VIEWS = """
CREATE VIEW labels_current AS
SELECT label_head.pair_id, label_head.annotator, label_head.phase, verdict, strength, seconds,
       left_side,
       CASE WHEN head.item IS NULL OR (label_head.note IS NOT NULL AND label_head.at > head.at)
            THEN label_head.note ELSE nullif(json_extract(head.value, '$.text'), '') END AS note,
       informed, guideline_id, round_id, label_head.at
FROM label_head
LEFT JOIN head ON head.kind = 'note' AND head.item = label_head.pair_id
    AND head.annotator = label_head.annotator AND head.phase = '';

-- What `pairlab export --from consensus --format triplets` would write, as far as SQL can tell:
-- a ruling; else the verdict of all people who labelled the pair, where they agree; else, where
-- nobody labelled it, the decision on the revision. Left out are pairs with a verdict that was
-- taken back and not given anew, flagged, empty and identical pairs, and conversations. Not
-- covered, so that the view may hold more rows than an export: texts that loop, leak template text
-- or were cut off, duplicates, identity within the trainer's length, low agreement, sealed rounds.
CREATE VIEW triplets AS
WITH RECURSIVE ruled AS (
    SELECT item AS pair_id, json_extract(value, '$.verdict') AS verdict
    FROM shared_head WHERE kind = 'ruling'
), agreed AS (
    SELECT pair_id,
           CASE WHEN min(verdict) <> max(verdict) THEN 'disagreement'
                WHEN pair_id IN (SELECT pair_id FROM withdrawn_label WHERE given_by = 'person')
                    THEN 'being_labelled_again'
                ELSE min(verdict) END AS verdict
    FROM last_word WHERE given_by = 'person' AND verdict <> 'skip' GROUP BY pair_id
), decision AS (
    SELECT item AS revision_id, json_extract(value, '$.choice') AS choice,
           json_extract(value, '$.edited_id') AS edited_id
    FROM head WHERE kind = 'decision'
), climb (revision_id, here, parent_id) AS (
    SELECT DISTINCT candidate.id, candidate.id, candidate.parent_id
    FROM decision JOIN candidate ON candidate.id = decision.revision_id
    UNION
    SELECT climb.revision_id, candidate.id, candidate.parent_id
    FROM climb JOIN candidate ON candidate.id = climb.parent_id
), outcome AS (
    SELECT revision.prompt_id, original.text AS original, revision.text AS revised,
           iif(choice = 'accept', 'revised', choice) AS word
    FROM decision
    JOIN climb ON climb.revision_id = decision.revision_id AND climb.parent_id IS NULL
    JOIN candidate AS original ON original.id = climb.here
    JOIN candidate AS revision ON revision.id = decision.revision_id
    UNION ALL
    SELECT edited.prompt_id, original.text, edited.text, 'revised'
    FROM decision
    JOIN climb ON climb.revision_id = decision.revision_id AND climb.parent_id IS NULL
    JOIN candidate AS original ON original.id = climb.here
    JOIN candidate AS edited ON edited.id = decision.edited_id
), decided AS (
    SELECT pair.id AS pair_id,
           iif(min(word) = 'revised' AND max(word) = 'revised',
               iif(a.text = outcome.revised, 'a', 'b'), 'none') AS verdict
    FROM pair
    JOIN candidate AS a ON a.id = pair.a_id
    JOIN candidate AS b ON b.id = pair.b_id
    JOIN outcome ON outcome.prompt_id = pair.prompt_id
        AND (outcome.original = a.text AND outcome.revised = b.text
             OR outcome.original = b.text AND outcome.revised = a.text)
    GROUP BY pair.id
), stands AS (
    SELECT pair.position, pair.id AS pair_id, pair.prompt_id, pair.a_id, pair.b_id,
           coalesce(ruled.verdict, agreed.verdict, decided.verdict) AS verdict,
           CASE WHEN ruled.verdict IS NOT NULL THEN 'ruling'
                WHEN agreed.verdict IS NOT NULL THEN 'labels'
                ELSE 'decision' END AS basis
    FROM pair
    LEFT JOIN ruled ON ruled.pair_id = pair.id
    LEFT JOIN agreed ON agreed.pair_id = pair.id
    LEFT JOIN decided ON decided.pair_id = pair.id
)
SELECT stands.position, stands.pair_id, prompt.category, prompt.text AS prompt,
       chosen.text AS chosen, rejected.text AS rejected, stands.basis
FROM stands
JOIN prompt ON prompt.id = stands.prompt_id
JOIN candidate AS chosen ON chosen.id = iif(verdict = 'a', stands.a_id, stands.b_id)
JOIN candidate AS rejected ON rejected.id = iif(verdict = 'a', stands.b_id, stands.a_id)
WHERE verdict IN ('a', 'b')
    AND json_array_length(prompt.messages) = 1
    AND trim(prompt.text) <> '' AND trim(chosen.text) <> '' AND trim(rejected.text) <> ''
    AND chosen.text <> rejected.text
    AND NOT EXISTS (
        SELECT 1 FROM head WHERE head.kind = 'flag' AND json_extract(head.value, '$.on')
            AND head.item IN (stands.pair_id, stands.prompt_id, stands.a_id, stands.b_id)
    );
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


@migrations()
def m0001_tables(db: Database) -> None:
    """The first schema, but for what the next step makes anew."""
    for script in (_TABLES, _TRIGGERS, _VIEWS):
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
    from store.log import set_aside

    set_aside.rebuild(db)


@migrations()
def m0004_labels_that_stand(db: Database) -> None:
    """A label queued again or skipped over stays in force; older files get this answer too."""
    from store.log import current_state

    for script in (_STANDING, _STANDING_VIEWS):
        for statement in _statements(script):
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
