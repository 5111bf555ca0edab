"""The scheduler over a real context of a tiny random model, with whatever may meet in it.

Requests come, share, are gone on from, are cancelled in the middle of a run and have no numbers,
in each of the three ways a cache is used; ``SCHEDULER_EXAMPLES=500`` tries more of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.api import Urgency
from engine.llama.host import library
from engine.llama.host.binding import Context
from tests.engine import random_models
from tests.engine.scheduler_world import (
    FIRST,
    N_CTX,
    SPOILT,
    Act,
    Cancel,
    Steps,
    Toy,
    Weigh,
    World,
    Write,
)
from tests.engine.spoiling import spoil

pytest.importorskip("gguf")

EXAMPLES: Final = int(os.environ.get("SCHEDULER_EXAMPLES", "12"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    (file,) = random_models.write(tmp_path_factory.mktemp("mixed") / "made.gguf", "llama")
    spoil(file, "token_embd.weight", 64 * SPOILT, 64)
    library.start()
    toy = Toy(str(file), 0, use_extra_bufts=True)
    yield toy
    toy.free()


@pytest.fixture(scope="module")
def fresh(model: Toy) -> Context:
    """A cache for one text."""
    return Context(model, N_CTX, 1)


def prompt(head: int, tail: list[int], *, spoilt: bool) -> tuple[int, ...]:
    """Tokens that share their beginning with those of other prompts."""
    shared = [FIRST + number % 7 for number in range(head)]
    return (*shared, *([SPOILT] if spoilt else []), *(FIRST + 20 + number for number in tail))


prompts = st.builds(
    prompt,
    st.sampled_from([0, 15, 20, 63, 64, 140]),
    st.lists(st.integers(0, 3), min_size=1, max_size=20),
    spoilt=st.sampled_from([False] * 7 + [True]),
)
urgencies = st.sampled_from([Urgency.BATCH] * 3 + [Urgency.AHEAD, Urgency.NOW])
writes = st.builds(
    Write,
    prompts,
    st.lists(st.sampled_from([1, 2, 7, 40]), min_size=1, max_size=4).map(tuple),
    st.sampled_from([0.0, 0.0, 0.9]),
    urgencies,
    st.sampled_from([(), (), ("a",), ("cd", "k")]),
    st.sampled_from([0, 0, 3, 60]),
    st.none() | st.integers(0, 9),
)
tokens = st.lists(st.integers(FIRST, FIRST + 9), min_size=1, max_size=9).map(tuple)
weighs = st.builds(Weigh, prompts, st.lists(tokens, min_size=1, max_size=4).map(tuple), urgencies)
cancels = st.builds(Cancel, st.integers(0, 30), st.booleans())
steps = st.builds(Steps, st.sampled_from([1, 1, 2, 5, 30]))
plans = st.lists(writes | writes | weighs | cancels | steps | steps, min_size=2, max_size=24)


@pytest.mark.parametrize("how", ["cpu", "gpu", "lanes"])
@given(plans, st.sampled_from([8, 32, 200]), st.sampled_from([320, 512]))
@settings(max_examples=EXAMPLES, phases=[Phase.generate])
def test_whatever_meets_changes_nothing_said(
    model: Toy, fresh: Context, how: str, plan: list[Act], a_run: int, cells: int
) -> None:
    world = World(model, fresh, how, a_run, cells)
    for act in plan:
        world.do(act)
    world.run()
    world.check()
    world.context.free()
