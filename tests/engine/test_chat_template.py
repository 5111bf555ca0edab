"""Chat templates as people's files carry them, on a vocabulary without a model."""

from __future__ import annotations

import pytest

from engine.errors import BadRequest, ModelFileError
from engine.llama.host.rendering import Renderer, TemplateFault
from store.records import Message
from tests.engine.vocabulary import template

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
THOUGHT_IN_HARMONY = (
    "<|start|>assistant<|channel|>analysis<|message|>So <|im_end|> B."
    "<|end|><|start|>assistant<|channel|>final<|message|>It is"
)
ASKED = (Message("user", "Why <think>?"),)


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
    ("source", "end"),
    [
        (OPENS, "assistant\n<think>\nSo <|im_end|> B.\n</think>\n\nIt is"),
        (SWITCHED, "<|im_start|>assistant\n<think>\nSo <|im_end|> B.\n</think>\n\nIt is"),
        (HARMONY, THOUGHT_IN_HARMONY),
    ],
)
def test_a_thought_stands_in_a_closed_passage_before_the_answer(source: str, end: str) -> None:
    text, _tokens = template(source).prompt(
        ASKED, "It is", answers_at_once=True, thought="So <|im_end|> B."
    )
    assert text.endswith(end)


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
    ("source", "text"),
    [
        ("{{ '\ufdd0' }}x{{ messages[0].content }}", "x<|im_end|>a"),
        ("\ufdd0999\ufdd0x", "x"),
        ("{{ messages[0].content | reverse }}", "a<|im_end|>"),
        ("{{ messages[0].content[:1] }}x{{ messages[0].content[-1:] }}", "xa"),
    ],
)
def test_what_stands_for_a_control_text_is_no_way_into_the_host(source: str, text: str) -> None:
    asked = [Message("user", "<|im_end|>a")]
    assert template(source).prompt(asked, "", answers_at_once=False)[0] == text


FAULTS = {
    "{{ raise_exception('no, never') }}": "no, never",
    "{{ 1 // 0 }}": "division",
    "{{ messages + 3 }}": "list",
    "{{ messages[9]['role'].x }}": "no element 9",
    "{{ ''.__class__.__mro__ }}": "unsafe",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}": "calls itself",
    "{{ 'a' * 3000000000 }}": "memory",
    "{% set ns = namespace(x='a' * 1000) %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}"
    "{% endfor %}": "memory",
    "{{ '%3000000000d' % 1 }}": "memory",
}


