"""What the formats are given: a decided pair, with which answer is chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from store.content.personal_data import redacted
from store.exporting.decided import PairDecision
from store.exporting.facts import AnnotatorVerdict, PairFacts, Side
from store.judgements.askings import SoftLabel
from store.records import Message, Verdict

SoftLabels = Mapping[str, Mapping[str, SoftLabel]]
"""By judge and pair."""


class SoftChoice(NamedTuple):
    """How sure the models behind a row are of the chosen answer; the mean over them."""

    shown_first: float
    """Probability of the chosen answer where it was shown first."""
    shown_second: float

    @property
    def p(self) -> float:
        """Over both orders."""
        return (self.shown_first + self.shown_second) / 2

    @property
    def confidence(self) -> float:
        """Of the surer side, which in a majority of models need not be the chosen one."""
        return max(self.p, 1 - self.p)


class Rationale(NamedTuple):
    """Why an answer was chosen, in somebody's words; empty where nobody wrote any."""

    text: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One prompt with its chosen and its rejected answer."""

    pair: PairFacts
    standing: PairDecision
    chosen: Side
    rejected: Side
    soft: SoftChoice | None = None
    """None where no model decided, or it left no record of what it was asked."""
    soft_columns: bool = False
    """Whether the user wants it as columns."""
    original: PairFacts | None = None
    """The pair as the project has it, where ``pair`` is redacted."""
    redacted: tuple[str, ...] = ()
    """Kinds of the personal data that marks stand for, one for each mark."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation before the answer, last turn the user's."""
        return self.pair.messages

    @property
    def characters(self) -> int:
        """Of all texts."""
        told = sum(len(turn.content) for turn in self.messages)
        return told + len(self.chosen.text) + len(self.rejected.text)

    @property
    def words(self) -> Sequence[AnnotatorVerdict]:
        """The labels that say what stands: those behind it, or people's where somebody ruled.

        None where a decision stands: who decided may have labelled the pair in a sealed round.
        """
        behind, ruled = self.standing.annotators, self.standing.basis == "ruling"
        if self.standing.basis == "decision":
            return []
        return [
            word
            for word in self.pair.words
            if word.verdict is self.standing.verdict
            and (word.given_by == "person" if ruled else word.annotator in behind)
        ]

    @property
    def strength(self) -> float | None:
        """Mean of the strengths that were given, 1 or 2; None where nobody gave one."""
        given = [word.strength for word in self.words if word.strength is not None]
        return sum(given) / len(given) if given else None

    @property
    def rationale(self) -> Rationale:
        """The ruling's reason, else the notes of the labels."""
        if self.standing.basis == "ruling" and self.pair.reason:
            return Rationale(self.pair.reason, (self.pair.ruled_by,))
        noted = [word for word in self.words if word.note]
        text = "\n\n".join(word.note for word in noted)
        return Rationale(text, tuple(word.annotator for word in noted))


def decided_row(
    pair: PairFacts, standing: PairDecision, soft: SoftLabels, *, columns: bool = False
) -> ExportRow:
    """The row of a pair that has a verdict for one side.

    Args:
        pair: the pair.
        standing: what stands about it.
        soft: what the models that may be behind it say.
        columns: whether that is to be written as columns.
    """
    assert standing.verdict is not None
    other = Verdict.B if standing.verdict is Verdict.A else Verdict.A
    said = [soft[x][pair.id] for x in standing.annotators if pair.id in soft.get(x, {})]
    choice = _choice(said, standing.verdict) if said else None
    return ExportRow(pair, standing, pair.side(standing.verdict), pair.side(other), choice, columns)


def digest(messages: Sequence[Message], *answers: str) -> bytes:
    """The same for the same conversation and answers alone."""
    made = hashlib.blake2b(digest_size=16)
    for text in (*chain.from_iterable(messages), *answers):
        data = text.encode()
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.digest()


def redacted_row(row: ExportRow) -> ExportRow:
    """The row with marks in place of personal data; itself where there is none."""
    kinds: list[str] = []

    def without(text: str) -> str:
        clean, found = redacted(text)
        kinds.extend(found)
        return clean

    pair = replace(
        row.pair,
        messages=tuple(Message(turn.role, without(turn.content)) for turn in row.messages),
        a=row.pair.a._replace(text=without(row.pair.a.text)),
        b=row.pair.b._replace(text=without(row.pair.b.text)),
        reason=without(row.pair.reason),
        words=tuple(word._replace(note=without(word.note)) for word in row.pair.words),
    )
    if not kinds:
        return row
    chosen, rejected = (pair.a, pair.b) if row.chosen is row.pair.a else (pair.b, pair.a)
    return replace(
        row,
        pair=pair,
        chosen=chosen,
        rejected=rejected,
        original=row.pair,
        redacted=tuple(kinds),
    )


def _choice(said: Sequence[SoftLabel], verdict: Verdict) -> SoftChoice:
    q_ab = sum(each.q_ab for each in said) / len(said)
    q_ba = sum(each.q_ba for each in said) / len(said)
    return SoftChoice(q_ab, 1 - q_ba) if verdict is Verdict.A else SoftChoice(q_ba, 1 - q_ab)
