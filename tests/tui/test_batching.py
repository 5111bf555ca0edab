from __future__ import annotations

from collections.abc import Callable

from engine.method.events import RunnerEvent, Stored
from tests.tui.driving import growing
from tui.batching import Batches


def batches() -> tuple[Batches, list[RunnerEvent], list[Callable[[], None]]]:
    """Batches, what they passed on, and the alarms they set."""
    passed: list[RunnerEvent] = []
    alarms: list[Callable[[], None]] = []
    return Batches(passed.append, alarms.append), passed, alarms


def test_the_first_piece_shows_at_once_and_the_next_when_it_is_time() -> None:
    made, passed, alarms = batches()
    for text in ("a", "ab", "abc"):
        made.take(growing("p", "o", "revise", text))
    assert passed == [growing("p", "o", "revise", "a")]
    alarms.pop()()
    assert passed[1:] == [growing("p", "o", "revise", "abc")]
    alarms.pop()()
    assert len(passed) == 2
    assert alarms == []


def test_two_texts_do_not_stand_in_each_others_way() -> None:
    made, passed, alarms = batches()
    for text in ("a", "ab"):
        made.take(growing("p", "o", "revise", text))
        made.take(growing("q", None, "propose", text))
    alarms.pop()()
    assert passed[-2:] == [growing("q", None, "propose", "ab"), growing("p", "o", "revise", "ab")]


def test_what_is_stored_is_never_told_before_its_text() -> None:
    made, passed, _ = batches()
    stored = Stored("p", "o", "revise")
    made.take(growing("p", "o", "revise", "a"))
    made.take(growing("p", "o", "revise", "all of it"))
    made.take(stored)
    assert passed[-2:] == [growing("p", "o", "revise", "all of it"), stored]
