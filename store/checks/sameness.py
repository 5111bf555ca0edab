"""Sameness: prompts that are nearly one, answers that hardly differ, rows that contradict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from store import texts
from store.checks.finding import Finding, Level
from store.exporting import split
from store.exporting.rows import ExportRow

NEAR: Final = 0.9
"""Cosine of character 3- to 5-grams from which two prompts count as nearly the same."""

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
    prompts = [
        texts.normalised(" ".join(message.content for message in found[0].messages))
        for found in groups.values()
    ]
    near = _near(prompts)
    return Finding(
        Level.LOOK if near else Level.FINE,
        f"{len(near)} of {len(groups)} prompts are nearly the same as another",
        {"prompts": len(groups), "near": len(near)},
        tuple(
            row.pair.id
            for place, found in enumerate(groups.values())
            if place in near
            for row in found
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


def _near(prompts: Sequence[str]) -> frozenset[int]:
    """Places of the prompts that have another one close by."""
    if len(prompts) < 2 or not any(len(prompt) > 4 for prompt in prompts):
        return frozenset()
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    # without weights by rarity, which in a small project would make every slip of the pen rare
    counter = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), use_idf=False)
    vectors = counter.fit_transform(prompts)
    search = NearestNeighbors(n_neighbors=2, metric="cosine").fit(vectors)
    distances, _ = search.kneighbors(vectors)
    return frozenset(place for place, (_, next_) in enumerate(distances) if next_ <= 1 - NEAR)


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # both are upper bounds of the ratio, and cheap
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return False
    return len(one) + len(other) > LONGEST or matcher.ratio() >= ALIKE
