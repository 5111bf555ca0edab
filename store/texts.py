"""What can be told of a text by reading it: repeats without end, leaked template or role text.

The model's retries (``engine.method.detectors``), the export gate and the data checks all ask here,
so that a text refused in one place is refused in the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_TOKEN = re.compile(r"<[|｜][^|｜<>\s]{2,40}[|｜]>")
"""``<|im_end|>``, ``<|eot_id|>`` and the full-width bars of some templates."""

_MARKERS = (
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<bos>",
    "<eos>",
    "### Instruction:",
    "### Response:",
    "### Human:",
    "### Assistant:",
)
_ROLE = re.compile(
    r"^[ \t]*(?:Human|Assistant|Critique ?Request|Revision ?Request)[ \t]*:"
    # "User: root" is an ordinary line of an answer; a turn of the user stands on its own
    r"|\n[ \t]*\n[ \t]*User[ \t]*:",
    re.MULTILINE,
)
_SPEAKERS = ("Human", "Assistant", "User", "Critique", "Revision")
_ANNOUNCED = re.compile(
    r"^\W{0,9}(?:sure|certainly|of course|okay|ok)?\W{0,9}"
    r"(?:here(?:'s| is| are)|this is|below is)\s+(?:the|my|a|an)\s+"
    r"(?:\w+\s+){0,2}?(?:revised|rewritten|improved|updated|corrected|new)\s+"
    r"(?:\w+\s+){0,2}?(?:response|answer|version|reply|text)\b"
    r"|^\W{0,9}(?:revised|rewritten|improved)\s+(?:response|answer|version|reply)\s*:",
    re.IGNORECASE,
)
_ENDS = ".!?。！？\n"
_SENTENCE = re.compile(f"[{_ENDS}]+")
_LETTER = re.compile(r"[^\W\d_]")
_UNIT = re.compile(r"(.{2,60}?)\1{4,}")

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Zl", "Zp", "Zs"})
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters and marks without a shape: fillers, the empty braille cell, variation selectors."""

_LONGEST_PERIOD = 60
"""Longest repeated piece looked for, in words."""
_MIN_RUN = 16
"""A repeat shorter than this many words is a figure of speech."""
_MIN_CHARACTERS = 40


def normalised(text: str) -> str:
    """The text in NFC with every run of white space as one space, trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def alike(one: str, other: str) -> bool:
    """Whether two texts are the same once :func:`normalised`."""
    if one.isascii() and other.isascii():
        first, second = one[:1], other[:1]
        if first != second and not first.isspace() and not second.isspace():
            return False  # most pairs end here
        if one.split(None, 8)[:8] != other.split(None, 8)[:8]:
            return False
        return one.split() == other.split()
    return normalised(one) == normalised(other)


def blank(text: str) -> bool:
    """Whether nothing of a text can be seen: white space, controls, invisible characters."""
    if text[:1].isascii() and text[:1].isalnum():
        return False
    return all(map(is_unseen, text))


def is_unseen(character: str) -> bool:
    """Whether a character leaves no mark on a screen; spaces are among them."""
    return character in _INVISIBLE or unicodedata.category(character) in _UNSEEN


def looped(text: str) -> str | None:
    """The piece that a text repeats like a model that no longer finds an end, or None.

    Three signs: a piece of up to 60 words four or more times in a row; one sentence at least
    four times and in a third of the text; in writing without spaces, a piece of 2 to 60
    characters five or more times in a row over at least 40 characters.
    """
    words = text.split()
    return _run_of_words(words) or _same_sentence(text) or _run_of_characters(words)


def leaked(text: str) -> str | None:
    """The first chat-template token or speaker's name that has no place in an answer, or None."""
    if "<" in text and (found := _TOKEN.search(text)):
        return found.group()
    if "[" in text or "<" in text or "###" in text:
        for marker in _MARKERS:
            if marker in text:
                return marker
    # <s> and </s> are also HTML: only a lonely closing one is a model's end of text
    if "</s>" in text and "<s>" not in text:
        return "</s>"
    if ":" not in text or not any(
        name in text for name in _SPEAKERS
    ):  # a hundred times as fast as the search
        return None
    found = _ROLE.search(text)
    return found.group().strip() if found else None


def announced(text: str) -> str | None:
    """The words by which an answer announces itself ("Here is the revised response"), or None.

    Such an opening is a model's remark about its task; but a user who asked for a rewriting gets
    a fair answer with the same words, so the gate lets it pass and the checks count it.
    """
    found = _ANNOUNCED.search(text)
    return found.group().strip() if found else None


def degenerate(text: str) -> str | None:
    """What makes a text unfit for training (``loop: ...`` or ``leaked: ...``), or None."""
    if piece := leaked(text):
        return f"leaked: {piece}"
    if piece := looped(text):
        return f"loop: {piece}"
    return None


def _run_of_words(words: list[str]) -> str | None:
    """A piece of words four or more times in a row."""
    if len(words) < _MIN_RUN:
        return None
    # a run of 16 words that repeats holds a four-word group, and so a word, again at least 9
    # times; most texts end here
    if len(words) - len(set(words)) < 9:
        return None
    groups = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    if len(groups) - len(set(groups)) < 9:
        return None
    for period in range(1, min(_LONGEST_PERIOD, len(words) // 4) + 1):
        wanted = max(3 * period, _MIN_RUN - period)
        run = 0
        for i in range(period, len(words)):
            run = run + 1 if words[i] == words[i - period] else 0
            if run >= wanted:
                piece = " ".join(words[i - period + 1 : i + 1])
                if _LETTER.search(piece):
                    return piece
                break
    return None


def _same_sentence(text: str) -> str | None:
    """One sentence at least four times and in a third of the text."""
    if sum(map(text.count, ".!?\n" if text.isascii() else _ENDS)) < 3:
        return None
    sentences = [s for part in _SENTENCE.split(text) if len(s := part.strip()) >= 16]
    if len(sentences) < 4:
        return None
    sentence, times = Counter(sentences).most_common(1)[0]
    if times >= 4 and times * len(sentence) * 3 >= len(text) and _LETTER.search(sentence):
        return sentence
    return None


def _run_of_characters(words: list[str]) -> str | None:
    """A piece of characters five or more times in a row, where no spaces part the words."""
    if max(map(len, words), default=0) < _MIN_CHARACTERS:
        return None
    for unbroken in (word for word in words if len(word) >= _MIN_CHARACTERS):
        # the last part is enough: what loops goes on to the end
        for unit in _UNIT.finditer(unbroken[-2000:]):
            if len(unit.group()) >= _MIN_CHARACTERS and _LETTER.search(unit.group(1)):
                return unit.group(1)
    return None
