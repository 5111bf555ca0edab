"""The project file goes while the app is open."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db.connection import create, open_readonly
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT
from tui.dialogs.file_lost import LostScreen


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def rescued(study: Path, ending: str = ".db") -> Path:
    [found] = study.parent.glob(f"study.rescue-*{ending}")
    return found


def labels_in(path: Path) -> list[tuple[str, str]]:
    with closing(open_readonly(path)) as db:
        return db.execute("SELECT annotator, verdict FROM label_head").fetchall()


async def test_a_label_into_a_deleted_file_is_not_acknowledged_but_kept(
    make_app: MakeApp, study: Path
) -> None:
    app = make_app(study)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "L")
        os.unlink(study)  # noqa: PTH108
        await press(pilot, "1")
        assert isinstance(app.screen, LostScreen)
        words = " ".join(drawn(app).split())
        assert "was removed while it was open" in words
        assert rescued(study).name in words.replace(" ", "")
        assert len(labels_in(rescued(study))) == 1
        await press(pilot, "2", "a", "u", "space", "L", "R", "x")
        assert isinstance(app.screen, LostScreen)
        assert len(labels_in(rescued(study))) == 1
        await pilot.press("q")
    assert app.return_code == 1


async def test_it_is_noticed_without_a_key(make_app: MakeApp, study: Path) -> None:
    app = make_app(study, look_every=0.01)
    async with app.run_test() as pilot:
        await settle(pilot)
        with closing(create(study.with_name("other.db"), at=AT)):
            pass
        study.with_name("other.db").rename(study)
        await until(pilot, lambda: isinstance(app.screen, LostScreen))
        assert "replaced by another file" in " ".join(drawn(app).split())
        await pilot.press("ctrl+q")
    assert app.return_code == 1
    assert labels_in(study) == []


@pytest.mark.parametrize("mode", ["L", "R"])
async def test_a_note_that_is_being_written_is_kept(
    make_app: MakeApp, study: Path, mode: str
) -> None:
    app = make_app(study, look_every=0.01)
    async with app.run_test() as pilot:
        await press(pilot, mode, "m", *"half a note")
        with closing(create(study.with_name("other.db"), at=AT)):
            pass
        shutil.copyfile(study.with_name("other.db"), study)
        await until(pilot, lambda: isinstance(app.screen, LostScreen))
        assert rescued(study, ".txt").name in drawn(app).replace("\n", "").replace(" ", "")
    assert rescued(study, ".txt").read_text("utf-8") == "half a note\n"
    assert rescued(study, ".txt").stat().st_mode & 0o777 == 0o600


async def test_an_open_edit_is_kept(make_app: MakeApp, study: Path, rows: Database) -> None:
    rows.close()
    app = make_app(study, look_every=0.01)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "e", *"mine: ")
        os.rename(study, study.with_name("elsewhere.db"))  # noqa: PTH104
        await until(pilot, lambda: isinstance(app.screen, LostScreen))
        words = "".join(drawn(app).split())
        assert "elsewhere.db" in words
    [kept] = study.parent.rglob("*rescue*.txt")
    assert "mine: " in kept.read_text("utf-8")
