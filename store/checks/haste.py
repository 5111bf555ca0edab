"""Hasty labels: verdicts that came faster than anybody reads the texts."""

from __future__ import annotations

from sqlite_utils import Database

from store.agreement import blinding
from store.checks.finding import Finding, Level
from store.judgements.disagreements import WORDS_PER_SECOND, faster_than_read
from store.rounds import rounds

_TIMED = """
SELECT count(*) FROM kept_label AS label_head JOIN kept_pair AS pair ON pair.id = pair_id
WHERE given_by = 'person' AND phase = 'first' AND verdict <> 'skip' AND seconds IS NOT NULL
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
"""

# A text has no more words than characters, so that all other labels need not be read.
_QUICK = """
SELECT pair.id, seconds, prompt.text, a.text, b.text
FROM kept_label AS label_head
JOIN kept_pair AS pair ON pair.id = pair_id
JOIN prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id
WHERE given_by = 'person' AND phase = 'first' AND verdict <> 'skip'
  AND seconds * :speed < length(prompt.text) + length(a.text) + length(b.text)
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
ORDER BY pair.position
"""


def hasty_labels(db: Database) -> Finding:
    """Pairs with a person's first label that came faster than the texts can be read.

    The rule is that of the screen that rules on disagreements; labels without a time say nothing,
    and what rounds still hide is left out.
    """
    hidden = {"hidden": blinding.as_json(rounds.hidden_pairs(db))}
    timed = db.execute(_TIMED, hidden).fetchone()[0]
    found = [
        pair_id
        for pair_id, seconds, *texts in db.execute(_QUICK, hidden | {"speed": WORDS_PER_SECOND})
        if faster_than_read(texts, seconds)
    ]
    return Finding(
        Level.LOOK if found else Level.FINE if timed else Level.UNKNOWN,
        f"{len(found)} of {timed} labels came faster than their texts can be read"
        if timed
        else "no label has a time",
        {"labels": timed, "hasty": len(found)},
        tuple(dict.fromkeys(found)),
    )
