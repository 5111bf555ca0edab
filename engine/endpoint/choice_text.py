"""One answer of a request as it comes: its text, its thinking, its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.endpoint.refusals import cut
from engine.errors import EndpointError
from store.reasoning import Splitter

_REASONS = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
}
"""The finish reasons of OpenAI, llama.cpp, vLLM, TGI, Mistral and of translating proxies."""


@dataclass(slots=True)
class ChoiceText:
    """One choice as far as it has come."""

    prefill: str
    stop: tuple[str, ...]
    text: str = ""
    finish_reason: str | None = None
    chunks: int = 0
    """Pieces that carried text, of thinking too; most servers send one a token."""
    retold: bool = False
    """All of ``text`` is to be told anew: what had been told of it was thinking."""
    _held: str | None = ""
    _half: str = ""
    """The first half of a character (of a surrogate pair), whose other half is to come."""
    _splitter: Splitter = field(default_factory=Splitter)
    _thought: list[str] = field(default_factory=list)

    @property
    def reasoning(self) -> str:
        """What the model thought, whether the server told it apart or in the text."""
        told = _mended("".join(self._thought)).strip()
        return "\n".join(filter(None, (told, self._splitter.reasoning)))

    def think(self, text: str) -> None:
        """Take a piece of what the server calls reasoning."""
        self.chunks += bool(text)
        self._thought.append(text)

    def add(self, text: str) -> str:
        """Take the next piece of the text; returns what is new of the answer.

        Some servers repeat the prefill at the start of the answer, which is held back until it
        is clear whether this one does.
        """
        self.chunks += bool(text)
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        text = _mended(text)
        if self._held is not None:
            self._held += text
            if self.prefill.startswith(self._held) and self._held != self.prefill:
                return ""
            text, self._held = self._held.removeprefix(self.prefill), None
        return self._take(self._splitter.push(text))

    def _take(self, answer: str) -> str:
        if self._splitter.retracted:
            # a closing mark alone: all that seemed to be the answer was thinking
            self._splitter.retracted, self.retold = False, bool(self.text)
            self.text = answer = self._splitter.answer
        else:
            self.text += answer
        return answer

    def end(self, reason: str, server: str) -> str:
        """Take the finish reason; returns what had been held back.

        Raises:
            EndpointError: the server ended the answer for a reason of its own.
        """
        known = _REASONS.get(reason.lower())
        if known is None:
            raise EndpointError(
                f"the server at {server} ended the answer with {cut(reason)!r}: nothing was kept"
            )
        self.finish_reason = known
        held, self._held = (self._held or "") + _mended(self._half), None
        rest = self._take(self._splitter.push(held))
        rest += self._take(self._splitter.finish(cut=self.finish_reason == "length"))
        for stop in self.stop:  # a server that does not know the key writes on
            self.text = self.text.partition(stop)[0]
        return rest


def _mended(text: str) -> str:
    """Two halves of a character (surrogates) made one; a half alone becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
