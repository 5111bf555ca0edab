"""Wording: set phrases in the chosen answers that a model would repeat to everybody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from store import texts
from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow

MANY: Final = 0.1
"""Share of chosen answers that begin or end with the same sentence."""

FEW: Final = 20

_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


def boilerplate(rows: Sequence[ExportRow]) -> Finding:
    """The sentence that most chosen answers begin or end with, and what the rejected do."""
    chosen = Counter(part for row in rows for part in _edges(row.chosen.text))
    rejected = Counter(part for row in rows for part in _edges(row.rejected.text))
    sentence, times = max(chosen.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    often = len(rows) >= FEW and times / len(rows) >= MANY and times > 2 * rejected[sentence]
    shown = sentence if len(sentence) <= 60 else f"{sentence[:57]}..."
    return Finding(
        Level.WARN if often else Level.FINE,
        f'{times} of {len(rows)} chosen answers begin or end with "{shown}"'
        + (f" ({rejected[sentence]} rejected ones): a model would learn the phrase" * often),
        {"n": len(rows), "chosen": times, "rejected": rejected[sentence]},
        tuple(r.pair.id for r in rows if often and sentence in _edges(r.chosen.text)),
    )


def announcements(rows: Sequence[ExportRow]) -> Finding:
    """Chosen answers that speak of themselves: "Here is the revised response"."""
    pairs = tuple(row.pair.id for row in rows if texts.announced(row.chosen.text))
    return Finding(
        Level.WARN if pairs else Level.FINE,
        f"{len(pairs)} of {len(rows)} chosen answers announce themselves as a revision",
        {"n": len(rows), "announced": len(pairs)},
        pairs,
    )


def template_in_prompts(rows: Sequence[ExportRow]) -> Finding:
    """Prompts with a token or a speaker's name of a chat template in them."""
    found = {
        row.pair.id: piece
        for row in rows
        if (piece := next(filter(None, (texts.leaked(m.content) for m in row.messages)), None))
    }
    first = next(iter(found.values()), "")
    return Finding(
        Level.LOOK if found else Level.FINE,
        f"{len(found)} of {len(rows)} prompts hold chat-template text{f' ({first})' * bool(first)}",
        {"n": len(rows), "pairs": len(found)},
        tuple(found),
    )


def _edges(text: str) -> set[str]:
    """The first and the last sentence, as they compare equal."""
    sentences = [s for part in _END.split(text) if (s := texts.normalised(part).casefold())]
    return {sentences[0], sentences[-1]} if sentences else set()
