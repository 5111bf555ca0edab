"""What a judge, people and a ruling say of each pair, as far as rounds let it be told.

People's words are blind first labels; what a round hides of them, and of its rulings, is not
there. The judge's own answers tell nothing of anybody else and are all there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.judgements import askings, rulings
from store.judgements.askings import Asking, SoftLabel
from store.rounds import rounds

_PAIRS = """
SELECT pair.id, pair.prompt_id, prompt.category, length(a.text), length(b.text),
       a.author, b.author, a_run.model, b_run.model, label.verdict
FROM kept_pair AS pair
JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
JOIN candidate AS a ON a.id = pair.a_id
JOIN candidate AS b ON b.id = pair.b_id
LEFT JOIN generation AS a_made ON a_made.id = a.generation_id
LEFT JOIN run AS a_run ON a_run.id = a_made.run_id
LEFT JOIN generation AS b_made ON b_made.id = b.generation_id
LEFT JOIN run AS b_run ON b_run.id = b_made.run_id
LEFT JOIN first_label AS label ON label.pair_id = pair.id AND label.annotator = :judge
WHERE label.verdict IS NOT NULL OR EXISTS (
    SELECT 1 FROM head
    WHERE head.kind = 'asking' AND head.item = pair.id AND head.annotator = :judge
)
ORDER BY pair.position
"""
_PEOPLE = "SELECT pair_id, annotator, verdict FROM blind_label WHERE given_by = 'person'"
_MODELS = """
SELECT DISTINCT model FROM run
WHERE json_extract(settings, '$.judge') = ?
  AND EXISTS (SELECT 1 FROM json_each(settings, '$.parts') WHERE value = 'judge')
"""


class JudgedPair(NamedTuple):
    """One pair that a judge has answered about."""

    id: str
    prompt_id: str
    category: str
    length_a: int
    """Characters of the answer ``a``."""
    length_b: int
    own_a: bool
    """Whether the judge itself wrote ``a``."""
    own_b: bool
    verdict: str
    """The judge's: its label, else what its askings come to, which is never ``both_bad``."""
    asked: tuple[Asking, ...]
    soft: SoftLabel | None
    """None where the judge left a label and no record of what it was asked."""
    people: Mapping[str, str]
    """Verdict by person."""
    ruling: str | None

    @property
    def word(self) -> str | None:
        """What more than half of the people said; None where nobody did, or they are divided."""
        votes = Counter(self.people.values()).most_common(1)
        return votes[0][0] if votes and 2 * votes[0][1] > len(self.people) else None

    @property
    def sided(self) -> bool:
        """Whether the judge names a side."""
        return self.verdict in ("a", "b")

    @property
    def decided(self) -> bool:
        """Whether judge and people both name a side."""
        return self.sided and self.word in ("a", "b")


def load(db: Database, judge: str, people: Sequence[str] | None = None) -> list[JudgedPair]:
    """Everything a judge has answered about, in project order.

    Args:
        db: the project.
        judge: ``ai:NAME``.
        people: whose labels count; None for everybody's.
    """
    hidden = rounds.hidden_pairs(db)
    wanted = None if people is None else {ids.name(each) for each in people}
    said: dict[str, dict[str, str]] = {}
    for pair_id, who, verdict in db.execute(_PEOPLE).fetchall():
        if pair_id not in hidden and (wanted is None or who in wanted):
            said.setdefault(pair_id, {})[who] = verdict
    ruled = {
        pair_id: each.verdict.value
        for pair_id, each in rulings.all_standing(db).items()
        if pair_id not in hidden
    }
    asked: dict[str, list[Asking]] = {}
    for each in askings.of_judge(db, judge):
        asked.setdefault(each.pair_id, []).append(each)
    own = {judge.removeprefix(ids.AI), *(row[0] for row in db.execute(_MODELS, [judge]).fetchall())}
    found = []
    for row in db.execute(_PAIRS, {"judge": judge}).fetchall():
        pair_id, prompt, category, length_a, length_b, *authors, verdict = row
        by_a, by_b, model_a, model_b = authors
        mine = asked.get(pair_id, [])
        soft = askings.soft_label(mine) if mine else None
        found.append(
            JudgedPair(
                id=pair_id,
                prompt_id=prompt,
                category=category,
                length_a=length_a,
                length_b=length_b,
                own_a=by_a in own or model_a in own,
                own_b=by_b in own or model_b in own,
                verdict=verdict or (soft.verdict().value if soft else "tie"),
                asked=tuple(mine),
                soft=soft,
                people=said.get(pair_id, {}),
                ruling=ruled.get(pair_id),
            )
        )
    return found
