"""What is wrong with a text a model wrote in the middle of a chain, told by reading it.

Small models lose their part: they write a critique where a revision is due, talk about the task,
or repeat what they were given (Bai et al. 2022, section 3.1: the model "becomes confused about
its point of view"). Such a text is refused and written again with another seed. Loops and leaked
template text are told by :mod:`store.texts`, which the export gate asks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from store import reasoning, texts


class Fault(StrEnum):
    """Why a text is refused."""

    EMPTY = "empty"
    LEAKED = "template text"
    LOOP = "loop"
    IDENTICAL = "identical"
    ROLE = "role confusion"
    COPIED = "copied"
    CUT = "cut off"
    SHORT = "too short"


@dataclass(frozen=True, slots=True)
class Detection:
    """One fault and the words that show it."""

    fault: Fault
    shown_by: str = ""

    def __str__(self) -> str:
        """As it is stored beside the refused text."""
        return f"{self.fault.value}: {self.shown_by}" if self.shown_by else self.fault.value


LONGER = 2
"""A padded answer is at least so many times as long as the short one ..."""
LONG = 200
"""... and has at least so many characters."""

_TASK = re.compile(
    r"\b(?:re-?write|re-?word|rephrase|revise) (?:(?:the|this|my|your) (?:answer|response|reply)"
    r"|the (?:input|original|given) (?:answer|text))\b"
    r"|\bassistant for (?:text )?re-?writing\b"
    r"|^[ \t*#]*(?:old answer|critique(?: request)?|criticism|revision(?: request)?)[ \t*]*:"
    r"|\b(?:the|this|your|my) (?:old|original|previous|first|revised|rewritten|new|improved)"
    r" (?:answer|response|reply)\b"
    r"|\b(?:the|this|your|a) corrected (?:version|answer|response|reply)\b"
    r"|\byou (?:have )?(?:responded|answered|replied) with\b"
    r"|\b(?:the|this|your) (?:question|request|prompt)'?s wording\b"
    r"|\bthe wording of (?:the|this|your) (?:question|request|prompt)\b"
    r"|\b(?:is not|isn't|'s not|not just) about the (?:answer|response|reply)\b"
    r"|\b(?:the|this|your) (?:critique|criticism|revision)\b"
    r"|\bthe assistant'?s? (?:answer|response|reply)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Talk about the task, wherever it stands."""

_VERBS = (
    "overlooks|fails|lacks|ignores|refuses|tells (?:the|a) user|does not|doesn't|would (?:help|lay)"
    "|could (?:be|help|use)|should (?:be|not|have)|speaks|gives|says|seems|appears|needs|contains"
    "|helps|has|makes|uses|repeats|strays|agrees|contradicts|pretends|leaves|asks|talks|plays"
    "|can be (?:re-?worded|re-?written|rephrased|improved|shortened)|would be|provides|provided"
    "|is (?:just |only |simply )?(?:another|a different) way"
)
_BEGINS = r"(?:^|[.!?][\"'”’)]*\s+|\n)\W*"
"""Where a sentence begins."""
_ABOUT_ANSWER = re.compile(
    rf"{_BEGINS}(?:the|this|your) (?:answer|response|reply) (?:also )?(?:{_VERBS})\b",
    re.IGNORECASE,
)
"""A sentence that judges an answer; ``The answer is 42`` is none."""

_ABOUT_QUESTION = re.compile(
    rf"{_BEGINS}(?:the|this|your) (?:question|request|prompt) "
    r"(?:asks|may be asking|is asking|could have been|does not|doesn't|has been|seems to)\b",
    re.IGNORECASE,
)
"""A sentence that looks at the question instead of answering it."""

_ABOUT_USER = re.compile(
    r"^\W*(?:the|this) user (?:only |also |really |may |might |is )?"
    r"(?:want|wants|ask|asks|asking|asked|need|needs|should|has|feels?|believes?|thinks?|says?)\b"
    rf"|(?:{_BEGINS}|\bbecause )(?:the|this) user (?:only |also |really |just )?"
    r"(?:wants|asks|asked|is asking|is not allowed)\b",
    re.IGNORECASE,
)
"""Speaks of the user instead of to the user: a beginning, or a sentence about the request."""

