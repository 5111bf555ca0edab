"""Continuous batching over a toy model: sharing, cancelling and urgency change nothing said."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api import Sampling, Urgency
from engine.llama.host import scheduler
from engine.llama.host.binding import BATCH, OUTPUTS
from engine.llama.host.drawing import Draw
from engine.llama.host.jobs import GenerateJob, RunningAnswer, ScoreJob
from engine.llama.host.kv_cache import common_start
from engine.llama.host.kv_cells import FAR, KvPages
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.scheduler import Scheduler
from engine.llama.host.text import AnswerText
from engine.llama.host.threads import Threads
from engine.llama.host.token_batch import Span
from engine.llama.protocol import Begun, Cancelled, Chosen, Done, Pieces, Weighed
from tests.engine.cellmap import BLANK, CellMap

VOCABULARY = 29
PAGE = 4
END = 0


def following(tokens: list[int], seed: int = 0) -> int:
    """The toy model: the next token depends on every token before it."""
    return zlib.crc32(bytes([seed, *tokens])) % VOCABULARY


def toy_logits(tokens: list[int]) -> np.ndarray:
    return np.array(
        [zlib.crc32(bytes([*tokens, number])) % 7 for number in range(VOCABULARY)], np.float32
    )


@dataclass
class ToyContext:
    """Keeps what llama.cpp would keep, and complains where llama.cpp would."""

    cells: int = 400
    sequences: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    batches: list[list[Span]] = field(default_factory=list)
    outputs: dict[int, list[int]] = field(default_factory=dict)
    interrupted: bool = False
    ids: Any = field(default_factory=itertools.count)
    map: CellMap | None = None
    """Where the tokens lie, if that matters."""
    before_interruption: int = 0
    """Tokens of an interrupted run that are computed all the same."""
    most_outputs: int = OUTPUTS
    """Positions of a run that may have logits."""
    lanes: bool = False
    """Sharing copies whole sequences, which are run in the order of their numbers."""
    fillers: int = 0
    """Tokens run for nothing."""
    prepared: list[Span] = field(default_factory=list)

    def prepare(self, spans: list[Span]) -> None:
        self.prepared = spans

    def run(self, at: Sequence[int], tokens: Sequence[int]) -> bool:
        known = dict(zip(at, tokens, strict=True))
        begins = itertools.accumulate((len(span.tokens) for span in self.prepared), initial=0)
        return self.decode(
            [
                span._replace(tokens=[known[begin]]) if begin in known else span
                for begin, span in zip(begins, self.prepared, strict=False)
            ]
        )

    def decode(self, spans: list[Span]) -> bool:
        if self.interrupted:
            self._begin(spans)
            return False
        if self.map:
            self.map.decode(spans)
            self._check_pages(self.map)
        self.batches.append(spans)
        self.outputs.clear()
        index = 0
        for span in spans:
            held = self.sequences.setdefault(span.sequence, [])
            assert span.start == len(held), "positions must follow each other"
            self.fillers += span.outputs_from == self.cells
            for position, token in enumerate(span.tokens, span.start):
                held.append((token, next(self.ids)))
                if position >= span.outputs_from:
                    self.outputs[index] = [known for known, _cell in held]
                index += 1
        order = [span.sequence for span in spans]
        if self.lanes:
            assert order == sorted(order), "lanes are run in order"
            assert set(order) == set(range(order[0], order[-1] + 1)), "and without a gap"
        assert index <= BATCH, "more tokens than a run may carry"
        assert len(self.outputs) <= self.most_outputs, "more logits than there is room for"
        used = {cell for held in self.sequences.values() for _token, cell in held}
        assert len(used) <= self.cells, "the cache is full"
        return True

    def _begin(self, spans: list[Span]) -> None:
        """An interrupted run: some tokens are in the cache, and there are no logits."""
        room = self.before_interruption
        begun: list[Span] = []
        for span in spans:
            done = span.tokens[:room]
            room -= len(done)
            if done:
                begun.append(span._replace(tokens=done))
        if self.map and begun:
            self.map.decode(begun)
        for span in begun:
            held = self.sequences.setdefault(span.sequence, [])
            assert span.start == len(held), "positions must follow each other"
            held += [(token, next(self.ids)) for token in span.tokens]

    def _check_pages(self, cells: CellMap) -> None:
        for start in range(0, cells.cells, PAGE):
            page = range(start, min(start + PAGE, cells.cells))
            texts = [cells.owners[cell] for cell in page if 0 <= cells.position[cell] < FAR]
            assert not texts or set.intersection(*texts), "a page holds tokens of one text only"

    def logits(self, index: int) -> np.ndarray:
        return toy_logits(self.outputs[index])

    def copy(self, source: int, target: int, length: int) -> None:
        assert not self.sequences.get(target)
        assert length <= len(self.sequences[source])
        shared = self.sequences[source][:length]
        self.sequences[target] = [
            (token, next(self.ids) if self.lanes else cell) for token, cell in shared
        ]
        if self.map:
            self.map.copy(source, target, length)

    def forget(self, sequence: int) -> None:
        self.sequences.pop(sequence, None)
        if self.map:
            self.map.forget(sequence)

    def cut(self, sequence: int, length: int) -> None:
        del self.sequences.get(sequence, [])[length:]
        if self.map:
            self.map.cut(sequence, length)

    def vacate(self, sequence: int, start: int, end: int) -> None:
        assert self.map
        self.map.vacate(sequence, start, end)

    def restore(self, sequence: int, state: bytes) -> bool:
        assert self.map
        return self.map.restore(sequence, state)

    def length(self, sequence: int) -> int:
        return len(self.sequences.get(sequence, []))

    def interrupt(self) -> None:
        self.interrupted = True

    def allow(self) -> None:
        self.interrupted = False


@dataclass
class ToyModel:
    whole_only: bool = False

    def ends(self, token: int) -> bool:
        return token == END

    def piece(self, token: int) -> bytes:
        return bytes([96 + token])


class ToyDrawing:
    def __init__(self, context: ToyContext) -> None:
        self.context = context

    def prepare(self, wanted: list[Draw]) -> ToyDraws:
        return ToyDraws(self.context, wanted)


@dataclass
class ToyDraws:
    context: ToyContext
    wanted: list[Draw]

    def draw(self) -> list[int]:
        rows = sorted(self.context.outputs)
        assert all(rows[draw.output] == draw.at for draw in self.wanted)
        return [draw.sampler.draw(self.context, draw.at) for draw in self.wanted]  # type: ignore[arg-type]  # stands in for it


@dataclass
class ToySampler:
    seed: int
    freed: bool = False

    def draw(self, context: ToyContext, index: int) -> int:
        assert not self.freed
        return following(context.outputs[index], self.seed)

    def free(self) -> None:
        self.freed = True


class Bench:
    """A scheduler over the toy model, and what it has said."""

    def __init__(
        self,
        *,
        slots: int = 4,
        cells: int = 400,
        a_run: int = 32,
        apart: bool = True,
        paged: bool = False,
        whole_only: bool = False,
        lanes: bool = False,
    ) -> None:
        self.context = ToyContext(cells, map=CellMap(cells) if paged else None, lanes=lanes)
        size, blank = (PAGE, BLANK) if paged else (1, None)
        self.said: list[Any] = []
        self.scheduler = Scheduler(
            ToyModel(whole_only),  # type: ignore[arg-type]  # stands in for the real one
            self.context,  # type: ignore[arg-type]  # stands in for the real one
            KvPages(self.context, size, blank),  # type: ignore[arg-type]  # stands in for it
            slots=slots,
            prompt_budget=PromptBudget(fixed=a_run),
            threads=Threads(1, lambda _count: None),
            apart=apart,
            most_kept=cells // size // 3,
            drawing=ToyDrawing(self.context),  # type: ignore[arg-type]  # stands in for it
            send=self.said.append,
            clock=itertools.count().__next__,
        )
        self._orders = itertools.count()

    def pass_numbers(self, count: int) -> None:
        """So many requests have come and gone."""
        for _ in range(count):
            next(self._orders)

    def write(
        self,
        request: int,
        prompt: list[int],
        choices: int = 1,
        max_tokens: int = 12,
        urgency: Urgency = Urgency.BATCH,
        stop: tuple[str, ...] = (),
        allowance: int = 0,
    ) -> None:
        job = GenerateJob(request, urgency, next(self._orders), prompt, "rendered")
        for choice in range(choices):
            sampling = Sampling(max_tokens=max_tokens, seed=choice, stop=stop)
            sampler: Any = ToySampler(choice)
            answer = RunningAnswer(choice, sampling, AnswerText(stop), sampler)
            answer.allowance = allowance
            job.waiting.append(answer)
        job.unfinished = choices
        job.single = choices == 1
        self.scheduler.add(job)

    def weigh(self, request: int, prompt: list[int], continuations: list[list[int]]) -> None:
        self.scheduler.add(
            ScoreJob(
                request,
                Urgency.BATCH,
                next(self._orders),
                prompt,
                "rendered",
                continuations=continuations,
                sums=[0.0] * len(continuations),
            )
        )

    def run(self, most: int = 2000) -> None:
        for _ in range(most):
            if not self.scheduler.busy:
                return
            self.scheduler.allow()
            self.scheduler.step()
        pytest.fail("the scheduler does not come to an end")

    def begun(self) -> list[int]:
        """Requests, in the order in which their turn came."""
        return [line.id for line in self.said if isinstance(line, Begun)]

    def texts(self) -> dict[tuple[int, int], tuple[str, str]]:
        return {
            (line.id, line.choice): (line.text, line.finish_reason)
            for line in self.said
            if isinstance(line, Done)
        }


def alone(prompt: list[int], seed: int, max_tokens: int) -> tuple[str, str]:
    """What the toy model writes without any of this."""
    written: list[int] = []
    while len(written) < max_tokens:
        token = following(prompt + written, seed)
        if token == END:
            return "".join(chr(96 + known) for known in written), "stop"
        written.append(token)
    return "".join(chr(96 + known) for known in written), "length"


def lasting(size: int, tokens: int) -> Iterator[list[int]]:
    """Prompts of so many tokens to which the toy model writes that many at least."""
    for number in range(1, VOCABULARY):
        prompt = [number] * size
        if len(alone(prompt, 0, tokens)[0]) == tokens:
            yield prompt


def logprob(prompt: list[int], continuation: list[int]) -> float:
    """How likely the toy model finds a continuation, in nats."""
    total = 0.0
    for at, token in enumerate(continuation):
        logits = toy_logits(prompt + continuation[:at]).astype(float)
        total += float(logits[token] - np.log(np.exp(logits).sum()))
    return total


def carried(run: list[Span]) -> dict[int, int]:
    """How many tokens of each sequence a run evaluates."""
    sizes: dict[int, int] = {}
    for span in run:
        sizes[span.sequence] = sizes.get(span.sequence, 0) + len(span.tokens)
    return sizes


prompts = st.lists(
    st.builds(
        lambda head, tail: [1, 2, 3] * head + tail,
        st.integers(0, 12),
        st.lists(st.integers(1, 4), min_size=1, max_size=30),
    ),
    min_size=1,
    max_size=8,
)


@given(
    prompts,
    st.integers(1, 6),
    st.integers(1, 5),
    st.sampled_from([8, 32]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_what_is_said_does_not_depend_on_who_else_is_there(
    asked: list[list[int]], choices: int, slots: int, a_run: int, apart: bool, paged: bool
) -> None:
    bench = Bench(slots=slots, cells=200, a_run=a_run, apart=apart, paged=paged)
    for request, prompt in enumerate(asked):
        bench.write(request, prompt, choices, urgency=Urgency(request % 3))
    bench.run()
    assert bench.texts() == {
        (request, choice): alone(prompt, choice, 12)
        for request, prompt in enumerate(asked)
        for choice in range(choices)
    }


@given(prompts, st.integers(1, 6), st.integers(1, 5), st.sampled_from([8, 32]))
@settings(max_examples=60, deadline=None)
def test_nor_does_it_where_each_sequence_has_a_lane(
    asked: list[list[int]], choices: int, slots: int, a_run: int
) -> None:
    bench = Bench(slots=slots, cells=4000, a_run=a_run, apart=False, lanes=True)
    for request, prompt in enumerate(asked):
        bench.write(request, prompt, choices, max_tokens=2 + request)
    bench.run()
    assert bench.texts() == {
        (request, choice): alone(prompt, choice, 2 + request)
        for request, prompt in enumerate(asked)
        for choice in range(choices)
    }
    # one token stands in for a lane that has nothing to run, and leaves nothing behind
    assert sum(map(len, bench.context.sequences.values())) <= sum(map(len, asked))


def test_a_gap_between_lanes_is_filled() -> None:
    bench = Bench(slots=3, cells=4000, apart=False, lanes=True)
    for request, tokens in enumerate((12, 1, 12)):
        bench.write(request, [request + 1] * 4, max_tokens=tokens)
    bench.run()
    assert bench.context.fillers
    assert bench.texts()[2, 0] == alone([3] * 4, 0, 12)


@given(
    prompts,
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 12)), max_size=6),
    st.booleans(),
    st.sampled_from(["apart", "together", "lanes"]),
)
@settings(max_examples=100, deadline=None)
def test_cancelling_some_leaves_the_others_as_they_were(
    asked: list[list[int]], cancels: list[tuple[int, int]], paged: bool, how: str
) -> None:
    lanes = how == "lanes"
    bench = Bench(
        slots=3,
        cells=4000 if lanes else 200,
        paged=paged and not lanes,
        apart=how == "apart",
        lanes=lanes,
    )
    for request, prompt in enumerate(asked):
        bench.write(request, prompt, 2)
    for step in range(2000):
        if not bench.scheduler.busy:
            break
        bench.scheduler.allow()
        for request, when in cancels:
            if when == step:
                bench.scheduler.interrupt(request)
                bench.scheduler.cancel(request)
        bench.scheduler.allow()
        bench.scheduler.step()
    cancelled = {line.id for line in bench.said if isinstance(line, Cancelled)}
    texts = bench.texts()
    for request, prompt in enumerate(asked):
        for choice in range(2):
            if request not in cancelled:
                assert texts[request, choice] == alone(prompt, choice, 12)
    assert not bench.scheduler.busy


@given(
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.lists(st.integers(1, 9), min_size=1, max_size=9),
            st.sampled_from(Urgency),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=7,
    ),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_who_comes_while_a_run_is_computed_changes_nothing_said(
    coming: list[tuple[int, list[int], Urgency, int]], lanes: bool, paged: bool
) -> None:
    """Also where it takes the place of an answer whose next token is being computed."""
    bench = Bench(
        slots=2, cells=4000 if lanes else 300, apart=False, lanes=lanes, paged=paged and not lanes
    )
    for step in range(2000):
        for request, (when, prompt, urgency, choices) in enumerate(coming):
            if when == step:
                bench.write(request, prompt, choices, urgency=urgency)
        if step > 12 and not bench.scheduler.busy:
            break
        bench.scheduler.step()
    assert bench.texts() == {
        (request, choice): alone(prompt, choice, 12)
        for request, (_when, prompt, _urgency, choices) in enumerate(coming)
        for choice in range(choices)
    }


def test_a_gpu_begins_the_next_run_before_the_text_of_the_last_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[int] = []

    def piece(_model: ToyModel, token: int) -> bytes:
        begun.append(len(bench.context.batches))
        return bytes([96 + token])

    monkeypatch.setattr(ToyModel, "piece", piece)
    bench = Bench(slots=2, apart=False)
    bench.write(1, next(lasting(4, 12)))
    bench.run()
    assert begun == [*range(2, 13), 12]


def test_k_answers_evaluate_their_prompt_once() -> None:
    bench = Bench(slots=8)
    prompt = [5, 4, 3, 2, 1] * 5
    bench.write(1, prompt, choices=8)
    bench.run()
    written = sum(line.completion_tokens for line in bench.said if isinstance(line, Done))
    assert bench.scheduler.counters.evaluated <= len(prompt) + written
    assert bench.scheduler.counters.needed >= 8 * len(prompt)


def test_a_prompt_waits_for_one_that_begins_alike() -> None:
    bench = Bench(slots=8, a_run=64)
    head = [7, 6, 5, 4] * 6
    bench.write(1, [*head, 1])
    bench.write(2, [*head, 2])
    bench.write(3, [*head, 3])
    bench.run()
    begun = {line.id: line.reused_tokens for line in bench.said if isinstance(line, Begun)}
    assert begun == {1: 0, 2: len(head), 3: len(head)}
    assert bench.texts()[3, 0] == alone([*head, 3], 0, 12)
    prompt_tokens = bench.scheduler.counters.evaluated - sum(
        line.completion_tokens for line in bench.said if isinstance(line, Done)
    )
    assert prompt_tokens <= len(head) + 3


def test_a_later_prompt_takes_over_what_was_evaluated() -> None:
    bench = Bench()
    prompt = [3, 1, 4, 1, 5, 9] * 6
    bench.write(1, prompt)
    bench.run()
    before = bench.scheduler.counters.evaluated
    bench.write(2, [*prompt, 2, 6], max_tokens=1)
    bench.run()
    assert bench.scheduler.counters.evaluated - before <= 3


def test_of_finished_answers_only_the_prompt_is_kept() -> None:
    bench = Bench(cells=300)
    prompt = [1, 2, 3] * 12
    bench.write(1, prompt, choices=3, max_tokens=12)
    bench.run()
    held = {cell for row in bench.context.sequences.values() for _token, cell in row}
    assert len(held) == len(prompt)
    before = bench.scheduler.counters.evaluated
    bench.write(2, [*prompt, 1], max_tokens=1)
    bench.run()
    assert bench.scheduler.counters.evaluated - before == 1


@pytest.mark.parametrize(("later", "first"), [(0, 4), (200, 2)])
def test_what_goes_on_from_an_answer_is_begun_before_that_is_forgotten(
    later: int, first: int
) -> None:
    """It reuses what was written, too; but nobody waits for all who come after."""
    bench = Bench(slots=1)
    prompt = next(lasting(20, 12))
    bench.write(1, prompt)
    for request in (2, 3):
        bench.write(request, [0, request] * 10)
    while (1, 0) not in bench.texts():
        bench.scheduler.step()
    written = [ord(letter) - 96 for letter in bench.texts()[1, 0][0]]
    bench.pass_numbers(later)
    bench.write(4, [*prompt, *written, 5, 6])
    bench.run()
    assert bench.begun()[:2] == [1, first]
    reused = {line.id: line.reused_tokens for line in bench.said if isinstance(line, Begun)}
    # the last token was drawn and not evaluated
    assert reused[4] == 20 + 11 or first != 4


def test_an_interrupted_run_is_done_again_without_the_cancelled() -> None:
    bench = Bench()
    bench.write(1, [1] * 20)
    bench.write(2, [2] * 20)
    bench.scheduler.step()
    runs = len(bench.context.batches)
    bench.scheduler.interrupt(1)
    bench.scheduler.step()
    assert len(bench.context.batches) == runs
    bench.scheduler.allow()
    bench.scheduler.cancel(1)
    bench.run()
    assert Cancelled(1, 0, 0) in bench.said
    assert bench.texts() == {(2, 0): alone([2] * 20, 0, 12)}


def test_no_run_carries_more_prompt_than_the_pace_allows() -> None:
    bench = Bench(slots=4, a_run=16)
    for request in range(4):
        bench.write(request, [request + 1] * 70)
    bench.run()
    assert max(sum(len(span.tokens) for span in spans) for spans in bench.context.batches) <= 20


@pytest.mark.parametrize(("computed", "kept"), [(1, 1), (39, 39), (40, 39), (43, 39)])
def test_what_an_interrupted_run_has_computed_is_not_computed_again(
    computed: int, kept: int
) -> None:
    """But for the tokens that are to have logits: of an interrupted run there are none."""
    bench = Bench(a_run=64)
    bench.context.before_interruption = computed
    bench.write(1, [28] * 40, max_tokens=1)
    bench.context.interrupt()
    bench.scheduler.step()
    assert bench.scheduler.counters.evaluated == kept
    bench.run()
    assert bench.scheduler.counters.evaluated == 40
    assert bench.texts() == {(1, 0): alone([28] * 40, 0, 1)}


@given(
    prompts,
    st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=9), min_size=1, max_size=3),
    st.sets(st.integers(0, 20), max_size=8),
    st.integers(0, 50),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_interrupted_runs_change_nothing_said(
    asked: list[list[int]],
    continuations: list[list[int]],
    when: set[int],
    computed: int,
    apart: bool,
    paged: bool,
) -> None:
    bench = Bench(slots=5, cells=400, apart=apart, paged=paged)
    bench.context.before_interruption = computed
    for request, prompt in enumerate(asked):
        bench.write(request, prompt, 2, urgency=Urgency(request % 3))
    bench.weigh(100, [9, 8, 7], continuations)
    for step in range(2000):
        if not bench.scheduler.busy:
            break
        bench.scheduler.allow()
        if step in when:
            bench.context.interrupt()
        bench.scheduler.step()
    assert not bench.scheduler.busy
    assert bench.texts() == {
        (request, choice): alone(prompt, choice, 12)
        for request, prompt in enumerate(asked)
        for choice in range(2)
    }
    (chosen,) = [line.logprobs for line in bench.said if isinstance(line, Chosen)]
    assert chosen == pytest.approx([logprob([9, 8, 7], tokens) for tokens in continuations])


@pytest.mark.parametrize(("whole_only", "request_"), [(False, 2), (True, 1)])
def test_only_the_run_of_a_cancelled_request_is_interrupted(
    *, whole_only: bool, request_: int
) -> None:
    """A recurrent state cannot be taken back halfway: such a run comes to its end."""
    bench = Bench(whole_only=whole_only)
    bench.write(1, [1] * 20)
    bench.scheduler.step()
    bench.scheduler.interrupt(request_)
    assert not bench.context.interrupted


def test_a_cancel_tells_what_was_computed_since_it_came() -> None:
    bench = Bench(slots=4)
    for request, prompt in zip((1, 2), lasting(10, 8), strict=False):
        bench.write(request, prompt, max_tokens=100)
    bench.scheduler.step()
    bench.scheduler.interrupt(1)
    bench.scheduler.allow()
    for _ in range(3):
        bench.scheduler.step()
    bench.scheduler.cancel(1)
    bench.scheduler.cancel(2)
    assert [line for line in bench.said if isinstance(line, Cancelled)] == [
        Cancelled(1, 3, 3),
        Cancelled(2, 0, 0),
    ]


@pytest.mark.parametrize("request_", [1, 2])
@pytest.mark.parametrize("when", range(10))
def test_a_cancel_leaves_nobody_without_an_end(when: int, request_: int) -> None:
    """Also where the last token of an answer is drawn and its text not made."""
    bench = Bench(apart=False, a_run=16)
    bench.write(1, next(lasting(3, 5)), max_tokens=5)
    bench.write(2, [28] * 200)
    for _ in range(when):
        bench.scheduler.step()
    bench.scheduler.cancel(request_)
    bench.run()
    ends = [line.id for line in bench.said if isinstance(line, Done | Cancelled)]
    assert sorted(ends) == [1, 2]


def test_an_end_does_not_wait_for_the_prompts_of_others() -> None:
    bench = Bench(apart=False, a_run=16)
    bench.write(1, next(lasting(3, 5)), max_tokens=5)
    bench.write(2, [28] * 200)
    for _ in range(7):
        bench.scheduler.step()
    assert [line.id for line in bench.said if isinstance(line, Done)] == [1]


@pytest.mark.parametrize("apart", [True, False])
def test_an_answer_that_was_none_claims_no_room_again(
    monkeypatch: pytest.MonkeyPatch, *, apart: bool
) -> None:
    """A closing mark alone tells late that all was thinking: others have that room by then."""
    closing = 5
    monkeypatch.setattr(
        ToyModel, "piece", lambda _, token: b"</think><think>" if token == closing else b"x"
    )
    number = next(
        number
        for number in range(VOCABULARY**2)
        if 6 < closing_at(prompt := [*divmod(number, VOCABULARY)], closing) < 12
        and len(alone(prompt, 0, 60)[0]) == 60
    )
    thinks = [*divmod(number, VOCABULARY)]
    bench = Bench(apart=apart, cells=70)
    bench.write(1, thinks, max_tokens=20, allowance=40)
    bench.write(2, next(lasting(10, 30)), max_tokens=30)
    bench.run()
    told = {line.id: line.completion_tokens for line in bench.said if isinstance(line, Done)}
    assert told == {1: 20, 2: 30}


def closing_at(prompt: list[int], closing: int) -> int:
    """After how many tokens the toy model says ``closing``; 0 where it does not."""
    return alone(prompt, 0, 60)[0].find(chr(96 + closing))


def test_nothing_is_said_of_a_request_once_it_is_cancelled() -> None:
    bench = Bench(slots=4, cells=2000)
    for request, prompt in zip((1, 2), lasting(10, 20), strict=False):
        bench.write(request, prompt, max_tokens=400)
    for _ in range(4):
        bench.scheduler.step()
    bench.scheduler.cancel(1)
    bench.scheduler.cancel(1)
    bench.run()
    behind = bench.said[bench.said.index(Cancelled(1, 0, 0)) + 1 :]
    assert {line.id for line in behind} == {2}


def test_a_later_prompt_does_not_wait_until_an_earlier_answer_is_written() -> None:
    bench = Bench()
    bench.write(1, next(lasting(5, 8)), max_tokens=40)
    bench.scheduler.step()
    bench.write(2, [2] * 6, max_tokens=1)
    bench.scheduler.step()
    assert (2, 0) in bench.texts()
    assert (1, 0) not in bench.texts()


def test_a_run_that_writes_carries_so_much_less_of_prompts() -> None:
    bench = Bench(slots=12, a_run=30, apart=False, cells=2000)
    bench.write(1, [1, 2], choices=10, max_tokens=60)
    bench.write(2, [28] * 150, max_tokens=1)
    bench.run()
    sizes = [sum(carried(run).values()) for run in bench.context.batches]
    assert max(sizes) == 30


@pytest.mark.parametrize("apart", [True, False])
def test_a_prompt_a_person_waits_for_is_evaluated_in_one_run(*, apart: bool) -> None:
    bench = Bench(slots=4, a_run=16, apart=apart, cells=600)
    bench.write(1, [1] * 70, max_tokens=40)
    for _ in range(3):
        bench.scheduler.step()
    patient = len(bench.context.batches)
    assert patient >= 3
    bench.write(2, [2] * 90, urgency=Urgency.NOW)
    bench.write(3, [3] * 80, urgency=Urgency.NOW)
    bench.scheduler.step()
    assert sorted(carried(bench.context.batches[patient]).values())[-2:] == [80, 90]
    bench.run()
    assert bench.texts() == {
        (number, 0): alone([number] * size, 0, most)
        for number, size, most in ((1, 70, 40), (2, 90, 12), (3, 80, 12))
    }


@pytest.mark.parametrize("urgency", [Urgency.AHEAD, Urgency.BATCH])
def test_a_prompt_nobody_waits_for_is_evaluated_in_parts(urgency: Urgency) -> None:
    bench = Bench(a_run=16)
    bench.write(1, [1] * 70, urgency=urgency, max_tokens=1)
    bench.run()
    assert [sum(carried(run).values()) for run in bench.context.batches] == [
        *[16] * 4,
        6,
    ]


def test_an_urgent_prompt_longer_than_a_run_takes_what_a_run_can_carry() -> None:
    bench = Bench(cells=6000, a_run=16)
    bench.write(1, [1] * (2 * BATCH + 5), urgency=Urgency.NOW, max_tokens=1)
    bench.write(2, [2] * 20, urgency=Urgency.NOW, max_tokens=1)
    bench.run()
    sizes = [[*carried(run).values()] for run in bench.context.batches]
    assert sizes == [[BATCH], [BATCH], [5, 20]]


def test_a_run_that_writes_has_room_for_some_prompt() -> None:
    bench = Bench(slots=30, a_run=4, apart=False, cells=2000)
    bench.write(1, [1, 2], choices=20, max_tokens=60)
    bench.scheduler.step()
    bench.write(2, [28] * 40, max_tokens=1)
    bench.scheduler.step()
    assert max(carried(bench.context.batches[-1]).values()) == 16


def test_a_long_continuation_gets_its_logits_in_parts() -> None:
    bench = Bench(a_run=512)
    continuation = [number % 7 + 1 for number in range(2 * OUTPUTS + 10)]
    bench.weigh(1, [1, 2, 3, 4], [continuation])
    bench.weigh(2, [4, 3, 2, 1], [continuation])
    bench.run()
    weighed = {line.id: line.logprobs for line in bench.said if isinstance(line, Chosen)}
    assert weighed[1] == pytest.approx([logprob([1, 2, 3, 4], continuation)])
    assert weighed[2] == pytest.approx([logprob([4, 3, 2, 1], continuation)])
    wanted = [
        sum(
            max(0, span.start + len(span.tokens) - max(span.start, span.outputs_from))
            for span in run
        )
        for run in bench.context.batches
    ]
    assert max(wanted) == OUTPUTS
    # all of both but the first tokens, which the prompts' own logits tell, and the last
    assert len(wanted) <= 2 + -(-2 * len(continuation) // OUTPUTS)


@given(
    prompts,
    st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=20), min_size=1, max_size=4),
    st.integers(1, 5),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_no_run_asks_for_more_logits_than_there_is_room_for(
    asked: list[list[int]], continuations: list[list[int]], most: int, apart: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "OUTPUTS", most)
        bench = Bench(slots=8, cells=600, apart=apart)
        bench.context.most_outputs = most
        for request, prompt in enumerate(asked):
            bench.write(request, prompt, 2, urgency=Urgency(request % 3))
        bench.weigh(100, [9, 8, 7], continuations)
        bench.run()
    assert bench.texts() == {
        (request, choice): alone(prompt, choice, 12)
        for request, prompt in enumerate(asked)
        for choice in range(2)
    }
    (chosen,) = [line.logprobs for line in bench.said if isinstance(line, Chosen)]
    assert chosen == pytest.approx([logprob([9, 8, 7], tokens) for tokens in continuations])


def test_stop_strings_end_an_answer_before_them() -> None:
    bench = Bench()
    text, _reason = alone([1, 2, 3], 0, 12)
    bench.write(1, [1, 2, 3], stop=(text[4:6],))
    bench.run()
    assert bench.texts()[1, 0] == (text[: text.index(text[4:6])], "stop")


def test_continuations_are_weighed_together() -> None:
    bench = Bench()
    prompt = [1, 2, 3, 4]
    continuations = [[5], [6, 7, 8], [6, 7]]
    bench.weigh(1, prompt, continuations)
    bench.weigh(2, prompt, [[9]])
    bench.run()
    answered = {line.id: line.logprobs for line in bench.said if isinstance(line, Chosen)}

    assert answered[1] == pytest.approx([logprob(prompt, tokens) for tokens in continuations])
    assert answered[2] == pytest.approx([logprob(prompt, [9])])
    assert not [line for line in bench.said if isinstance(line, Weighed)]


def test_pieces_add_up_to_the_answer() -> None:
    bench = Bench()
    bench.write(1, [2, 2, 2], choices=3)
    bench.run()
    streamed: dict[int, str] = {}
    for line in bench.said:
        if isinstance(line, Pieces):
            for choice, text in line.pieces:
                streamed[choice] = streamed.get(choice, "") + text
    for choice in range(3):
        assert streamed.get(choice, "") == bench.texts()[1, choice][0]


@given(st.lists(st.integers(0, 3), max_size=200), st.lists(st.integers(0, 3), max_size=200))
def test_common_start(first: list[int], second: list[int]) -> None:
    size = common_start(first, second)
    assert first[:size] == second[:size]
    assert first[size : size + 1] != second[size : size + 1] or size == min(len(first), len(second))


@given(st.lists(st.integers(0, 3), max_size=200), st.integers(0, 200))
def test_common_start_of_a_beginning_is_all_of_it(tokens: list[int], cut: int) -> None:
    assert common_start(tokens, tokens[:cut]) == min(cut, len(tokens))


def test_many_that_weigh_at_once_wait_for_each_other() -> None:
    bench = Bench(slots=4, cells=300)
    for request in range(20):
        bench.weigh(request, [request % 5 + 1] * 6, [[1, 2, 3], [4, 5], [6], [7, 8, 9, 10]])
    bench.run()
    assert len([line for line in bench.said if isinstance(line, Chosen)]) == 20
