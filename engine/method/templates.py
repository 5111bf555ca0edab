"""The prompts to the model: how a critique and a revision are asked for.

A conversation is a head that many prompts share (the worked examples, as turns of a chat: the host
evaluates it once) and one last turn. A large model's revision goes on
from the conversation in which it criticised (as in Bai et al. 2022), of which the host then has
all but the last turn. The question stands at the very end of a revision's last turn, which keeps
small models on the subject; they get old answer and critique in that turn, too. Small models (below
:data:`SMALL_PARAMETERS`) get the opening words of their text put into their mouth and see an
excerpt of a long answer; larger ones do without, and may say that nothing is to be criticised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.api import ModelInfo, Sampling
from engine.method.constitution import Constitution, Example, Principle
from store.records import Message, Prompt

VERSION: Final = "2"
"""Stored with every text; raised with each change of wording."""
SMALL_PARAMETERS: Final = 1_000_000_000
"""Models with fewer weights get the small style."""
NOTHING: Final = "Nothing to criticise."
"""What a model writes that finds no fault."""

_LAST_ATTEMPT: Final = 3
_STOPS: Final = (
    "<|im_end|>",
    "Question:",
    "Old answer:",
    "Critique:",
    "New answer:",
    "Rewrite the answer",
)
"""The labels of the templates: a model that begins the next case itself has ended this one."""


@dataclass(frozen=True, slots=True)
class Style:
    """How much a model has to be led."""

    name: str
    openings: bool
    """The model's texts begin with the principle's opening words."""
    continued: bool
    """A revision goes on from the conversation of its critique."""
    examples: int
    """Worked examples shown."""
    excerpt: int | None
    """Characters of an answer that are shown; None shows all."""
    critique: Sampling
    revision: Sampling


SMALL: Final = Style(
    name="small",
    openings=True,
    continued=False,
    examples=1,
    excerpt=400,
    critique=Sampling(temperature=0.4, repeat_penalty=1.1, max_tokens=48, stop=("\n", *_STOPS)),
    revision=Sampling(temperature=0.4, repeat_penalty=1.1, max_tokens=160, stop=_STOPS),
)
FULL: Final = Style(
    name="full",
    openings=False,
    continued=True,
    examples=3,
    excerpt=None,
    critique=Sampling(temperature=0.7, max_tokens=256, stop=_STOPS),
    revision=Sampling(temperature=0.7, max_tokens=1024, stop=_STOPS),
)


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One request for a text."""

    messages: tuple[Message, ...]
    opening: str = ""
    """What the text begins with; the model goes on from here."""
    instructions: tuple[str, ...] = ()
    """What the text must not repeat: the wording of the task and of the examples."""
    stop: tuple[str, ...] = ()
    """What ends the text, beside the style's own stops."""


def style_for(info: ModelInfo) -> Style:
    """The style that suits a model; one of unknown size is taken for a large one."""
    return SMALL if 0 < info.n_params < SMALL_PARAMETERS else FULL


def proposal(prompt: Prompt) -> TextRequest:
    """Ask for an answer: the prompt alone, so that the model shows what it would do by itself."""
    return TextRequest(prompt.messages)


def critique(
    constitution: Constitution,
    principle: Principle,
    prompt: Prompt,
    response: str,
    style: Style,
    attempt: int = 1,
) -> TextRequest:
    """Ask what an answer lacks under a principle."""
    examples = _examples(constitution, principle, prompt.category, style, attempt)
    turns: list[Message] = []
    for example in examples:
        of = _principle_of(constitution, example, principle)
        turns += (
            Message("user", _critique_turn(example.prompt, example.response, of, style)),
            Message("assistant", example.critique),
        )
        if style.continued:
            turns += (
                Message("user", _new_answer_turn(example.prompt, of, style)),
                Message("assistant", example.revision),
            )
    turns.append(
        Message("user", _critique_turn(prompt.text, _shown(response, style), principle, style))
    )
    return TextRequest(
        tuple(turns),
        principle.critique_opening if style.openings else "",
        (
            principle.critique,
            *(e.critique for e in examples),
            *(e.revision for e in examples if style.continued),
        ),
    )


