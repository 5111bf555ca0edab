"""Sameness: prompts that are nearly one, answers that hardly differ, rows that contradict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from store.checks.finding import Finding, Level
from store.content import near_duplicates
from store.exporting import split
from store.exporting.rows import ExportRow

ALIKE: Final = 0.95
"""Share of matching characters from which two answers hardly differ; training on such pairs can
make the chosen answer less likely (Pal et al. 2024, arXiv 2402.13228)."""

LONGEST: Final = 20_000
"""Answers longer than this together are compared by their counts of characters only."""


def near_prompts(rows: Sequence[ExportRow]) -> Finding:
    """Different prompts that are nearly the same: they count twice, and may part over a split."""
    groups: dict[str, list[ExportRow]] = defaultdict(list)
    for row in rows:
        groups[split.group(row.messages)].append(row)
    found = near_duplicates.clusters([rows_[0].messages for rows_ in groups.values()])
    near = found.near
    return Finding(
        Level.LOOK if near else Level.FINE,
        f"{len(near)} of {len(groups)} prompts are nearly the same as another"
        + ("" if found.by_cosine else f": looked for is {found.told()}"),
        {"prompts": len(groups), "near": len(near)},
        tuple(
            row.pair.id
            for place, rows_ in enumerate(groups.values())
            if place in near
            for row in rows_
        ),
    )


def alike_answers(rows: Sequence[ExportRow]) -> Finding:
    """Chosen and rejected that hardly differ."""
    pairs = tuple(row.pair.id for row in rows if _alike(row.chosen.text, row.rejected.text))
    return Finding(
        Level.LOOK if pairs else Level.FINE,
        f"chosen and rejected hardly differ in {len(pairs)} of {len(rows)} pairs",
        {"n": len(rows), "alike": len(pairs)},
        pairs,
    )


def contradictions(rows: Sequence[ExportRow]) -> Finding:
    """The same two answers to the same prompt, decided both ways."""
    chosen: dict[tuple[str, frozenset[str]], set[str]] = defaultdict(set)
    for row in rows:
        chosen[_texts(row)].add(row.chosen.text)
    pairs = tuple(row.pair.id for row in rows if len(chosen[_texts(row)]) > 1)
    return Finding(
        Level.WARN if pairs else Level.FINE,
        f"{len(pairs)} pairs have the same texts and opposite verdicts",
        {"n": len(rows), "contradicting": len(pairs)},
        pairs,
    )


def _texts(row: ExportRow) -> tuple[str, frozenset[str]]:
    return row.pair.prompt_id, frozenset((row.chosen.text, row.rejected.text))


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # both are upper bounds of the ratio, and cheap
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return False
    return len(one) + len(other) > LONGEST or matcher.ratio() >= ALIKE
