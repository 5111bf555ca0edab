"""Hosts that die, and model files that are none: each told in one line, none tried for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.api import GenerationEvent, Piece, Sampling, Started, State
from engine.errors import EngineError, HostDied, ModelFileError
from engine.llama.client import HostEngine
from engine.llama.crashes import explain
from engine.llama.settings import HostSettings
from engine.llama.supervisor import MOST_DEATHS_IN_A_ROW
from store.records import Message

HELLO = (Message("user", "Hello."),)

PUPPET = """
import json, os, signal, sys, time
counter, act = sys.argv[1], sys.argv[2]
lives = int(open(counter).read() or 0) + 1 if os.path.exists(counter) else 1
open(counter, "w").write(str(lives))
info = dict(name="toy", path=None, sha256=None, backend="toy", n_ctx=9, n_params=1, size_bytes=1,
            quantisation="F32", chat_template="x", n_threads=1, gpu_layers=0, slots=1)
def say(**line):
    print(json.dumps(line), flush=True)
def die(number):
    os.kill(os.getpid(), number)
    time.sleep(60)
for line in sys.stdin:
    asked = json.loads(line)
    number = asked["id"]
    if asked["op"] == "load":
        open(counter + ".extra", "a").write(str(asked["use_extra_bufts"]) + " ")
        if act == "ill" and asked["use_extra_bufts"]:
            die(signal.SIGILL)
        if act == "never":
            die(signal.SIGSEGV)
        say(event="loaded", id=number, info=info)
    elif asked["op"] == "shutdown":
        break
    elif asked["op"] == "generate":
        say(event="begun", id=number, rendered="r", prompt_tokens=1, reused_tokens=0)
        text = asked["messages"][0][1]
        if text == "poison" or act == "once" and lives == 1:
            die(signal.SIGSEGV)
        if act == "noise":
            print("this is no answer", flush=True)
            continue
        say(event="done", id=number, choice=0, text=text.upper(), finish_reason="stop",
            completion_tokens=1, seconds=0.5)
