"""Bradley-Terry scores of what stands behind answers: models, temperatures, principles, rounds.

Every verdict that stands on a pair is a comparison of its two answers, one for each annotator; the
intervals are over prompts, so that the pairs of one ranking move together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final, Literal, NamedTuple, get_args

from sqlite_utils import Database

from store import ids, names
from store.agreement.bradley_terry import DRAWS, Game, ItemStrength, scores
from store.judgements import labels
from store.rounds import rounds

Of = Literal["model", "temperature", "principle", "round", "answer"]
OF: Final[tuple[Of, ...]] = get_args(Of)

_WHAT: Final[dict[Of, str]] = {
    "model": "CASE origin WHEN 'edited' THEN 'a person''s edit'"
    " WHEN 'imported' THEN 'imported from ' || coalesce(author, 'a file')"
    " ELSE coalesce(author, 'unknown') END",
    "temperature": "iif(origin = 'proposed', (SELECT printf('%.2f',"
    " json_extract(settings, '$.temperature')) FROM generation WHERE id = generation_id), NULL)",
    "principle": "iif(parent_id IS NULL, 'no revision',"
    " (SELECT principle_id FROM critique WHERE id = critique_id))",
    "round": "iif(origin = 'edited', NULL, 'round ' || round)",
    "answer": "id",
}
_VERDICTS: Final = """
SELECT (SELECT {what} FROM candidate WHERE id = pair.a_id),
       (SELECT {what} FROM candidate WHERE id = pair.b_id), verdict, pair.prompt_id,
       pair.id
FROM last_word JOIN pair ON pair.id = pair_id
WHERE verdict <> 'skip' AND (given_by = :whose OR annotator = :name)
    AND (:prompt IS NULL OR pair.prompt_id = :prompt)
ORDER BY pair.position
"""
_WON: Final = {"a": 1.0, "b": 0.0, "tie": 0.5}


class ItemScores(NamedTuple):
    """The scores, and the verdicts that tell nothing of them."""

    scores: list[ItemStrength]
    verdicts: int
    """All verdicts asked, those left out included."""
    left: dict[str, int]
    """How many were left out, by reason."""
    pairs: dict[str, tuple[str, ...]]
    """By item, the pairs whose verdicts its score comes from, in project order."""


class ItemGames(NamedTuple):
    """The comparisons that scores are fitted to."""

    games: list[Game]
    verdicts: int
    left: dict[str, int]
    pairs: dict[str, tuple[str, ...]]
    """As in :class:`ItemScores`."""


def item_scores(
    db: Database,
    of: Of,
    whose: str = "person",
    *,
    prompt_id: str | None = None,
    draws: int = DRAWS,
) -> ItemScores:
    """What the verdicts that stand say of the items: :func:`item_games`, then :func:`scored`."""
    return scored(item_games(db, of, whose, prompt_id=prompt_id), draws=draws)


def item_games(
    db: Database, of: Of, whose: str = "person", *, prompt_id: str | None = None
) -> ItemGames:
    """Read the verdicts.

    Args:
        db: the project.
        of: what is compared by way of its answers.
        whose: ``person``, ``model``, ``source``, or the name of one annotator.
        prompt_id: only this prompt; needed to compare its answers.

    Raises:
        SealedRound: a round is still sealed.
        NoSuchName: nobody of this name has labelled.
    """
    rounds.guard(db)
    if whose not in ("person", "model", "source"):
        there = labels.annotators(db)
        whose = names.find(ids.AI + whose, there) or names.resolve(whose, there, "annotator")
    left: Counter[str] = Counter()
    games = []
    behind: dict[str, dict[str, None]] = defaultdict(dict)
    asked = {"whose": whose, "name": ids.name(whose), "prompt": prompt_id}
    rows = db.execute(_VERDICTS.format(what=_WHAT[of]), asked).fetchall()
    for a, b, verdict, prompt, pair in rows:
        if verdict not in _WON:
            left["both bad"] += 1
        elif a is None or b is None:
            left[f"an answer without a {of}"] += 1
        elif a == b:
            left[f"the same {of} on both sides"] += 1
        else:
            games.append(Game(a, b, _WON[verdict], prompt))
            behind[a][pair] = behind[b][pair] = None
    pairs = {item: tuple(found) for item, found in behind.items()}
    return ItemGames(games, len(rows), dict(left), pairs)


def scored(found: ItemGames, *, draws: int = DRAWS, seed: int = 0) -> ItemScores:
    """Fit the scores; a second or so with many draws.

    Args:
        found: the comparisons.
        draws: resamplings of prompts for the intervals.
        seed: of the draws.
    """
    return ItemScores(scores(found.games, draws=draws, seed=seed), *found[1:])
