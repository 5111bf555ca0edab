"""The views of a project file: each rule that several queries follow, in one place.

docs/database.md tells of each. A change here takes effect in files that are there already by a
migration that calls :func:`recreate`.
"""

from __future__ import annotations

import re
from typing import Final

from sqlite_utils import Database

GIVEN_BY: Final = (
    "CASE WHEN substr(annotator, 1, 3) = 'ai:' THEN 'model'"
    " WHEN substr(annotator, 1, 7) = 'source:' THEN 'source' ELSE 'person' END"
)
"""SQL for whose word something is; :func:`store.ids.is_ai` and its kin say the same of a name."""


def _said_category(prompt: str) -> str:
    """SQL for the last word on a prompt's category, NULL where nobody has said one.

    By the event of the head: what an undo brings back counts as when it was first said.
    """
    return (
        "(SELECT json_extract(said.value, '$.category')"  # noqa: S608 - a column
        " FROM head AS said JOIN event ON event.id = said.event_id"
        f" WHERE said.kind = 'category' AND said.item = {prompt}"
        " ORDER BY event.lamport DESC, event.replica DESC, event.seq DESC LIMIT 1)"
    )


_ITEMS = f"""
-- The category that stands: the last word; of a wrapped prompt also the one on what it was made
-- from; else the one it came with.
CREATE VIEW prompt_now AS
SELECT position, id, messages, text, coalesce({_said_category("prompt.id")}, (
    SELECT {_said_category("json_extract(made.value, '$.base')")}
    FROM head AS made WHERE made.kind = 'attack' AND made.item = prompt.id
    ORDER BY made.event_id LIMIT 1
), category) AS category, tags, source, external_id, created_at FROM prompt;

CREATE VIEW pairs_readable AS
SELECT pair.position, pair.id, pair.external_id, prompt.category, prompt.text AS prompt,
       a.text AS a, b.text AS b, pair.kind, pair.a_role, pair.b_role, pair.source
FROM kept_pair AS pair
JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id;

CREATE VIEW chain AS
SELECT candidate.id AS candidate_id, candidate.prompt_id, (
    -- from the candidate up, so that asking for one does not walk all
    WITH RECURSIVE up (id, parent_id) AS (
        SELECT candidate.id, candidate.parent_id
        UNION SELECT parent.id, parent.parent_id
        FROM up JOIN candidate AS parent ON parent.id = up.parent_id
    )
    SELECT id FROM up WHERE parent_id IS NULL
) AS root_id
FROM candidate;
"""  # noqa: S608 - the text above


def _kept(pair: str) -> str:
    """SQL for a pair that is still in the project, at no cost where nothing was ever removed."""
    return (
        "(NOT EXISTS (SELECT 1 FROM head WHERE kind = 'removed')"  # noqa: S608 - a column
        f" OR NOT EXISTS (SELECT 1 FROM removed_pair AS gone WHERE gone.pair_id = {pair}))"
    )


# No window over all words here: what one pair is asked must cost the same at any size.
_REMOVED = f"""
-- Taken out again: a pair by itself, or with its prompt. Everything that counts, queues or writes
-- reads the kept rows; the tables themselves hold all.
CREATE VIEW removed AS
SELECT said.item, said.annotator, said.at FROM head AS said JOIN event ON event.id = said.event_id
WHERE said.kind = 'removed' AND json_extract(said.value, '$.on') AND NOT EXISTS (
    SELECT 1 FROM head AS other JOIN event AS later ON later.id = other.event_id
    WHERE other.kind = 'removed' AND other.item = said.item
        AND (later.lamport, later.replica, later.seq) > (event.lamport, event.replica, event.seq)
);

CREATE VIEW removed_pair AS
SELECT pair.id AS pair_id FROM pair JOIN removed ON removed.item = pair.id
UNION ALL
SELECT pair.id FROM pair JOIN removed ON removed.item = pair.prompt_id
WHERE NOT EXISTS (SELECT 1 FROM removed AS itself WHERE itself.item = pair.id);

CREATE VIEW kept_prompt AS
SELECT * FROM prompt_now AS prompt WHERE NOT EXISTS (SELECT 1 FROM head WHERE kind = 'removed')
    OR NOT EXISTS (SELECT 1 FROM removed WHERE removed.item = prompt.id);

CREATE VIEW kept_pair AS SELECT * FROM pair WHERE {_kept("pair.id")};

CREATE VIEW kept_label AS SELECT * FROM label_head WHERE {_kept("label_head.pair_id")};

CREATE VIEW kept_place AS SELECT * FROM round_pair WHERE {_kept("round_pair.pair_id")};
"""  # noqa: S608 - the text above

