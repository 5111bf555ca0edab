"""The screen: how soon it is there, and how soon the next pair is, while the model writes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from engine.errors import EngineError
from store.db.connection import create
from store.db.project_database import immediate
from store.items import candidates, pairs, prompts
from store.records import Candidate, Message, Origin
from tests.bench.table import BenchRow, milliseconds, percentile
from tests.bench.terminal import Terminal
from tests.tui.seed import a_chain

STARTS = 7
"""Starts of each app, in turn."""

KEYS = 60
"""Labels given while timing."""

PAUSE = 0.5
"""Seconds between two keys: faster than anybody reads, slower than the least time on an item."""

WARM = 8.0
"""Seconds for the model to be loaded and to have begun to write."""

START_TARGET, ITEM_TARGET, KEY_TARGET = 1.5, 1.6, 4.0

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".venv" / "bin" / "python"
PYTHON = str(RUNTIME) if RUNTIME.exists() else sys.executable
"""The environment that people run it in, for both apps: tests have heavier packages installed."""

BARE = [PYTHON, "-m", "tests.bench.bare"]
AT = "2026-01-02T03:04:05.678Z"


def rows() -> list[BenchRow]:
    """Start to first screen and first item; key to next pair, median and 95th percentile."""
    with TemporaryDirectory() as folder:
        project = Path(folder) / "bench.db"
        _fill(project)
        return [*_starts(project), *_keys(project)]


def _starts(project: Path) -> list[BenchRow]:
    """The frame, and the item in it: what reads the project is loaded behind the frame."""
    bare, frame, item = [], [], []
    _start(_pairlab(project), r"Prompt 1 of")  # whatever is not compiled yet is now
    for _ in range(STARTS):
        bare.extend(_start(BARE, r"item 0\."))
        one, other = _start(_pairlab(project), r"opening the project", r"Prompt 1 of")
        frame.append(one)
        item.append(other)
    baseline = f"bare Textual app {milliseconds(median(bare))}"
    return [
        BenchRow(
            f"start to {name}, median",
            milliseconds(median(ours)),
            baseline,
            median(ours) / median(bare),
            target,
        )
        for name, ours, target in (
            ("first screen (header and status)", frame, START_TARGET),
            ("first item on it", item, ITEM_TARGET),
        )
    ]


def _start(command: list[str], *patterns: str) -> list[float]:
    """Seconds from the start of a program until each pattern is drawn, one after the other."""
    with Terminal(command, cwd=ROOT) as terminal:
        return [terminal.wait_for(pattern) - terminal.started for pattern in patterns]


def _keys(project: Path) -> list[BenchRow]:
    command, model = _with_model(project)
    ours, bare = [], []
    with Terminal(command, cwd=ROOT) as app, Terminal(BARE, cwd=ROOT) as baseline:
        app.wait_for(r"Prompt 1 of")
        baseline.wait_for(r"item 0\.")
        app.press("L")
        app.wait_for(r"Pair 1 of", r"alpha \d", r"beta \d")
        end = time.monotonic() + WARM
        while time.monotonic() < end:
            time.sleep(0.2)
            app.drain()
        for number in range(1, KEYS + 1):
            # in turn, so that both run against the same model at the same time
            key = "12"[number % 2]  # the same one twice could be a held one: it waits for the next
            pressed = baseline.press("1")
            bare.append(baseline.wait_for(rf"item {number}\.") - pressed)
            pressed = app.press(key)
            ours.append(app.wait_for(rf"Pair {number + 1} of", r"alpha \d", r"beta \d") - pressed)
            time.sleep(PAUSE)
    return [
        BenchRow(
            f"key to next pair painted, {name}, {model} writing",
            milliseconds(measure(ours)),
            f"bare Textual app's key to paint {milliseconds(measure(bare))}",
            measure(ours) / measure(bare),
            KEY_TARGET,
        )
        for name, measure in (("median", median), ("95th percentile", _p95))
    ]


def _p95(values: list[float]) -> float:
    return percentile(values, 0.95)


def _pairlab(project: Path) -> list[str]:
    return [PYTHON, "-m", "tui", "--db", str(project), "--as", "bench"]


def _with_model(project: Path) -> tuple[list[str], str]:
    """The app over the starter model where it is installed, else over the scripted engine."""
    from tui.cli.model import chosen_model

    try:
        return _pairlab(project), chosen_model(None, None).path.name
    except EngineError:
        return [PYTHON, "-m", "tests.bench.scripted_app", str(project)], "scripted model"


def _fill(project: Path) -> None:
    """A chain to open on, pairs to label, and prompts that keep the model busy."""
    db = create(project, seed="bench", at=AT)
    with immediate(db):
        a_chain(db, ("How do I end a hung process?", "alpha 0", "It helps nobody.", "beta 0"))
        for number in range(400):
            asked = f"Question {number}: how do I sort a list of names without losing the order?"
            prompt, _ = prompts.add(
                db, [Message("user", asked)], category="helpful", source="bench", at=AT
            )
            if number < 2 * KEYS:
                sides = [
                    candidates.add(
                        db,
                        Candidate(
                            prompt_id=prompt,
                            origin=Origin.IMPORTED,
                            text=f"{side} {number}. " + f"A sentence about names, {number}. " * 12,
                            author="bench",
                            created_at=AT,
                        ),
                    )
                    for side in ("alpha", "beta")
                ]
                pairs.add(db, prompt, *sides, "imported", source="bench", at=AT)
    db.close()