"""


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """A file the client takes for a model: the head of a GGUF with a chat template."""
    path = tmp_path / "toy.gguf"
    path.write_bytes(head({"general.architecture": "llama", "tokenizer.chat_template": "x"}))
    return path


def head(values: dict[str, str]) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    body = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 1, len(values)) + body + b"\0" * 64


@pytest_asyncio.fixture
async def puppet(gguf: Path, tmp_path: Path) -> AsyncIterator[Callable[[str], HostEngine]]:
    """Makes engines over a scripted host process."""
    made: list[HostEngine] = []

    def make(act: str) -> HostEngine:
        script = tmp_path / "puppet.py"
        script.write_text(PUPPET)
        command = (sys.executable, str(script), str(tmp_path / "lives"), act)
        engine = HostEngine(gguf, command=command, sha_cache=tmp_path / "sha.json")
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.shutdown()


async def say(engine: HostEngine, text: str) -> str:
    generated = await engine.generate((Message("user", text),), [Sampling()])
    return generated.finished[0].text


async def test_a_request_is_run_again_after_a_death(
    puppet: Callable[[str], HostEngine],
) -> None:
    engine = puppet("once")
    assert await say(engine, "hello") == "HELLO"
    assert engine.status.restarts == 1
    assert "SIGSEGV" in (engine.status.error or "")
    assert engine.status.state is State.READY


async def test_the_request_that_kills_twice_fails_and_no_other(
    puppet: Callable[[str], HostEngine],
) -> None:
    engine = puppet("well")
    await engine.load()
    results = await asyncio.gather(
        *(say(engine, text) for text in ("one", "poison", "two", "three")),
        return_exceptions=True,
    )
    assert [results[0], *results[2:]] == ["ONE", "TWO", "THREE"]
    assert isinstance(results[1], HostDied)
    assert engine.status.restarts == 2
    assert await say(engine, "after") == "AFTER"


async def test_a_restart_that_was_asked_for_is_no_death(
    puppet: Callable[[str], HostEngine],
) -> None:
    engine = puppet("well")
    assert await say(engine, "before") == "BEFORE"
    first = engine.pid
    await engine.restart()
    assert await say(engine, "after") == "AFTER"
    assert engine.pid != first
    assert engine.status.error is None
    assert engine.status.restarts == 1


async def test_a_failed_engine_can_be_restarted(
    puppet: Callable[[str], HostEngine], gguf: Path
) -> None:
    whole = exchange(gguf, b"GG")
    engine = puppet("well")
    with pytest.raises(ModelFileError):
        await engine.load()
    exchange(gguf, whole)
    with pytest.raises(ModelFileError):
        await say(engine, "still the old failure")
    await engine.restart()
    assert await say(engine, "better") == "BETTER"


def exchange(path: Path, content: bytes) -> bytes:
    """Write a file anew; what was in it."""
    before = path.read_bytes()
    path.write_bytes(content)
    return before


async def test_sigill_turns_repacking_off(
    puppet: Callable[[str], HostEngine], tmp_path: Path
) -> None:
    engine = puppet("ill")
    assert await say(engine, "hello") == "HELLO"
    assert (tmp_path / "lives.extra").read_text().split() == ["True", "False"]


async def test_a_host_that_always_dies_is_not_tried_for_ever(
    puppet: Callable[[str], HostEngine], tmp_path: Path
) -> None:
    engine = puppet("never")
    with pytest.raises(HostDied, match="times in a row"):
        await engine.load()
    assert (tmp_path / "lives").read_text() == str(MOST_DEATHS_IN_A_ROW)
    assert engine.status.state is State.FAILED
    with pytest.raises(HostDied):
        await say(engine, "anyone there")


async def test_a_host_that_talks_nonsense_is_replaced(
    puppet: Callable[[str], HostEngine],
) -> None:
    engine = puppet("noise")
    with pytest.raises(HostDied):
        await say(engine, "hello")


async def test_a_command_that_is_not_there_is_told(gguf: Path, tmp_path: Path) -> None:
    engine = HostEngine(gguf, command=("/nowhere/python",), sha_cache=tmp_path / "sha.json")
    with pytest.raises(EngineError, match="cannot be started"):
        await engine.load()
    await engine.shutdown()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGKILL, "memory ran out"),
        (137, "memory ran out"),
        (-signal.SIGSEGV, "crashed"),
        (-signal.SIGILL, "instruction"),
        (-signal.SIGTERM, "SIGTERM"),
        (1, "exit code 1"),
    ],
)
def test_a_death_is_told_in_one_line(code: int, words: str, tmp_path: Path) -> None:
    death = explain(code, tmp_path / "no.log")
    assert words in str(death)
    assert "\n" not in str(death)


def test_the_last_words_of_an_abort_are_quoted(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    log.write_text("loading\nggml.c:1: GGML_ASSERT(ctx->mem_buffer) failed\n[New LWP 3]\n")
    assert "mem_buffer" in str(explain(-signal.SIGABRT, log))


@pytest.mark.parametrize(
    ("said", "quoted", "of_memory"),
    [
        (
            "/a/b/src/x.cpp:7: GGML_ASSERT(n > 0) failed",
            "'x.cpp:7: GGML_ASSERT(n > 0) failed'",
            False,
        ),
        ("/a/b/src/x.cpp:7: fatal error", "'x.cpp:7: fatal error'", False),
        ("terminate called\n  what():  map::at", "'what(): map::at'", False),
        ("what(): std::bad_alloc", "bad_alloc", True),
        ("nothing that says why", "(SIGABRT): ", True),
    ],
)
def test_a_debugger_behind_the_reason_is_not_quoted(
    said: str, quoted: str, of_memory: bool, tmp_path: Path
) -> None:
    log = tmp_path / "host.log"
    before = "GGML_ASSERT(of the host before) failed\n"
    frames = "".join(f"#{frame}  0x7f in ggml_abort () from libggml.so\n" for frame in range(300))
    log.write_text(f"{before}{said}\n{frames}Fatal Python error: Aborted\n")
    death = str(explain(-signal.SIGABRT, log, len(before)))
    assert quoted in death
    assert ("memory may have run out" in death) is of_memory
    assert ("another model file" in death) is not of_memory


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear model,\nthis is a letter and no file of weights.\n" * 9, "no GGUF file"),
        (b"GGUF", "too small"),
        (head({"general.architecture": "llama"}), "no chat template"),
    ],
)
async def test_files_that_are_no_model(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    engine = HostEngine(path, sha_cache=tmp_path / "sha.json")
    with pytest.raises(ModelFileError, match=words) as refused:
        await engine.load()
    assert "\n" not in str(refused.value)
    assert engine.status.state is State.FAILED
    assert engine.status.restarts == 0
    await engine.shutdown()


@pytest.mark.model
async def test_a_truncated_model_is_told(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with model_file.open("rb") as whole:
        path.write_bytes(whole.read(40_000_000))
    engine = HostEngine(path, sha_cache=tmp_path / "sha.json")
    with pytest.raises(ModelFileError, match="cut short"):
        await engine.load()
    await engine.shutdown()


@pytest.mark.model
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGILL])
async def test_the_real_host_comes_back_and_finishes(
    model_file: Path, tmp_path: Path, sha_cache: Path, number: signal.Signals
) -> None:
    engine = HostEngine(
        model_file, HostSettings(n_ctx=256, slots=2), log=tmp_path / "log", sha_cache=sha_cache
    )
    spoken = asyncio.Event()
    seen: list[GenerationEvent] = []

    def note(event: GenerationEvent) -> None:
        seen.append(event)
        if isinstance(event, Piece):
            spoken.set()

    task = asyncio.create_task(engine.generate(HELLO, [Sampling(max_tokens=24)], on_event=note))
    await spoken.wait()
    assert engine.pid is not None
    os.kill(engine.pid, number)
    generated = await task
    assert generated.finished[0].text
    assert sum(isinstance(event, Started) for event in seen) == 2
    assert number.name in (engine.status.error or "")
    assert "started again" in (engine.status.error or "")
    gone = engine.pid
    await engine.shutdown()
    with pytest.raises(ProcessLookupError):
        os.kill(gone, 0)


@pytest.mark.model
async def test_out_of_memory_is_told(model_file: Path, tmp_path: Path, sha_cache: Path) -> None:
    limited = f"ulimit -v 1500000; exec {sys.executable} -P -m engine.llama.host"
    engine = HostEngine(
        model_file,
        HostSettings(n_ctx=8192, cells=200_000),
        log=tmp_path / "log",
        command=("/bin/sh", "-c", limited),
        sha_cache=sha_cache,
    )
    with pytest.raises(EngineError, match="memory") as refused:
        await engine.load()
    assert "\n" not in str(refused.value)
    assert engine.status.state is State.FAILED
    await engine.shutdown()


@pytest.mark.model
async def test_the_host_ends_when_the_app_is_gone(model_file: Path, tmp_path: Path) -> None:
    app = """
import asyncio, os, sys
from pathlib import Path
from engine.llama.client import HostEngine
from engine.llama.settings import HostSettings
async def main():
    engine = HostEngine(Path(sys.argv[1]), HostSettings(n_ctx=256, slots=1))
    await engine.load()
    print(engine.pid, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", app, str(model_file), stdout=asyncio.subprocess.PIPE
    )
    out, _err = await process.communicate()
    host = int(out)
    async with asyncio.timeout(20):
        while alive(host):
            await asyncio.to_thread(os.sched_yield)


def alive(number: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
