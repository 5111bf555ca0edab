"""AI feedback: which answer of a pair a model prefers under a principle, asked in both orders.

Bai et al. 2022, section 4.1: one principle is drawn for each comparison, and the normalised
log-probabilities of the two letters are the soft label. Small models prefer a place (Lee et al.
2023, arXiv 2309.00267), so both orders are asked and averaged; where the orders contradict each
other the verdict is a tie. The label is the model's, under the annotator name ``ai:MODEL``, never
a person's.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from engine.api import Urgency
from engine.method import templates
from engine.method.constitution import Principle
from engine.method.context import RunContext
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import pairs, prompts, runs
from store.judgements import labels
from store.records import Generation, Pair, PairText, Prompt, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model thinks of a pair."""

    principle_id: str
    soft: float
    """Probability that ``a`` is better, the mean of both orders."""
    orders: tuple[float, float]
    """The same with ``a`` first and with ``b`` first."""
    logprobs: tuple[tuple[float, float], tuple[float, float]]
    """As the model gave them, in the order shown."""

    @property
    def verdict(self) -> Verdict:
        """The preferred side; a tie where the two orders contradict each other."""
        first, second = self.orders
        if (first > 0.5) == (second > 0.5) and 0.5 not in self.orders:
            return Verdict.A if first > 0.5 else Verdict.B
        return Verdict.TIE


def annotator_of(context: RunContext) -> str:
    """The name a model's labels stand under."""
    return f"ai:{context.reviser.info.name}"


async def judge(
    context: RunContext, pair_id: str, *, urgency: Urgency = Urgency.BATCH
) -> Judgement:
    """Ask for a pair in both orders and store the label with both askings.

    Raises:
        EngineError: the model failed; nothing is stored.
        WrongId: there is no such pair.
    """
    pair, text, prompt = await context.store.call(_read, pair_id)
    plan = context.plan
    principle = plan.principle_for(prompt.category, "judge", pair.id, round_number=pair.position)
    logprobs = (
        await _asked(context, principle, prompt, text.a, text.b, urgency),
        await _asked(context, principle, prompt, text.b, text.a, urgency),
    )
    straight, swapped = _first_share(logprobs[0]), 1 - _first_share(logprobs[1])
    judgement = Judgement(principle.id, (straight + swapped) / 2, (straight, swapped), logprobs)
    await context.store.call(
        _add, context, pair, text, prompt, principle, judgement, at=context.clock()
    )
    return judgement


async def _asked(
    context: RunContext,
    principle: Principle,
    prompt: Prompt,
    first: str,
    second: str,
    urgency: Urgency,
) -> tuple[float, float]:
    asking = templates.comparison(principle, prompt, first, second)
    one, two = await context.reviser.engine.choose(
        asking.messages, (" A", " B"), prefill=asking.opening, urgency=urgency
    )
    return one, two


def _first_share(logprobs: tuple[float, float]) -> float:
    """Probability of the first letter when only the two count."""
    difference = logprobs[1] - logprobs[0]
    return 1 / (1 + math.exp(min(difference, 700.0)))


def _read(db: Database, pair_id: str) -> tuple[Pair, PairText, Prompt]:
    pair = pairs.get(db, pair_id)
    return pair, pairs.text(db, pair_id), prompts.get(db, pair.prompt_id)


def _add(
    db: Database,
    context: RunContext,
    pair: Pair,
    text: PairText,
    prompt: Prompt,
    principle: Principle,
    judgement: Judgement,
    *,
    at: str,
) -> None:
    """The label and the two askings behind it, in one transaction."""
    shown = ((text.a, text.b), (text.b, text.a))
    with immediate(db):
        for place, (first, second) in enumerate(shown):
            asking = templates.comparison(principle, prompt, first, second)
            runs.add_generation(
                db,
                Generation(
                    run_id=context.reviser.run_id,
                    kind="judge",
                    rendered=json.dumps(
                        [message._asdict() for message in asking.messages], ensure_ascii=False
                    ),
                    settings=_settings(pair, principle, judgement, place, asking.opening),
                    seed=context.plan.seed_of("judge", pair.id),
                    text="A" if _first_share(judgement.logprobs[place]) > 0.5 else "B",
                    finish_reason="stop",
                    prompt_tokens=0,
                    completion_tokens=1,
                    seconds=0.0,
                    created_at=at,
                ),
            )
        labels.give(
            db,
            pair.id,
            annotator_of(context),
            judgement.verdict,
            note=f"{principle.id}: a better with probability {judgement.soft:.3f}",
            at=at,
        )


def _settings(
    pair: Pair, principle: Principle, judgement: Judgement, place: int, opening: str
) -> dict[str, Any]:
    return {
        "pair": pair.id,
        "principle": principle.id,
        "order": "ab" if place == 0 else "ba",
        "logprobs": list(judgement.logprobs[place]),
        "soft": judgement.soft,
        "opening": opening,
        "template": templates.VERSION,
    }
