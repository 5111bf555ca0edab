"""Renders a conversation with the chat template the GGUF carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from engine.errors import BadRequest, ModelFileError
from engine.llama.host.binding import Model
from engine.llama.host.rendering import TemplateFault, renderer
from store import reasoning
from store.records import Message

_MARK = "\ufdd0"
"""A code point that no text may hold (Unicode 23.7): stands for a control text while rendering."""
_HIDDEN = re.compile(f"{_MARK}([0-9]{{1,9}}){_MARK}")
_EFFORTS = {True: ("medium", "high"), False: ("none", "no_think", "minimal", "low")}
"""Words for how much to think, the best first: a template takes those it names itself."""
_PROBE = "Answer in plain words."


class ChatTemplate:
    """A model's own way of writing a conversation down.

    The template comes with the file and is data, not trust: it runs in jinja2's sandbox, in a
    process whose time and memory are limited. Messages are no trust either: a control text such as
    ``<|im_end|>`` inside one is read as plain characters, so that no prompt can end its own turn
    and begin another.

    Args:
        model: whose template it is.
        think: whether the model is to think first; None leaves it to the template.

    Raises:
        ModelFileError: there is no template, or it cannot render a single question.
    """

    def __init__(self, model: Model, *, think: bool | None = None) -> None:
        if not model.chat_template:
            raise ModelFileError(
                "it carries no chat template: use an instruction-tuned model (its name "
                "usually says instruct, chat or it)"
            )
        self._model = model
        self._source = model.chat_template
        self._think = think
        texts = sorted(model.control_texts(), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        self.thinks = reasoning.mentioned(self._source)
        """Whether the model may think before it answers."""
        question = Message("user", "Why?")
        try:
            self._once([question], self._switches(think))
        except TemplateFault as fault:
            what = "cannot be read" if fault.unreadable else "refuses even one question"
            raise ModelFileError(f"its chat template {what}: {fault}") from fault
        self.system_turns = self._shows_system(question)
        """Whether it has system turns; their text opens the first user turn where it has none."""

    def prompt(
        self,
        messages: Sequence[Message],
        prefill: str,
        *,
        answers_at_once: bool,
        thought: str = "",
    ) -> tuple[str, list[int]]:
        """The exact text the model is given, ready for the assistant's turn, and its tokens.

        It begins with the token that begins texts where the vocabulary wants one, once.

        Args:
            messages: the conversation.
            prefill: what the answer begins with.
            answers_at_once: the model is not to think: its answer has begun, or is weighed.
            thought: what it has thought before that answer, without marks.

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
        think = bool(thought) if answers_at_once else self._think
        marked = self._render(hidden, self._switches(think))
        if thought:
            marked += reasoning.entered(marked, self._source)
            marked += self._control.sub(hide, thought) + reasoning.closed(marked)
        elif answers_at_once or (think is False and reasoning.opened(marked)):
            marked += reasoning.closed(marked)
        marked += self._control.sub(hide, prefill)
        tokens: list[int] = []
        parts: list[str] = []
        for place, part in enumerate(_HIDDEN.split(marked)):
            # every second part is the number of a control text that stood in a message; a template
            # may have cut a mark in two, or made one
            hidden_text = place % 2 == 1
            known = controls[int(part)] if hidden_text and int(part) < len(controls) else ""
            parts.append(known if hidden_text else part.replace(_MARK, ""))
            tokens += self._spelt(known) if known else self._model.tokenise(parts[-1], special=True)
        return self._begun("".join(parts), tokens)

    def _spelt(self, control: str) -> list[int]:
        """Tokens of a control text that is read as plain characters."""
        tokens = self._model.tokenise(control, special=False)
        if len(tokens) > 1:
            return tokens
        # a token of a user's own, which llama.cpp finds in plain text too
        halves = (self._model.tokenise(half, special=False) for half in (control[:1], control[1:]))
        return [token for half in halves for token in half]

    def _begun(self, text: str, tokens: list[int]) -> tuple[str, list[int]]:
        bos, written = self._model.bos, self._model.special("bos")
        if bos is None:
            return text, tokens
        if tokens[:1] != [bos]:
            return written + text, [bos, *tokens]
        while tokens[1:2] == [bos]:
            text, tokens = text.removeprefix(written), tokens[1:]
        return text, tokens

    def _switches(self, think: bool | None) -> dict[str, Any]:
        """The names under which templates ask whether the model is to think."""
        if think is None or not self.thinks:
            return {}
        named = (word for word in _EFFORTS[think] if re.search(f"['\"]{word}['\"]", self._source))
        return {
            **({} if think else {"thinking_budget": 0}),
            "enable_thinking": think,
            "thinking": think,
            "thinking_mode": self._mode(think),
            "reasoning_effort": next(named, "medium" if think else "low"),
        }

    def _mode(self, think: bool) -> str:
        """As DeepSeek's templates call it, or as MiniMax's."""
        if "disabled" in self._source:
            return "enabled" if think else "disabled"
        return "thinking" if think else "chat"

    def _shows_system(self, question: Message) -> bool:
        try:
            return _PROBE in self._once([Message("system", _PROBE), question], {})
        except TemplateFault:
            return False

    def _render(self, messages: Sequence[Message], switches: dict[str, Any]) -> str:
        """The first form of a conversation of which the template takes every turn.

        Else the first that it takes at all; where it takes none the first refusal counts.
        """
        refusal: TemplateFault | None = None
        taken: list[str] = []
        for form in self._forms(messages):
            try:
                taken.append(self._once(form, switches))
            except TemplateFault as fault:
                refusal = refusal or fault
                continue
            if all(told.content.strip() in taken[-1] for told in form if told.role != "assistant"):
                return taken[-1]
        if taken:
            return taken[0]
        raise BadRequest(f"the model's chat template refuses this: {refusal}") from refusal

    def _forms(self, messages: Sequence[Message]) -> Iterator[list[Message]]:
        """As it is; for templates of strict turns with neighbours of one role as one turn.

        And with the text of system turns at the beginning of the user's turn that follows: of
        those in mid-conversation, then of all.
        """
        said = list(messages)
        forms = [said, _strict(said), _strict(_folded(said, 1))] if self.system_turns else []
        forms.append(_strict(_folded(said, 0)))
        yield from (form for place, form in enumerate(forms) if form not in forms[:place])

    def _once(self, messages: Sequence[Message], switches: dict[str, Any]) -> str:
        return renderer().render(
            self._source,
            {
                "messages": [
                    {"role": message.role, "content": message.content} for message in messages
                ],
                "add_generation_prompt": True,
                "eos_token": self._model.special("eos"),
                "bos_token": self._model.special("bos"),
                # what firefunction's template takes for granted
                "functions": "",
                "datetime": datetime.now(UTC).strftime("%b %d %Y %H:%M:%S GMT"),
                **switches,
            },
        )


def _folded(said: Sequence[Message], first: int) -> list[Message]:
    """System turns from this place on as turns of the user."""
    return [
        Message("user", each.content) if each.role == "system" and place >= first else each
        for place, each in enumerate(said)
    ]


def _strict(said: Sequence[Message]) -> list[Message]:
    """Neighbours of one role as one turn."""
    return [
        Message(role, "\n\n".join(each.content for each in turns))
        for role, turns in groupby(said, key=lambda message: message.role)
    ]
