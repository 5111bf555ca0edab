"""Home, and what belongs to the whole project: each done from inside, with its rows in the file."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from textual.pilot import Pilot

from engine.errors import ModelFileError
from engine.llama import found
from engine.llama.memory import SWITCH
from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store import importing
from store.db.connection import open_store
from store.db.session import session
from store.items import candidates, pairs, prompts
from store.judgements import attributes, decisions, drafts, labels, settings
from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Seal
from store.rounds import rounds
from store.views.standing import first_mode
from tests.engine.test_weights import gguf
from tests.tui.driving import MakeApp, StandInRunner, drawn, mode_screen, press, settle, until
from tests.tui.seed import AT
from tui.app import PairlabApp
from tui.configuration import read
from tui.dialogs import models
from tui.dialogs.models import ModelsScreen
from tui.dialogs.panel import PanelScreen
from tui.modes.home.screen import HomeScreen

SIZE = (80, 24)


async def write(pilot: Pilot[None], text: str) -> None:
    """Answer what a panel asks."""
    screen = pilot.app.screen
    assert isinstance(screen, PanelScreen)
    screen.note_line.query_one("CleanInput").value = text  # type: ignore[attr-defined]
    await press(pilot, "enter")


def told(app: PairlabApp) -> str:
    screen = app.screen
    assert isinstance(screen, PanelScreen)
    return screen.status.told


def imported(path: Path, rows: bytes) -> None:
    with session(path) as db:
        importing.run(db, io.BytesIO(rows), at=AT)


PAIR = b'{"prompt": "Why?", "a": "Because.", "b": "No."}\n'


def test_a_project_opens_where_its_work_is(empty_path: Path, study: Path, rows: Database) -> None:
    assert first_mode(rows, "first") == "revise"
    revision = rows.execute("SELECT id FROM candidate WHERE origin = 'revision'").fetchone()[0]
    decisions.decide(rows, revision, "first", "accept", at=AT)
    assert first_mode(rows, "first") == "revise"
    assert first_mode(rows, "second") == "label"  # the chain would tell which is the revision


@pytest.mark.parametrize(
    ("given", "mode"),
    [(b"", "home"), (b'{"prompt": "Why?"}\n', "revise"), (b'{"prompt": "Q"}\n' + PAIR, "label")],
)
def test_and_without_chains_at_its_pairs(empty_path: Path, given: bytes, mode: str) -> None:
    if given:
        imported(empty_path, given)
    with session(empty_path) as db:
        assert first_mode(db, "first") == mode


@pytest.mark.parametrize(("me", "other"), [("first", "second"), ("second", "first")])
async def test_the_command_for_a_second_person_is_told_whole(
    study: Path, make_app: MakeApp, me: str, other: str
) -> None:
    app = make_app(study, annotator=me)
    async with app.run_test(size=SIZE) as pilot:
        for keys in (["H"], ["L", "1", "1", "1"]):  # and where all are labelled
            await press(pilot, *keys)
            offered = "".join(f"pairlab --db {study} --as {other}".split())
            # a long path goes on in the next row
            await until(pilot, lambda said=offered: said in "".join(drawn(app).split()))
            assert "another person, in another terminal" in " ".join(drawn(app).split())


async def test_all_of_home_is_in_sight_at_80_by_24(
    study: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIRLAB_DB", str(study))  # a long path would take a row more
    app = make_app(study)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "H")
        page = mode_screen(app)
        assert isinstance(page, HomeScreen)
        await until(pilot, lambda: "a safe copy of the project file" in drawn(app))
        assert page.whole.max_scroll_y == 0


async def test_an_empty_project_tells_each_way_with_its_key(
    empty_path: Path, make_app: MakeApp
) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "H")
        for words in ("ctrl+o", "brings in a file", "the starter set", "Who writes", "You are"):
            await until(pilot, lambda words=words: words in drawn(app))  # type: ignore[misc]
        await press(pilot, "t")
        await until(pilot, lambda: "68 prompts" in drawn(app))
        await press(pilot, "t")
        await until(pilot, lambda: "the starter set was here" in drawn(app))
    with session(empty_path) as db:
        assert prompts.count(db) == 68


async def test_nothing_is_written_unasked_for_prompts_that_came_with_pairs(
    empty_path: Path, make_app: MakeApp
) -> None:
    imported(empty_path, PAIR + b'{"prompt": "Where?"}\n')
    engine = ScriptedEngine()

    def worker(store: Any) -> Runner:
        return Runner(engine, store, Plan(candidates=1, max_tokens=20), clock=lambda: AT)

    app = make_app(empty_path, engine=engine, runner=worker)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "1 ready" in drawn(app))
        await settle(pilot)
    with session(empty_path) as db:
        written = {
            prompt.messages[-1].content: {
                each.origin for each in candidates.of_prompt(db, prompt.id)
            }
            for prompt in prompts.ordered(db)
        }
    assert written == {"Why?": {"imported"}, "Where?": {"proposed", "revision"}}


async def test_a_setting_is_changed_for_everybody_and_ones_own_in_a_file(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    app = make_app(study, configuration_file=file, minimum_seconds=None)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "comma", "enter")
        assert settings.get(rows, settings.STRENGTH) is True
        await press(pilot, "down", "enter")
        await write(pilot, "11")
        assert "is none" in drawn(app)
        await press(pilot, "enter")
        await write(pilot, ".8")
        assert app.session.minimum_seconds == settings.minimum_seconds(rows) == 0.8
        assert "for all annotators" in drawn(app)
        await press(pilot, "end", "enter")  # the keys
        await press(pilot, *["down"] * 13, "enter")
        await write(pilot, "z")
        assert "written to your configuration file" in drawn(app)
        assert read(file).keymap["all.skip"] == "z"
        await press(pilot, "enter")
        await write(pilot, "R")
        assert "R is Revise" in drawn(app)
        await press(pilot, "escape", "escape")
        assert "z Skip" in mode_screen(app).keys_line.render().plain
    assert read(file).keymap["all.skip"] == "z"


async def test_a_round_is_begun_followed_and_opened(
    study: Path, make_app: MakeApp, rows: Database
) -> None:
    app = make_app(study)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "H", "r", "n")
        await write(pilot, "pilot")
        await write(pilot, "first, second")
        await write(pilot, "2")
        await until(pilot, lambda: "first 0 of 2, second 0 of 2" in drawn(app))
        made = rounds.get(rows, "pilot")
        assert (made.seal, made.annotators) == (Seal.SEALED, ("first", "second"))
        place = DraftPlace(DraftKind.REASON, made.id)
        await press(pilot, "enter")
        await write(pilot, "no")
        assert rounds.get(rows, "pilot").seal is Seal.SEALED
        await press(pilot, "enter")
        await write(pilot, "yes")
        assert rounds.get(rows, "pilot").seal is Seal.OPEN
        await press(pilot, "e", "e", "n", "o")
        await until(pilot, lambda: "eno" in [d.text for d in drafts.of(rows, "first").values()])
        await press(pilot, "escape", "e")  # after a kill it is the same
        assert "your draft from" in drawn(app)
        await write(pilot, "enough")
        ended = rounds.get(rows, "pilot")
        assert ended.ended == "closed"
        await until(pilot, lambda: place not in drafts.of(rows, "first"))


async def test_what_one_states_a_backup_and_the_report(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    app = make_app(study)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "H", "y", "enter")
        await write(pilot, "Dutch")
        assert attributes.of_annotator(rows, "first") == {"language": "Dutch"}
        await press(pilot, "escape", "b")
        await write(pilot, str(tmp_path / "copy.db"))
        await until(pilot, lambda: "copy.db written" in drawn(app))
        await press(pilot, "escape", "d")
        await write(pilot, str(tmp_path / "copy.db"))
        await until(pilot, lambda: "left as it is" in told(app))
        await press(pilot, "enter")
        await write(pilot, str(tmp_path / "report.md"))
        await until(pilot, lambda: "report.md written" in drawn(app))
    other = open_store(tmp_path / "copy.db")
    assert len(pairs.ordered(other)) == len(pairs.ordered(rows))
    other.close()
    assert "first" in (tmp_path / "report.md").read_text(encoding="utf-8")


async def test_another_model_is_loaded_in_place_of_the_one_that_writes(
    study: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    before, after = ScriptedEngine(), ScriptedEngine()
    runner = StandInRunner()

    def other(path: Path) -> Any:
        if path.name == "broken.gguf":
            raise ModelFileError("broken.gguf is no GGUF file")
        return lambda: (after, StandInRunner())

    app = make_app(study, engine=before, runner=runner, other_model=other)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: runner.started)
        await press(pilot, "H", "c")
        assert isinstance(app.screen, ModelsScreen)
        for name, expected in (("broken.gguf", before), ("good.gguf", after)):
            await press(pilot, "p")
            await write(pilot, str(tmp_path / name))
            await until(pilot, lambda e=expected: app.services.engine is e)  # type: ignore[misc]
        await until(pilot, lambda: not isinstance(app.screen, ModelsScreen))
        assert not runner.started
        await until(pilot, lambda: app.services.runner.started)  # type: ignore[union-attr]


async def test_a_model_larger_than_the_memory_is_asked_for_first(
    study: Path, make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "large.gguf"
    file.write_bytes(gguf())
    large = replace(found.looked_at(file), needs=12 * 10**9)
    monkeypatch.setattr(found, "found", lambda: [large])
    monkeypatch.setattr(models, "free_memory", lambda: 8 * 10**9)
    monkeypatch.setenv(SWITCH, "")
    asked: list[Path] = []

    def other(path: Path) -> Any:
        asked.append(path)
        return lambda: (ScriptedEngine(), StandInRunner())

    app = make_app(study, engine=ScriptedEngine(), runner=StandInRunner(), other_model=other)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "H", "c")
        await until(pilot, lambda: "large.gguf" in drawn(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "needs 12.0 GB, 8.0 GB are free" in drawn(app))
        assert not asked
        await press(pilot, "enter")
        await until(pilot, lambda: asked == [file])
        assert os.environ[SWITCH] == "any"


async def test_home_tells_how_far_everybody_is_where_there_is_room(
    study: Path, make_app: MakeApp, rows: Database
) -> None:
    first, second = (each.id for each in pairs.ordered(rows)[:2])
    for pair in (first, second):
        labels.give(rows, pair, "second", "a", at=AT)
    labels.give(rows, first, "ai:judge", "a", at=AT)
    app = make_app(study)
    async with app.run_test(size=(110, 35)) as pilot:
        await press(pilot, "H")
        await until(pilot, lambda: "labelled" in drawn(app))
        assert "second 2 0 0" in " ".join(drawn(app).split())
        assert "ai:judge" not in drawn(app)


async def test_a_panel_says_what_a_row_has_no_room_for_and_leaving_is_its_last_key(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    about = "how much better the better answer is"
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "comma")
        await until(pilot, lambda: drawn(app).count(about) == 1)
        assert drawn(app).rstrip().endswith("Back")
        await pilot.resize_terminal(160, 45)
        await settle(pilot)
        await until(pilot, lambda: drawn(app).count(about) == 1)
        await press(pilot, "escape", "H", "r")
        await until(pilot, lambda: "No round yet. n begins one" in drawn(app))
