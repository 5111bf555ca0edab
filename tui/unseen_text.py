"""What a reader cannot see of a text, or of two, in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

from tui.formatting import counted

_UNSEEN: Final = frozenset({"Cc", "Cf"})
"""Unicode categories without a sign of their own."""
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are drawn as nothing."""


def _seen(text: str) -> str:
    """The text without what shows nothing; white space stays."""
    unseen = {ord(char) for char in set(text) if _unseen(char)}
    return text.translate(dict.fromkeys(unseen)) if unseen else text


def _unseen(char: str) -> bool:
    if char.isspace():
        return False
    return char in _FILLERS or "\ufe00" <= char <= "\ufe0f" or unicodedata.category(char) in _UNSEEN


_KINDS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("white space", lambda text: "".join(text.split())),
    ("Unicode normalisation", lambda text: unicodedata.normalize("NFC", text)),
    ("invisible characters", _seen),
)


def nothing_to_see(text: str) -> str:
    """Why a text shows nothing; empty where it shows something."""
    if not text:
        return "This text is empty."
    if text.isspace():
        return f"This text is blank: {counted(len(text), 'white-space character')}."
    if all(char.isspace() or _unseen(char) for char in text):
        return f"This text is invisible: {counted(len(text), 'character')} that show nothing."
    return ""


def hardly_differ(one: str, other: str) -> str:
    """What two texts differ in, where nobody could see it: ``differ only in white space``.

    Empty where one can see it.
    """
    if one == other:
        return "are the same text"
    for words, reduce in _KINDS:
        if reduce(one) == reduce(other):
            return f"differ only in {words}"
    if _bare(one) == _bare(other):
        *some, last = (words for words, _ in _KINDS)
        return f"differ only in {', '.join(some)} or {last}"
    return ""


def _bare(text: str) -> str:
    """What is left when all that cannot be seen is taken away."""
    return "".join(unicodedata.normalize("NFC", _seen(text)).split())
