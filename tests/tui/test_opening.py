from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import importing
from store.db.session import session
from store.db.thread import StoreThread
from store.errors import Damaged
from tests.tui.driving import drawn, press, revise, settle, until
from tests.tui.seed import AT, PROCESS
from tui.opening import OpeningApp, OpeningScreen
from tui.services import Services
from tui.widgets.header import Header


@pytest.fixture
def store(study: Path) -> Iterator[StoreThread]:
    opened = StoreThread(study)
    yield opened
    opened.close()


async def test_the_frame_stands_while_the_project_is_opened(
    study: Path, store: StoreThread, tmp_path: Path
) -> None:
    may_go_on = threading.Event()

    def open_project() -> Services:
        may_go_on.wait(timeout=20)
        return Services(store=store, db_path=study, annotator="first")

    app = OpeningApp(study, "first", tmp_path / "log", open_project)
    async with app.run_test(size=(120, 30)) as pilot:
        assert isinstance(app.screen, OpeningScreen)
        frame = drawn(app)
        assert study.name in frame
        assert "Revise" in frame
        assert "as first" in frame
        assert "opening the project" in frame
        # a key that is meant for nothing does nothing
        await pilot.press("L", "a", "u", "ctrl+p")
        await pilot.click(
            Header, offset=(app.screen.query_one(Header).render().plain.index("Label"), 0)
        )
        assert isinstance(app.screen, OpeningScreen)
        may_go_on.set()
        await until(pilot, lambda: not isinstance(app.screen, OpeningScreen))
        await settle(pilot)
        assert revise(app).prompt.text == PROCESS[0]
        await press(pilot, "L")
        assert app.current_mode == "label"


async def test_the_first_mode_is_never_seen_without_its_item(
    study: Path, store: StoreThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def shown(app: OpeningApp) -> None:
        if app.is_open and not isinstance(app.screen, OpeningScreen):
            seen.append(drawn(app))

    monkeypatch.setattr(OpeningApp, "post_display_hook", shown)
    services = Services(store=store, db_path=study, annotator="first")
    app = OpeningApp(study, "first", tmp_path / "log", lambda: services)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: bool(seen))
        await settle(pilot)
    assert seen
    assert all(PROCESS[0] in frame for frame in seen)


async def test_a_project_that_cannot_be_opened_ends_the_app_with_its_reason(
    study: Path, tmp_path: Path
) -> None:
    def open_project() -> Services:
        raise Damaged("the file is damaged")

    app = OpeningApp(study, "first", tmp_path / "log", open_project)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.refused))
    assert app.refused == "the file is damaged"
    assert app.return_code == 1


async def test_a_project_of_pairs_alone_opens_where_its_work_is(
    empty_path: Path, tmp_path: Path
) -> None:
    """Prompts that came with finished pairs are not written for: there is nothing to revise."""
    rows = b'{"prompt": "Why?", "a": "Because.", "b": "No."}\n'
    with session(empty_path) as db:
        importing.run(db, io.BytesIO(rows), at=AT)
    opened = StoreThread(empty_path)
    app = OpeningApp(
        empty_path,
        "first",
        tmp_path / "log",
        lambda: Services(store=opened, db_path=empty_path, annotator="first"),
    )
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.current_mode == "label")
        await settle(pilot)
        assert "Because." in drawn(app)
        await press(pilot, "R")
        await until(pilot, lambda: "all prompts came with finished pairs" in drawn(app))
    opened.close()
