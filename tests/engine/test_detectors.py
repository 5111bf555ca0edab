"""Detectors against texts labelled by hand (data/labelled_texts.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.method.detectors import (
    Fault,
    cleaned_critique,
    copied_run,
    critique_fault,
    proposal_fault,
    revision_fault,
    role_confusion,
)
from engine.method.remarks import cleaned_revision, nothing_to_criticise

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "labelled_texts.json").read_text("utf-8")
)


def of_kind(kind: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{case['expected']}: {case['text'][:40]}"[:60])
        for case in CASES
        if case["kind"] == kind
    ]


@pytest.mark.parametrize("case", of_kind("revision"))
def test_revisions(case: dict[str, Any]) -> None:
    found = revision_fault(
        cleaned_revision(case["text"]),
        prompt=case["prompt"],
        original=case["original"],
        critique=case["critique"],
        instructions=case.get("instructions", []),
        finish_reason=case.get("finish_reason", "stop"),
    )
    assert (found.fault.value if found else "ok") == case["expected"], str(found)


@pytest.mark.parametrize("case", of_kind("critique"))
def test_critiques(case: dict[str, Any]) -> None:
    reason = case.get("finish_reason", "stop")
    found = critique_fault(
        cleaned_critique(case["text"], reason),
        prompt=case["prompt"],
        response=case["response"],
        instructions=case.get("instructions", []),
        finish_reason=reason,
    )
    assert (found.fault.value if found else "ok") == case["expected"], str(found)


@pytest.mark.parametrize("case", of_kind("nothing"))
def test_nothing_to_criticise(case: dict[str, Any]) -> None:
    assert nothing_to_criticise(case["text"]) is case["expected"]


@pytest.mark.parametrize("case", of_kind("cleaned"))
def test_remarks_about_the_task_are_cut_off(case: dict[str, Any]) -> None:
    assert cleaned_revision(case["text"]) == case["expected"]


def test_a_critique_at_its_limit_ends_with_its_last_whole_sentence() -> None:
    text = "It helps a thief. It gives three steps. And it"
    assert cleaned_critique(text, "length") == "It helps a thief. It gives three steps."
    assert cleaned_critique(text, "stop") == text
    assert cleaned_critique("It helps\n\nQuestion: what else?", "stop") == "It helps"


def test_the_opening_is_no_copy_and_alone_no_text() -> None:
    known = "The answer would help someone to poison a person who trusts the food."
    opening = "The answer would help someone to"
    fine = critique_fault(
        f"{opening} steal a purse.",
        prompt="p",
        response="r",
        instructions=[known],
        opening=opening,
        finish_reason="stop",
    )
    assert fine is None
    alone = critique_fault(
        opening, prompt="p", response="r", instructions=[], opening=opening, finish_reason="stop"
    )
    assert alone is not None
    assert alone.fault is Fault.EMPTY


def test_words_of_the_prompt_are_no_copy() -> None:
    prompt = "what is the best way to beat an egg white until it is stiff"
    assert copied_run(f"{prompt} quickly", [prompt]) is not None
    assert copied_run(f"{prompt} quickly", [f"say {prompt}"], known=[prompt]) is None


def test_a_proposal_may_be_wrong_but_not_broken() -> None:
    assert proposal_fault("Yes, the Earth is flat.", finish_reason="stop") is None
    for text, fault in (("", Fault.EMPTY), ("<|im_end|>", Fault.LEAKED), ("so " * 40, Fault.LOOP)):
        found = proposal_fault(text, finish_reason="stop")
        assert found is not None
        assert found.fault is fault
    cut = proposal_fault("Yes, the Earth", finish_reason="length")
    assert cut is not None
    assert cut.fault is Fault.CUT


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["stop", "length"]))
def test_any_text_gets_an_answer(text: str, reason: str) -> None:
    cleaned = cleaned_revision(text)
    assert cleaned in text.strip()
    role_confusion(cleaned)
    revision_fault(cleaned, prompt="p", original="o", critique="c", finish_reason=reason)
    critique_fault(cleaned_critique(text, reason), prompt="p", response="r", finish_reason=reason)


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u2060\ufeff", "\u3164"])
def test_a_text_without_anything_to_see_is_empty(text: str) -> None:
    found = proposal_fault(text, finish_reason="stop")
    assert found is not None
    assert found.fault is Fault.EMPTY


def test_thinking_in_a_text_is_told() -> None:
    found = proposal_fault("I should help.\n</think>\nRun it.", finish_reason="stop")
    assert str(found) == "template text: </think>"
    assert proposal_fault("Write `<think>` first.", finish_reason="stop") is None


@pytest.mark.parametrize(
    ("critique", "nothing"),
    [
        ("批判すべき点はありません。", True),
        ("問題はありません。", True),
        ("没有问题。", True),
        ("Es gibt nichts zu kritisieren.", True),
        ("Il n'y a rien à critiquer.", True),
        ("No hay nada que criticar.", True),
        ("비판할 점이 없습니다.", True),
        ("No issues were found with the tone, but it is wrong.", False),
        ("問題はありませんが、冷たい言い方です。", False),
        ("No problem is too small for it.", False),
        ("この回答は失礼です。", False),
    ],
)
def test_nothing_to_criticise_in_the_language_of_the_prompt(critique: str, nothing: bool) -> None:
    assert nothing_to_criticise(critique) is nothing


@pytest.mark.parametrize(
    ("revision", "kept"),
    [
        ("修正後の回答：\n卵は10分。", "卵は10分。"),
        ("以下は修正された回答です：\n\n卵は10分。", "卵は10分。"),
        ("「卵は10分。」", "卵は10分。"),
        ("以下是修改后的回答：\n\n煮十分钟。", "煮十分钟。"),
        ("Hier ist die überarbeitete Antwort:\n\nZehn Minuten.", "Zehn Minuten."),
        ("Voici la réponse révisée :\n\nDix minutes.", "Dix minutes."),
        ("„Zehn Minuten.“", "Zehn Minuten."),
        ("“Yes” is “no”", "“Yes” is “no”"),
        ("「はい」は「いいえ」", "「はい」は「いいえ」"),
        ("以下の材料を用意します：\n\n卵", "以下の材料を用意します：\n\n卵"),
    ],
)
def test_remarks_around_a_revision_go_in_any_language(revision: str, kept: str) -> None:
    assert cleaned_revision(revision) == kept