_SPEAKS_AS_ANSWER = re.compile(
    r"^\W*(?:sure\b|of course\b|certainly\b|absolutely\b|dear \w+|hello\b|hi\b|i'm sorry\b"
    r"|i am sorry\b|i can(?:'t|not) (?:help|assist)|i won't\b|here(?:'s| is| are)\b)",
    re.IGNORECASE,
)
"""Openings of an answer to the user, where a critique is due."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_SENTENCE_END = re.compile(r"[.!?。！？][\"'”’)]*(?=\s|$)|[。！？]")
_RUN = 8
"""Words in a row that are no accident."""
_RUN_OF_CRITIQUE = 12
"""The same for a critique, whose facts a revision may well take over."""
_RUN_OF_TASK = 6
"""The same for the wording of task and examples, which small models repeat."""


def cleaned_critique(text: str, finish_reason: str) -> str:
    """A critique as it is kept: its first paragraph, cut back to its last whole sentence.

    Only a critique that ran into the token limit is cut back, and only where a sentence is left.
    """
    paragraph = text.strip().split("\n\n")[0].strip()
    return whole_sentences(paragraph) if finish_reason == "length" else paragraph


def whole_sentences(text: str) -> str:
    """A text cut back to its last whole sentence, where there is one."""
    ends = list(_SENTENCE_END.finditer(text))
    return text[: ends[-1].end()] if ends else text


def proposal_fault(text: str, *, finish_reason: str) -> Detection | None:
    """What makes a proposed answer gibberish instead of a plausible error, or None."""
    if finding := _damage(text, (), ()):
        return finding
    return Detection(Fault.CUT) if finish_reason == "length" else None


def padding_fault(text: str, *, short: str, instructions: Sequence[str] = ()) -> Detection | None:
    """Why an answer is not long and useless beside a short one, or None.

    Args:
        text: the answer after :func:`whole_sentences`.
        short: the answer it is to be set against.
        instructions: what the model was told.
    """
    if finding := _damage(text, instructions, ()):
        return finding
    if len(text) < max(LONG, LONGER * len(short)):
        return Detection(Fault.SHORT, "hardly longer than the answer it stands beside")
    return None


def critique_fault(
    text: str,
    *,
    prompt: str,
    response: str,
    instructions: Sequence[str] = (),
    opening: str = "",
    finish_reason: str,
) -> Detection | None:
    """What is wrong with a critique, or None.

    Args:
        text: the critique after :func:`cleaned_critique`.
        prompt: what the user asked.
        response: the answer that is criticised.
        instructions: what the model was told, examples included.
        opening: words the model was made to begin with.
        finish_reason: of its generation.
    """
    if same(text, opening):
        return Detection(Fault.EMPTY)
    if finding := _damage(text, instructions, (prompt, response), opening):
        return finding
    if found := _SPEAKS_AS_ANSWER.search(text):
        return Detection(Fault.ROLE, found.group().strip())
    if same(text, response) or same(text, prompt):
        return Detection(Fault.IDENTICAL)
    if _copied_share(text, response) > 0.7:
        return Detection(Fault.ROLE, "goes on with the answer")
    if finish_reason == "length" and not _SENTENCE_END.search(text):
        return Detection(Fault.CUT)
    return None


def revision_fault(
    text: str,
    *,
    prompt: str,
    original: str,
    critique: str,
    instructions: Sequence[str] = (),
    opening: str = "",
    finish_reason: str,
) -> Detection | None:
    """What is wrong with a revision, or None.

    Args:
        text: the revision after :func:`engine.method.remarks.cleaned_revision`.
        prompt: what the user asked.
        original: the answer it revises.
        critique: what was said about that answer.
        instructions: what else the model was told, examples included.
        opening: words the model was made to begin with.
        finish_reason: of its generation.
    """
    if same(text, opening):
        return Detection(Fault.EMPTY)
    if finding := _damage(text, instructions, (prompt, original), opening):
        return finding
    if same(text, original):
        return Detection(Fault.IDENTICAL)
    if same(text, prompt):
        return Detection(Fault.COPIED, "the question")
    if same(text, critique):
        return Detection(Fault.ROLE, "the critique again")
    if finding := role_confusion(text):
        return finding
    if run := copied_run(text, (critique,), (prompt, original, opening), _RUN_OF_CRITIQUE):
        return Detection(Fault.ROLE, run)
    if finish_reason == "length":
        return Detection(Fault.CUT)
    return None


def role_confusion(revision: str) -> Detection | None:
    """Words of a revision that judge an answer or speak about the task, or None."""
    for pattern in (_TASK, _ABOUT_ANSWER, _ABOUT_QUESTION, _ABOUT_USER):
        if found := pattern.search(revision):
            return Detection(Fault.ROLE, " ".join(found.group().split()).strip(" .!?*#"))
    return None


def same(one: str, other: str) -> bool:
    """Whether two texts have the same words, letter case and punctuation aside."""
    if texts.normalised(one) == texts.normalised(other):
        return True
    words = _words(one)
    return bool(words) and words == _words(other)


def copied_run(
    text: str, sources: Iterable[str], known: Iterable[str] = (), length: int = _RUN
) -> str | None:
    """So many words in a row that a text has from one of the sources, or None.

    Args:
        text: the text.
        sources: what must not be copied.
        known: texts whose words may be used freely, though a source has them too.
        length: how many words.
    """
    allowed = {run for source in known for run in _runs(source, length)}
    forbidden = {run for source in sources for run in _runs(source, length)} - allowed
    return next((" ".join(run) for run in _runs(text, length) if run in forbidden), None)


def _damage(
    text: str, instructions: Sequence[str], known: Sequence[str], opening: str = ""
) -> Detection | None:
    """The faults any text can have."""
    if texts.blank(text):
        return Detection(Fault.EMPTY)
    if mark := reasoning.found(text):
        return Detection(Fault.LEAKED, mark)
    if piece := texts.leaked(text):
        return Detection(Fault.LEAKED, piece)
    if piece := texts.looped(text):
        return Detection(Fault.LOOP, piece[:80])
    if run := copied_run(text.removeprefix(opening), instructions, known, _RUN_OF_TASK):
        return Detection(Fault.COPIED, run)
    return None


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text.replace("’", "'"))]


def _runs(text: str, length: int = _RUN) -> Iterable[tuple[str, ...]]:
    words = _words(text)
    return (tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def _copied_share(text: str, source: str) -> float:
    """Share of a text's word runs that stand in the source as well."""
    runs = list(_runs(text))
    there = set(_runs(source))
    return sum(run in there for run in runs) / len(runs) if runs else 0.0
