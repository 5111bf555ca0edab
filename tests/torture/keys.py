"""Random keys, pastes, clicks and sizes in every mode: no error, no label but as it was told."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database
from textual.events import AppBlur, AppFocus, Paste
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store.db import doctor
from store.db.connection import create, open_store
from store.db.diagnosis import Severity
from store.db.thread import StoreThread
from store.items import candidates, pairs
from store.judgements import labels, settings
from store.records import Candidate, Origin
from store.rounds import rounds
from tests.torture.tried import AT, Tried, lost
from tests.tui.driving import Unhurried, drawn, settle
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import a_chain, a_prompt, a_run, three_chains
from tui.app import PairlabApp
from tui.keymap import PLACES
from tui.modes.label.screen import LabelScreen
from tui.services import Services

MODES = "RLLLKJBXMH"
LEAVE = {"q", "ctrl+q", "ctrl+z", "ctrl+c"}
KEYS = sorted({binding.key for place in PLACES for binding in place.bindings} - LEAVE)
LETTERS = [*"abcdefghijklmnoprstuvwxyz123", "enter", "escape", "backspace", "ctrl+s"]
PASTES = [
    "one\nline\r\nand\ranother",
    "x" * 100_000,
    "\x1b[200~line\x1b[201~\n" * 200,
    *(HOSTILE[name] for name in ("closing_tag", "c0", "c1", "bidi", "zwj", "half_tag")),
]
SIZES = [(40, 12), (60, 20), (80, 24), (110, 35), (160, 12), (200, 60)]
SIDES = {"upper": 0, "left": 0, "lower": 1, "right": 1}


def run(folder: Path, tries: int, seed: str) -> Tried:
    """So many sequences, each on a project of its own."""
    acknowledged = gone = 0
    before = Path.cwd()
    for at in range(tries):
        place = folder / str(at)
        place.mkdir()
        os.chdir(place)  # exports go there
        try:
            said = asyncio.run(_sequence(place / "study.db", random.Random(f"{seed} {at}")))
        finally:
            os.chdir(before)
        acknowledged += len(said)
        gone += lost(place / "study.db", said)
        found = doctor.examine(place / "study.db")
        assert all(each.severity is not Severity.BROKEN for each in found), (seed, at, found)
    return Tried("random keys", tries, acknowledged, gone, "")


def _project(path: Path, draw: random.Random) -> None:
    with closing(create(path, seed="keys", at=AT)) as db:
        three_chains(db)
        made = a_run(db)
        for text in draw.sample([each for name, each in HOSTILE.items() if name != "surrogate"], 3):
            a_chain(db, (text, text, text, f"{text} and more"), text[:20] or "x", run=made)
        prompt = a_prompt(db, "Name a colour")
        for slot, text in enumerate(("red", "green", "blue")):
            answer = Candidate(
                prompt_id=prompt, origin=Origin.PROPOSED, text=text, slot=slot, created_at=AT
            )
            candidates.add(db, answer)
        ids = [pair.id for pair in pairs.ordered(db)]
        for number, pair in enumerate(ids[:3]):
            labels.give(db, pair, "second", "a", at=AT)
            labels.give(db, pair, "first", "ab"[number % 2], at=AT)
        if draw.random() < 0.3:
            settings.set(db, settings.STRENGTH, True, "first", AT)
        if draw.random() < 0.3:
            rounds.create(db, "pilot", ids[3:], ["first", "second"], seed=1, by="first", at=AT)


def now() -> str:
    """A clock that stands."""
    return AT


async def _sequence(path: Path, draw: random.Random, steps: int = 30) -> list[str]:
    """Press on; the ids of the labels that the screen told of."""
    _project(path, draw)
    store = StoreThread(path)
    engine = ScriptedEngine() if draw.random() < 0.5 else None
    runner = engine and Runner(engine, store, Plan(max_tokens=40), clock=now, annotator="first")
    services = Services(
        store=store,
        db_path=path,
        annotator="first",
        clock=now,
        minimum_seconds=0.0,
        input_clock=Unhurried(),
        engine=engine,
        runner=runner,
        log_path=path.with_name("host.log"),
        configuration_file=path.with_name("config.toml"),
    )
    app = PairlabApp(services, look_every=3600.0, show_every=0.0001)
    said: list[str] = []
    trail: list[object] = []
    with closing(store), closing(open_store(path)) as db:
        async with app.run_test(size=draw.choice(SIZES)) as pilot:
            await settle(pilot)
            await pilot.press(draw.choice(MODES))
            for _ in range(steps):
                await settle(pilot)
                act, given = _next(app, draw)
                trail.append((act.__name__, str(given)[:20]))
                check = _watch(app, db, said)
                await act(pilot, given)
                await settle(pilot)
                assert app.is_running, trail
                crash = path.with_name("crash.log")
                assert not crash.exists(), (crash.read_text(), trail)
                assert not FORBIDDEN.intersection(drawn(app).replace("\n", "")), trail
                assert check(given), trail
    return said


def _next(app: PairlabApp, draw: random.Random) -> tuple[Callable[..., object], object]:
    kind = draw.random()
    if len(app.screen_stack) > 1 and kind < 0.35:
        return _press, "escape"
    if kind < 0.80:
        writes = isinstance(app.focused, Input | TextArea)
        if isinstance(app.screen, LabelScreen) and not writes and kind > 0.4:
            return _press, draw.choice(["1", "2", "equals_sign", "b", "space", "u"])
        return _press, draw.choice(LETTERS if writes or kind < 0.1 else KEYS)
    if kind < 0.86:
        return _press, draw.choice(MODES)
    if kind < 0.90:
        return _paste, draw.choice(PASTES)
    if kind < 0.95:
        return _resize, draw.choice(SIZES)
    if kind < 0.97:
        return _blur, None
    return _click, (draw.randrange(app.size.width), draw.randrange(app.size.height))


async def _press(pilot: Pilot[None], key: str) -> None:
    await pilot.press(key)


async def _paste(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(Paste(text))


async def _resize(pilot: Pilot[None], size: tuple[int, int]) -> None:
    await pilot.resize_terminal(*size)


async def _blur(pilot: Pilot[None], _: None) -> None:
    pilot.app.post_message(AppBlur())
    pilot.app.post_message(AppFocus())


async def _click(pilot: Pilot[None], at: tuple[int, int]) -> None:
    await pilot.click(offset=at)


def _watch(app: PairlabApp, db: Database, said: list[str]) -> Callable[[object], bool]:
    """What one act may do to the labels: none, or the one that the footer tells of."""
    screen, field = app.screen, app.focused
    shown = screen.to_label if isinstance(screen, LabelScreen) else None
    newest = _newest(db)

    def as_it_should(given: object) -> bool:
        if isinstance(field, Input | TextArea):  # a correction labels pairs of its own
            letter = app.focused is field and len(str(given)) == 1
            return not letter or str(given) in _text(field)
        found = db.execute(
            "SELECT id, item, value FROM event WHERE kind = 'label' AND arrival > ?"
            " AND value ->> 'undoes' IS NULL",
            [newest],
        ).fetchall()
        if not isinstance(screen, LabelScreen) or not found:
            return True
        told = re.search(r": (\w+ )?(\w+)$", screen.status.told)
        if shown is None or len(found) != 1 or found[0][1] != shown.pair_id:
            return False
        said.append(found[0][0])
        verdict = json.loads(found[0][2])["verdict"]
        if told is None or told[2] not in SIDES:
            return True
        pair = pairs.text(db, shown.pair_id)
        chosen = {"a": pair.a, "b": pair.b}.get(verdict)
        return chosen == (shown.first, shown.second)[SIDES[told[2]]]

    return as_it_should


def _text(field: Input | TextArea) -> str:
    return field.value if isinstance(field, Input) else field.text


def _newest(db: Database) -> int:
    return int(db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0])
