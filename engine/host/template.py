"""Renders a conversation with the chat template the GGUF carries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import jinja2
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from engine.errors import BadRequest, ModelFileError
from engine.host.library import Model
from store.records import Message

_MARK = "\ufdd0"
"""A code point that no text may hold (Unicode 23.7): stands for a control text while rendering."""


class ChatTemplate:
    """A model's own way of writing a conversation down.

    The template comes with the file and is data, not trust: it runs in jinja2's sandbox. Messages
    are no trust either: a control text such as ``<|im_end|>`` inside one is read as plain
    characters, so that no prompt can end its own turn and begin another.
    """

    def __init__(self, model: Model) -> None:
        if not model.chat_template:
            raise ModelFileError(
                "it carries no chat template: use an instruction-tuned model (its name "
                "usually says instruct, chat or it)"
            )
        self._model = model
        texts = sorted(model.control_texts(), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        try:
            self._formatter = Jinja2ChatFormatter(
                model.chat_template, model.special("eos"), model.special("bos")
            )
        except jinja2.TemplateError as error:
            raise ModelFileError(f"its chat template cannot be read: {error}") from error

    def prompt(self, messages: Sequence[Message], prefill: str) -> tuple[str, list[int]]:
        """The exact text the model is given, ready for the assistant's turn, and its tokens.

        Raises:
            BadRequest: the template refuses such a conversation.
        """
        controls: list[str] = []

        def hide(found: re.Match[str]) -> str:
            controls.append(found.group())
            return f"{_MARK}{len(controls) - 1}{_MARK}"

        hidden = [
            Message(message.role, self._control.sub(hide, message.content.replace(_MARK, "\ufffd")))
            for message in messages
        ]
        marked = self._render(hidden) + self._control.sub(hide, prefill)
        parts = marked.split(_MARK)
        # every second part is the number of a control text that stood in a message
        parts[1::2] = [controls[int(number)] for number in parts[1::2]]
        tokens: list[int] = []
        for place, part in enumerate(parts):
            tokens += self._model.tokenise(part, special=place % 2 == 0)
        return "".join(parts), tokens

    def _render(self, messages: Sequence[Message]) -> str:
        rows: list[Any] = [
            {"role": message.role, "content": message.content} for message in messages
        ]
        try:
            return str(self._formatter(messages=rows).prompt)
        except (jinja2.TemplateError, ValueError) as error:
            if messages and messages[0].role == "system" and len(messages) > 1:
                return self._render(_without_system(messages))
            raise BadRequest(f"the model's chat template refuses this: {error}") from error


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """For templates that know no system turn: its text opens the first user turn instead."""
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *rest]
