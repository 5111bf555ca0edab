"""llama.cpp's own collection of chat templates: ours renders each as transformers would."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from store import reasoning
from store.records import Message
from tests.engine.template_table import COLLECTION, HEAD, rows, sources
from tests.engine.vocabulary import template

pytestmark = pytest.mark.skipif(
    not COLLECTION.is_dir(), reason="llama.cpp was not built from source here"
)
ASK, TELL, ASK_AGAIN = (
    Message("user", "Hi"),
    Message("assistant", "Hello."),
    Message("user", "Why?"),
)
BRIEF = Message("system", "Be brief.")
CONVERSATIONS = {
    "one message": [ASK],
    "system and user": [BRIEF, ASK],
    "several turns": [ASK, TELL, ASK_AGAIN],
    "few-shot": [BRIEF, ASK, TELL, Message("user", "2?"), Message("assistant", "Two."), ASK_AGAIN],
}
NAMES = {"fireworks-ai-llama-3-firefunction-v2": {"functions": ""}}
"""What a caller of transformers has to give beside the conversation."""


def refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def tojson(value: Any, indent: int | None = None, **_other: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def oracle(source: str, messages: list[Message], names: dict[str, Any]) -> str:
    """As ``transformers.utils.chat_template_utils`` sets jinja up, without what we never give."""
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals |= {
        "raise_exception": refuse,
        "strftime_now": lambda form: datetime.now().astimezone().strftime(form),
    }
    # marks the model's words for training, as a block that changes nothing
    source = re.sub(r"({%-?\s*)generation\b", r"\1if true", source)
    source = re.sub(r"({%-?\s*)endgeneration\b", r"\1endif", source)
    return env.from_string(source).render(
        messages=[message._asdict() for message in messages],
        add_generation_prompt=True,
        bos_token="<bos>",
        eos_token="<eos>",
        **names,
    )


@pytest.mark.parametrize("name", sources())
def test_a_template_renders_as_through_transformers(name: str) -> None:
    source = sources()[name]
    made = template(source)
    names: dict[str, Any] = NAMES.get(name, {})
    if names:
        names = {**names, "datetime": "TODAY"}
    for messages in CONVERSATIONS.values():
        ours, _ = made.prompt(messages, "", answers_at_once=False)
        said = messages
        if not made.system_turns and messages[0] == BRIEF:
            said = [Message("user", "Be brief.\n\nHi"), *messages[2:]]
        theirs = oracle(source, said, names)
        if names:
            before, _, after = theirs.partition("TODAY")
            assert ours.startswith(before)
            assert ours.endswith(after)
        else:
            assert ours == theirs


@pytest.mark.parametrize("name", sources())
def test_an_answer_that_has_begun_is_never_inside_the_thinking(name: str) -> None:
    for think in (None, True, False):
        made = template(sources()[name], think=think)
        text, _ = made.prompt([BRIEF, ASK], "It is", answers_at_once=True)
        assert text.endswith("It is")
        assert reasoning.opened(text.removesuffix("It is")) is None
        assert reasoning.opened(text) is None


def test_what_the_docs_say_of_each_template() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    assert "\n".join([HEAD, *rows()]) in docs


def test_fourteen_of_seventy_open_the_thinking_themselves() -> None:
    opened = [row for row in rows() if "| opened by the template |" in row]
    assert (len(opened), len(sources())) == (14, 70)