_ROUNDS = """
CREATE VIEW answered AS
SELECT pair_id, annotator, given_by, verdict, answer FROM kept_label AS label_head
WHERE phase = 'first' AND answer <> 'again';

CREATE VIEW answer_counts AS
SELECT annotator, pairs - (
    SELECT count(*) FROM removed_pair CROSS JOIN label_head AS label
        ON label.pair_id = removed_pair.pair_id AND label.annotator = answer_count.annotator
    WHERE phase = 'first' AND answer <> 'again'
) AS pairs
FROM answer_count;

CREATE VIEW shared_head AS
SELECT kind, item, value, annotator, at, event_id FROM (
    SELECT head.kind, head.item, head.value, head.annotator, head.at, head.event_id,
           row_number() OVER (
               PARTITION BY head.kind, head.item
               ORDER BY event.lamport DESC, event.replica DESC, event.seq DESC
           ) AS place
    FROM head JOIN sound_event AS event USING (kind, item, annotator, phase)
    WHERE head.kind IN ('ruling', 'setting', 'guideline', 'round', 'round_seal', 'round_end',
        'attack', 'bait')
) WHERE place = 1;

CREATE VIEW open_place AS
SELECT round_id, annotator, position, pair_id FROM kept_place AS round_pair WHERE NOT EXISTS (
    SELECT 1 FROM answered
    WHERE answered.pair_id = round_pair.pair_id AND answered.annotator = round_pair.annotator
);

CREATE VIEW round_now AS
SELECT made.item AS round_id, json_extract(made.value, '$.name') AS name,
       coalesce(json_extract(seal.value, '$.seal'), json_extract(made.value, '$.seal')) AS seal,
       CASE WHEN ended.item IS NOT NULL THEN json_extract(ended.value, '$.state')
            -- the last labels may have come in by a merge, which records no end
            WHEN (
                SELECT pair_id FROM open_place WHERE open_place.round_id = made.item
                -- people work from the front, so that a place without a label is found at once
                ORDER BY annotator DESC, position DESC LIMIT 1
            ) IS NULL THEN 'finished' END AS ended,
       json_extract(made.value, '$.annotators') AS annotators,
       json_extract(made.value, '$.overlap') AS overlap,
       json_extract(made.value, '$.seed') AS seed, made.annotator AS made_by, made.at
FROM shared_head AS made
LEFT JOIN shared_head AS seal ON seal.kind = 'round_seal' AND seal.item = made.item
LEFT JOIN shared_head AS ended ON ended.kind = 'round_end' AND ended.item = made.item
WHERE made.kind = 'round';

CREATE VIEW sealed_pair AS
SELECT DISTINCT round_pair.pair_id FROM round_now JOIN kept_place AS round_pair USING (round_id)
WHERE round_now.ended IS NULL AND round_now.seal = 'sealed';
"""

