"""The engine against the plain API and against llama.cpp's own benchmark, on the starter model.

Ours is on the weights that are in use (the converted copy), the plain API on the file as it was
shipped and on the copy. ``python -m tests.bench.engine`` prints the rows alone.
``PAIRLAB_BENCH_RUNS`` (3) is how often each set of measurements alternates; the medians are shown.
What takes minutes (a neighbour, the chains) is measured once for every three of them, and the plain
API makes every fourth chain: it shares nothing between chains, so all take four times as long.
llama.cpp's own benchmark runs where ``make batched-bench`` has built it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from engine.api import Generated, Piece, Sampling, Urgency
from engine.llama.client import HostEngine
from engine.llama.conversion import in_use
from engine.llama.weights import starter_model
from store.records import Message
from tests.bench import chains, step
from tests.bench.table import BenchRow, milliseconds, rendered, told
from tests.hosts import rested

RUNS = int(os.environ.get("PAIRLAB_BENCH_RUNS", "3"))
LONG_RUNS = -(-RUNS // 3)
BATCHED_BENCH = Path(".build/llama-batched-bench/llama-batched-bench")
"""Built by ``make batched-bench``."""
_BUILT = BATCHED_BENCH.exists()
STORY = (
    Message(
        "user",
        "Write a long story about a lighthouse keeper and the storm that changed the island, "
        "with many details.",
    ),
)
TOKENS = 96
CHAINS = 20
CHAIN_TOKENS = 64
PLAIN_CHAINS = CHAINS // 4
DRAWN: dict[str, Any] = {"temperature": 1.0, "top_k": 40, "top_p": 0.95, "min_p": 0.05}


def rows() -> list[BenchRow]:
    """All engine rows; none where the starter model is not installed."""
    found = files()
    if not found:
        return []
    return asyncio.run(_rows(found)) + told(step.rows([*found.values()][-1]))


def files() -> dict[str, Path]:
    """The starter model as it was shipped, and last the file that is loaded for it."""
    shipped_file = starter_model()
    if shipped_file is None:
        return {}
    used = in_use(shipped_file).path
    return {"file as shipped": shipped_file} | (
        {"converted file": used} if used != shipped_file else {}
    )


async def _rows(found: dict[str, Path]) -> list[BenchRow]:
    *_, model = found.values()
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(_engine(model))
        naives = {
            kind: await stack.enter_async_context(Naive.started(file))
            for kind, file in found.items()
        }
        shown = told(await _candidates(engine, naives, model))
        shown += told([await _urgent(engine), await _cancel(engine)])
        shown += told(await _disturbed(engine))
        shown += told(await _chains(engine, naives))
    return shown


# -- (a), (b), (d): candidates of one prompt ------------------------------------------------------


async def _candidates(engine: HostEngine, naives: dict[str, Naive], model: Path) -> list[BenchRow]:
    plain: dict[str, list[float]] = {kind: [] for kind in naives}
    ours: dict[int, list[float]] = {8: [], 16: []}
    batched: dict[int, list[float]] = {8: [], 16: []}
    before = engine.report
    assert before is not None
    for run in range(RUNS):
        for kind, naive in naives.items():
            plain[kind].append(await naive.seconds_a_token(STORY, 4, run))
        for size in ours:
            ours[size].append(await _seconds_a_token(engine, size, run))
            batched[size].append(await asyncio.to_thread(_batched_bench, model, size))
    after = await rested(engine)
    result = [
        BenchRow(
            f"(a) {size} candidates of {TOKENS} tokens, a token; plain API in a loop, {kind}",
            milliseconds(median(ours[size])),
            milliseconds(median(plain[kind])),
            median(ours[size]) / median(plain[kind]),
            {8: 1 / 2.0, 16: 1 / 2.5}[size],
        )
        for size in ours
        for kind in naives
    ]
    result += [
        BenchRow(
            f"(b) {size} candidates of {TOKENS} tokens, a token; llama-batched-bench",
            milliseconds(median(ours[size])),
            milliseconds(median(batched[size])) if _BUILT else "not built: make batched-bench",
            median(ours[size]) / median(batched[size]) if _BUILT else None,
            1 / 0.9,
        )
        for size in ours
    ]
    busy = after.busy - before.busy
    outside = busy - (after.inside - before.inside)
    result.append(
        BenchRow(
            "(d) time of the host outside llama.cpp",
            milliseconds(outside),
            f"{busy:.1f} s in all",
            outside / busy,
            0.05,
        )
    )
    return result


async def _seconds_a_token(engine: HostEngine, size: int, run: int) -> float:
    samplings = [Sampling(max_tokens=TOKENS, seed=100 * run + choice) for choice in range(size)]
    started = time.perf_counter()
    generated = await engine.generate(STORY, samplings)
    seconds = time.perf_counter() - started
    return seconds / sum(finished.completion_tokens for finished in generated.finished)


def _batched_bench(model: Path, size: int) -> float:
    """Seconds a written token of llama.cpp's own benchmark, same shape and threads."""
    if not _BUILT:
        return float("nan")
    prompt = 50
    said = subprocess.run(
        [
            *(BATCHED_BENCH.resolve(), "-m", model, "-c", "4096", "-b", "2048", "-ub", "512"),
            *("-npp", str(prompt), "-ntg", str(TOKENS), "-npl", str(size), "-pps"),
            *("-t", str(_threads()), "-tb", str(_threads()), "-fa", "on"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
    row = re.findall(rf"^\|\s*{prompt}\s*\|\s*{TOKENS}\s*\|.*$", said, re.MULTILINE)[0]
    total = float(row.split("|")[9])
    return total / (size * TOKENS)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# -- (c): the method ------------------------------------------------------------------------------


async def _chains(engine: HostEngine, naives: dict[str, Naive]) -> list[BenchRow]:
    prompts = chains.prompts(CHAINS)
    ours: list[float] = []
    plain: dict[str, list[float]] = {kind: [] for kind in naives}
    shares: list[float] = []
    evaluated: list[int] = []
    for run in range(LONG_RUNS):
        before = await rested(engine)
        made: list[Generated] = []

        async def ask(
            messages: tuple[Message, ...],
            seed: int,
            made: list[Generated] = made,
        ) -> str:
            sampling = Sampling(max_tokens=CHAIN_TOKENS, seed=seed)
            made.append(await engine.generate(messages, [sampling]))
            return made[-1].finished[0].text

        started = time.perf_counter()
        await asyncio.gather(*(chains.chain(prompt, run, ask) for prompt in prompts))
        ours.append(time.perf_counter() - started)
        after = await rested(engine)
        evaluated.append(after.evaluated - before.evaluated)
        for kind, naive in naives.items():
            started = time.perf_counter()
            for prompt in prompts[:: CHAINS // PLAIN_CHAINS]:
                await chains.chain(prompt, run, naive.ask)
            plain[kind].append((time.perf_counter() - started) * CHAINS / PLAIN_CHAINS)
        shares.append(evaluated[-1] / await naive.nodes(made))
    rows = [
        BenchRow(
            f"(c) {CHAINS} prompts proposed, criticised, revised; plain API in a loop, by"
            f" {PLAIN_CHAINS} of them, {kind}",
            f"{median(ours):.1f} s",
            f"{median(plain[kind]):.1f} s",
            median(ours) / median(plain[kind]),
            1 / 2.0,
        )
        for kind in naives
    ]
    return [
        *rows,
        BenchRow(
            "(c) tokens evaluated; nodes of the prefix tree over all sequences",
            f"{median(evaluated):.0f}",
            f"{median(evaluated) / median(shares):.0f}",
            median(shares),
            1.05,
        ),
    ]


# -- (e), (g): a person who waits -----------------------------------------------------------------


async def _urgent(engine: HostEngine) -> BenchRow:
    """How soon an urgent request speaks while a batch is being written."""
    waited: list[float] = []
    runs_of_model: list[int] = []
    for run in range(RUNS):
        batch, writing = _batch(engine, run)
        await writing.wait()
        at, started = engine.decodes, time.perf_counter()

        def note(event: object, at: int = at, started: float = started) -> None:
            if isinstance(event, Piece):
                waited.append(time.perf_counter() - started)
                runs_of_model.append(engine.decodes - at)

        size = len(waited)
        question = (Message("user", f"Which of these {run} words is the longest, and why?"),)
        await engine.generate(
            question, [Sampling(max_tokens=4)], urgency=Urgency.NOW, on_event=note
        )
        del waited[size + 1 :], runs_of_model[size + 1 :]
        await _give_up(engine, batch)
    return BenchRow(
        "(e) first text of an urgent request during a batch, in runs of the model",
        f"{median(runs_of_model):.0f} runs, {milliseconds(median(waited))}",
        "3 runs",
        median(runs_of_model) / 3,
        1.0,
    )


async def _cancel(engine: HostEngine) -> BenchRow:
    waited: list[float] = []
    decodes: list[int] = []
    for run in range(RUNS):
        batch, writing = _batch(engine, run)
        await writing.wait()
        started = time.perf_counter()
        await _give_up(engine, batch)
        waited.append(time.perf_counter() - started)
        assert engine.last_cancelled is not None
        decodes.append(engine.last_cancelled.decodes)
    return BenchRow(
        "(g) from cancel to quiet",
        f"{milliseconds(median(waited))}, {max(decodes)} runs after it",
        "1 run",
        None,
    )


def _batch(engine: HostEngine, run: int) -> tuple[asyncio.Task[Generated], asyncio.Event]:
    writing = asyncio.Event()
    samplings = [Sampling(max_tokens=400, seed=1000 + run * 16 + n) for n in range(16)]
    task = asyncio.create_task(
        engine.generate(
            STORY,
            samplings,
            on_event=lambda event: writing.set() if isinstance(event, Piece) else None,
        )
    )
    return task, writing


async def _give_up(engine: HostEngine, task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await rested(engine)


# -- (f): a busy neighbour ------------------------------------------------------------------------


async def _disturbed(engine: HostEngine) -> list[BenchRow]:
    shown = []
    for size in (1, 8, 16):
        quiet: list[float] = []
        loud: list[float] = []
        for run in range(LONG_RUNS):
            quiet.append(await _seconds_a_token(engine, size, run))
            with _Neighbour():
                loud.append(await _seconds_a_token(engine, size, run))
            # the threads that gave way come back: the next quiet time shall not flatter
            await _seconds_a_token(engine, 8, run)
        shown.append(
            BenchRow(
                f"(f) {size} candidates, a token, one core kept busy by another process",
                milliseconds(median(loud)),
                milliseconds(median(quiet)),
                median(loud) / median(quiet),
                2.0,
            )
        )
    return shown


class _Neighbour:
    """A process that does nothing useful on one core."""

    def __enter__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()


# -- the two sides --------------------------------------------------------------------------------


@asynccontextmanager
async def _engine(model: Path) -> AsyncIterator[HostEngine]:
    with TemporaryDirectory() as folder:
        engine = HostEngine(model, log=Path(folder) / "host.log")
        await engine.load()
        # warm: the first runs read the weights
        await engine.generate(STORY, [Sampling(max_tokens=4)])
        await rested(engine)
        try:
            yield engine
        finally:
            await engine.shutdown()


@dataclass
class Naive:
    """The plain API in a process of its own, with its defaults."""

    process: asyncio.subprocess.Process

    @classmethod
    @asynccontextmanager
    async def started(cls, model: Path) -> AsyncIterator[Naive]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.naive", str(model)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        naive = cls(process)
        try:
            await naive.ask(STORY, 0)
            yield naive
        finally:
            process.kill()
            await process.wait()

    async def ask(self, messages: tuple[Message, ...], seed: int) -> str:
        return str((await self._chat(messages, CHAIN_TOKENS, seed))["text"])

    async def seconds_a_token(self, messages: tuple[Message, ...], size: int, run: int) -> float:
        said = [await self._chat(messages, TOKENS, 100 * run + n) for n in range(size)]
        return sum(one["seconds"] for one in said) / sum(one["tokens"] for one in said)

    async def nodes(self, made: list[Generated]) -> int:
        sequences = [
            (generated.rendered, finished.text, finished.finish_reason == "stop")
            for generated in made
            for finished in generated.finished
        ]
        return int((await self.say({"sequences": sequences}))["nodes"])

    async def _chat(self, messages: tuple[Message, ...], tokens: int, seed: int) -> dict[str, Any]:
        rows = [{"role": message.role, "content": message.content} for message in messages]
        sampling = DRAWN | {"max_tokens": tokens, "seed": seed}
        return await self.say({"messages": rows, "sampling": sampling})

    async def say(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One line asked, one answered."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        line = await self.process.stdout.readline()
        said: dict[str, Any] = json.loads(line)
        return said


if __name__ == "__main__":
    print(rendered(rows()))
