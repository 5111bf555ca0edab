"""Why a pair does not go out: the names that counts, ``--allow`` and the manifest use."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The first of these, in this order, that is true of a pair is the one reported."""

    HIDDEN = "hidden"
    REMOVED = "removed"
    UNLABELLED = "unlabelled"
    SKIPPED = "skipped"
    BEING_LABELLED_AGAIN = "being_labelled_again"
    DISAGREEMENT = "disagreement"
    TOO_FEW_ANNOTATORS = "too_few_annotators"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    REJECTED = "rejected"
    EDITED = "edited"
    FLAGGED = "flagged"
    LOW_AGREEMENT = "low_agreement"
    WEAK_JUDGE = "weak_judge"
    LOW_CONFIDENCE = "low_confidence"
    EMPTY = "empty"
    IDENTICAL = "identical"
    IDENTICAL_WHEN_REDACTED = "identical_when_redacted"
    REASONING = "reasoning"
    TRUNCATED = "truncated"
    DEGENERATE = "degenerate"
    MULTI_TURN = "multi_turn"
    NOT_EXPRESSIBLE = "not_expressible"
    IDENTICAL_WHEN_CUT = "identical_when_cut"
    DUPLICATE = "duplicate"
    LENGTH_UNMATCHED = "length_unmatched"


EXPLAINED: Final[dict[Reason, str]] = {
    Reason.HIDDEN: "a round that shows whole blocks only still hides the pair",
    Reason.REMOVED: "it was taken out of the project, alone or with its prompt (pairlab remove)",
    Reason.UNLABELLED: "nobody has labelled the pair or decided on its revision",
    Reason.SKIPPED: "everybody who saw it skipped it",
    Reason.BEING_LABELLED_AGAIN: "somebody took their verdict back and has not given a new one",
    Reason.DISAGREEMENT: "the annotators disagree and nobody has ruled",
    Reason.TOO_FEW_ANNOTATORS: "fewer annotators than --min-annotators asks for",
    Reason.TIE: "the verdict is a tie",
    Reason.BOTH_BAD: "the verdict is that both are bad",
    Reason.REJECTED: "the researcher rejected the revision",
    Reason.EDITED: "the researcher edited the revision: the edited text goes out instead",
    Reason.FLAGGED: "somebody flagged the pair, its prompt or an answer",
    Reason.LOW_AGREEMENT: "the verdict rests on people whose kappa is .4 or less (n 50 or more)",
    Reason.WEAK_JUDGE: "the models behind it are not certified as judges: see pairlab certificate",
    Reason.LOW_CONFIDENCE: "the model is less sure of its verdict than --min-confidence asks for",
    Reason.EMPTY: "the prompt or an answer is empty",
    Reason.IDENTICAL: "both answers are the same but for white space",
    Reason.IDENTICAL_WHEN_REDACTED: "both answers are the same without personal data (--redact)",
    Reason.REASONING: "an answer, or one in the prompt, holds what a model thought (<think> ...)",
    Reason.TRUNCATED: "an answer was cut off by the model's token limit",
    Reason.DEGENERATE: "an answer loops, or has chat-template or role text in it",
    Reason.MULTI_TURN: "the prompt is a conversation, which this format cannot hold",
    Reason.NOT_EXPRESSIBLE: "the prompt cannot be written in this format without changing it",
    Reason.IDENTICAL_WHEN_CUT: "both answers are the same within the trainer's maximal length",
    Reason.DUPLICATE: "the same prompt, chosen and rejected went out already",
    Reason.LENGTH_UNMATCHED: "no pair of these lengths is decided the other way (--length-matched)",
}

ALLOWABLE: Final = frozenset(
    {
        Reason.FLAGGED,
        Reason.LOW_AGREEMENT,
        Reason.WEAK_JUDGE,
        Reason.LOW_CONFIDENCE,
        Reason.EMPTY,
        Reason.IDENTICAL,
        Reason.IDENTICAL_WHEN_REDACTED,
        Reason.REASONING,
        Reason.TRUNCATED,
        Reason.DEGENERATE,
        Reason.IDENTICAL_WHEN_CUT,
        Reason.DUPLICATE,
    }
)
"""Reasons that ``--allow`` can lift: there is a chosen and a rejected answer to write."""
