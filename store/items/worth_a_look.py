"""What of a run's texts a person should look at: tried again, cut off, degenerate, declining."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from store import texts
from store.content import refusals


@dataclass(slots=True)
class WorthALook:
    """Counts, and the ids of the answers meant."""

    retried: int = 0
    """Texts that were refused at least once."""
    refused: dict[str, int] = field(default_factory=dict)
    """Refused attempts by fault, the most frequent first."""
    cut: list[str] = field(default_factory=list)
    """Answers that the token limit ended."""
    degenerate: list[str] = field(default_factory=list)
    """Answers with loops or leaked template text; the export gate keeps them back."""
    declining: list[str] = field(default_factory=list)
    """Answers that decline to answer."""
    thought: int = 0
    """Texts before which the model thought."""
    prompt_tokens: int = 0
    written_tokens: int = 0


def of_runs(db: Database, run_ids: Sequence[str]) -> WorthALook:
    """What came of these runs."""
    found = WorthALook()
    runs = json.dumps(run_ids)
    generations = db.execute(
        "SELECT refused, reasoning IS NOT NULL, prompt_tokens, completion_tokens,"
        " coalesce(json_extract(settings, '$.place'), id)"
        " FROM generation WHERE run_id IN (SELECT value FROM json_each(?))",
        (runs,),
    )
    places = set()
    faults: Counter[str] = Counter()
    for refused, thought, prompt, written, place in generations:
        found.thought += thought
        found.prompt_tokens += prompt
        found.written_tokens += written
        if refused is not None:
            faults[refused.partition(":")[0]] += 1
            places.add(place)
    found.retried, found.refused = len(places), dict(faults.most_common())
    answers = db.execute(
        "SELECT candidate.id, candidate.text, candidate.finish_reason FROM candidate"
        " JOIN generation ON generation.id = generation_id"
        " WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY candidate.rowid",
        (runs,),
    )
    for key, text, finish_reason in answers:
        if finish_reason == "length":
            found.cut.append(key)
        if texts.degenerate(text):
            found.degenerate.append(key)
        if refusals.refuses(text):
            found.declining.append(key)
    return found
