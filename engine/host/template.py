"""Renders a conversation with the chat template the GGUF carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jinja2
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from engine.errors import BadRequest, ModelFileError
from engine.host.library import Model
from store.records import Message


class ChatTemplate:
    """A model's own way of writing a conversation down.

    The template comes with the file and is data, not trust: it runs in jinja2's sandbox.
    """

    def __init__(self, model: Model) -> None:
        if not model.chat_template:
            raise ModelFileError(
                "it carries no chat template: use an instruction-tuned model (its name "
                "usually says instruct, chat or it)"
            )
        try:
            self._formatter = Jinja2ChatFormatter(
                model.chat_template, model.special("eos"), model.special("bos")
            )
        except jinja2.TemplateError as error:
            raise ModelFileError(f"its chat template cannot be read: {error}") from error

    def render(self, messages: Sequence[Message], prefill: str) -> str:
        """The exact text the model is given, ready for the assistant's turn.

        Raises:
            BadRequest: the template refuses such a conversation.
        """
        try:
            return self._apply(messages) + prefill
        except (jinja2.TemplateError, ValueError) as error:
            if messages and messages[0].role == "system" and len(messages) > 1:
                return self.render(_without_system(messages), prefill)
            raise BadRequest(f"the model's chat template refuses this: {error}") from error

    def _apply(self, messages: Sequence[Message]) -> str:
        rows: list[Any] = [
            {"role": message.role, "content": message.content} for message in messages
        ]
        return str(self._formatter(messages=rows).prompt)


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """For templates that know no system turn: its text opens the first user turn instead."""
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *rest]
