"""What a chat template asks of a model, without one: a token is a character."""

from __future__ import annotations

from typing import cast

from engine.llama.host.binding import Model
from engine.llama.host.template import ChatTemplate


class Vocabulary:
    """A made-up vocabulary with a few control texts.

    Args:
        template: the chat template of the file.
        bos: the token that texts begin with, where the vocabulary wants one.
    """

    def __init__(self, template: str | None, bos: int | None = None) -> None:
        self.chat_template = template
        self.bos = bos

    def control_texts(self) -> list[str]:
        """Texts that must not act from inside a message."""
        return ["<|im_start|>", "<|im_end|>", "<think>"]

    def special(self, which: str) -> str:
        """``<bos>`` and ``<eos>``; a single character where texts begin with it."""
        return f"<{which}>" if self.bos is None or which != "bos" else chr(self.bos)

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        """The numbers of the characters."""
        return [ord(character) for character in text]


def template(
    source: str | None, *, think: bool | None = None, bos: int | None = None
) -> ChatTemplate:
    """A chat template on such a vocabulary."""
    return ChatTemplate(cast("Model", Vocabulary(source, bos)), think=think)
