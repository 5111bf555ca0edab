"""What a revision changed, word by word, so that it can be read without colours.

Insertions are underlined, deletions struck through; joined without the deletions the segments are
the new text, without the insertions the old one, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from textual.content import Content

from tui.text import plain

_ASCII_WORDS = re.compile(r"\w+(?:['\-]\w+)*|\S")
_SPACE = re.compile(r"\s*")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

CELLS_OF_WORK = 4_000_000
"""Words of one text times words of the other that are compared word by word; the matcher's cost
grows with it. Beyond, lines are compared first, and words only inside the lines that changed."""

LONG = 4_000
"""Characters of both texts from which the comparison belongs off the UI thread."""


SHARED = 0.4
"""Share of words in both texts below which the changes are harder to read than the new text."""


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORDS if text.isascii() else _every_word()


@cache
def _every_word() -> re.Pattern[str]:
    """Words of all scripts, in those without blanks each character; it takes long to compile."""
    return re.compile(
        "[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
        r"|\w+(?:['’\-]\w+)*|\S",
    )


class Change(StrEnum):
    """What became of a stretch of text."""

    KEEP = "keep"
    INSERT = "insert"
    DELETE = "delete"


class Segment(NamedTuple):
    """A stretch of text with one fate."""

    change: Change
    text: str


STYLES = {
    Change.KEEP: "",
    Change.INSERT: "underline $insert",
    Change.DELETE: "strike $delete",
}
"""How each is drawn."""


class _Word(NamedTuple):
    """A word and the white space after it, which is compared only where the words are the same."""

    text: str
    space: str


def word_diff(old: str, new: str) -> tuple[Segment, ...]:
    """The segments that turn one text into the other.

    Scripts written without spaces are compared character by character. Matches of a word or two
    between longer changes are given up, because confetti cannot be read.

    Args:
        old: the text before.
        new: the text after.
    """
    segments = tuple(_joined(_compare(old, new)))
    while (calmer := tuple(_joined(_readable(segments)))) != segments:
        segments = calmer
    return segments


def rewritten(segments: Iterable[Segment]) -> bool:
    """Whether too few words are in both texts for their changes to be read."""
    words = dict.fromkeys(Change, 0)
    for change, text in segments:
        words[change] += len(_pattern(text).findall(text))
    kept = 2 * words[Change.KEEP]
    return kept < SHARED * (kept + words[Change.INSERT] + words[Change.DELETE])


def drawn(segments: Iterable[Segment]) -> Content:
    """The segments as content: insertions underlined, deletions struck, a gap where they meet.

    White space at the end of a change is not marked: it would look like a word.
    """
    parts: list[Content] = []
    before = ""
    for change, text in segments:
        if change is Change.INSERT and before and not (before[-1].isspace() or text[0].isspace()):
            parts.append(Content(" "))
        words = text.rstrip() or text
        parts += (plain(words, STYLES[change]), plain(text[len(words) :]))
        before = text if change is Change.DELETE else ""
    return Content("").join(parts)


def _words(text: str) -> list[_Word]:
    """The text as words; what stands before the first is a word without letters."""
    start = _SPACE.match(text)
    words = [_Word("", start[0])] if start and start[0] else []
    for found in _pattern(text).finditer(text):
        space = _SPACE.match(text, found.end())
        words.append(_Word(found[0], space[0] if space else ""))
    return words


def _compare(old: str, new: str) -> Iterator[Segment]:
    before, after = _words(old), _words(new)
    if len(before) * len(after) <= CELLS_OF_WORK:
        yield from _matched(before, after)
        return
    lines_before, lines_after = _LINES.findall(old), _LINES.findall(new)
    if len(lines_before) * len(lines_after) > CELLS_OF_WORK:
        yield from _ends_kept(before, after)
        return
    for same, i1, i2, j1, j2 in _changes(lines_before, lines_after):
        removed, added = "".join(lines_before[i1:i2]), "".join(lines_after[j1:j2])
        if same:
            yield Segment(Change.KEEP, removed)
            continue
        words_removed, words_added = _words(removed), _words(added)
        small = len(words_removed) * len(words_added) <= CELLS_OF_WORK // 4
        yield from (_matched if small else _ends_kept)(words_removed, words_added)


def _changes(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[bool, int, int, int, int]]:
    """Stretches that are the same or not: (same, from, to in the old, from, to in the new)."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield tag == "equal", i1, i2, j1, j2


def _matched(before: Sequence[_Word], after: Sequence[_Word]) -> Iterator[Segment]:
    changes = _changes([word.text for word in before], [word.text for word in after])
    for same, i1, i2, j1, j2 in changes:
        if same:
            for old, new in zip(before[i1:i2], after[j1:j2], strict=True):
                yield from _same_word(old, new)
        else:
            yield Segment(Change.DELETE, _text(before[i1:i2]))
            yield Segment(Change.INSERT, _text(after[j1:j2]))


def _same_word(old: _Word, new: _Word) -> Iterator[Segment]:
    if old == new:
        yield Segment(Change.KEEP, _text([old]))
    else:
        yield Segment(Change.KEEP, old.text)
        yield Segment(Change.DELETE, old.space)
        yield Segment(Change.INSERT, new.space)


def _text(words: Iterable[_Word]) -> str:
    return "".join(word.text + word.space for word in words)


def _ends_kept(before: Sequence[_Word], after: Sequence[_Word]) -> Iterator[Segment]:
    """Too much to compare: only the same beginning and end are kept."""
    short = min(len(before), len(after))
    head = next((i for i in range(short) if before[i] != after[i]), short)
    rest = short - head
    tail = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    yield Segment(Change.KEEP, _text(before[:head]))
    yield Segment(Change.DELETE, _text(before[head : len(before) - tail]))
    yield Segment(Change.INSERT, _text(after[head : len(after) - tail]))
    yield Segment(Change.KEEP, _text(before[len(before) - tail :]))


def _readable(whole: Sequence[Segment]) -> list[Segment]:
    """Kept stretches too short to rest the eye on become part of the changes around them."""
    kept: list[Segment] = []
    for at, one in enumerate(whole):
        inside = 0 < at < len(whole) - 1
        if one.change is Change.KEEP and inside and _too_short(whole, at):
            kept += (Segment(Change.DELETE, one.text), Segment(Change.INSERT, one.text))
        else:
            kept.append(one)
    return kept


def _too_short(segments: Sequence[Segment], at: int) -> bool:
    words = len(segments[at].text.split())
    if words > 2:
        return False
    around = min(_words_changed(segments, at, -1), _words_changed(segments, at, 1))
    return around > 2 * words


def _words_changed(segments: Sequence[Segment], at: int, step: int) -> int:
    """Words in the changes next to a kept stretch, on one side."""
    words = 0
    at += step
    while 0 <= at < len(segments) and segments[at].change is not Change.KEEP:
        words = max(words, len(segments[at].text.split()))
        at += step
    return words


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbours of one fate made one; in each change the deletions stand before the insertions."""
    pending = {Change.DELETE: "", Change.INSERT: ""}
    kept = ""
    for change, text in segments:
        if not text:
            continue
        if change is Change.KEEP:
            yield from _flushed(pending)
            kept += text
        else:
            if kept:
                yield Segment(Change.KEEP, kept)
                kept = ""
            pending[change] += text
    yield from _flushed(pending)
    if kept:
        yield Segment(Change.KEEP, kept)


def _flushed(pending: dict[Change, str]) -> Iterator[Segment]:
    for change in (Change.DELETE, Change.INSERT):
        if pending[change]:
            yield Segment(change, pending[change])
            pending[change] = ""