_LABELS = f"""
CREATE VIEW first_label AS
SELECT pair_id, annotator, given_by, verdict, strength, seconds, guideline_id, informed, round_id,
       at, drawn
FROM kept_label AS label_head WHERE phase = 'first' AND verdict <> 'skip';

CREATE VIEW blind_pass AS
SELECT pair_id, annotator, given_by, verdict, strength, guideline_id, round_id, at
FROM first_label WHERE informed = 0 AND drawn IS NOT 'useful';

CREATE VIEW blind_label AS
SELECT * FROM blind_pass WHERE pair_id NOT IN (SELECT pair_id FROM sealed_pair);

CREATE VIEW last_word AS
SELECT pair_id, annotator, given_by, phase, verdict, strength, round_id FROM kept_label AS label
WHERE phase = 'first' AND NOT EXISTS (
    SELECT 1 FROM kept_label AS later
    WHERE later.pair_id = label.pair_id AND later.annotator = label.annotator
        AND later.phase = 'discussion' AND later.verdict <> 'skip'
) OR phase = 'discussion' AND (verdict <> 'skip' OR NOT EXISTS (
    SELECT 1 FROM kept_label AS earlier
    WHERE earlier.pair_id = label.pair_id AND earlier.annotator = label.annotator
        AND earlier.phase = 'first'
));

CREATE VIEW withdrawn_label AS
SELECT pair_id, annotator,
       {GIVEN_BY} AS given_by
FROM (
    SELECT item AS pair_id, annotator FROM sound_event
    WHERE kind = 'clear' AND phase IN ('first', 'discussion') AND {_kept("sound_event.item")}
    UNION
    SELECT pair_id, annotator FROM kept_label AS label_head
    WHERE verdict = 'skip' AND phase IN ('first', 'discussion')
) AS cell
WHERE EXISTS (
    SELECT 1 FROM sound_event AS event
    WHERE event.item = cell.pair_id AND event.annotator = cell.annotator AND kind = 'label'
        AND phase IN ('first', 'discussion') AND json_extract(value, '$.verdict') <> 'skip'
) AND NOT EXISTS (
    SELECT 1 FROM kept_label AS stands
    WHERE stands.pair_id = cell.pair_id AND stands.annotator = cell.annotator
        AND stands.phase IN ('first', 'discussion') AND stands.verdict <> 'skip'
);

CREATE VIEW versioned_label AS
SELECT pair_id, annotator, guideline_id, verdict, strength, informed, round_id, drawn
FROM first_label
UNION ALL
SELECT pair_id, annotator, guideline_id, verdict, strength, informed, round_id, drawn FROM (
    SELECT event.item AS pair_id, event.annotator,
           json_extract(value, '$.guideline_id') AS guideline_id,
           json_extract(value, '$.verdict') AS verdict,
           json_extract(value, '$.strength') AS strength,
           coalesce(json_extract(value, '$.informed'), 0) AS informed,
           json_extract(value, '$.round_id') AS round_id,
           json_extract(value, '$.drawn') AS drawn,
           row_number() OVER (
               PARTITION BY event.item, event.annotator, json_extract(value, '$.guideline_id')
               ORDER BY lamport DESC, replica DESC, seq DESC
           ) AS place
    FROM (
        SELECT item, annotator FROM sound_event WHERE kind = 'label' AND phase = 'first'
            AND {_kept("sound_event.item")}
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
    SELECT 1 FROM first_label AS stands
    WHERE stands.pair_id = past.pair_id AND stands.annotator = past.annotator
        AND stands.guideline_id IS past.guideline_id
);

CREATE VIEW labels_current AS
SELECT label_head.pair_id, label_head.annotator, label_head.phase, verdict, strength, seconds,
       left_side,
       CASE WHEN head.item IS NULL OR (label_head.note IS NOT NULL AND label_head.at > head.at)
            THEN label_head.note ELSE nullif(json_extract(head.value, '$.text'), '') END AS note,
       informed, guideline_id, round_id, label_head.at, label_head.event_id, answer
FROM kept_label AS label_head
LEFT JOIN head ON head.kind = 'note' AND head.item = label_head.pair_id
    AND head.annotator = label_head.annotator AND head.phase = '';
"""  # noqa: S608 - the text above

