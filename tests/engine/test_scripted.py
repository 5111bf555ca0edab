"""The engine of the tests gets into every trouble that a real one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.api import Piece, Sampling, State
from engine.errors import EndpointError, HostDied
from engine.scripted import Reply, ScriptedEngine, Trouble
from store.records import Message

ASKED = (Message("user", "Why?"),)
ASKS: dict[str, Callable[[ScriptedEngine], Awaitable[object]]] = {
    "generate": lambda engine: engine.generate(ASKED, [Sampling()]),
    "choose": lambda engine: engine.choose(ASKED, ["A", "B"]),
    "score": lambda engine: engine.score(ASKED, "Because."),
    "count": lambda engine: engine.count(["one two"]),
}


@pytest.mark.parametrize("operation", ASKS)
async def test_a_request_that_hangs_ends_when_it_is_given_up(operation: str) -> None:
    engine = ScriptedEngine(slots=1)
    await engine.load()
    engine.get_into(Trouble.HANG, operation)
    task = asyncio.ensure_future(ASKS[operation](engine))
    await engine.wait_asked(1)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.operation for one in engine.cancelled] == [operation]
    engine.get_into(None)
    await ASKS[operation](engine)
    assert engine.status.state is State.READY


@pytest.mark.parametrize("operation", ASKS)
@pytest.mark.parametrize(
    ("trouble", "error"), [(Trouble.TIMEOUT, EndpointError), (Trouble.HALFWAY, HostDied)]
)
async def test_a_request_that_fails_gives_its_slot_back(
    operation: str, trouble: Trouble, error: type[Exception]
) -> None:
    engine = ScriptedEngine(slots=1)
    await engine.load()
    engine.get_into(trouble)
    for _ in range(2):
        with pytest.raises(error):
            await ASKS[operation](engine)
    engine.get_into(None)
    await ASKS[operation](engine)


async def test_half_of_an_answer_is_told_before_it_fails() -> None:
    engine = ScriptedEngine(piece=3)
    await engine.load()
    engine.enqueue(Reply("Because it is.", trouble=Trouble.HALFWAY), "Because.")
    told: list[object] = []
    with pytest.raises(HostDied):
        await engine.generate(ASKED, [Sampling()], on_event=told.append)
    assert "".join(event.text for event in told if isinstance(event, Piece)) == "Because i"
    assert (await engine.generate(ASKED, [Sampling()])).finished[0].text == "Because."


async def test_a_model_that_does_not_load() -> None:
    engine = ScriptedEngine()
    engine.get_into(Trouble.TIMEOUT, "load")
    with pytest.raises(EndpointError):
        await engine.load()
    assert engine.info is None
