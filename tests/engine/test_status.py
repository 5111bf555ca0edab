"""The status tells what is going on now, and nothing that is over."""

from __future__ import annotations

from engine.api import EngineStatus, State
from engine.child.status import StatusPublisher
from engine.endpoint.gauge import Gauge
from engine.llama.protocol import Report


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
    board = StatusPublisher(clock)
    told: list[EngineStatus] = []
    board.subscribe(told.append)
    for written in (0, 30, 60):
        board.take(report(2, written))
        clock.now += 0.5
    assert (board.status.state, board.status.running) == (State.WRITING, 2)
    assert board.status.tokens_per_second == 60.0
    board.take(report(0, 70))
    resting = EngineStatus(State.READY, evaluated_tokens=700, needed_tokens=1400)
    assert board.status == told[-1] == resting
    clock.now += 60.0
    board.take(report(1, 70))
    assert (board.status.state, board.status.tokens_per_second) == (State.WRITING, 0.0)


def test_a_host_that_is_gone_shows_no_work() -> None:
    board = StatusPublisher(Clock())
    board.take(report(2, 30))
    board.rest(State.FAILED, "it died")
    gone = EngineStatus(State.FAILED, "it died", evaluated_tokens=300, needed_tokens=600)
    assert board.status == gone


def test_an_endpoint_at_rest_shows_no_work_and_no_speed() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    gauge.enter(State.READY)
    gauge.moved(2, 1)
    for _ in range(4):
        clock.now += 0.5
        gauge.wrote(10)
    assert gauge.status.tokens_per_second > 0
    gauge.moved(1, 0)
    assert gauge.status.state is State.WRITING
    assert gauge.status.tokens_per_second > 0
    gauge.moved(0, 0)
    assert gauge.status == EngineStatus(State.READY)
