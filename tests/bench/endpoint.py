"""A server that answers in 50 ms: ours against a bare loop of connections that are kept.

Once it writes all that it is asked for at a time, so that the client is what takes time, and once
so many that it is slower than any client. ``PAIRLAB_BENCH_REQUESTS`` (24000) is how many answers
each has written, 256 at once, in turns: the best turn of each counts. Where the kernel allows it,
the bench goes before all other programs: on a busy machine a loop of 256 threads gets several
times the processor time that one thread gets. Then what ``run`` makes of such a server, store
and all, against a disk that is waited for after each text.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from engine.api import Sampling
from engine.endpoint.client import EndpointEngine
from store.records import Message
from tests.bench.table import BenchRow, milliseconds, told

REQUESTS = int(os.environ.get("PAIRLAB_BENCH_REQUESTS", "24000"))
AT_ONCE = 256
TURNS = 6
SMALL = 32
"""Answers at a time of a server that is slower than a client on this machine."""
SECONDS = 0.05
ASKED = (Message("user", "Say something short about clean windows. " * 5),)


@dataclass(frozen=True, slots=True)
class Turn:
    """So many answers in a row."""

    rate: float
    """Answers a second."""
    cpu: float
    """Seconds of processor time an answer takes of the client."""
    server: float
    """The same of the server."""


def rows() -> list[BenchRow]:
    """The rows: answers a second, and what of the processors an answer takes."""
    with contextlib.suppress(PermissionError, AttributeError):  # only root may, on Linux
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    made = []
    for capacity, requests in ((None, REQUESTS), (SMALL, REQUESTS // 6)):
        ours, bare = asyncio.run(_in_turns(capacity, requests // TURNS))
        writes = "all" if capacity is None else str(capacity)
        figure = f"{AT_ONCE} at once, {SECONDS * 1000:g} ms each, {writes} at a time: answers"
        rate, plain = f"{ours.rate:,.0f}/s", f"{bare.rate:,.0f}/s bare loop"
        made += told(
            [
                BenchRow(figure, rate, plain, bare.rate / ours.rate, 1.25),
                BenchRow(
                    "  processor time an answer", milliseconds(ours.cpu), "2 ms", ours.cpu / 2e-3, 1
                ),
                BenchRow(
                    "  (client, server)",
                    f"{milliseconds(ours.cpu)}, {milliseconds(ours.server)}",
                    f"{milliseconds(bare.cpu)}, {milliseconds(bare.server)}",
                    None,
                ),
            ]
        )
    return made + told(_stored(REQUESTS // 6))


async def _in_turns(capacity: int | None, requests: int) -> tuple[Turn, Turn]:
    """The best turn of ours and of the bare loop."""
    with _server(capacity) as (url, pid):
        engine = EndpointEngine(url)
        await engine.load()
        await _lanes(engine, requests)  # it finds out how many the server takes at once
        ours, bare = [], []
        for _ in range(TURNS):
            before = _cpu(engine), cpu_of(pid), time.perf_counter()
            await _lanes(engine, requests)
            ours.append(_turn(requests, before, (_cpu(engine), cpu_of(pid), time.perf_counter())))
            before = time.process_time(), cpu_of(pid), time.perf_counter()
            _bare_loop(url, requests)
            after = time.process_time(), cpu_of(pid), time.perf_counter()
            bare.append(_turn(requests, before, after))
        await engine.shutdown()
    return max(ours, key=lambda one: one.rate), max(bare, key=lambda one: one.rate)


def _turn(
    requests: int, before: tuple[float, float, float], after: tuple[float, float, float]
) -> Turn:
    client, server, took = (end - begin for begin, end in zip(before, after, strict=True))
    return Turn(requests / took, client / requests, server / requests)


async def _lanes(engine: EndpointEngine, requests: int) -> None:
    """Have so many answers written."""
    numbers = count()

    async def lane() -> None:
        while (number := next(numbers)) < requests:
            await engine.generate(ASKED, [Sampling(seed=number)])

    await asyncio.gather(*(lane() for _ in range(AT_ONCE)))


@contextmanager
def _server(capacity: int | None) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "tests.steady_server", str(SECONDS)]
    if capacity is not None:
        command.append(str(capacity))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server.pid
        finally:
            server.kill()


def _bare_loop(url: str, requests: int) -> None:
    """Threads that each ask over one connection."""
    body = json.dumps(
        {
            "model": "steady",
            "stream": True,
            "messages": [{"role": "user", "content": ASKED[0].content}],
        }
    )
    numbers = count()

    def ask() -> None:
        connection = http.client.HTTPConnection(url.partition("://")[2])
        while next(numbers) < requests:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/chat/completions", body, headers)
            events = connection.getresponse().read().decode().split("\n\n")
            for event in events[:-2]:
                json.loads(event.removeprefix("data: "))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _stored(prompts: int) -> list[BenchRow]:
    """What ``run`` writes and stores in a second, and what of the processors it takes."""
    with tempfile.TemporaryDirectory() as folder, _server(None) as (url, _pid):
        lines = (json.dumps({"prompt": f"Say something short: {n}."}) for n in range(prompts))
        Path(folder, "prompts.jsonl").write_text("\n".join(lines), "utf-8")
        project = Path(folder, "bench.db")
        run = ["run", "--rounds", "0", "--candidates", "1", "--endpoint", url, "--json"]
        for words in (["new"], ["import", f"{folder}/prompts.jsonl"]):
            _pairlab(project, *words)
        start, run_time = (_taken(project, *run, *more) for more in (["--dry-run"], []))
        took, used = (end - begin for begin, end in zip(start, run_time, strict=True))
        commits = _commits(Path(folder, "disk.db"))
    rate = prompts / took
    return [
        BenchRow(
            "run: texts stored",
            f"{rate:,.0f}/s",
            f"{commits:,.0f}/s commits of one text each",
            None,
        ),
        BenchRow(
            "  processor time a text",
            milliseconds(used / prompts),
            "2 ms",
            used / prompts / 2e-3,
            1,
        ),
    ]


def _taken(project: Path, *words: str) -> tuple[float, float]:
    """Seconds that a command takes by the clock, and of the processors."""
    used, began = _children(), time.perf_counter()
    _pairlab(project, *words)
    return time.perf_counter() - began, _children() - used


def _pairlab(project: Path, *words: str) -> None:
    command = [sys.executable, "-m", "tui", "--db", str(project), *words]
    subprocess.run(command, check=True, capture_output=True)


def _commits(path: Path) -> float:
    """Commits a second of a file whose disk is waited for after each."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE said (text)")
        began, made = time.perf_counter(), 0
        while time.perf_counter() < began + 2:
            db.execute("INSERT INTO said VALUES (?)", ("A short answer." * 20,))
            made += 1
        return made / (time.perf_counter() - began)


def _children() -> float:
    """Seconds of processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid: int | None) -> float:
    """Seconds of processor time of a process."""
    ticks = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def _cpu(engine: EndpointEngine) -> float:
    """Seconds of processor time of this process and of the HTTP process."""
    return time.process_time() + cpu_of(engine.http_pid)
