"""Whatever a model thinks, and wherever its stream breaks: no export has a word of it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from engine.llama.host.text import AnswerText
from store import reasoning
from store.exporting import FORMATS, write
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


def test_no_export_holds_what_was_thought(db: Database, tmp_path: Path) -> None:
    for number, (opening, closing) in enumerate(MARKS):
        text = f"{opening}SECRET.{closing}Answer {number}."
        labelled(db, f"written {number}", _streamed(text, [number + 1] * 99), "a poor answer")
        labelled(db, f"imported {number}", text, "a poor answer")
    for name in sorted(set(FORMATS) - {"audit"}):
        out = tmp_path / name
        write(planned(db, format=name), out)
        told = [path.read_text() for path in out.rglob("*") if path.is_file()] or [out.read_text()]
        assert not any("SECRET" in each for each in told)
        # everything else goes out; nothing here was ranked
        assert name == "ranked" or sum(each.count("Answer ") for each in told) >= len(MARKS)


def _streamed(text: str, sizes: list[int], by_prompt: bool = False) -> str:
    data, at = text.encode(), 0
    answer = AnswerText(thinking=by_prompt)
    for size in [*sizes, len(data)]:
        answer.push(data[at : at + size])
        at += size
    answer.finish()
    assert "SECRET" in answer.reasoning
    return answer.text
