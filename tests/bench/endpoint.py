"""A server that answers in 50 ms: ours against a bare loop of connections that are kept.

Once it writes all that it is asked for at a time, so that the client is what takes time, and once
so many that it is slower than any client. ``PAIRLAB_BENCH_REQUESTS`` (12000) is how many answers
each has written, 256 at once.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engine.api import Sampling
from engine.endpoint.client import EndpointEngine
from store.records import Message
from tests.bench.table import BenchRow, milliseconds, told

REQUESTS = int(os.environ.get("PAIRLAB_BENCH_REQUESTS", "12000"))
AT_ONCE = 256
SMALL = 32
"""Answers at a time of a server that is slower than a client on this machine."""
SECONDS = 0.05
ASKED = (Message("user", "Say something short about clean windows. " * 5),)


def rows() -> list[BenchRow]:
    """The rows: answers a second, and what of the processors an answer takes of us."""
    made = []
    for capacity, requests in ((None, REQUESTS), (SMALL, REQUESTS // 4)):
        with _server(capacity) as url:
            bare = _bare_loop(url, requests)
        with _server(capacity) as url:
            ours, cpu = asyncio.run(_ours(url, requests))
        writes = "all" if capacity is None else str(capacity)
        figure = f"{AT_ONCE} at once, {SECONDS * 1000:g} ms each, {writes} at a time: answers"
        rate = BenchRow(figure, f"{ours:,.0f}/s", f"{bare:,.0f}/s bare loop", bare / ours, 1.25)
        taken = BenchRow("  processor time an answer", milliseconds(cpu), "2 ms", cpu / 0.002, 1.0)
        made += told([rate, taken])
    return made


@contextmanager
def _server(capacity: int | None) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.steady_server", str(SECONDS)]
    if capacity is not None:
        command.append(str(capacity))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


def _bare_loop(url: str, requests: int) -> float:
    """Answers a second of threads that each ask over one connection."""
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
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return requests / (time.perf_counter() - began)


async def _ours(url: str, requests: int) -> tuple[float, float]:
    """Answers a second, and seconds of processor time an answer, of both processes."""
    engine = EndpointEngine(url)
    await engine.load()
    numbers = count()

    async def lane() -> None:
        while (number := next(numbers)) < requests:
            await engine.generate(ASKED, [Sampling(seed=number)])

    used = _cpu(engine)
    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
    took = time.perf_counter() - began
    used = _cpu(engine) - used
    await engine.shutdown()
    return requests / took, used / requests


def _cpu(engine: EndpointEngine) -> float:
    """Seconds of processor time of this process and of the HTTP process."""
    ticks = Path(f"/proc/{engine.http_pid}/stat").read_text("ascii").rpartition(")")[2].split()
    theirs = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + theirs
