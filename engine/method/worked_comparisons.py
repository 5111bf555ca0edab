"""The worked comparisons a judge is shown before the question, and what it must never be shown.

From the constitution: each worked example's revision is better than the answer it was made from.
From people's rulings: a judge is never shown one of the half of the prompts it is asked about
(:mod:`store.agreement.judge.halves`), so that no verdict teaches itself and what is told of either
half was learnt on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.errors import BadRequest
from engine.method.constitution import Constitution, Principle
from engine.method.plan import Plan
from engine.method.wordings import WorkedComparison
from store import texts
from store.ids import digest
from store.judgements.pending_judgements import PairToJudge
from store.judgements.ruled_pairs import RuledPair

_HALVES: Final = (0, 1)


class WorkedComparisons:
    """Chooses what is shown before each question; the same for the same plan and rulings.

    Args:
        plan: how many, from where.
        ruled: pairs with a person's ruling; used where the plan takes rulings.

    Raises:
        BadRequest: there is nothing that could be shown.
    """

    def __init__(self, plan: Plan, ruled: Sequence[RuledPair]) -> None:
        self._plan = plan
        self._count = plan.judging.few_shot
        # the order is drawn once, so that the questions of a category begin alike
        drawn = sorted(ruled, key=lambda one: digest("few shot", [plan.seed, one.pair_id]))
        # not at the top: the app's first paint must not wait for the statistics beside it
        from store.agreement.judge.halves import half_of

        self._half_of = half_of
        self._ruled = {half: [r for r in drawn if half_of(r.prompt_id) != half] for half in _HALVES}
        if not self._count:
            return
        if plan.judging.from_rulings:
            if not all(self._ruled.values()):
                raise BadRequest(
                    "few-shot examples from rulings need a person's ruling on a pair of either"
                    " half of the prompts, and there is none on one of them; nothing was asked:"
                    " rule on more pairs (J) or take the constitution's examples with --few-shot K"
                )
        elif not plan.constitution.examples:
            raise BadRequest(
                f"constitution {plan.constitution.name} has no worked examples; nothing was asked:"
                " add some, or take people's rulings with --few-shot rulings:K"
            )

    def shown_for(self, pair: PairToJudge, principle: Principle) -> tuple[WorkedComparison, ...]:
        """What is shown before a question about a pair, the nearest last."""
        if not self._count:
            return ()
        if self._plan.judging.from_rulings:
            return self._rulings(pair)
        return _of_constitution(self._plan.constitution, principle, pair, self._count)

    def _rulings(self, pair: PairToJudge) -> tuple[WorkedComparison, ...]:
        others = self._ruled[self._half_of(pair.prompt_id)]
        near = sorted(others, key=lambda one: one.category != pair.category)[: self._count]
        return tuple(WorkedComparison(r.question, r.better, r.worse) for r in reversed(near))


def _of_constitution(
    law: Constitution, principle: Principle, pair: PairToJudge, count: int
) -> tuple[WorkedComparison, ...]:
    asked = texts.normalised(pair.question)
    fitting = [
        WorkedComparison(
            one.prompt,
            one.revision,
            one.response,
            law.principle(one.principle) if one.principle else None,
        )
        for one in law.examples_for(principle, pair.category)
        if texts.normalised(one.prompt) != asked
    ]
    return tuple(fitting[max(0, len(fitting) - count) :])
