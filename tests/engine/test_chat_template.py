"""Chat templates as people's files carry them, on a vocabulary without a model."""

from __future__ import annotations

from typing import cast

import pytest

from engine.errors import BadRequest, ModelFileError
from engine.llama.host.binding import Model
from engine.llama.host.template import ChatTemplate
from store.records import Message

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
OPENS = TURNS + "{{ '<|im_start|>assistant\\n<think>\\n' }}"
"""The template opens the passage itself, as those of DeepSeek's distills."""
SWITCHED = (
    TURNS + "<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}"
    "<think>\n\n</think>\n\n{% endif %}"
)
"""As Qwen3's."""
HARMONY = (
    "Reasoning: {{ reasoning_effort | default('medium') }}"
    "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endfor %}"
    "{# <|channel|> #}<|start|>assistant"
)
ASKED = (Message("user", "Why <think>?"),)


class Vocabulary:
    """What a template asks of a model; a token is a character."""

    def __init__(self, template: str | None) -> None:
        self.chat_template = template

    def control_texts(self) -> list[str]:
        return ["<|im_start|>", "<|im_end|>", "<think>"]

    def special(self, which: str) -> str:
        return f"<{which}>"

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        return [ord(character) for character in text]


def template(source: str | None, *, think: bool | None = None) -> ChatTemplate:
    return ChatTemplate(cast("Model", Vocabulary(source)), think=think)


def rendered(source: str, prefill: str = "", *, think: bool | None = None) -> str:
    made = template(source, think=think)
    text, tokens = made.prompt(ASKED, prefill, answers_at_once=bool(prefill))
    assert "".join(map(chr, tokens)) == text
    return text


@pytest.mark.parametrize(
    ("source", "thinks"), [(OPENS, True), (SWITCHED, True), (HARMONY, True), (TURNS, False)]
)
def test_whether_a_model_may_think_is_told_by_its_template(source: str, *, thinks: bool) -> None:
    assert template(source).thinks is thinks


@pytest.mark.parametrize(
    ("source", "end"),
    [
        (OPENS, "<think>\n\n</think>\n\nIt is"),
        (SWITCHED, "<think>\n\n</think>\n\nIt is"),
        (HARMONY, "<|start|>assistant<|channel|>final<|message|>It is"),
        (TURNS, "<|im_end|>\nIt is"),
    ],
)
def test_a_prefill_goes_behind_the_closed_passage(source: str, end: str) -> None:
    assert rendered(source, "It is").endswith(end)


@pytest.mark.parametrize(
    ("source", "think", "end"),
    [
        (OPENS, None, "assistant\n<think>\n"),
        (OPENS, True, "assistant\n<think>\n"),
        (OPENS, False, "assistant\n<think>\n\n</think>\n\n"),
        (SWITCHED, None, "<|im_start|>assistant\n"),
        (SWITCHED, True, "<|im_start|>assistant\n"),
        (SWITCHED, False, "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
    ],
)
def test_the_switch(source: str, think: bool | None, end: str) -> None:
    assert rendered(source, think=think).endswith(end)


@pytest.mark.parametrize(("think", "effort"), [(None, "medium"), (True, "medium"), (False, "low")])
def test_the_switch_of_harmony(think: bool | None, effort: str) -> None:
    assert rendered(HARMONY, think=think).startswith(f"Reasoning: {effort}")


def test_tools_are_absent_where_a_template_asks_for_them() -> None:
    source = TURNS + "{% if tools is defined %}{% for t in tools %}{{ t }}{% endfor %}{% endif %}"
    assert rendered(source).endswith("<|im_end|>\n")


def test_names_that_templates_expect() -> None:
    source = "{{ bos_token }}{{ strftime_now('%Y') | length }}{{ {'a': '<ä>'} | tojson }}"
    assert rendered(source) == '<bos>4{"a": "<ä>"}'
    loops = "{% for m in messages %}{% generation %}{{ m.role }}{% endgeneration %}{% break %}x"
    assert rendered(loops + "{% endfor %}") == "user"


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('no') }}",
        "{{ 1 // 0 }}",
        "{{ messages + 3 }}",
        "{{ messages[9]['role'].x }}",
        "{{ ''.__class__.__mro__ }}",
    ],
)
def test_whatever_a_template_raises_is_one_line(source: str) -> None:
    with pytest.raises(BadRequest) as caught:
        rendered(source)
    assert str(caught.value).startswith("the model's chat template refuses this: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [None, "", "{% for m in %}"])
def test_a_file_without_a_template_that_can_be_read(source: str | None) -> None:
    with pytest.raises(ModelFileError):
        template(source)
