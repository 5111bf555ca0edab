"""A scheduler over a real context of a tiny model, and what must be true of all it says."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pytest

from engine.api import Sampling, Urgency
from engine.llama.host.binding import SEQUENCES, Context, Model
from engine.llama.host.drawing import Drawing
from engine.llama.host.jobs import GenerateJob, Job, RunningAnswer, ScoreJob
from engine.llama.host.kv_cells import CellLayout, KvPages
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.sampling import Sampler
from engine.llama.host.scheduler import Scheduler
from engine.llama.host.text import AnswerText
from engine.llama.host.threads import Threads
from engine.llama.host.token_batch import Span
from engine.llama.protocol import Begun, Cancelled, Chosen, Done, Refused, Weighed
from tests.engine import random_models

FIRST: Final = len(random_models.SPECIAL)
SPOILT: Final = 259
"""The token whose embedding is no number."""
N_CTX: Final = 512
SLOTS: Final = 3
LANES: Final = SLOTS + 8 + 4
MOST: Final = 256
"""Sequence numbers llama.cpp has."""
END: Final = 23
"""Tokens that are multiples of it end an answer."""
NEARLY: Final = 0.1
"""What rounding moves a logit by: texts computed together share their arithmetic."""


class Toy(Model):
    """Random weights that end their answers, think and come back to the same letters."""

    def ends(self, token: int) -> bool:
        return token % END == 0

    def piece(self, token: int) -> bytes:
        mark = {1: b"<think>", 2: b"</think>"}.get(token % 19)
        return mark or bytes([97 + token % 11])


@dataclass(frozen=True)
class Write:
    """A request for answers; with ``after`` it goes on from an earlier answer."""

    prompt: tuple[int, ...]
    most: tuple[int, ...]
    warm: float = 0.0
    urgency: Urgency = Urgency.BATCH
    stop: tuple[str, ...] = ()
    allowance: int = 0
    after: int | None = None


@dataclass(frozen=True)
class Weigh:
    """A request to weigh continuations."""

    prompt: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...]
    urgency: Urgency = Urgency.BATCH


@dataclass(frozen=True)
class Cancel:
    """The end of a request, which may find the model in a run."""

    which: int
    in_a_run: bool = False


@dataclass(frozen=True)
class Steps:
    """So many steps pass."""

    count: int


Act = Write | Weigh | Cancel | Steps


@dataclass
class World:
    """A scheduler over a context of its own, what it was asked for and what it has said."""

    model: Toy
    fresh: Context
    how: str
    a_run: int
    cells: int
    asked: dict[int, Write | Weigh] = field(default_factory=dict)
    prompts: dict[int, list[int]] = field(default_factory=dict)
    answers: dict[tuple[int, int], RunningAnswer] = field(default_factory=dict)
    said: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        lanes = self.how == "lanes"
        sequences = LANES if lanes else SEQUENCES
        cells = N_CTX * LANES if lanes else self.cells
        self.context = Context(self.model, cells, 1, sequences, lanes=lanes)
        self.sequences = sequences
        if lanes:
            self.pages = KvPages(self.context, 256, None)
        elif self.how == "gpu":
            self.pages = KvPages(self.context, 32, None)
        else:
            self.context.decode([Span(0, 0, [FIRST, FIRST], 1)])
            blank = CellLayout.like(self.context.state(0), 2)
            assert blank is not None
            self.context.forget(0)
            self.pages = KvPages(self.context, 64, blank)
        self.all_pages = self.pages.free
        self.scheduler = Scheduler(
            self.model,
            self.context,
            self.pages,
            slots=SLOTS,
            prompt_budget=PromptBudget(fixed=self.a_run),
            threads=Threads(1, lambda _count: None),
            apart=self.how == "cpu",
            most_kept=self.all_pages // 3,
            drawing=Drawing(self.context, self.model.n_vocab, 1),
            sequences=sequences,
            send=self.said.append,
            clock=itertools.count().__next__,
        )

    def do(self, act: Act) -> None:
        if isinstance(act, Steps):
            for _ in range(act.count):
                self.step()
        elif isinstance(act, Cancel):
            self.cancel(act)
        else:
            number = len(self.asked)
            self.asked[number] = act
            self.scheduler.add(self.job(number, act))

    def step(self) -> None:
        if self.scheduler.busy:
            self.scheduler.allow()
            self.scheduler.step()

    def cancel(self, act: Cancel) -> None:
        if not self.asked:
            return
        request = act.which % len(self.asked)
        self.scheduler.interrupt(request)
        if act.in_a_run and self.scheduler.busy:
            self.scheduler.step()
        self.scheduler.allow()
        self.scheduler.cancel(request)

    def job(self, number: int, act: Write | Weigh) -> Job:
        given_prompt = list(act.prompt)
        if isinstance(act, Write) and act.after is not None:
            given_prompt = self.history(act.after) + given_prompt
        room = (N_CTX if self.how == "lanes" else self.cells) - 110
        given_prompt = given_prompt[-room:]
        self.prompts[number] = given_prompt
        if isinstance(act, Weigh):
            return ScoreJob(
                number,
                act.urgency,
                number,
                given_prompt,
                "rendered",
                continuations=[list(each) for each in act.continuations],
                sums=[0.0] * len(act.continuations),
                single=len(act.continuations) == 1,
            )
        job = GenerateJob(number, act.urgency, number, given_prompt, "rendered")
        for choice in range(len(act.most)):
            answer = running(self.model, act, choice, given_prompt)
            self.answers[number, choice] = answer
            job.waiting.append(answer)
        job.unfinished = len(act.most)
        job.single = job.unfinished == 1
        return job

    def history(self, which: int) -> list[int]:
        """The tokens of a finished request's first answer, with its prompt."""
        finished = [line.id for line in self.said if isinstance(line, Done) and not line.choice]
        if not finished:
            return []
        number = finished[which % len(finished)]
        return self.prompts[number] + self.answers[number, 0].written

    def run(self) -> None:
        for _ in range(4000):
            if not self.scheduler.busy:
                return
            self.step()
        pytest.fail("the scheduler does not come to an end")

    def ends(self, number: int) -> list[Any]:
        kinds = Done | Chosen | Weighed | Refused | Cancelled
        return [line for line in self.said if isinstance(line, kinds) and line.id == number]

    def check(self) -> None:
        for number, act in self.asked.items():
            self.check_end(number, act)
        begun = [line.id for line in self.said if isinstance(line, Begun)]
        assert len(begun) == len(set(begun))
        self.check_counters()
        self.check_nothing_is_left()

    def check_end(self, number: int, act: Write | Weigh) -> None:
        ends = self.ends(number)
        last = ends[-1] if ends else None
        whole = len(act.most) if isinstance(act, Write) else 1
        if isinstance(last, Cancelled | Refused):
            assert sum(isinstance(end, Cancelled | Refused) for end in ends) == 1
            assert len(ends) <= whole
            written = [self.answers.get((number, choice)) for choice in range(whole)]
            said = [token for answer in written if answer for token in answer.written]
            spoilt = SPOILT in [*self.prompts[number], *said]
            assert spoilt or isinstance(last, Cancelled), "others' numbers are not missing"
        else:
            assert len(ends) == whole
            assert SPOILT not in self.prompts[number]
        for end in ends:
            if isinstance(end, Done):
                assert isinstance(act, Write)
                self.check_answer(act, end)
            elif isinstance(end, Chosen | Weighed):
                assert isinstance(act, Weigh)
                told = end.logprobs if isinstance(end, Chosen) else [end.logprob]
                assert told == pytest.approx(self.weighed(act, number), rel=3e-3, abs=NEARLY)

    def check_counters(self) -> None:
        counters = self.scheduler.counters
        done = [line for line in self.said if isinstance(line, Done)]
        assert sum(line.completion_tokens for line in done) <= counters.written
        if not any(isinstance(line, Cancelled | Refused) for line in self.said):
            told = [
                line.completion_tokens
                + (
                    line.finish_reason == "stop"
                    and not self.answers[line.id, line.choice].text.stopped
                )
                for line in done
            ]
            assert sum(told) == counters.written

    def check_nothing_is_left(self) -> None:
        cache = self.scheduler._cache
        for kv in list(cache.kept):
            cache.drop(kv)
        assert self.pages.free == self.all_pages
        numbers = MOST if self.how == "cpu" else self.sequences
        assert not any(self.context.length(number) for number in range(numbers))
        sequences = [cache.new() for _ in range(self.sequences)]
        assert len({kv.sequence for kv in sequences if kv}) == self.sequences

    def check_answer(self, act: Write, end: Done) -> None:
        """Its tokens are what the model says alone, and its text and its end are theirs."""
        given, written = self.prompts[end.id], self.answers[end.id, end.choice].written
        again = running(self.model, act, end.choice, given)
        for token in written:
            assert not again.text.stopped
            assert not again.used_up
            again.written.append(token)
            again.read(self.model.piece(token))
        model_ended = not (again.text.stopped or again.used_up)
        reason = "stop" if model_ended or again.text.stopped else "length"
        again.text.finish(cut=reason == "length")
        again.sampler.free()
        assert (end.text, end.reasoning) == (again.text.text, again.text.reasoning)
        assert (end.finish_reason, end.completion_tokens) == (reason, len(written))
        if act.warm:
            return
        rows = self.logits([*given, *written], len(given) - 1)
        for row, token in zip(rows, written, strict=False):
            assert row[token] > row.max() - NEARLY
        if model_ended:
            assert rows[-1][::END].max() > rows[-1].max() - NEARLY

    def weighed(self, act: Weigh, number: int) -> list[float]:
        given = self.prompts[number]
        sums = []
        for continuation in act.continuations:
            rows = self.logits([*given, *continuation[:-1]], len(given) - 1)
            told = [row[token] for row, token in zip(rows, continuation, strict=True)]
            sums.append(float(np.sum(told - np.log(np.exp(rows).sum(axis=1)))))
        return sums

    def logits(self, tokens: list[int], first: int) -> Any:
        """What the model says after each token from ``first`` on, in a cache without others."""
        self.fresh.forget(0)
        self.fresh.decode([Span(0, 0, tokens, first)])
        return np.array([self.fresh.logits(at) for at in range(first, len(tokens))], np.float64)


def running(model: Toy, act: Write, choice: int, given_prompt: list[int]) -> RunningAnswer:
    sampling = Sampling(
        temperature=act.warm, max_tokens=act.most[choice], seed=choice, stop=act.stop
    )
    sampler = Sampler(model, sampling, given_prompt)
    answer = RunningAnswer(choice, sampling, AnswerText(act.stop), sampler)
    answer.allowance = act.allowance
    return answer
