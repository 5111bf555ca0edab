"""The search line of mode B: what is understood, and what is told where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.views.query import (
    BARE,
    FILTERS,
    Filter,
    SearchTarget,
    SearchTerm,
    Sort,
    completed,
    parse,
    without_sort,
)


def test_words_and_filters_combine() -> None:
    line = 'statins status:disagreed category:harmful by:ann principle:H7 origin:edited "a scam"'
    asked = parse(line)
    assert asked.words == (SearchTerm("statins"), SearchTerm("a scam", exact=True))
    assert asked.filters == (
        Filter("status", "disagreed"),
        Filter("category", "harmful"),
        Filter("by", "ann"),
        Filter("principle", "H7"),
        Filter("origin", "edited"),
    )
    assert (asked.kind, asked.sort, asked.problem) == (SearchTarget.PAIR, Sort.NUMBER, "")


def test_bare_filters_are_words_in_quotes() -> None:
    assert parse("flagged hasty").filters == (Filter("flagged"), Filter("hasty"))
    assert parse('"flagged"').words == (SearchTerm("flagged", exact=True),)


def test_a_minus_leaves_out() -> None:
    asked = parse('-flagged -category:"my own" -scam well-known')
    assert asked.filters == (Filter("flagged", without=True), Filter("category", "my own", True))
    assert asked.words == (SearchTerm("scam", without=True), SearchTerm("well-known"))


def test_a_number_and_what_is_listed() -> None:
    asked = parse("#41 kind:answers sort:newest")
    assert (asked.number, asked.kind, asked.sort) == (41, SearchTarget.ANSWER, Sort.NUMBER)
    assert asked.down


@pytest.mark.parametrize(
    ("line", "sort", "down"),
    [
        ("", Sort.NUMBER, False),
        ("sort:status", Sort.STATUS, False),
        ("sort:-status", Sort.STATUS, True),
        ("-SORT:status", Sort.STATUS, True),
        ("sort:-prompt", Sort.TEXT, True),
        ("sort:labels", Sort.LABELS, False),
        ("sort:newest", Sort.NUMBER, True),
        ("sort:project", Sort.NUMBER, False),
    ],
)
def test_any_column_is_sorted_by_either_way(line: str, sort: Sort, down: bool) -> None:
    asked = parse(f"word {line}")
    assert (asked.sort, asked.down, asked.problem) == (sort, down, "")
    assert without_sort(f"word  {line} 'x").split() == ["word", "'x"]


def test_labels_are_those_of_pairs() -> None:
    assert "pairs only" in parse("kind:prompt sort:labels").problem
    turned = parse("", SearchTarget.PROMPT, Sort.LABELS, down=True)
    assert (turned.sort, turned.down, turned.problem) == (Sort.NUMBER, False, "")


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("statins sor", "statins sort:"),
        ("sort:c", "sort:category"),
        ("sort:-st", "sort:-status"),
        ("-flag", "-flagged"),
        ("x status:dis", "x status:disagreed"),
        ("category:x", None),
        ('"flag', None),
        ("word ", None),
        ("", None),
    ],
)
def test_the_last_word_is_completed(line: str, whole: str | None) -> None:
    assert completed(line) == whole


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("staus:disagreed", "status"),
        ("status:disagred", "disagreed"),
        ("catgory:x", "category"),
        ("origin:edit", "edited"),
        ("longer:choosen", "chosen"),
        ("sort:-statu", "status"),
        ("status:", "status:waiting"),
        ("kind:pair status:writing", "prompts only"),
        ("longer:chosen status:writing", "together"),
        ("http://example.org", "in quotes"),
        ("???", "no word"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(line: str, told: str) -> None:
    problem = parse(line).problem
    assert told in problem
    assert "\n" not in problem


def test_a_filter_brings_what_it_can_be_asked_of() -> None:
    assert parse("status:to-decide").kind is SearchTarget.PROMPT
    assert parse("status:to-decide", SearchTarget.ANSWER).kind is SearchTarget.ANSWER
    assert parse("longer:chosen", SearchTarget.ANSWER).kind is SearchTarget.PAIR
    assert parse("12:30 statins", SearchTarget.PROMPT).words == (
        SearchTerm("12:30"),
        SearchTerm("statins"),
    )


@given(st.text(max_size=60))
def test_any_line_is_understood_or_told(line: str) -> None:
    asked = parse(line)
    assert asked.problem or all(word.text for word in asked.words)
    assert all(each.name in FILTERS or each.name in BARE for each in asked.filters)


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda w: w not in BARE)))
def test_plain_words_stay_as_they_are(words: list[str]) -> None:
    assert [word.text for word in parse(" ".join(words)).words] == words
