"""What counts as decided: whose word stands about a pair, and what it is.

By default a ruling; else the verdict of all who labelled the pair, where they agree; else, only
where nobody labelled it, the researcher's decision on the revision. A ``skip`` is no label and
replaces none. Of one annotator the label after discussion counts before the first one; hidden
repeats never count. Where somebody took a verdict back and others' stand, the pair waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final, NamedTuple

from store.exporting.facts import AnnotatorVerdict, Decided, Facts, GivenBy, PairOutline
from store.exporting.options import ExportOptions
from store.exporting.reasons import Reason
from store.records import Choice, Verdict


class PairDecision(NamedTuple):
    """What stands about a pair: a verdict for one side, or the reason why there is none."""

    verdict: Verdict | None
    """``a`` or ``b``; None where there is a reason."""
    reason: Reason | None
    basis: str
    """``ruling``, ``labels``, ``decision`` or ``nothing``."""
    annotators: tuple[str, ...] = ()
    """Whose labels or decisions it rests on."""
    probability: float | None = None
    """How likely the verdict is to be the true one, where raters were weighed (``crowd``)."""


_OPEN = {Verdict.TIE: Reason.TIE, Verdict.BOTH_BAD: Reason.BOTH_BAD, Verdict.SKIP: Reason.SKIPPED}


HIDDEN: Final = PairDecision(None, Reason.HIDDEN, "nothing")


def all_standings(
    facts: Facts, options: ExportOptions, hidden: Collection[str]
) -> dict[str, PairDecision]:
    """What stands about each pair; of hidden ones that they are.

    Pairs share the words that were said alike of them, and so what follows from words alone.
    """
    known: dict[tuple[int, int], PairDecision] = {}
    found = {}
    for pair in facts.pairs:
        if pair.id in hidden:
            found[pair.id] = HIDDEN
        elif pair.ruling or pair.id in facts.decisions or pair.id in facts.crowd:
            found[pair.id] = stands(pair, facts, options)
        else:
            key = id(pair.words), id(pair.withdrawn)
            if key not in known:
                known[key] = stands(pair, facts, options)
            found[pair.id] = known[key]
    return found


def stands(pair: PairOutline, facts: Facts, options: ExportOptions) -> PairDecision:
    """What the people that ``options.from_`` names say about a pair."""
    source, annotator = options.from_, options.annotator
    if source == "decisions":
        return _by_decision(pair, facts, options)
    rulings_count = source in ("consensus", "majority", "crowd")
    if rulings_count and pair.ruling is not None:
        return _verdict(pair.ruling, "ruling", ())
    whose: GivenBy = "model" if source == "ai" else "person"
    said = [
        word
        for word in pair.words
        if (
            word.annotator == annotator
            if annotator
            else word.given_by in (("person", "model") if source == "crowd" else (whose,))
        )
    ]
    given = [label for label in said if label.verdict is not Verdict.SKIP]
    if given and not annotator and any(each.given_by == whose for each in pair.withdrawn):
        names = tuple(label.annotator for label in given)
        return PairDecision(None, Reason.BEING_LABELLED_AGAIN, "labels", names)
    if given and source == "crowd":
        return _by_crowd(pair, given, facts, options)
    if given:
        return _by_labels(given, options)
    if source != "ai":
        decided = _by_decision(pair, facts, options)
        if decided.reason is not Reason.UNLABELLED:
            return decided
    return PairDecision(None, Reason.SKIPPED if said else Reason.UNLABELLED, "nothing")


def _by_labels(given: list[AnnotatorVerdict], options: ExportOptions) -> PairDecision:
    votes = Counter(label.verdict for label in given)
    verdict, most = votes.most_common(1)[0]
    enough = most * 2 > len(given) if options.from_ == "majority" else len(votes) == 1
    names = tuple(label.annotator for label in given)
    if not enough:
        return PairDecision(None, Reason.DISAGREEMENT, "labels", names)
    if len(given) < options.min_annotators:
        return PairDecision(None, Reason.TOO_FEW_ANNOTATORS, "labels", names)
    return _verdict(verdict, "labels", names)


def _by_crowd(
    pair: PairOutline, given: list[AnnotatorVerdict], facts: Facts, options: ExportOptions
) -> PairDecision:
    names = tuple(label.annotator for label in given)
    verdict, probability = facts.crowd[pair.id]
    if verdict is None:
        return PairDecision(None, Reason.DISAGREEMENT, "labels", names, probability)
    if len(given) < options.min_annotators:
        return PairDecision(None, Reason.TOO_FEW_ANNOTATORS, "labels", names, probability)
    return _verdict(verdict, "labels", names)._replace(probability=probability)


def _by_decision(pair: PairOutline, facts: Facts, options: ExportOptions) -> PairDecision:
    about = [
        decided
        for decided in facts.decisions.get(pair.id, ())
        if options.annotator in (None, decided.annotator)
    ]
    if not about:
        return PairDecision(None, Reason.UNLABELLED, "nothing")
    names = tuple(sorted({decided.annotator for decided in about}))
    outcomes = {_outcome(decided) for decided in about}
    if len(outcomes) > 1:
        return PairDecision(None, Reason.DISAGREEMENT, "decision", names)
    outcome = outcomes.pop()
    if isinstance(outcome, Reason):
        return PairDecision(None, outcome, "decision", names)
    if len(names) < options.min_annotators:
        return PairDecision(None, Reason.TOO_FEW_ANNOTATORS, "decision", names)
    return _verdict(outcome, "decision", names)


def _outcome(decided: Decided) -> Verdict | Reason:
    """The side a decision prefers, or why this pair is not the one it speaks for."""
    if decided.choice is Choice.REJECT:
        return Reason.REJECTED
    if decided.choice is Choice.EDIT and not decided.is_edit:
        return Reason.EDITED
    return decided.preferred


def _verdict(verdict: Verdict, basis: str, names: tuple[str, ...]) -> PairDecision:
    if reason := _OPEN.get(verdict):
        return PairDecision(None, reason, basis, names)
    return PairDecision(verdict, None, basis, names)
