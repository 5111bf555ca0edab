from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.llama.host.threads import Threads

Speed = Callable[[int, int], float]
"""Tokens a second with so many threads and so many tokens in a run."""


class Machine:
    """Cores whose speed is set by a test."""

    def __init__(self, cores: int) -> None:
        self.threads = Threads(cores, self.use)
        self.used: list[int] = []

    def use(self, count: int) -> None:
        self.used.append(count)

    def run(self, speed: Speed, *, tokens: int = 8, seconds: float = 60.0) -> tuple[int, float]:
        """Compute for a while; the usual number of threads in the later half, and its share."""
        counts: list[int] = []
        while seconds > 0:
            took = tokens / speed(self.threads.count, tokens)
            counts.append(self.threads.count)
            self.threads.note(tokens, took)
            seconds -= took
        later = counts[len(counts) // 2 :]
        usual = max(set(later), key=later.count)
        return usual, later.count(usual) / len(later)


def quiet(threads: int, tokens: int) -> float:
    return 60.0 * threads * (1.0 if tokens > 1 else 0.7)


def neighbour_on_two_cores(threads: int, tokens: int) -> float:
    return quiet(1, tokens) * (0.9 if threads == 1 else 0.8)


def test_nothing_changes_while_nothing_is_in_the_way() -> None:
    machine = Machine(4)
    for tokens in (1, 8, 200, 16, 1):
        machine.run(quiet, tokens=tokens)
    assert machine.used == []


@pytest.mark.parametrize("tokens", [1, 8])
def test_a_busy_neighbour_gets_a_core_until_it_goes(tokens: int) -> None:
    machine = Machine(2)
    machine.run(quiet, tokens=tokens)
    assert machine.run(neighbour_on_two_cores, tokens=tokens, seconds=3)[0] == 1
    usual, share = machine.run(neighbour_on_two_cores, tokens=tokens)
    assert usual == 1
    assert share > 0.85
    assert machine.run(quiet, tokens=tokens, seconds=8) == (2, 1.0)


def test_a_machine_that_is_slow_for_another_reason_keeps_its_threads() -> None:
    machine = Machine(2)
    machine.run(quiet)
    usual, share = machine.run(lambda threads, tokens: 0.5 * quiet(threads, tokens))
    assert usual == 2
    assert share > 0.75


def test_a_number_that_was_set_stays() -> None:
    machine = Machine(1)
    machine.run(quiet)
    machine.run(lambda threads, tokens: 0.1 * quiet(threads, tokens))
    assert machine.used == []
