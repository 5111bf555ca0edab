"""The answer as far as it has come, and whether a mark in it counts."""

from __future__ import annotations

from typing import Final

from store.reasoning.marks import (
    CHANNEL,
    CHANNEL_TEXTS,
    CLOSES,
    FINAL_END,
    HEADER,
    MESSAGE,
    OPENS,
    TO,
    TURN_END,
    WRAPPERS,
)
from store.reasoning.quoting import (
    AFTER,
    BLOCK,
    QUOTES_END,
    ROLE_AND_CHANNEL,
    Surroundings,
    more,
)

_LONGEST_ADDRESS: Final = 10
"""Pieces in which a header that the prompt has begun may come."""


class AnswerSoFar:
    """What has been let through of a stream.

    Args:
        harmony: harmony's marks count from the beginning.
    """

    def __init__(self, *, harmony: bool) -> None:
        self.harmony = harmony
        """Harmony's marks count."""
        self.first_mark: str | None = None
        """The mark that first opened or closed a passage."""
        self.wrapper: str | None = None
        """What will end the wrapper that the answer stands in."""
        self._parts: list[str] = []
        self._surroundings = Surroundings()

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._parts)

    @property
    def pieces(self) -> int:
        """In how many pieces it came."""
        return len(self._parts)

    def since(self, piece: int) -> str:
        """What came behind so many pieces."""
        return "".join(self._parts[piece:])

    @property
    def blank(self) -> bool:
        """Nothing but white space has come."""
        return self._surroundings.blank

    def is_talk(self, after: str, *, opening: bool) -> bool:
        """Whether words of one sentence stand on both sides of a mark."""
        return self._surroundings.is_talk(after, opening=opening)

    def talk(self, written: str, mark: str) -> None:
        """Add a mark that does not count."""
        self._surroundings.examples += (mark in OPENS) - (mark in CLOSES)
        self.let_through(written)

    def counts(self, after: str, mark: str, *, last: bool) -> bool | None:
        """Whether a mark in the answer is one; None where more has to come to tell."""
        if mark in WRAPPERS:
            known = self.first_mark is not None or mark.startswith("<|")
            return known and self._surroundings.blank
        if mark == FINAL_END:
            return self.first_mark is not None
        if mark in WRAPPERS.values():
            return mark == self.wrapper or mark.startswith("<|close|>")
        if self.addressed(mark) or (mark == "<|content|>" and self._surroundings.blank):
            return True
        if (quoted := self._quoted(after, mark, last=last)) is not False:
            return None if quoted is None else False
        if mark in TURN_END or mark in MESSAGE:
            return self.harmony
        if mark == CHANNEL:
            return True
        if mark in HEADER:
            # other models have tokens of these names
            return self.harmony or bool(ROLE_AND_CHANNEL.match(after)) or more(after, last=last)
        if self._surroundings.blank:
            return True
        if len(after) < AFTER and not last:
            return None
        return not (mark in CLOSES and self._surroundings.is_talk(after, opening=False))

    def addressed(self, mark: str) -> bool:
        """Whether a mark ends a header that the prompt has begun: `` to=user<|message|>``."""
        return (
            mark in MESSAGE
            and len(self._parts) < _LONGEST_ADDRESS
            and bool(TO.fullmatch(self.text))
        )

    def _quoted(self, after: str, mark: str, *, last: bool) -> bool | None:
        """Whether a mark stands in code or in quotation marks; None where more has to come."""
        quoted = self._surroundings.quoted()
        if quoted == BLOCK:
            if mark in CHANNEL_TEXTS:
                return not self.harmony
            # a passage that the prompt has begun may end in code that never does
            return mark not in CLOSES or self._surroundings.examples > 0
        if not quoted:
            return False
        stop = after.find("\n")
        ends = QUOTES_END if quoted == QUOTES_END else (quoted,)
        end = len(after) if stop < 0 else stop
        if any(after.find(sign, 0, end) >= 0 for sign in ends):
            return True
        return False if stop >= 0 or last else None

    def let_through(self, text: str) -> None:
        """Add to the answer; white space between a passage and its answer is dropped."""
        if self.first_mark is not None and not self._parts:
            text = text.lstrip()
        if text:
            self._parts.append(text)
            self._surroundings.add(text)

    def take_back(self) -> str:
        """Begin anew; returns what had come."""
        taken = self.text
        self._parts.clear()
        self._surroundings = Surroundings()
        return taken
