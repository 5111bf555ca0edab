"""``ranked``: the answers of a prompt with somebody's order of them, k at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import reasoning, texts
from store.exporting.facts import PairFacts, PairOutline
from store.exporting.formats.base import EveryPair, ExportFormat, Judged, Line, turns
from store.items import candidates, prompts
from store.judgements import labels, rankings

_PAIRS: Final = """
SELECT prompt_id, id FROM kept_pair WHERE prompt_id IN (SELECT prompt_id FROM ranking)
ORDER BY position
"""


class Ranked(NamedTuple):
    """One ranking, with a pair of its prompt."""

    pair: PairFacts
    line: Line


def _parts(db: Database, pairs: Sequence[PairOutline]) -> list[PairOutline]:
    """A pair of its prompt for each ranking that is told."""
    known = {pair.id: pair for pair in pairs}
    of_prompt = {
        prompt_id: known[pair_id] for prompt_id, pair_id in db.execute(_PAIRS) if pair_id in known
    }
    flagged = labels.all_flagged(db)
    return [
        replace(of_prompt[each.prompt_id], part=each.id)
        for each in rankings.ordered(db)
        if each.prompt_id in of_prompt and each.prompt_id not in flagged
        if not any(map(reasoning.found, reasoning.turns(prompts.get(db, each.prompt_id).messages)))
        if sum(1 for group in each.groups for _ in _fit(db, group, flagged)) > 1
    ]


def _read(db: Database, judged: Iterable[Judged]) -> Iterator[Ranked]:
    flagged = labels.all_flagged(db)
    for pair, _, _ in judged:
        annotator, order = rankings.said(db, pair.part)
        groups = [kept for group in order if (kept := list(_fit(db, group, flagged)))]
        responses = [text for group in groups for text in group]
        places = iter(range(len(responses)))
        line = {
            "prompt": turns(pair.messages),
            "responses": responses,
            "ranking": [[next(places) for _ in group] for group in groups],
            "annotator": annotator,
            "category": pair.category,
        }
        yield Ranked(pair, line)


def _fit(db: Database, group: Iterable[str], flagged: set[str]) -> Iterator[str]:
    for one in group:
        text = candidates.get(db, one).text
        unfit = texts.blank(text) or texts.degenerate(text) or reasoning.found(text)
        if one not in flagged and not unfit:
            yield text


def _lines(entries: Iterable[Ranked]) -> Iterator[Line]:
    return (entry.line for entry in entries)


RANKED = ExportFormat(
    "ranked",
    "k answers a line: prompt, responses, ranking (groups of their numbers, best first)",
    _lines,
    every_pair=EveryPair(_parts, _read),
    holds="rankings",
    note="One line for each annotator's ranking of a prompt; the numbers count from 0, and answers"
    " of one group are equally good. Left out are flagged, empty and degenerate answers, those"
    " that hold a model's reasoning, and rankings with fewer than two others. The pairs that"
    " follow from rankings go out in every other format; the counts below are of pairs.",
)
