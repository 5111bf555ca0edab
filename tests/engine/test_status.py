"""The status tells what is going on now, and nothing that is over."""

from __future__ import annotations

from engine.api import EngineStatus, State
from engine.endpoint.status import RequestStatus
from engine.llama.protocol import Report
from engine.llama.status import HostStatus


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def report(running: int, written: int) -> Report:
    """What a host says while it works, or when it has come to rest."""
    return Report(
        1,
        running=running,
        waiting=running,
        written=written,
        evaluated=10 * written,
        needed=20 * written,
        decodes=written,
        inside=1.0,
        busy=1.0,
    )


def test_a_host_at_rest_shows_no_work_and_no_speed() -> None:
    clock = Clock()
    published = HostStatus(clock)
    told: list[EngineStatus] = []
    published.subscribe(told.append)
    for written in (0, 30, 60):
        published.take(report(2, written))
        clock.now += 0.5
    assert (published.status.state, published.status.running) == (State.WRITING, 2)
    assert published.status.tokens_per_second == 60.0
    published.take(report(0, 70))
    resting = EngineStatus(State.READY, evaluated_tokens=700, needed_tokens=1400)
    assert published.status == told[-1] == resting
    clock.now += 60.0
    published.take(report(1, 70))
    assert (published.status.state, published.status.tokens_per_second) == (State.WRITING, 0.0)


def test_a_host_that_is_gone_shows_no_work() -> None:
    published = HostStatus(Clock())
    published.take(report(2, 30))
    published.rest(State.FAILED, "it died")
    gone = EngineStatus(State.FAILED, "it died", evaluated_tokens=300, needed_tokens=600)
    assert published.status == gone


def test_an_endpoint_at_rest_shows_no_work_and_no_speed() -> None:
    clock = Clock()
    published = RequestStatus(clock)
    published.enter(State.READY)
    published.work(2, 1)
    for _ in range(4):
        clock.now += 0.5
        published.wrote(10)
    assert published.status.tokens_per_second > 0
    published.work(1, 0)
    assert published.status.state is State.WRITING
    assert published.status.tokens_per_second > 0
    published.work(0, 0)
    assert published.status == EngineStatus(State.READY)
