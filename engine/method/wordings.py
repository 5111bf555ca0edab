"""The wordings in which a judge is asked which of two answers is better.

They differ in the order of the parts and in what the answers are called, so that what a judge says
under one can be held against what it says under the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.method.constitution import Principle
from store import ids
from store.records import Message

REASONING_OPENING: Final = "Let's think step by step:"
"""What a judge's reasoning begins with (Bai et al. 2022, section 4.1)."""
_REASON: Final = (
    "Say in a few sentences what speaks for each answer, and then which of them is the better one."
)


@dataclass(frozen=True, slots=True)
class WorkedComparison:
    """A comparison whose outcome is known, shown before the question."""

    question: str
    better: str
    worse: str
    principle: Principle | None = None
    """What it was compared under; None takes the principle of the question."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way of asking."""

    name: str
    version: int
    """Raised with each change of the words: askings of before are then others."""
    about: str
    """For ``--help``."""
    labels: tuple[str, str]
    """What is weighed for the first and the second place; they begin differently."""
    opening: str
    """What the answer begins with; a label follows."""
    form: str
    """The question, with places for its parts."""
    request: str
    """How the label is asked for."""

    @property
    def id(self) -> str:
        """The name under which askings are kept."""
        return f"{self.name}/{self.version}"

    def messages(
        self,
        principle: Principle,
        question: str,
        first: str,
        second: str,
        *,
        examples: Sequence[WorkedComparison] = (),
        reasoned: bool = False,
    ) -> tuple[Message, ...]:
        """The conversation up to the question; the better examples stand first and second by turns.

        Args:
            principle: what is compared under.
            question: the prompt that was answered.
            first: the answer in the first place.
            second: the other.
            examples: shown before it.
            reasoned: ask for reasons before the label.
        """
        turns: list[Message] = []
        for number, one in enumerate(examples):
            place = number % 2
            shown = (one.worse, one.better) if place else (one.better, one.worse)
            turns += (
                self._turn(one.principle or principle, one.question, *shown, self.request),
                Message("assistant", f"{self.opening}{self.labels[place]}."),
            )
        asked = _REASON if reasoned else self.request
        return (*turns, self._turn(principle, question, first, second, asked))

    def _turn(
        self, principle: Principle, question: str, first: str, second: str, asked: str
    ) -> Message:
        parts = {
            "question": question,
            "first": first,
            "second": second,
            "principle": principle.comparison,
            "request": asked,
        }
        # one pass: a text that holds {first} stays as it is
        return Message("user", self.form.format_map(parts))


LETTERS: Final = Wording(
    "letters",
    1,
    "question, answers A and B, then the principle",
    (" A", " B"),
    "The better answer is answer",
    "Question: {question}\n\nAnswer A: {first}\n\nAnswer B: {second}\n\n{principle} {request}",
    "Reply with A or B.",
)
PLACES: Final = Wording(
    "places",
    1,
    "the principle, then the question, the first and the second answer",
    (" first", " second"),
    "The better answer is the",
    "{principle}\n\nQuestion: {question}\n\nFirst answer: {first}\n\nSecond answer: {second}\n\n"
    "{request}",
    "Reply with first or second.",
)
WORDINGS: Final[Mapping[str, Wording]] = {each.name: each for each in (LETTERS, PLACES)}
"""By the name that ``judge --template`` takes."""


def digest_of(examples: Sequence[WorkedComparison]) -> str:
    """What tells one choice of examples from another; empty without any."""
    if not examples:
        return ""
    said = [
        [one.question, one.better, one.worse, one.principle.id if one.principle else None]
        for one in examples
    ]
    return ids.digest("few shot", said)[:16]
