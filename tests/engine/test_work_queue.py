"""Which prompt comes next, and how long it will take."""

from __future__ import annotations

from engine.method.progress import ProgressCounter
from engine.method.queue import WorkQueue
from store.items.pending import Work


def chain(name: str) -> Work:
    return Work("critique", name, original_id="o", candidate_id="o", round=1)


def more(name: str) -> Work:
    return Work("propose", name, slots=(1, 2, 3))


def filled(*works: Work) -> WorkQueue:
    queue = WorkQueue()
    queue.fill(works)
    return queue


def test_unattended_it_is_project_order() -> None:
    queue = filled(more("p1"), chain("p2"), more("p2"), chain("p3"))
    assert [queue.take(ahead=False) for _ in range(4)] == ["p1", "p2", "p3", None]


def test_attended_near_chains_come_before_further_candidates() -> None:
    queue = filled(more("p1"), chain("p2"), chain("p3"))
    assert [queue.take(ahead=True) for _ in range(3)] == ["p2", "p3", "p1"]


def test_the_order_starts_from_the_prompt_looked_at() -> None:
    queue = filled(*(chain(f"p{n}") for n in range(1, 5)))
    queue.look_at("p3")
    assert [queue.take(ahead=True) for _ in range(4)] == ["p3", "p4", "p1", "p2"]


def test_a_prompt_is_taken_once_until_released() -> None:
    queue = filled(chain("p1"))
    assert queue.claim("p1")
    assert not queue.claim("p1")
    assert queue.take(ahead=False) is None
    queue.release("p1")
    assert queue.take(ahead=False) == "p1"
    assert not queue.claim("p9")


def test_others_wait_for_the_first_revision_of_the_one_looked_at() -> None:
    queue = filled(chain("p1"), more("p1"), chain("p2"))
    queue.look_at("p1")
    assert not queue.waits_for("p2")
    assert queue.claim("p1")
    assert queue.waits_for("p2")
    assert not queue.waits_for("p1")
    queue.update("p1", [more("p1")])
    assert not queue.waits_for("p2")
    assert queue.should_yield("p1")
    assert queue.claim("p2")
    assert not queue.should_yield("p1")


def test_the_time_left_follows_the_pace() -> None:
    seconds = iter([0.0, 10.0, 20.0, 30.0])
    pace = ProgressCounter(lambda: next(seconds))
    pace.start(2, 10)
    assert pace.progress(0, 0.0).eta_seconds is None
    pace.step()
    pace.step()
    progress = pace.progress(3, 51.0)
    assert (progress.done, progress.total, progress.ready) == (4, 10, 3)
    assert progress.eta_seconds == 60.0
    pace.step(6)
    assert pace.progress(0, 0.0).eta_seconds == 0.0
