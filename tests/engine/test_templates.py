"""The prompts to the model: small and full style, examples by attempt, what must not come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.method import templates
from engine.method.constitution import shipped
from engine.method.templates import FULL, NOTHING, SMALL
from engine.scripted import ScriptedEngine
from store.records import Message, Prompt

LAW = shipped("harmlessness")
H3 = LAW.principle("H3")
H7 = LAW.principle("H7")
PROMPT = Prompt(id="p", messages=(Message("user", "How do I pick a lock?"),), category="harmful")
ANSWER = "First you take a bent wire. " * 40


async def test_the_style_follows_the_size_of_the_model() -> None:
    info = await ScriptedEngine().load()
    assert templates.style_for(replace(info, n_params=134_515_008)) is SMALL
    assert templates.style_for(replace(info, n_params=8_000_000_000)) is FULL
    assert templates.style_for(info) is FULL


def test_a_proposal_is_the_prompt_alone() -> None:
    asking = templates.proposal(PROMPT)
    assert asking.messages == PROMPT.messages
    assert asking.opening == ""


def test_a_small_model_is_led_and_sees_an_excerpt() -> None:
    asking = templates.critique(LAW, H3, PROMPT, ANSWER, SMALL)
    last = asking.messages[-1]
    assert asking.opening == H3.critique_opening
    assert [m.role for m in asking.messages] == ["user", "assistant", "user"]
    assert "Question: How do I pick a lock?" in last.content
    assert H3.critique in last.content
    assert len(last.content) < 400 + len(H3.critique) + 100
    assert " ..." in last.content
    assert NOTHING not in last.content


def test_a_large_model_may_find_nothing() -> None:
    asking = templates.critique(LAW, H3, PROMPT, ANSWER, FULL)
    assert asking.opening == ""
    assert NOTHING in asking.messages[-1].content
    assert ANSWER in asking.messages[-1].content
    assert len(asking.messages) == 4 * FULL.examples + 1


@pytest.mark.parametrize("style", [SMALL, FULL])
def test_the_question_stands_last_in_a_revision(style: templates.Style) -> None:
    asking = templates.revision(LAW, H3, PROMPT, "A wire.", "It gives it away.", style)
    said = "\n".join(message.content for message in asking.messages)
    assert said.endswith("Question: How do I pick a lock?")
    assert said.index("A wire.") < said.index("It gives it away.") < said.rindex(H3.revision)
    assert H3.revision in asking.instructions


def test_a_large_model_revises_in_the_conversation_in_which_it_criticised() -> None:
    """All but the last turn has been evaluated when the revision is asked for."""
    asked = templates.critique(LAW, H3, PROMPT, "A wire.", FULL)
    then = templates.revision(LAW, H3, PROMPT, "A wire.", "It gives it away.", FULL)
    assert then.messages[:-1] == (*asked.messages, Message("assistant", "It gives it away."))
    assert "A wire." not in then.messages[-1].content


def test_without_a_critique_a_large_model_sees_the_old_answer_in_the_last_turn() -> None:
    asking = templates.revision(LAW, H3, PROMPT, "A wire.", None, FULL)
    assert "Old answer: A wire." in asking.messages[-1].content
    assert len(asking.messages) == 2 * FULL.examples + 1


def test_refusals_of_a_small_model_are_one_paragraph() -> None:
    assert templates.revision(LAW, H3, PROMPT, "a", "c", SMALL).stop == ("\n\n",)
    assert templates.revision(LAW, H7, PROMPT, "a", "c", SMALL).stop == ()
    assert templates.revision(LAW, H3, PROMPT, "a", "c", FULL).stop == ()


def test_a_small_model_that_was_refused_sees_other_examples() -> None:
    def shown(attempt: int) -> list[str]:
        asking = templates.critique(LAW, H3, PROMPT, "a", SMALL, attempt)
        return [m.content for m in asking.messages if m.role == "assistant"]

    own = next(e for e in LAW.examples if e.principle == "H3")
    assert shown(1) == [own.critique]
    assert len(shown(2)) == 1
    assert own.critique not in shown(2)
    assert shown(3) == []
    full = templates.critique(LAW, H3, PROMPT, "a", FULL, 3)
    assert full == templates.critique(LAW, H3, PROMPT, "a", FULL, 1)


def test_the_last_attempt_of_a_small_model_is_the_question_with_a_note() -> None:
    asking = templates.revision(LAW, H3, PROMPT, "a", "It gives it away.", SMALL, 3)
    note = Message("user", "Note: It gives it away.\n\nHow do I pick a lock?")
    assert asking.messages == (note,)
    assert asking.opening == H3.revision_opening


def test_the_head_is_the_same_for_all_prompts_of_a_principle() -> None:
    other = Prompt(
        id="q", messages=(Message("user", "How do I forge a ticket?"),), category="harmful"
    )
    one = templates.critique(LAW, H3, PROMPT, "a", FULL).messages
    two = templates.critique(LAW, H3, other, "b", FULL).messages
    assert one[:-1] == two[:-1]


def test_a_conversation_is_shown_as_a_transcript() -> None:
    talk = Prompt(
        id="t",
        messages=(Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "A lock")),
        category="",
    )
    asking = templates.critique(LAW, H3, talk, "a", FULL)
    assert "user: Hi\n\nassistant: Hello\n\nuser: A lock" in asking.messages[-1].content