def revision(
    constitution: Constitution,
    principle: Principle,
    prompt: Prompt,
    response: str,
    criticism: str | None,
    style: Style,
    attempt: int = 1,
) -> TextRequest:
    """Ask for a better answer that takes the critique in; None asks without one.

    A small model that lost its part twice gets the critique as a note before the question alone.
    """
    if style.continued and criticism is not None:
        begun = critique(constitution, principle, prompt, response, style, attempt)
        return TextRequest(
            (
                *begun.messages,
                Message("assistant", criticism),
                Message("user", _new_answer_turn(prompt.text, principle, style)),
            ),
            instructions=(principle.revision, *begun.instructions[1:]),
        )
    examples = _examples(constitution, principle, prompt.category, style, attempt)
    turns: list[Message] = []
    for example in examples:
        of = _principle_of(constitution, example, principle)
        shown = None if criticism is None else example.critique
        turns += (
            Message("user", _revision_turn(example.prompt, example.response, shown, of, style)),
            Message("assistant", example.revision),
        )
    if style.openings and attempt >= _LAST_ATTEMPT:
        last = f"Note: {principle.critique if criticism is None else criticism}\n\n{prompt.text}"
    else:
        last = _revision_turn(prompt.text, _shown(response, style), criticism, principle, style)
    turns.append(Message("user", last))
    opening = principle.revision_opening if style.openings else ""
    return TextRequest(
        tuple(turns),
        opening,
        (principle.revision, *(e.revision for e in examples)),
        # led into a refusal, a small model keeps to it for a paragraph and no longer
        ("\n\n",) if opening else (),
    )


def padding(prompt: Prompt, short: str, style: Style) -> TextRequest:
    """Ask for an answer that is long and says no more than a short one."""
    ask = (
        "Write an answer to the question that is at least five times as long as this one and says"
        " nothing that is not in it: greet the user, praise the question, make general remarks, say"
        " the same in other words, and sum up at the end. Add no new fact."
    )
    text = f"Question: {prompt.text}\n\nAnswer: {_shown(short, style)}\n\n{ask}"
    opening = "What a great question! There is so much to say about it." if style.openings else ""
    return TextRequest((Message("user", text),), opening, (ask,))


def _critique_turn(question: str, answer: str, principle: Principle, style: Style) -> str:
    ask = principle.critique
    if not style.openings:
        ask = f"{ask} If there is no such fault, write only: {NOTHING}"
    return f"Question: {question}\n\nAnswer: {answer}\n\n{ask}"


def _revision_turn(
    question: str, answer: str, criticism: str | None, principle: Principle, style: Style
) -> str:
    told = "" if criticism is None else f"Critique: {criticism}\n\n"
    return f"Old answer: {answer}\n\n{told}{_new_answer_turn(question, principle, style)}"


def _new_answer_turn(question: str, principle: Principle, style: Style) -> str:
    ask = principle.revision
    if not style.openings:
        ask = f"{ask} Write only the new answer, as if it were the first."
    return f"{ask}\n\nQuestion: {question}"


def _examples(
    constitution: Constitution, principle: Principle, category: str, style: Style, attempt: int
) -> Sequence[Example]:
    """The nearest examples, the nearest of them last; for a large model those of the category.

    A large model learns the form from them, and all prompts of a category begin alike (as in Bai et
    al. 2022, where all do), so that their beginning is evaluated once.

    A small model that was refused may have copied them: its second attempt sees the next nearest,
    its third none.
    """
    if style.continued:
        return constitution.examples_of(category)[: style.examples]
    nearest = constitution.examples_for(principle, category)
    shown = style.examples if not style.openings or attempt < _LAST_ATTEMPT else 0
    skipped = shown if style.openings and attempt == 2 else 0
    end = len(nearest) - skipped
    return nearest[max(0, end - shown) : end]


def _principle_of(constitution: Constitution, example: Example, otherwise: Principle) -> Principle:
    if example.principle is None:
        return otherwise
    return constitution.principle(example.principle)


def _shown(answer: str, style: Style) -> str:
    """The answer, or its beginning up to the last whole word, where the style shows no more."""
    if style.excerpt is None or len(answer) <= style.excerpt:
        return answer
    head, _, _ = answer[: style.excerpt].rpartition(" ")
    return f"{head or answer[: style.excerpt]} ..."
