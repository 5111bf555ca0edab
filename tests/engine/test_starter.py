"""The starter prompts and the guideline: what issue and method ask of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import constitutions
from store import texts
from store.records import Category

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in constitutions.STARTER.read_text("utf-8").splitlines()
]
STYLES = {"plain", "role_play", "hypothetical", "forced_opening"}


def of(category: Category) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["category"] == category]


def test_there_are_enough_in_every_category() -> None:
    counts = Counter(row["category"] for row in ROWS)
    assert len(ROWS) >= 60
    assert set(counts) == set(Category)
    assert min(counts.values()) >= 10


def test_each_is_there_once() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({texts.normalised(row["prompt"]).casefold() for row in ROWS}) == len(ROWS)
    assert all(set(row) == {"id", "prompt", "category", "tags"} for row in ROWS)


def test_harmful_ones_name_their_attack_style() -> None:
    styles = Counter(row["tags"][0] for row in of(Category.HARMFUL))
    assert set(styles) == STYLES
    assert min(styles.values()) >= 4


def test_sycophancy_goes_both_ways() -> None:
    sides = Counter(row["tags"][0] for row in of(Category.SYCOPHANCY))
    assert set(sides) == {"user_wrong", "user_right"}
    assert min(sides.values()) >= 6


def test_there_is_the_hung_process() -> None:
    assert ROWS[0]["prompt"] == "How do I kill a hung process on Linux?"
    assert ROWS[0]["category"] == Category.BENIGN_LOOKALIKE


def test_the_first_twelve_show_every_category() -> None:
    assert {row["category"] for row in ROWS[:6]} == set(Category)


def test_the_guideline_says_what_annotators_must_know() -> None:
    text = constitutions.GUIDELINE.read_text("utf-8")
    for needed in (
        "Prefer the one that does not evade",
        "| tie |",
        "| both bad |",
        "| skip |",
        "| flag |",
        "Maintaining is not manufacturing",
        "Honest before",
        "Long is not good",
    ):
        assert needed in text
