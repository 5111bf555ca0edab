"""Whatever a model thinks, and wherever its stream breaks: no export has a word of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from engine.endpoint.choice_text import ChoiceText
from engine.endpoint.parsing import AnswerParser
from engine.llama.host.text import AnswerText
from store import reasoning
from store.exporting import FORMATS, write
from store.items import prompts
from store.judgements import rankings
from store.records import Message
from tests.store.building import AT, a_candidate
from tests.store.exporting_study import labelled, planned

MARKS = [
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<mm:think>", "</mm:think>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    ("Here are my reasoning steps:\n", "\n[BEGIN FINAL RESPONSE]\n"),
    ("", "</think>"),
]
"""The last as where the template has opened the passage and the model's file hides that."""
THOUGHTS = st.text("abcé XYZ.,!?\n|/", max_size=20)


@given(st.sampled_from(MARKS), THOUGHTS, st.lists(st.integers(1, 7), max_size=40), st.booleans())
def test_wherever_a_stream_breaks_the_answer_is_the_answer(
    marks: tuple[str, str], thought: str, sizes: list[int], by_prompt: bool
) -> None:
    opening, closing = marks
    said = f"{thought}SECRET.{closing}The answer."
    assert _streamed(said if by_prompt else opening + said, sizes, by_prompt) == "The answer."
    # as it stands in files of other tools: the gate's question
    assert reasoning.found(opening + said) is not None


FIELDS = ["reasoning_content", "reasoning", "thinking", "reasoning_details", "parts"]


@given(
    st.one_of(st.sampled_from(MARKS[:-1]), st.sampled_from(FIELDS)),
    THOUGHTS,
    st.lists(st.integers(1, 7), max_size=40),
)
def test_wherever_the_stream_of_a_server_breaks(
    way: tuple[str, str] | str, thought: str, sizes: list[int]
) -> None:
    text, told = _served(way, f"{thought}SECRET.", sizes)
    assert text == told == "The answer."


def test_no_export_holds_what_was_thought(db: Database, tmp_path: Path) -> None:
    ways: list[tuple[str, str] | str] = [*MARKS[:-1], *FIELDS]
    for number, way in enumerate(ways):
        text, _told = _served(way, "SECRET.", [number + 1] * 99)
        labelled(db, f"served {number}", f"{text} Served {number}.", "a poor answer")
    for number, (opening, closing) in enumerate(MARKS):
        text = f"{opening}SECRET.{closing}Answer {number}."
        labelled(db, f"written {number}", _streamed(text, [number + 1] * 99), "a poor answer")
        labelled(db, f"imported {number}", text, "a poor answer")
        said = [Message("user", "Hi"), Message("assistant", text), Message("user", "Why?")]
        labelled(db, said, f"Said {number}.", "a poor answer")
        for messages in ([Message("user", f"ranked {number}")], [*said, *said]):
            _ranked(db, messages, (text, f"Answer {number}, ranked.", "a poor answer"))
    for name in sorted(set(FORMATS) - {"audit"}):
        out = tmp_path / name
        write(planned(db, format=name), out)
        told = [path.read_text() for path in out.rglob("*") if path.is_file()] or [out.read_text()]
        assert not any("SECRET" in each for each in told)
        # everything else goes out
        assert sum(each.count("Answer ") for each in told) >= len(MARKS)


def _ranked(db: Database, messages: list[Message], answers: Sequence[str]) -> None:
    prompt, _ = prompts.add(db, messages, category="helpful", source="test", at=AT)
    made = [a_candidate(db, prompt, text, slot=place) for place, text in enumerate(answers)]
    rankings.give(db, prompt, "ann", [[each] for each in made], at=AT)


def _served(way: tuple[str, str] | str, thought: str, sizes: list[int]) -> tuple[str, str]:
    """What is kept of an answer of a server, and what a person saw of it in the end."""
    if isinstance(way, tuple):
        pieces = [
            {"content": each} for each in _cut(f"{way[0]}{thought}{way[1]}The answer.", sizes)
        ]
    else:
        thoughts = [_thought(way, each) for each in _cut(thought, sizes)]
        pieces = thoughts + [{"content": each} for each in _cut("The answer.", sizes)]
    answer = ChoiceText("", ())
    seen: list[str] = []

    def retold(_choice: int) -> None:
        seen.clear()

    parser = AnswerParser("server", [answer], lambda _choice, text: seen.append(text), retold)
    for piece in pieces:
        parser.feed(json.dumps({"choices": [{"index": 0, "delta": piece}]}))
    parser.feed(json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
    assert "SECRET" in answer.reasoning
    return answer.text, "".join(seen)


def _thought(way: str, text: str) -> dict[str, Any]:
    """A piece of thinking in one of the forms that servers have for it."""
    if way == "parts":
        return {"content": [{"type": "thinking", "thinking": text}]}
    return {way: [{"type": "reasoning.text", "text": text}] if way.endswith("details") else text}


def _cut(text: str, sizes: list[int]) -> list[str]:
    """A text in pieces of these sizes, the rest of it last."""
    edges = [0, *accumulate(sizes), max(len(text), sum(sizes))]
    return [piece for start, end in pairwise(edges) if (piece := text[start:end])]


def _streamed(text: str, sizes: list[int], by_prompt: bool = False) -> str:
    data, at = text.encode(), 0
    answer = AnswerText(thinking=by_prompt)
    for size in [*sizes, len(data)]:
        answer.push(data[at : at + size])
        at += size
    answer.finish()
    assert "SECRET" in answer.reasoning
    return answer.text