_ASKINGS = f"""
CREATE VIEW asking AS
SELECT item AS pair_id, annotator AS judge, phase AS key,
       json_extract(value, '$.principle_id') AS principle_id,
       json_extract(value, '$.constitution_id') AS constitution_id,
       json_extract(value, '$.template') AS template, json_extract(value, '$.seed') AS seed,
       coalesce(json_extract(value, '$.few_shot'), '') AS few_shot,
       coalesce(json_extract(value, '$.samples'), 0) AS samples,
       json_extract(value, '$.orders[0][0]') AS ab_first,
       json_extract(value, '$.orders[0][1]') AS ab_second,
       json_extract(value, '$.orders[1][0]') AS ba_first,
       json_extract(value, '$.orders[1][1]') AS ba_second,
       json_extract(value, '$.tokens') AS tokens, json_extract(value, '$.seconds') AS seconds, at
FROM head AS asked WHERE kind = 'asking' AND {_kept("asked.item")};

CREATE VIEW answer_class AS
SELECT item AS candidate_id, annotator, json_extract(value, '$.class') AS class,
       json_extract(value, '$.probabilities') AS probabilities,
       json_extract(value, '$.seconds') AS seconds, at
FROM head
WHERE kind = 'answer_class' AND json_extract(value, '$.class') IS NOT NULL AND EXISTS (
    SELECT 1 FROM candidate JOIN kept_prompt ON kept_prompt.id = prompt_id
    WHERE candidate.id = head.item
);
"""  # noqa: S608 - the text above

_LINKS = """
-- A prompt that was made from another one, which is here and no wrapped one itself.
CREATE VIEW attack AS
SELECT made.item AS prompt_id, base.id AS base_id, json_extract(made.value, '$.style') AS style
FROM shared_head AS made
JOIN prompt ON prompt.id = made.item
JOIN prompt AS base ON base.id = json_extract(made.value, '$.base')
WHERE made.kind = 'attack' AND NOT EXISTS (
    SELECT 1 FROM head WHERE head.kind = 'attack' AND head.item = base.id
);

CREATE VIEW bait AS
SELECT made.item AS prompt_id, base.id AS base_id, json_extract(made.value, '$.form') AS form,
       made.value
FROM shared_head AS made
JOIN prompt ON prompt.id = made.item
JOIN prompt AS base ON base.id = json_extract(made.value, '$.base')
WHERE made.kind = 'bait';
"""

_RANKINGS = """
CREATE VIEW ranking AS
SELECT item AS prompt_id, annotator, event_id AS ranking_id,
       json_extract(value, '$.groups') AS groups,
       json_extract(value, '$.seconds') AS seconds,
       json_extract(value, '$.guideline_id') AS guideline_id, at
FROM head WHERE kind = 'ranking' AND item IN (SELECT id FROM kept_prompt);

CREATE VIEW ranked_pair AS
SELECT label.pair_id, label.annotator, ranked.item AS prompt_id,
       json_extract(event.value, '$.ranking') AS ranking_id
FROM (SELECT DISTINCT item FROM head WHERE kind = 'ranking') AS ranked
JOIN kept_pair AS pair ON pair.prompt_id = ranked.item
JOIN label_head AS label ON label.pair_id = pair.id AND label.phase = 'first'
JOIN event ON event.id = label.event_id
WHERE json_extract(event.value, '$.ranking') IS NOT NULL;
"""

