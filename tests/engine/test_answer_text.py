"""Bytes to text: whole characters only, nothing of a stop string, nothing lost."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api import Sampling
from engine.llama.host.jobs import RunningAnswer
from engine.llama.host.sampling import Sampler
from engine.llama.host.text import AnswerText


@given(st.text(), st.lists(st.integers(1, 5)))
def test_any_split_of_the_bytes_gives_the_same_text(text: str, sizes: list[int]) -> None:
    data = text.encode("utf-8", "replace")
    answer, shown, at = AnswerText(), [], 0
    for size in [*sizes, len(data) or 1]:
        shown.append(answer.push(data[at : at + size]))
        at += size
    shown.append(answer.push(data[at:]))
    shown.append(answer.finish())
    assert "".join(shown) == answer.text == data.decode()


@given(
    st.text("ab<|>", max_size=40),
    st.lists(st.text("ab<|>", min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_nothing_of_a_stop_string_is_shown(text: str, stop: list[str]) -> None:
    answer = AnswerText(stop)
    for byte in text.encode():
        answer.push(bytes([byte]))
    answer.finish()
    ends = [at for string in stop if (at := text.find(string)) >= 0]
    # a longer stop string may begin earlier and end later than a shorter one within it
    assert text.startswith(answer.text)
    assert answer.stopped == bool(ends)
    assert not any(string in answer.text for string in stop)
    if not ends:
        assert answer.text == text


def test_half_a_character_is_held_back_and_dropped_at_the_end() -> None:
    answer = AnswerText()
    rocket = "\N{ROCKET}".encode()
    assert answer.push(b"go " + rocket[:2]) == "go "
    assert answer.push(rocket[2:]) == "\N{ROCKET}"
    assert answer.push(rocket[:3]) == ""
    assert answer.finish() == ""
    assert answer.text == "go \N{ROCKET}"


def test_what_might_become_a_stop_string_comes_out_when_it_does_not() -> None:
    answer = AnswerText(["END"])
    assert answer.push(b"the EN") == "the "
    assert answer.push(b"emy") == "ENemy"
    assert answer.push(b" E") == " "
    assert answer.finish() == "E"
    assert not answer.stopped


def test_after_a_stop_string_nothing_is_added() -> None:
    answer = AnswerText(["\n\n"])
    assert answer.push(b"one\n\ntwo") == "one"
    assert answer.stopped
    assert answer.push(b"three") == ""
    assert answer.finish() == ""


def test_a_stop_string_ends_the_answer_and_never_the_thinking() -> None:
    answer = AnswerText(["\n"], thinking=True)
    shown = [answer.push(part) for part in (b"one\n", b"two</th", b"ink>\n\nYes", b".\nNo")]
    assert shown == ["", "", "Yes", "."]
    assert (answer.text, answer.stopped) == ("Yes.", True)
    assert answer.reasoning == "one\ntwo"


def test_a_closing_mark_alone_takes_back_what_was_shown() -> None:
    answer = AnswerText()
    assert answer.push(b"I say hi.") == "I say hi."
    assert answer.push(b"</think>Hi") + answer.push(b" you") + answer.finish() == "Hi you"
    assert (answer.text, answer.reasoning) == ("Hi you", "I say hi.")


@pytest.mark.parametrize(
    ("pieces", "used_up_after"),
    [
        (["a", "b", "c", "d"], 3),
        (["<think>", "x", "</think>", "b", "c", "d", "e"], 5),
        (["<think>", "x", "y", "z", "u"], 3),
        (["<think>", "x", "</think>", "\n", "b", "c", "d"], 5),
        (["Well", "</think><think>", "b", "c", "d"], 3),
    ],
)
def test_the_budget_of_the_answer_begins_after_the_thinking(
    pieces: list[str], used_up_after: int
) -> None:
    text = AnswerText()
    answer = RunningAnswer(0, Sampling(max_tokens=3), text, cast("Sampler", None), allowance=2)
    lefts, ends = [answer.left], 0
    for number, piece in enumerate(pieces, 1):
        answer.written.append(number)
        answer.read(piece.encode())
        lefts.append(answer.left)
        if answer.used_up:
            ends = number
            break
    assert ends == used_up_after
    assert lefts[0] == 5
    assert lefts == sorted(set(lefts), reverse=True)
