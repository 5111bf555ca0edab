"""``ranked``: the answers of a prompt with somebody's order of them, k at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlite_utils import Database

from store import texts
from store.exporting.facts import PairFacts
from store.exporting.formats.base import ExportFormat, Judged, Line, turns
from store.items import candidates
from store.judgements import labels, rankings


class Ranked(NamedTuple):
    """One ranking, with a pair of its prompt."""

    pair: PairFacts
    line: Line


def _entries(db: Database, judged: Iterable[Judged]) -> Iterator[Ranked]:
    pairs = {each.pair.prompt_id: each.pair for each in judged}
    flagged = labels.all_flagged(db)
    for ranking in rankings.ordered(db):
        pair = pairs.get(ranking.prompt_id)
        groups = [kept for group in ranking.groups if (kept := list(_fit(db, group, flagged)))]
        responses = [text for group in groups for text in group]
        if pair is None or len(responses) < 2 or ranking.prompt_id in flagged:
            continue
        places = iter(range(len(responses)))
        line = {
            "prompt": turns(pair.messages),
            "responses": responses,
            "ranking": [[next(places) for _ in group] for group in groups],
            "annotator": ranking.annotator,
            "category": pair.category,
        }
        yield Ranked(pair, line)


def _fit(db: Database, group: Iterable[str], flagged: set[str]) -> Iterator[str]:
    for one in group:
        text = candidates.get(db, one).text
        if one not in flagged and not texts.blank(text) and not texts.degenerate(text):
            yield text


def _lines(entries: Iterable[Ranked]) -> Iterator[Line]:
    return (entry.line for entry in entries)


RANKED = ExportFormat(
    "ranked",
    "k answers a line: prompt, responses, ranking (groups of their numbers, best first)",
    _lines,
    every_pair=_entries,
    holds="rankings",
    note="One line for each annotator's ranking of a prompt; the numbers count from 0, and answers"
    " of one group are equally good. Left out are flagged, empty and degenerate answers, and"
    " rankings with fewer than two others. The pairs that follow from rankings go out in every"
    " other format; the counts below are of pairs.",
)
