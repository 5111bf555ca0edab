"""Whether llama.cpp comes to an end with a vocabulary that is said to be RWKV's.

Its tokeniser takes the longest token a text begins with. Where a token begins so and none of them
fits, it takes nothing, again and again, and more memory each time: within the load already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ESCAPED: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS: Final = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def can_be_read(tokens: Iterable[bytes]) -> bool:
    """Whether each byte that a token begins with is a token by itself.

    Args:
        tokens: as the file writes them, with the escapes of a Python literal.
    """
    plain = [_ESCAPED.sub(_unescaped, token) for token in tokens]
    alone = {token for token in plain if len(token) == 1}
    return alone.issuperset(token[:1] for token in plain if token)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    return _LETTERS.get(found[2], found[2])
