"""Rankings: several answers of one prompt in order, ties allowed; all their pairs follow from it.

One event says the order; a first label for each two answers of unequal rank (Ouyang et al. 2022,
InstructGPT, section 3.5) is written with it and names its id, in one transaction. They are one
judgement: whoever counts labels as independent asks the view ``ranked_pair``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput
from store.items import candidates, pairs
from store.judgements import guidelines, labels
from store.log import events
from store.records import Event, Phase, Verdict

Groups = tuple[tuple[str, ...], ...]
"""Ids of candidates, best first; those of one group are equally good."""

_SELECT: Final = (
    "SELECT prompt_id, annotator, ranking_id, groups, seconds, guideline_id, ranking.at"
    " FROM ranking "
)
_OF_LABELS: Final = """
SELECT pair_id, ranked_pair.annotator, a_id, b_id, json_extract(value, '$.groups')
FROM ranked_pair JOIN event ON event.id = ranking_id JOIN pair ON pair.id = pair_id
ORDER BY pair_id, ranked_pair.annotator
"""
_FOLLOWING = "SELECT pair_id, ranking_id FROM ranked_pair WHERE prompt_id = ? AND annotator = ?"


class Ranking(NamedTuple):
    """One annotator's order of the answers of one prompt."""

    prompt_id: str
    annotator: str
    id: str
    """Of the event that says it."""
    groups: Groups
    seconds: float | None
    guideline_id: str | None
    at: str


def give(
    db: Database,
    prompt_id: str,
    annotator: str,
    groups: Iterable[Iterable[str]],
    *,
    seconds: float | None = None,
    guideline_id: str | None = labels.CURRENT,
    source: str | None = None,
    at: str,
) -> Event:
    """Record a ranking, in place of the annotator's earlier one, with the labels that follow.

    A pair on which the annotator has given the same verdict by itself keeps that label. What
    followed from the earlier ranking alone, and does not any more, is taken back.

    Args:
        db: the project.
        prompt_id: whole id of the prompt.
        annotator: who ranks.
        groups: ids of candidates, best first.
        seconds: time it took, for all of it.
        guideline_id: as for :func:`store.judgements.labels.give`.
        source: name of the file it was imported from; its new pairs are imported ones.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: there is no such prompt, fewer than two answers of it, or two with one text.
    """
    order = tuple(map(tuple, groups))
    who = ids.name(annotator)
    if guideline_id == labels.CURRENT:
        current = guidelines.current(db)
        guideline_id = None if current is None else current.id
    value = {
        "groups": [list(group) for group in order],
        "seconds": seconds,
        "guideline_id": guideline_id,
        "source": source,
    }
    said = {key: each for key, each in value.items() if each is not None}
    with immediate(db):
        followed = dict(db.execute(_FOLLOWING, [prompt_id, who]).fetchall())
        event = events.append(db, "ranking", prompt_id, who, said, at=at)
        _check_texts(db, order)
        wanted = dict(_verdicts(db, order, source, at))
        for pair_id, verdict in wanted.items():
            if pair_id in followed or not _says(db, pair_id, who, verdict):
                labels.give(
                    db,
                    pair_id,
                    who,
                    verdict,
                    guideline_id=guideline_id,
                    source=source,
                    ranking=event.id,
                    at=at,
                )
        for pair_id in followed.keys() - wanted.keys():
            taken_back = {"ranking": event.id} | ({"source": source} if source else {})
            events.append(db, "clear", pair_id, who, taken_back, phase=Phase.FIRST, at=at)
    return event


def mine(db: Database, prompt_id: str, annotator: str) -> Ranking | None:
    """The ranking of one annotator that stands on a prompt, or None."""
    row = db.execute(
        _SELECT + "WHERE prompt_id = ? AND annotator = ?", [prompt_id, ids.name(annotator)]
    ).fetchone()
    return None if row is None else _ranking(row)


def was_given(db: Database, prompt_id: str, annotator: str, groups: Groups) -> bool:
    """Whether an annotator gave this very ranking before, whatever came later."""
    return bool(
        db.execute(
            "SELECT 1 FROM sound_event WHERE item = ? AND annotator = ? AND kind = 'ranking'"
            " AND json_extract(value, '$.groups') = json(?)",
            [prompt_id, ids.name(annotator), json.dumps(groups)],
        ).fetchone()
    )


def ordered(db: Database) -> Iterator[Ranking]:
    """All rankings that stand, in project order of the prompts, then by annotator."""
    rows = db.execute(
        _SELECT + "JOIN kept_prompt AS prompt ON prompt.id = prompt_id ORDER BY position, annotator"
    )
    return map(_ranking, rows)


def said(db: Database, ranking_id: str) -> tuple[str, Groups]:
    """Whose ranking an event is, and its order."""
    annotator, groups = db.execute(
        "SELECT annotator, json_extract(value, '$.groups') FROM event WHERE id = ?", [ranking_id]
    ).fetchone()
    return annotator, _groups(groups)


def of_labels(db: Database) -> Iterator[tuple[str, str, tuple[str, str], Groups]]:
    """The labels that follow from rankings: pair, annotator, the pair's answers, the order.

    Pair by pair, one after another.
    """
    for pair_id, who, a, b, groups in db.execute(_OF_LABELS):
        yield pair_id, who, (a, b), _groups(groups)


def ranks(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """The rank of each answer, 1 for the best; equals share the mean of their places."""
    found: dict[str, float] = {}
    for group in groups:
        rank = len(found) + (len(group) + 1) / 2
        found |= dict.fromkeys(group, rank)
    return found


def _check_texts(db: Database, order: Groups) -> None:
    members = [one for group in order for one in group]
    if len({candidates.get(db, one).text for one in members}) < len(members):
        raise BadInput("two answers of this ranking have the same text; nothing was written")


def _verdicts(
    db: Database, order: Groups, source: str | None, at: str
) -> Iterator[tuple[str, Verdict]]:
    """Each two answers of unequal rank as a pair, made where it is missing, with its verdict."""
    for better, worse in combinations(order, 2):
        for one in better:
            for other in worse:
                pair_id, _ = pairs.make_chosen_pair(db, one, other, source=source, at=at)
                a = candidates.get(db, pairs.get(db, pair_id).a_id)
                wins = a.text == candidates.get(db, one).text
                yield pair_id, Verdict.A if wins else Verdict.B


def _says(db: Database, pair_id: str, annotator: str, verdict: Verdict) -> bool:
    label = labels.mine(db, pair_id, annotator)
    return label is not None and label.answer == "given" and label.verdict is verdict


def _ranking(row: Sequence[Any]) -> Ranking:
    prompt_id, annotator, ranking_id, groups, *rest = row
    return Ranking(prompt_id, annotator, ranking_id, _groups(groups), *rest)


def _groups(text: str) -> Groups:
    return tuple(map(tuple, json.loads(text)))
