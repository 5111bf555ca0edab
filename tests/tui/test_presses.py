"""One press of a key decides once, on what was seen: held keys, hasty keys, keys after ``fg``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlite_utils import Database
from textual.pilot import Pilot

from store.db.connection import open_store
from store.judgements import labels, rulings, settings
from store.log import undo
from tests.tui.driving import MakeApp, Standing, drawn, mode_screen, revise, settle, until
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp

PAIRS = 20
RATE = 1 / 30

Hold = Callable[..., Awaitable[None]]


@pytest.fixture
def typing() -> Standing:
    """The clock of keys."""
    return Standing()


@pytest.fixture
def many(empty_path: Path) -> Path:
    """A project with twenty pairs."""
    db = open_store(empty_path)
    for i in range(PAIRS):
        a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}"))
    db.close()
    return empty_path


@pytest.fixture
def app(many: Path, make_app: MakeApp, typing: Standing) -> PairlabApp:
    return make_app(many, input_clock=typing, minimum_seconds=None)


def labelled(rows: Database) -> int:
    return int(rows.execute("SELECT count(*) FROM event WHERE kind = 'label'").fetchone()[0])


def kinds(rows: Database) -> list[str]:
    return [
        row[0]
        for row in rows.execute(
            "SELECT kind FROM event WHERE kind <> 'guideline' ORDER BY arrival"
        ).fetchall()
    ]


async def wait(pilot: Pilot[None], typing: Standing, seconds: float) -> None:
    """Let time pass, and whatever waits for it happen."""
    typing.time += seconds
    app = pilot.app
    assert isinstance(app, PairlabApp)
    await until(pilot, lambda: not app.presses.in_doubt)
    await settle(pilot)


async def hold(
    pilot: Pilot[None], typing: Standing, key: str, *, delay: float = 0.5, seconds: float = 1.2
) -> None:
    """A key that is held: one event, the keyboard's delay, then thirty a second."""
    await pilot.press(key)
    await settle(pilot)
    typing.time += delay
    for _ in range(round((seconds - delay) / RATE)):
        await pilot.press(key)
        await pilot.pause()
        typing.time += RATE
    await settle(pilot)
    await wait(pilot, typing, 0.2)


async def opened(pilot: Pilot[None], typing: Standing, mode: str) -> None:
    await pilot.press(mode)
    await settle(pilot)
    typing.time += 5


@pytest.mark.parametrize(("key", "delay"), [("1", 0.5), ("space", 0.2), ("b", 0.95)])
async def test_a_held_key_labels_once(
    app: PairlabApp, rows: Database, typing: Standing, key: str, delay: float
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        await hold(pilot, typing, key, delay=delay, seconds=3.0 if key == "1" else 1.8)
        assert "did not count: held down" in drawn(app)
    assert labelled(rows) == 1


async def test_a_press_counts_again_when_the_key_was_let_go(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        await hold(pilot, typing, "1")
        typing.time += 0.5
        await pilot.press("1")
        await wait(pilot, typing, 0.2)
        assert "did not count" not in drawn(app)
    assert labelled(rows) == 2


async def test_steady_presses_all_count(app: PairlabApp, rows: Database, typing: Standing) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        for _ in range(5):
            await pilot.press("1")
            await wait(pilot, typing, 0.2)
            await wait(pilot, typing, 0.5)
    assert labelled(rows) == 5


async def test_the_second_of_two_quick_keys_does_not_count(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        await pilot.press("1")
        await settle(pilot)
        typing.time += 0.39
        await pilot.press("2")
        await settle(pilot)
        assert "2 did not count: the item was here for less than .4 s" in drawn(app)
        assert labelled(rows) == 1
        typing.time += 0.02
        await pilot.press("b")
        await settle(pilot)
        assert "did not count" not in drawn(app)
    assert labelled(rows) == 2


async def test_the_minimum_is_a_setting_of_the_project(
    many: Path, rows: Database, make_app: MakeApp, typing: Standing
) -> None:
    settings.set(rows, settings.MINIMUM, 2.5, "first", AT)
    app = make_app(many, input_clock=typing, minimum_seconds=None)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        await pilot.press("1")
        await settle(pilot)
        typing.time += 2.4
        await pilot.press("2")
        await settle(pilot)
        assert "2.5 s" in drawn(app)
    assert labelled(rows) == 1


@pytest.mark.parametrize(("key", "kind"), [("a", "decision"), ("x", "decision"), ("f", "flag")])
async def test_a_held_key_decides_on_one_revision(
    app: PairlabApp, rows: Database, typing: Standing, key: str, kind: str
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: revise(app).item_id is not None)
        await settle(pilot)
        typing.time += 5
        await hold(pilot, typing, key)
    assert kinds(rows) == [kind]


async def test_undo_held_takes_back_one_thing(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    for pair in [row[0] for row in rows.execute("SELECT id FROM pair LIMIT 5").fetchall()]:
        labels.give(rows, pair, "first", "a", at=AT)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        await hold(pilot, typing, "u")
    assert kinds(rows) == ["label"] * 5 + ["clear"]


async def test_a_ruling_key_held_asks_for_one_reason(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    for pair in [row[0] for row in rows.execute("SELECT id FROM pair LIMIT 5").fetchall()]:
        labels.give(rows, pair, "first", "a", at=AT)
        labels.give(rows, pair, "second", "b", at=AT)
    async with app.run_test(size=(100, 40)) as pilot:
        await opened(pilot, typing, "J")
        await hold(pilot, typing, "1")
        assert kinds(rows).count("ruling") == 0
        await wait(pilot, typing, 1)
        await pilot.press("enter")  # through causes, to the line for the reason
        await settle(pilot)
        await wait(pilot, typing, 1)
        await pilot.press("o", "k", "enter")
        await until(pilot, lambda: "ruling" in kinds(rows))
        await wait(pilot, typing, 1)
        await hold(pilot, typing, "1")
    assert kinds(rows).count("ruling") == 1
    assert [each.reason for each in rulings.all_standing(rows).values()] == ["ok"]


async def test_no_key_counts_before_the_screen_is_painted_again(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        typing.time -= 3  # what was typed to the shell, before fg
        app.app_resume_signal.publish(app)
        typing.time += 3
        await settle(pilot)
        await pilot.press("1")
        await settle(pilot)
        assert labelled(rows) == 0
        assert "1 did not count" in drawn(app)
        typing.time += 1
        await pilot.press("2")
        await settle(pilot)
    assert labelled(rows) == 1


async def test_what_was_labelled_is_what_was_on_the_screen(
    app: PairlabApp, rows: Database, typing: Standing
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, typing, "L")
        seen = mode_screen(app).item_id
        await hold(pilot, typing, "1")
    undone = undo.undo(rows, "first", AT)
    assert undone is not None
    assert undone.item == seen