@pytest.mark.parametrize("source", FAULTS)
def test_whatever_a_template_raises_is_one_true_line(source: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        rendered(source)
    assert str(caught.value).startswith("its chat template refuses even one question: ")
    assert FAULTS[source] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_template_that_does_not_end_is_stopped_and_the_next_one_renders() -> None:
    loop = "{% for i in range(99999) %}" * 4 + "{% endfor %}" * 4
    made = Renderer(seconds=1)
    try:
        with pytest.raises(TemplateFault, match="it was stopped after 1 s"):
            made.render(loop, {})
        assert made.render("{{ a }}", {"a": "b"}) == "b"
    finally:
        made.stop()


def test_a_conversation_that_a_template_refuses() -> None:
    made = template("{% if messages | length > 2 %}{{ raise_exception('too many') }}{% endif %}")
    turns = [Message("user", "a"), Message("assistant", "b"), Message("user", "c")]
    with pytest.raises(BadRequest) as caught:
        made.prompt(turns, "", answers_at_once=False)
    assert str(caught.value) == "the model's chat template refuses this: too many"


STRICT = (
    "{% for m in messages %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}"
    "{% endif %}{{ m.role }}:{{ m.content }};{% endfor %}"
)


def test_strict_turns_and_a_system_role_that_is_refused() -> None:
    turns = [Message("system", "s"), Message("user", "a"), Message("user", "b")]
    made = template(STRICT)
    assert not made.system_turns
    assert made.prompt(turns, "", answers_at_once=False)[0] == "user:s\n\na\n\nb;"


def test_a_system_text_that_a_template_would_drop() -> None:
    source = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
    turns = [Message("system", "s"), Message("user", "a")]
    assert template(source).prompt(turns, "", answers_at_once=False)[0] == "s\n\na"


FIRST_ONLY = (
    "{% if messages[0].role == 'system' %}S:{{ messages[0].content }};{% endif %}"
    "{% for m in messages if m.role != 'system' %}{{ m.role }}:{{ m.content }};{% endfor %}"
)
"""Loses every system turn but the first without a word, as MiniMax's and Reka's."""
LAST_ONLY = (
    "{% set ns = namespace(s='') %}"
    "{% for m in messages if m.role == 'system' %}{% set ns.s = m.content %}{% endfor %}"
    "{% if ns.s %}S:{{ ns.s }};{% endif %}"
    "{% for m in messages if m.role != 'system' %}{{ m.role }}:{{ m.content }};{% endfor %}"
)
"""As DeepSeek's R1."""
WITH_USER = (
    "{% for m in messages %}{% if m.role == 'user' %}{% if messages[0].role == 'system' %}"
    "{{ messages[0].content }}+{% endif %}{{ m.content }};{% endif %}{% endfor %}"
)
"""Writes a system turn only beside one of the user, as Mistral's."""
REFUSING = (
    "{% for m in messages %}{% if m.role == 'system' and not loop.first %}"
    "{{ raise_exception('at the beginning') }}{% endif %}{{ m.role }}:{{ m.content }};{% endfor %}"
)
S, T, U, A = (
    Message("system", "Be kind."),
    Message("system", "Be brief."),
    Message("user", "Why?"),
    Message("assistant", "Because."),
)
IN_TURN = "user:Why?;assistant:Because.;user:Be brief."


@pytest.mark.parametrize(
    ("source", "turns", "text"),
    [
        (FIRST_ONLY, [S, T, U], "S:Be kind.\n\nBe brief.;user:Why?;"),
        (FIRST_ONLY, [S, U, A, T, U], f"S:Be kind.;{IN_TURN}\n\nWhy?;"),
        (FIRST_ONLY, [U, A, T], f"{IN_TURN};"),
        (LAST_ONLY, [S, T, U], "S:Be kind.\n\nBe brief.;user:Why?;"),
        (LAST_ONLY, [S, U, A, T, U], f"S:Be kind.;{IN_TURN}\n\nWhy?;"),
        (WITH_USER, [S], "Be kind.;"),
        (REFUSING, [S, U, A, T, U], f"system:Be kind.;{IN_TURN}\n\nWhy?;"),
        (REFUSING, [S, U, A, U], "system:Be kind.;user:Why?;assistant:Because.;user:Why?;"),
        (STRICT, [S], "user:Be kind.;"),
    ],
)
def test_no_turn_is_lost(source: str, turns: list[Message], text: str) -> None:
    assert template(source).prompt(turns, "", answers_at_once=False)[0] == text


BOS = "^"


@pytest.mark.parametrize("source", ["{{ bos_token }}Hi", "Hi", "{{ bos_token * 2 }}Hi", "^Hi"])
def test_the_token_that_begins_texts_is_there_once(source: str) -> None:
    """As Llama's, Mistral's and Gemma's vocabularies want it, however the template writes it."""
    text, tokens = template(source, bos=ord(BOS)).prompt(ASKED, "", answers_at_once=False)
    assert text == "^Hi"
    assert tokens == [ord(character) for character in "^Hi"]


def test_no_beginning_is_written_where_the_vocabulary_wants_none() -> None:
    """As Qwen's."""
    assert template("Hi").prompt(ASKED, "", answers_at_once=False)[0] == "Hi"


EFFORT = (
    "{{ reasoning_effort }}"
    "{% if reasoning_effort not in [%s] %}{{ raise_exception('?') }}{% endif %}"
)


@pytest.mark.parametrize(
    ("words", "on", "off"),
    [
        ("'low', 'medium', 'high'", "medium", "low"),
        ("'high', 'low', 'no_think'", "high", "no_think"),
        ("'none', 'low', 'high'", "high", "none"),
    ],
)
def test_the_words_for_how_much_to_think_are_the_template_s_own(
    words: str, on: str, off: str
) -> None:
    source = "{% if reasoning_effort is defined %}" + EFFORT.replace("%s", words) + "{% endif %}"
    assert rendered(source, think=True) == on
    assert rendered(source, think=False) == off


@pytest.mark.parametrize("source", [None, "", "{% for m in %}"])
def test_a_file_without_a_template_that_can_be_read(source: str | None) -> None:
    with pytest.raises(ModelFileError):
        template(source)
