"""Content-hash ids: the same content has the same id in every file, so that files merge."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterable
from typing import Any, Final

from store.records import Message

AI: Final = "ai:"
"""The mark before the names of models, so that no person is taken for one."""

SOURCE: Final = "source:"
"""The mark before the names of files that brought a preference of their own."""

# json.dumps makes an encoder each time, which costs as much as spelling a small value
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    """The one JSON spelling of a value: sorted keys, no spaces, UTF-8, lone surrogates kept."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def json_text(value: Any) -> str:
    """The canonical JSON as SQLite stores it; half a surrogate pair makes SQLite refuse it."""
    return canonical(value).decode("utf-8", "surrogatepass")


def digest(kind: str, value: Any) -> str:
    """SHA-256 over kind and canonical value, in hex.

    Args:
        kind: what is hashed (``pair``, ``event`` ...), so that two kinds never share an id.
        value: anything JSON can say.
    """
    return hashlib.sha256(kind.encode() + b"\0" + canonical(value)).hexdigest()


def seal(value: Any) -> int:
    """A checksum of a row that no id covers whole, so that a changed bit in it is found."""
    return zlib.crc32(canonical(value)) - 2**31


def name(text: str) -> str:
    """An annotator's or label's name in the one form that compares equal (NFC, trimmed)."""
    return unicodedata.normalize("NFC", text).strip()


def is_ai(annotator: str) -> bool:
    """Whether an annotator is a model: its labels carry a name that begins with :data:`AI`."""
    return annotator.startswith(AI)


def is_person(annotator: str) -> bool:
    """Whether an annotator is neither a model nor a file with a preference of its own."""
    return not annotator.startswith((AI, SOURCE))


def prompt_id(messages: Iterable[Message]) -> str:
    """Id of a prompt: its messages, to the letter."""
    return digest("prompt", [[m.role, m.content] for m in messages])


def pair_id(prompt: str, a: str, b: str, external_id: str | None) -> str:
    """Id of a pair: prompt id, both texts in order, and the imported id where there is one."""
    return digest("pair", [prompt, a, b, external_id])


def draw(seed: str, *parts: str, sides: int = 2) -> int:
    """A fair draw from 0 to ``sides`` - 1 that the same seed and parts always repeat."""
    return int(digest("draw", [seed, *parts])[:16], 16) % sides
