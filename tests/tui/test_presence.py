"""Two processes under one name are told of each other; a name new to the project is told."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store.rounds import presence
from tests.tui.driving import MakeApp, drawn, settle
from tests.tui.seed import AT
from tui.app import PairlabApp


def toasts(app: PairlabApp) -> list[str]:
    return [note.message for note in app._notifications]


async def test_a_name_that_works_elsewhere_is_warned_of(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    presence.enter(rows, "first", AT, process=1)  # the process that is always there
    app = make_app(study)
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert any("another process works as first" in words for words in toasts(app))
        assert len(presence.here(rows)) == 2
    assert [each.process for each in presence.here(rows)] == [1]


async def test_a_name_new_to_the_project_is_told(study: Path, make_app: MakeApp) -> None:
    app = make_app(study, "frist")
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert toasts(app) == []
        assert "new here as frist; known: first" in drawn(app)


async def test_a_known_name_alone_is_told_nothing(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert toasts(app) == []
