"""Renders a conversation with the chat template the GGUF carries."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import BadRequest, ModelFileError
from engine.llama.host.binding import Model
from store import reasoning
from store.records import Message

_MARK = "\ufdd0"
"""A code point that no text may hold (Unicode 23.7): stands for a control text while rendering."""


class ChatTemplate:
    """A model's own way of writing a conversation down.

    The template comes with the file and is data, not trust: it runs in jinja2's sandbox. Messages
    are no trust either: a control text such as ``<|im_end|>`` inside one is read as plain
    characters, so that no prompt can end its own turn and begin another.

    Args:
        model: whose template it is.
        think: whether the model is to think first; None leaves it to the template.
    """

    def __init__(self, model: Model, *, think: bool | None = None) -> None:
        if not model.chat_template:
            raise ModelFileError(
                "it carries no chat template: use an instruction-tuned model (its name "
                "usually says instruct, chat or it)"
            )
        self._model = model
        self._think = think
        texts = sorted(model.control_texts(), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        self.thinks = reasoning.mentioned(model.chat_template)
        """Whether the model may think before it answers."""
        self._channels = "<|channel|>" in model.chat_template
        try:
            self._template = _environment().from_string(model.chat_template)
        except (jinja2.TemplateError, RecursionError) as error:
            raise ModelFileError(f"its chat template cannot be read: {error}") from error

    def prompt(
        self, messages: Sequence[Message], prefill: str, *, answers_at_once: bool
    ) -> tuple[str, list[int]]:
        """The exact text the model is given, ready for the assistant's turn, and its tokens.

        Args:
            messages: the conversation.
            prefill: what the answer begins with.
            answers_at_once: the model is not to think: its answer has begun, or is weighed.

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
        think = False if answers_at_once else self._think
        marked = self._render(hidden, self._switches(think))
        if answers_at_once or (think is False and reasoning.opened(marked)):
            marked += reasoning.closed(marked)
        marked += self._control.sub(hide, prefill)
        parts = marked.split(_MARK)
        # every second part is the number of a control text that stood in a message
        parts[1::2] = [controls[int(number)] for number in parts[1::2]]
        tokens: list[int] = []
        for place, part in enumerate(parts):
            tokens += self._model.tokenise(part, special=place % 2 == 0)
        return "".join(parts), tokens

    def _switches(self, think: bool | None) -> dict[str, Any]:
        """The names under which templates ask whether the model is to think."""
        if think is None or not self.thinks:
            return {}
        least = "low" if self._channels else "none"
        return {
            "enable_thinking": think,
            "thinking": think,
            "reasoning_effort": "medium" if think else least,
        }

    def _render(self, messages: Sequence[Message], switches: dict[str, Any]) -> str:
        rows: list[Any] = [
            {"role": message.role, "content": message.content} for message in messages
        ]
        try:
            return self._template.render(
                messages=rows,
                add_generation_prompt=True,
                eos_token=self._model.special("eos"),
                bos_token=self._model.special("bos"),
                **switches,
            )
        # a template is a program of somebody else's: it may fail in any way
        except Exception as error:
            if messages and messages[0].role == "system" and len(messages) > 1:
                return self._render(_without_system(messages), switches)
            raise BadRequest(f"the model's chat template refuses this: {_said(error)}") from error


class _Generation(jinja2.ext.Extension):
    """``{% generation %}``, which marks the model's own words for training, changes nothing."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja as transformers sets it up for chat templates, which is what templates expect."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Generation, jinja2.ext.loopcontrols],
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _now
    return environment


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _said(error: Exception) -> str:
    """One line of an error, with its kind where it says nothing."""
    said = " ".join(str(error).split())[:200]
    return said or type(error).__name__


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """For templates that know no system turn: its text opens the first user turn instead."""
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *rest]