_STANDING = """
-- What a decision prefers to what: an edit speaks for the pair of its own text, and says of the
-- pair of the revision that it is not the one.
CREATE VIEW decision_now AS
SELECT revision.prompt_id, head.item AS revision_id, head.annotator, 0 AS is_edit,
       json_extract(head.value, '$.choice') AS choice,
       original.text AS original, revision.text AS preferred
FROM head
JOIN candidate AS revision ON revision.id = head.item
JOIN chain ON chain.candidate_id = head.item
JOIN candidate AS original ON original.id = chain.root_id
WHERE head.kind = 'decision' AND json_extract(head.value, '$.choice') IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM removed WHERE removed.item = revision.prompt_id)
UNION ALL
SELECT edited.prompt_id, head.item, head.annotator, 1, 'edit', original.text, edited.text
FROM head
JOIN candidate AS edited ON edited.id = json_extract(head.value, '$.edited_id')
JOIN chain ON chain.candidate_id = head.item
JOIN candidate AS original ON original.id = chain.root_id
WHERE head.kind = 'decision' AND json_extract(head.value, '$.choice') = 'edit'
    AND NOT EXISTS (SELECT 1 FROM removed WHERE removed.item = edited.prompt_id);

-- By default a ruling; else the verdict of all people who labelled the pair, where they agree;
-- else, where nobody labelled it, the decision on the revision. store.exporting.decided is the
-- rule with the options of an export, and the tests hold this against it.
CREATE VIEW pair_standing AS
WITH ruled AS (
    SELECT item AS pair_id, json_extract(value, '$.verdict') AS word
    FROM shared_head WHERE kind = 'ruling'
), agreed AS (
    SELECT pair_id,
           CASE WHEN pair_id IN (SELECT pair_id FROM withdrawn_label WHERE given_by = 'person')
                    THEN 'being_labelled_again'
                WHEN min(verdict) <> max(verdict) THEN 'disagreement'
                ELSE min(verdict) END AS word
    FROM last_word WHERE given_by = 'person' AND verdict <> 'skip' GROUP BY pair_id
), decided AS (
    SELECT pair_id, CASE WHEN min(word) <> max(word) THEN 'disagreement' ELSE min(word) END AS word
    FROM (
        SELECT pair.id AS pair_id,
               CASE WHEN choice = 'reject' THEN 'rejected'
                    WHEN choice = 'edit' AND NOT is_edit THEN 'edited'
                    WHEN a.text = preferred THEN 'a' ELSE 'b' END AS word
        FROM kept_pair AS pair
        JOIN candidate AS a ON a.id = pair.a_id
        JOIN candidate AS b ON b.id = pair.b_id
        JOIN decision_now ON decision_now.prompt_id = pair.prompt_id
            AND (original = a.text AND preferred = b.text
                 OR original = b.text AND preferred = a.text)
    ) GROUP BY pair_id
), stands AS (
    SELECT pair.position, pair.id AS pair_id, pair.prompt_id, pair.a_id, pair.b_id,
           CASE WHEN ruled.word IS NOT NULL THEN 'ruling'
                WHEN agreed.word IS NOT NULL THEN 'labels'
                WHEN decided.word IS NOT NULL THEN 'decision'
                ELSE 'nothing' END AS basis,
           coalesce(ruled.word, agreed.word, decided.word, iif(pair.id IN (
               SELECT pair_id FROM last_word WHERE given_by = 'person'), 'skipped', 'unlabelled')
           ) AS word
    FROM kept_pair AS pair
    LEFT JOIN ruled ON ruled.pair_id = pair.id
    LEFT JOIN agreed ON agreed.pair_id = pair.id
    LEFT JOIN decided ON decided.pair_id = pair.id
)
SELECT position, pair_id, prompt_id, a_id, b_id, basis,
       iif(word IN ('a', 'b'), word, NULL) AS verdict,
       iif(word IN ('a', 'b'), NULL, word) AS reason
FROM stands;

-- What `pairlab export --from consensus --format triplets` would write, as far as SQL can tell: the
-- pairs on which a verdict stands. Left out are flagged, empty and identical pairs, and
-- conversations. Not covered, so that the view may hold more rows than an export: texts that loop,
-- leak template text or were cut off, duplicates, identity within the trainer's length, low
-- agreement, sealed rounds.
CREATE VIEW triplets AS
SELECT stands.position, stands.pair_id, prompt.category, prompt.text AS prompt,
       chosen.text AS chosen, rejected.text AS rejected, stands.basis
FROM pair_standing AS stands
JOIN prompt_now AS prompt ON prompt.id = stands.prompt_id
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

_STATEMENTS: Final = tuple(
    f"CREATE VIEW {text.strip().removesuffix(';')}"
    for script in (_ITEMS, _REMOVED, _ROUNDS, _LABELS, _ASKINGS, _LINKS, _RANKINGS, _STANDING)
    for text in re.split(r"^(?:--.*\n)*CREATE VIEW", script, flags=re.MULTILINE)[1:]
)


def recreate(db: Database) -> None:
    """Make every view of this version, in place of older forms; inside a migration."""
    for statement in _STATEMENTS:
        name = statement.split()[2]
        db.execute(f"DROP VIEW IF EXISTS {name}")
    for statement in _STATEMENTS:
        db.execute(statement)
