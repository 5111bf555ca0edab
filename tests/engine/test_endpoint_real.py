"""The endpoint against a real server: llama-cpp-python's own, with the starter model.

It streams, ignores ``n``, answers one request at a time and drops a stream when another request
comes; its log-probabilities are those of the model host, which loads the same file.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.api import GenerationEvent, Piece, Sampling
from engine.endpoint.client import EndpointEngine
from engine.endpoint.retries import Retries
from engine.errors import PromptTooLong
from engine.llama.client import HostEngine
from store.records import Message

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="session")]

CONTEXT = 512
ASKED = (Message("user", "Name three colours."),)
TRIES = 600


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def url(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the server listens."""
    pytest.importorskip("uvicorn")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "server.log"
    options = {
        "model": str(model_file), "model_alias": "starter", "host": "127.0.0.1", "port": str(port),
        "n_ctx": str(CONTEXT), "n_threads": "2", "logits_all": "true", "verbose": "false",
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    with log.open("wb") as written:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "llama_cpp.server", *arguments,
            stdin=subprocess.DEVNULL, stdout=written, stderr=written,
            # its threads would spin against those of the model host
            env=os.environ | {"OMP_WAIT_POLICY": "passive"},
        )  # fmt: skip
    try:
        await _listening(server, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def _listening(server: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Try until the server takes a connection."""
    for _ in range(TRIES):
        if server.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    pytest.fail(f"the server did not start: see {log}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(url: str) -> AsyncIterator[EndpointEngine]:
    async def at_once(_seconds: float) -> None:
        return

    made = EndpointEngine(url, retries=Retries(attempts=8, sleep=at_once))
    await made.load()
    yield made
    await made.shutdown()


async def test_the_model(engine: EndpointEngine) -> None:
    info = await engine.load()
    assert (info.name, info.backend, info.sha256) == ("starter", "endpoint", None)


async def test_a_streamed_answer(engine: EndpointEngine) -> None:
    told: list[GenerationEvent] = []
    sampling = Sampling(seed=11, max_tokens=16)
    generated = await engine.generate(ASKED, [sampling], on_event=told.append)
    finished = generated.finished[0]
    pieces = [event.text for event in told if isinstance(event, Piece)]
    assert "".join(pieces) == finished.text
    assert len(pieces) == finished.completion_tokens > 1
    assert finished.finish_reason in ("stop", "length")


async def test_choices_one_by_one_where_n_is_ignored(engine: EndpointEngine) -> None:
    choices = [Sampling(seed=seed, max_tokens=8) for seed in (1, 2, 3)]
    generated = await engine.generate(ASKED, choices)
    assert [finished.choice for finished in generated.finished] == [0, 1, 2]
    assert all(finished.completion_tokens <= 8 for finished in generated.finished)


async def test_at_the_same_time_no_half_answer_is_kept(engine: EndpointEngine) -> None:
    choices = [Sampling(seed=seed, max_tokens=12) for seed in (3, 5, 7)]
    together = await asyncio.gather(*(engine.generate(ASKED, [one]) for one in choices))
    for generated in together:
        finished = generated.finished[0]
        # one that was dropped and kept would be neither ended nor as long as allowed
        assert finished.finish_reason == "stop" or finished.completion_tokens == 12


async def test_a_prompt_too_long(engine: EndpointEngine) -> None:
    with pytest.raises(PromptTooLong) as caught:
        await engine.generate((Message("user", "word " * 800),), [Sampling(max_tokens=16)])
    assert caught.value.limit == CONTEXT
    assert caught.value.needed > 800


async def test_weighs_and_counts_as_the_host_does(engine: EndpointEngine, host: HostEngine) -> None:
    asked = (Message("user", "Is the sky blue? Answer Yes or No."),)
    answers = ("Yes", "No", "It is blue.")
    there = await engine.choose(asked, answers)
    here = await host.choose(asked, answers)
    assert there == pytest.approx(here, abs=0.2)
    scored = await engine.score(asked, answers[2])
    assert scored.tokens == (await host.score(asked, answers[2])).tokens
    texts = ["hello world", "", "Zwei W\N{LATIN SMALL LETTER O WITH DIAERESIS}rter", "a\nb"]
    assert await engine.count(texts) == await host.count(texts)
