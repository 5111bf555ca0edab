"""Tokens drawn from a shortlist are those that llama.cpp draws from the whole vocabulary."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api import Sampling
from engine.llama.host.drawing import NO_TOKEN, Draw, Drawing
from engine.llama.host.sampling import Sampler

VOCABULARY = 32_003
SAID = [7, 11, 11, 900]
ROWS = 6


class Logits:
    """Of the last run, and what llama.cpp draws from all of them."""

    def __init__(self, rows: npt.NDArray[np.float32]) -> None:
        self.rows = rows
        self.asked = 0

    def all_logits(self, outputs: int) -> npt.NDArray[np.float32]:
        return self.rows[:outputs]


class Whole(Sampler):
    """Draws from the whole vocabulary, as ``llama_sampler_sample`` does."""

    def draw(self, context: Any, index: int) -> int:
        context.asked += 1
        row = context.rows[index]
        made = np.zeros(len(row), [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        made["id"], made["logit"] = np.arange(len(row)), row
        tokens = (llama_cpp.llama_token_data * len(row)).from_buffer(made)
        of = llama_cpp.llama_token_data_array(tokens, len(row), -1, False)
        llama_cpp.llama_sampler_apply(self.chain, ctypes.byref(of))
        token = int(of.data[of.selected].id)
        self.accept(token)
        return token


def samplers(sampling: Sampling, count: int) -> list[Sampler]:
    model: Any = SimpleNamespace(n_vocab=VOCABULARY)
    return [
        Whole(model, Sampling(**vars_of(sampling) | {"seed": seed}), SAID) for seed in range(count)
    ]


def vars_of(sampling: Sampling) -> dict[str, Any]:
    return {name: getattr(sampling, name) for name in sampling.__dataclass_fields__}


def logits(seed: int, *, spread: float) -> npt.NDArray[np.float32]:
    """Rows of made logits; with a small spread many are equal."""
    made = np.random.default_rng(seed).normal(0, spread, (ROWS, VOCABULARY))
    return np.round(made, 2).astype(np.float32) if spread < 1 else made.astype(np.float32)


def drawn_from(run: Any, wanted: list[Draw], threads: int) -> list[int]:
    return Drawing(run, VOCABULARY, threads).prepare(wanted).draw()


sampled = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.4, 1.0, 1.7]),
    top_k=st.sampled_from([1, 5, 40, 60]),
    top_p=st.sampled_from([0.5, 0.95, 1.0]),
    min_p=st.sampled_from([0.0, 0.05]),
    repeat_penalty=st.sampled_from([1.0, 1.3]),
)


@given(sampled, st.integers(0, 1000), st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_a_shortlist_draws_what_the_whole_vocabulary_does(
    sampling: Sampling, seed: int, threads: int
) -> None:
    run: Any = Logits(logits(seed, spread=4.0))
    drawn, expected = samplers(sampling, ROWS), samplers(sampling, ROWS)
    for _ in range(3):  # what was drawn changes what a penalty does next
        tokens = drawn_from(
            run, [Draw(sampler, row, row) for row, sampler in enumerate(drawn)], threads
        )
        assert run.asked == 0
        assert tokens == [sampler.draw(run, row) for row, sampler in enumerate(expected)]
        run.asked = 0


def test_one_that_needs_all_tokens_leaves_the_others_their_shortlists() -> None:
    run: Any = Logits(logits(4, spread=4.0))
    kinds = [Sampling(), Sampling(top_k=0), Sampling(), Sampling(repeat_penalty=0.9)]
    drawn, expected = ([samplers(kind, 1)[0] for kind in kinds] for _ in range(2))
    tokens = drawn_from(run, [Draw(each, row, row) for row, each in enumerate(drawn)], 1)
    assert run.asked == 2
    assert tokens == [each.draw(run, row) for row, each in enumerate(expected)]


def test_several_answers_to_one_prompt_draw_from_one_row() -> None:
    run: Any = Logits(logits(1, spread=4.0))
    sampling = Sampling(temperature=1.5)
    tokens = drawn_from(run, [Draw(each, 2, 2) for each in samplers(sampling, 9)], 2)
    assert tokens == [each.draw(run, 2) for each in samplers(sampling, 9)]
    assert len(set(tokens)) > 1


@pytest.mark.parametrize(
    "sampling", [Sampling(top_k=0), Sampling(repeat_penalty=0.9), Sampling(top_k=500)]
)
def test_where_any_token_may_win_llama_cpp_draws(sampling: Sampling) -> None:
    run: Any = Logits(logits(2, spread=4.0))
    drawn_from(run, [Draw(each, row, row) for row, each in enumerate(samplers(sampling, 3))], 1)
    assert run.asked == 3


def test_among_equals_a_row_draws_the_same_alone_and_together() -> None:
    """The seed alone decides, whoever is written at the same time and with how many threads."""
    run: Any = Logits(logits(5, spread=0.3))
    wanted = [
        Draw(samplers(Sampling(top_k=1 + row * 20), row + 1)[row], row, row) for row in range(ROWS)
    ]
    again = [
        Draw(samplers(Sampling(top_k=1 + row * 20), row + 1)[row], row, row) for row in range(ROWS)
    ]
    together = drawn_from(run, wanted, 3)
    assert together == [drawn_from(run, [draw], 1)[0] for draw in again]


def test_where_logits_are_no_numbers_nothing_is_drawn() -> None:
    rows = logits(3, spread=4.0)
    run: Any = Logits(rows.copy())
    (alone,) = drawn_from(run, [Draw(samplers(Sampling(), 2)[0], 0, 0)], 1)
    rows[1] = np.nan
    rows[1, :30] = 1.0
    run = Logits(rows)
    first, second = samplers(Sampling(), 2)
    assert drawn_from(run, [Draw(first, 0, 0), Draw(second, 1, 1)], 1) == [alone, NO_TOKEN]
