"""A project on the disk, an app over it, and pictures of its screens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TEXTUAL_FPS"] = "3"  # in between, what a test waits for is painted (resting.py)
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
os.environ.pop("NO_COLOR", None)

import pytest
from sqlite_utils import Database
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input, TextArea

from store.db.connection import create, open_store
from store.db.thread import StoreThread
from tests.tui import resting
from tests.tui.driving import MakeApp, Unhurried, Watch
from tests.tui.seed import AT, three_chains
from tui.app import PairlabApp
from tui.services import Services

_parse = Stylesheet._parse_rules
_parsed: dict[Any, list[RuleSet]] = {}


def _parse_once(self: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
    """Style rules, parsed once for all apps of the process, not anew for each."""
    key = (css, where, tuple(more.items()), tuple(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse(self, css, *where, **more)
    return _parsed[key]


Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]
resting.install()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def empty_path(tmp_path: Path) -> Path:
    """A project without prompts."""
    path = tmp_path / "study.db"
    create(path, seed="seed", at=AT).close()
    return path


@pytest.fixture(scope="session")
def three_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three finished chains, made once; tests get copies."""
    path = tmp_path_factory.mktemp("three") / "study.db"
    with closing(create(path, seed="seed", at=AT)) as db:
        three_chains(db)
    return path


@pytest.fixture
def study(three_made: Path, tmp_path: Path) -> Path:
    """A project with three finished chains, beside what another fixture has put into it."""
    path = tmp_path / "study.db"
    if path.exists():
        with closing(open_store(path)) as db:
            three_chains(db)
        return path
    shutil.copy(three_made, path)
    open_store(path).close()  # which makes it a project of its own
    return path


@pytest.fixture
def rows(study: Path) -> Iterator[Database]:
    """The project's rows, over a connection of their own."""
    db = open_store(study)
    yield db
    db.close()


@pytest.fixture
def make_app(watch: Watch, tmp_path: Path) -> Iterator[MakeApp]:
    """Makes apps over a project file; their stores are closed at the end.

    Every key is a press of its own, however fast a test presses them, and other processes' work is
    looked for every hour only: tests that want it otherwise say so. ``runner`` and
    ``make_model`` may be what makes one from the store. The folder is asked for so that it goes
    after the stores.
    """
    stores: list[StoreThread] = []

    def make(path: Path, annotator: str = "first", **more: Any) -> PairlabApp:
        look_every = more.pop("look_every", 3600.0)
        stores.append(StoreThread(path))
        for name in ("runner", "make_model"):
            if callable(more.get(name)):
                more[name] = more[name](stores[-1])
        services = Services(
            store=stores[-1],
            db_path=path,
            annotator=annotator,
            clock=lambda: AT,
            stopwatch=watch,
            **{"minimum_seconds": 0.0, "input_clock": Unhurried()} | more,
        )
        return PairlabApp(services, look_every=look_every, show_every=0.0001)

    yield make
    for store in stores:
        store.close()


class _Picture(SingleFileSnapshotExtension):
    file_extension = "svg"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def picture(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> Callable[[PairlabApp], None]:
    """Compares the screen with the picture kept of it; cursors do not blink."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda self: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda self: None)
    kept = snapshot.use_extension(_Picture)

    def compare(app: PairlabApp) -> None:
        assert app.export_screenshot(title="pairlab", simplify=True) == kept

    return compare
