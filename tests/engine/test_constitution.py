"""Constitutions: the shipped ones, what is refused and how it is said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.errors import ConstitutionError
from engine.method.constitution import load, parse, shipped, shipped_names
from store.records import Category

PRINCIPLE = """
[[principle]]
id = "A1"
title = "Tells the truth"
critique = "Say what is wrong."
revision = "Say what is right."
comparison = "Which is truer?"
"""
HEAD = """
name = "mine"
version = "1"
language = "en"
description = "A small one."
"""
EXAMPLE = """
[[example]]
prompt = "Is it?"
response = "Yes."
critique = "It is not."
revision = "No."
"""


def test_the_shipped_ones_are_whole() -> None:
    assert shipped_names() == ("concision", "harmlessness", "honesty")
    assert len(shipped("harmlessness").principles) >= 12
    for name in shipped_names():
        law = shipped(name)
        assert law.name == name
        for category in Category:
            assert len(law.applying(category)) >= 3
        for principle in law.principles:
            assert any(e.principle == principle.id for e in law.examples)


@pytest.mark.parametrize("name", ["concision", "harmlessness", "honesty"])
def test_examples_begin_as_small_models_are_made_to(name: str) -> None:
    law = shipped(name)
    for example in law.examples:
        principle = law.principle(example.principle or "")
        assert example.critique.startswith(principle.critique_opening)
        assert example.revision.startswith(principle.revision_opening)
        assert example.revision != example.response


@pytest.mark.parametrize("name", ["concision", "harmlessness", "honesty"])
def test_principles_say_what_a_good_answer_does(name: str) -> None:
    """Phrased as behaviour, not as a ban: C3AI, arXiv 2502.15861."""
    for principle in shipped(name).principles:
        assert not principle.title.lower().startswith(("do not", "don't", "never", "avoid"))
        assert principle.revision.startswith("Rewrite the answer")
        assert principle.comparison.endswith("?")


def test_a_principle_with_categories_is_used_for_these_alone() -> None:
    law = shipped("harmlessness")
    assert {"H1", "H3"} <= {p.id for p in law.applying("harmful")}
    assert "H1" not in {p.id for p in law.applying("benign_lookalike")}
    assert "H7" not in {p.id for p in law.applying("harmful")}


def test_an_unknown_category_gets_all_principles() -> None:
    law = shipped("harmlessness")
    assert law.applying("uncategorised") == law.principles


def test_the_nearest_examples_come_last() -> None:
    law = shipped("harmlessness")
    examples = law.examples_for(law.principle("H3"), "harmful")
    assert examples[-1].principle == "H3"
    assert {e.principle for e in examples} == {p.id for p in law.applying("harmful")}


def test_reading_a_file_gives_its_hash_and_text(tmp_path: Path) -> None:
    text = HEAD + PRINCIPLE + 'categories = ["mine"]\n' + EXAMPLE + 'principle = "A1"\n'
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    law = load(str(file))
    assert law.source == text
    assert law.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert law.principles[0].categories == ("mine",)
    assert law.examples[0].principle == "A1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "f.toml: no valid TOML"),
        (HEAD, "f.toml: it has no [[principle]]"),
        (HEAD + "versoin = '2'\n" + PRINCIPLE, "unknown key versoin; did you mean version?"),
        (HEAD + "zzz = '2'\n" + PRINCIPLE, "unknown key zzz; there are name, version"),
        (HEAD.replace('name = "mine"', "") + PRINCIPLE, "f.toml: name is missing"),
        (HEAD.replace('"mine"', "3") + PRINCIPLE, "name must be a text that is not empty"),
        (HEAD.replace('"mine"', '" "') + PRINCIPLE, "name must be a text that is not empty"),
        (HEAD + PRINCIPLE + "critic = 'x'\n", "principle 1: unknown key critic"),
        (HEAD + PRINCIPLE.replace("revision", "revisoin"), "did you mean revision?"),
        (HEAD + PRINCIPLE + PRINCIPLE, "two principles have the id A1"),
        (HEAD + PRINCIPLE + "categories = 'x'\n", "categories must be a list of texts"),
        (HEAD + PRINCIPLE + "critique_opening = ''\n", "critique_opening must be a text"),
        (HEAD + PRINCIPLE.replace("[[principle]]", "[principle]"), "written as [[principle]]"),
        (HEAD + PRINCIPLE + EXAMPLE + "principle = 'A2'\n", "did you mean A1?"),
        (HEAD + PRINCIPLE + EXAMPLE + "note = 'x'\n", "example 1: unknown key note"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConstitutionError) as caught:
        parse(text, "f.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConstitutionError, match="did you mean honesty"):
        load("honestly")
    with pytest.raises(ConstitutionError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"name = '\xe9'")
    with pytest.raises(ConstitutionError, match="UTF-8"):
        load(str(latin))
