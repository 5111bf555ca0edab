"""The answers of one prompt as one annotator ranks them: in an own order, origins untold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids, texts
from store.db import meta
from store.items import chains, prompts
from store.judgements import rankings
from store.judgements.rankings import Ranking
from store.records import Prompt

LEAST: Final = 3
"""Fewer answers make one pair, which is labelled as it is."""
MOST: Final = 9
"""As many as there are keys."""

_WITH_ANSWERS: Final = """
SELECT id FROM kept_prompt AS prompt WHERE (
    SELECT count(*) FROM candidate WHERE prompt_id = prompt.id AND origin <> 'edited'
) >= ? ORDER BY position
"""


class AnswerToRank(NamedTuple):
    """One answer."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PromptToRank:
    """A prompt with its answers as one annotator sees them."""

    prompt: Prompt
    prompts: int
    """How many prompts the project has."""
    answers: tuple[AnswerToRank, ...]
    """Proposed and imported ones and the last revision of each; no text twice."""
    mine: Ranking | None


def any_waiting(db: Database) -> bool:
    """Whether a prompt has so many answers that they can be put in order."""
    return db.execute(f"{_WITH_ANSWERS} LIMIT 1", [LEAST]).fetchone() is not None


def next_one(db: Database, annotator: str, after: str | None = None) -> PromptToRank | None:
    """The first prompt with enough answers that the annotator has not ranked, from one on.

    Args:
        db: the project.
        annotator: a name.
        after: look behind this prompt first, and from the start when nothing is left there.
    """
    waiting = [str(row[0]) for row in db.execute(_WITH_ANSWERS, [LEAST])]
    at = waiting.index(after) + 1 if after in waiting else 0
    for prompt_id in (*waiting[at:], *waiting[:at]):
        if rankings.mine(db, prompt_id, annotator) is None:
            found = of_prompt(db, annotator, prompt_id)
            if len(found.answers) >= LEAST:
                return found
    return None


def of_prompt(db: Database, annotator: str, prompt_id: str) -> PromptToRank:
    """One prompt, ranked or not.

    Raises:
        WrongId: there is no such prompt.
    """
    found: dict[str, AnswerToRank] = {}
    made = chains.of_prompt(db, prompt_id)
    for one in (*(c.original for c in made), *(c.last for c in made)):
        if one is not None and not texts.blank(one.text) and not texts.degenerate(one.text):
            found.setdefault(texts.normalised(one.text), AnswerToRank(one.id, one.text))
    seed, who = meta.seed(db, "sides"), ids.name(annotator)
    drawn = sorted(
        list(found.values())[:MOST], key=lambda one: ids.digest("rank", [seed, who, one.id])
    )
    mine = rankings.mine(db, prompt_id, annotator)
    return PromptToRank(prompts.get(db, prompt_id), prompts.count(db), tuple(drawn), mine)
