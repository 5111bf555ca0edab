"""Reasoning text: what a model thinks aloud before its answer, and the marks around it.

The only home of the marks. Engines split what a model writes as it comes; the export gate, the
checks and the detectors ask :func:`found` whether a stored text still holds such a passage.

A mark is taken for talk about it, not for a passage, where it is quoted or stands in code, or
stands between words of a sentence (``the <think> tag``) and no passage is closed behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from store.reasoning.marks import BARE_FINAL, CONTROL_TEXTS, MARK, OPENINGS, SIGN, shown
from store.reasoning.prompts import closed, entered, mentioned, opened
from store.reasoning.splitter import Splitter
from store.records import Message

__all__ = [
    "CONTROL_TEXTS",
    "Parts",
    "Splitter",
    "closed",
    "entered",
    "found",
    "may_hold",
    "mentioned",
    "opened",
    "shown",
    "split",
    "turns",
]


class Parts(NamedTuple):
    """A text taken apart."""

    answer: str
    reasoning: str
    """All passages, without their marks."""


def split(text: str, *, cut: bool = False) -> Parts:
    """Take a whole text apart.

    Args:
        text: as a model wrote it.
        cut: it ended because the token limit was reached.
    """
    splitter = Splitter()
    splitter.push(text)
    splitter.finish(cut=cut)
    return Parts(splitter.answer, splitter.reasoning)


def found(text: str) -> str | None:
    """The first mark of a passage that a text holds, or None."""
    if not may_hold(text):
        return None
    splitter = Splitter()
    splitter.push(text)
    splitter.finish(cut=False)
    return splitter.first_mark


def turns(messages: Iterable[Message]) -> Iterator[str]:
    """What the model has said in a conversation: the turns that :func:`found` is to be asked of."""
    return (message.content for message in messages if message.role == "assistant")


def may_hold(text: str) -> bool:
    """Whether a closer look is needed: false for nearly all texts, and quick to tell."""
    marked = SIGN.search(text) is not None and MARK.search(text) is not None
    return marked or text.lstrip().startswith(OPENINGS) or BARE_FINAL in text
