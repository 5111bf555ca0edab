"""AI feedback: which answer of a pair a model prefers under a principle, asked in both orders.

Bai et al. 2022, section 4.1: a principle is drawn for each comparison, and the normalised
log-probabilities of the two labels are the soft label. Small models prefer a place (Lee et al.
2023, arXiv 2309.00267), so both orders are asked and averaged; where the orders contradict each
other the verdict is a tie. Every asking is kept beside the earlier ones; the label, under the
judge's name ``ai:MODEL`` and never a person's, follows from all of them.

All questions about a pair are asked at once: they begin alike, and an engine evaluates a common
beginning once.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.api import Sampling, Urgency
from engine.concurrency import together
from engine.errors import BadRequest, EngineError, NothingUsable
from engine.method.constitution import Principle
from engine.method.context import RunContext
from engine.method.templates import SMALL
from engine.method.wordings import REASONING_OPENING, WORDINGS, WorkedComparison, digest_of
from engine.method.worked_comparisons import WorkedComparisons
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import runs
from store.judgements import askings, judge_labels, pending_judgements, ruled_pairs, settings
from store.judgements.askings import SoftLabel
from store.judgements.pending_judgements import PairToJudge
from store.records import Generation, Message

REASONING_TOKENS: Final = 200
"""Longest reasoning before the labels."""
CLAMP: Final = (0.4, 0.6)
"""Where a probability after reasoning is cut off: it names its choice and is then far too sure
(Bai et al. 2022, section 4.1)."""
_SAMPLED: Final = 0.7
"""Temperature of several reasoning samples; a single one is greedy."""
_SAID: Final = 32
"""Tokens a thinking model may write behind its thoughts; none of them is used."""
_ORDERS: Final = ("ab", "ba")
_LEAST: Final = -1e9
"""Stands for the log-probability of a label that cannot come at all."""


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """One asking about a pair, to be made in both orders."""

    pair: PairToJudge
    principle: Principle
    examples: tuple[WorkedComparison, ...]
    key: str
    """As :func:`store.judgements.askings.key_of` names it."""


@dataclass(frozen=True, slots=True)
class WeighedQuestion:
    """What came of one order, or of one reasoning sample in it."""

    messages: tuple[Message, ...]
    opening: str
    logprobs: tuple[float, float]
    sampling: Sampling | None = None
    reasoning: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 1

    @property
    def first(self) -> float:
        """Probability of the first place when only the two labels count."""
        return 1 / (1 + math.exp(min(self.logprobs[1] - self.logprobs[0], 700.0)))

    @property
    def mass(self) -> float:
        """Probability that either label comes next."""
        return math.exp(self.logprobs[0]) + math.exp(self.logprobs[1])


class Judge:
    """One judge at work in one run; :func:`open_judge` makes it.

    Args:
        context: the run.
        worked: chooses the examples.
        margin: how near one half a probability is a tie.
        timer: monotonic seconds.
    """

    def __init__(
        self,
        context: RunContext,
        worked: WorkedComparisons,
        margin: float,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = context.judge
        self.margin = margin
        self.askings = 0
        """Made in this run."""
        self._context = context
        self._plan = context.plan
        self._wording = WORDINGS[context.plan.judging.template]
        self._worked = worked
        self._timer = timer
        self._told_at = timer()
        self._counts_tokens = True

    @property
    def template(self) -> str:
        """The id of the wording its askings are kept under."""
        return f"{self._wording.id}+think" if self._plan.judging.think else self._wording.id

    @property
    def reasons_little(self) -> bool:
        """Whether it reasons first though its model is a small one."""
        return bool(self._plan.judging.samples) and self._context.reviser.style is SMALL

    def keys(self, pair: PairToJudge) -> list[str]:
        """The askings the plan wants of a pair."""
        return [question.key for question in self.questions(pair)]

    def questions(self, pair: PairToJudge) -> list[JudgeQuestion]:
        """What the plan asks about a pair."""
        made = []
        for principle in self._plan.principles_for(pair.category, pair.pair_id, pair.position):
            examples = self._worked.shown_for(pair, principle)
            key = askings.key_of(
                principle.id,
                self._context.constitution_id,
                self.template,
                seed=self._plan.seed,
                few_shot=digest_of(examples),
                samples=self._plan.judging.samples,
            )
            made.append(JudgeQuestion(pair, principle, examples, key))
        return made

    async def judge(self, pair_id: str, urgency: Urgency = Urgency.BATCH) -> SoftLabel:
        """Ask what was not asked about a pair yet, and store it with the label.

        Raises:
            EngineError: the model failed; nothing of this pair is stored.
        """
        store = self._context.store
        pair = await store.call(pending_judgements.one, pair_id)
        made = await store.call(pending_judgements.keys_of, self.name, pair_id)
        questions = [one for one in self.questions(pair) if one.key not in made]
        orders = await together(
            self._order(one, place, urgency) for place in (0, 1) for one in questions
        )
        answers = list(zip(orders[: len(questions)], orders[len(questions) :], strict=True))
        now = self._timer()
        seconds, self._told_at = now - self._told_at, now
        self.askings += len(questions)
        return await store.write(
            self._add, pair_id, questions, answers, seconds / max(1, len(questions))
        )

    async def _order(
        self, question: JudgeQuestion, place: int, urgency: Urgency
    ) -> list[WeighedQuestion]:
        """One order of a question: one weighing, or one for each reasoning sample."""
        pair = question.pair
        shown = (pair.b, pair.a) if place else (pair.a, pair.b)
        samples = self._plan.judging.samples
        messages = self._wording.messages(
            question.principle,
            pair.question,
            *shown,
            examples=question.examples,
            reasoned=bool(samples),
        )
        if self._plan.judging.think:
            return [await self._after_thinking(question, place, messages, urgency)]
        if not samples:
            return [await self._weigh(messages, self._wording.opening, urgency)]
        drawn = [
            Sampling(
                temperature=_SAMPLED if samples > 1 else 0.0,
                max_tokens=REASONING_TOKENS,
                thinking_tokens=self._plan.thinking_tokens,
                seed=self._plan.seed_of("judge", question.key, pair.pair_id, place, sample),
                stop=(self._wording.opening,),
            )
            for sample in range(samples)
        ]
        written = await self._context.reviser.engine.generate(
            messages, drawn, prefill=REASONING_OPENING, urgency=urgency
        )
        if not all(each.text.strip() for each in written.finished):
            raise NothingUsable(
                "the model wrote no reasons; the pair is not judged", worth_retrying=False
            )
        return await together(
            self._weigh(
                messages,
                f"{REASONING_OPENING} {each.text.strip()}\n\n{self._wording.opening}",
                urgency,
                sampling,
                each.text.strip(),
                each.completion_tokens,
            )
            for sampling, each in zip(drawn, written.finished, strict=True)
        )

    async def _after_thinking(
        self,
        question: JudgeQuestion,
        place: int,
        messages: tuple[Message, ...],
        urgency: Urgency,
    ) -> WeighedQuestion:
        """Let the model think, and weigh the labels behind its closed thoughts.

        One that thinks nothing is weighed at once, one that goes on for too long after as much as
        it may.
        """
        drawn = Sampling(
            temperature=0.0,
            max_tokens=_SAID,
            thinking_tokens=self._plan.thinking_tokens,
            seed=self._plan.seed_of("judge", question.key, question.pair.pair_id, place, 0),
        )
        for _ in range(2):
            written = await self._context.reviser.engine.generate(
                messages, [drawn], urgency=urgency
            )
            made = written.finished[0]
            # a server gives room to think only once its model has been seen to
            if made.finish_reason != "length" or made.completion_tokens > _SAID:
                break
        thought = made.reasoning.strip()
        return await self._weigh(
            messages,
            self._wording.opening,
            urgency,
            drawn,
            thought or None,
            made.completion_tokens,
            thought=thought,
        )

    async def _weigh(
        self,
        messages: tuple[Message, ...],
        opening: str,
        urgency: Urgency,
        sampling: Sampling | None = None,
        reasoning: str | None = None,
        written: int = 0,
        thought: str = "",
    ) -> WeighedQuestion:
        one, two = await self._context.reviser.engine.choose(
            messages, self._wording.labels, prefill=opening, urgency=urgency, thought=thought
        )
        tokens = await self._tokens([*(each.content for each in messages), opening])
        return WeighedQuestion(
            messages, opening, (one, two), sampling, reasoning, tokens, written + 1
        )

    async def _tokens(self, said: Sequence[str]) -> int:
        """Tokens of a prompt without those of the chat template; 0 where the server counts none."""
        if not self._counts_tokens:
            return 0
        try:
            return sum(await self._context.reviser.engine.count(said))
        except EngineError:
            self._counts_tokens = False
            return 0

    def _add(
        self,
        db: Database,
        pair_id: str,
        questions: Sequence[JudgeQuestion],
        answers: Sequence[tuple[list[WeighedQuestion], list[WeighedQuestion]]],
        seconds: float,
    ) -> SoftLabel:
        """The askings, the generations behind them and the label, in one transaction."""
        at = self._context.clock()
        with immediate(db):
            for question, orders in zip(questions, answers, strict=True):
                for order, samples in zip(_ORDERS, orders, strict=True):
                    for number, each in enumerate(samples):
                        self._add_generation(db, question, order, number, each, seconds, at)
                both = [each for samples in orders for each in samples]
                askings.add(
                    db,
                    pair_id,
                    self.name,
                    (_together(orders[0]), _together(orders[1])),
                    principle_id=question.principle.id,
                    constitution_id=self._context.constitution_id,
                    template=self.template,
                    seed=self._plan.seed,
                    few_shot=digest_of(question.examples),
                    samples=self._plan.judging.samples,
                    tokens=sum(e.prompt_tokens + e.completion_tokens for e in both)
                    if self._counts_tokens
                    else 0,
                    seconds=seconds,
                    at=at,
                )
            return judge_labels.update(db, pair_id, self.name, margin=self.margin, at=at)

    def _add_generation(
        self,
        db: Database,
        question: JudgeQuestion,
        order: str,
        number: int,
        each: WeighedQuestion,
        seconds: float,
        at: str,
    ) -> None:
        said = [message._asdict() for message in each.messages]
        made: dict[str, Any] = {
            "pair": question.pair.pair_id,
            "principle": question.principle.id,
            "order": order,
            "logprobs": list(each.logprobs),
            "opening": each.opening,
            "template": self.template,
            "asking": question.key,
        }
        if each.sampling is not None:
            made |= {"sample": number, "temperature": each.sampling.temperature}
        runs.add_generation(
            db,
            Generation(
                run_id=self._context.reviser.run_id,
                kind="judge",
                rendered=json.dumps(said, ensure_ascii=False),
                settings=made,
                seed=each.sampling.seed if each.sampling else self._plan.seed,
                text=self._wording.labels[0 if each.first > 0.5 else 1].strip(),
                finish_reason="stop",
                prompt_tokens=each.prompt_tokens,
                completion_tokens=each.completion_tokens,
                seconds=seconds / 2,
                created_at=at,
                reasoning=each.reasoning,
            ),
        )


async def open_judge(context: RunContext) -> Judge:
    """The judge of a run whose plan judges; its labels are brought up to its askings.

    Raises:
        BadRequest: there are no examples of the kind the plan wants, or the model's context is
            too small to reason first.
    """
    plan, info = context.plan, context.reviser.info
    if plan.judging.samples and 0 < info.n_ctx < 3 * REASONING_TOKENS:
        raise BadRequest(
            f"{info.name} holds {info.n_ctx} tokens, too few to reason before it judges; nothing"
            " was asked: judge without --reasoned or load it with a larger --context"
        )
    from_rulings = plan.judging.few_shot and plan.judging.from_rulings
    ruled = await context.store.call(ruled_pairs.ordered) if from_rulings else []
    worked = WorkedComparisons(plan, ruled)
    margin = await context.store.call(settings.judge_margin)
    await context.store.call(judge_labels.refresh, context.judge, margin=margin, at=context.clock())
    return Judge(context, worked, margin)


def _together(samples: Sequence[WeighedQuestion]) -> tuple[float, float]:
    """Log-probabilities of one order; over reasoning samples the clamped mean of the shares."""
    if samples[0].reasoning is None:
        one, two = samples[0].logprobs
        return _bounded(one), _bounded(two)
    first = sum(each.first for each in samples) / len(samples)
    first = min(CLAMP[1], max(CLAMP[0], first))
    mass = sum(each.mass for each in samples) / len(samples)
    return _log(mass * first), _log(mass * (1 - first))


def _log(probability: float) -> float:
    return _bounded(math.log(probability)) if probability > 0 else _LEAST


def _bounded(logprob: float) -> float:
    """A log-probability as it can be stored: sums of floats may lie a hair above 0."""
    return max(_LEAST, min(0.0, logprob))
