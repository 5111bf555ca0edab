"""Every hostile text through modes L, K and X: nothing is obeyed, nothing reaches the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.db.connection import open_store
from store.items import pairs
from store.judgements import guidelines, labels
from tests.tui.driving import MakeApp, drawn, press
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.modes.label.screen import LabelScreen

LEFT_OUT = {"surrogate", "cjk", "arabic", "thai", "tabs", "crlf", "replacement", "many_lines"}
"""SQLite refuses lone surrogates; the others take the same way through the panes of mode R."""
KEPT = {name: text for name, text in HOSTILE.items() if name not in LEFT_OUT}

FIRST, SECOND = "[/b]first\u202e", "second\u202e[@click=app.quit]x[/]"
MODEL = "ai:[/b][31m\u202e.gguf"


@pytest.fixture
def hostile(empty_path: Path) -> Path:
    """A pair for each text, two people and a model on all, hostile wherever a text can be."""
    db = open_store(empty_path)
    guidelines.add_version(db, "\n".join(KEPT.values())[:4000], FIRST, AT)
    for text in KEPT.values():
        long = len(text) > 5000
        made = a_chain(db, (text, text, text[:200], f"{text} better"), category=text[:40] or "x")
        for who, verdict in ((FIRST, "a"), (SECOND, "b" if long else "a"), (MODEL, "b")):
            labels.give(db, made.pair, who, verdict, seconds=9, left="a", note=text[:100], at=AT)
    db.close()
    return empty_path


def check(app: PairlabApp) -> None:
    assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
    assert app.is_running


async def test_label(hostile: Path, make_app: MakeApp) -> None:
    app = make_app(hostile, "third\u202e[31m[red]")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L", "g")
        check(app)
        await press(pilot, "escape", "i")
        check(app)
        await press(pilot, "escape")
        for i in range(len(KEPT)):
            check(app)
            await press(pilot, "right" if i % 4 else "1")
        screen = app.screen_stack[0]
        assert isinstance(screen, LabelScreen)
        assert screen.to_label is not None
        assert screen.left.text


async def test_kappa(hostile: Path, make_app: MakeApp) -> None:
    app = make_app(hostile, FIRST)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        check(app)
        await press(pilot, "enter")
        check(app)
        for _ in range(8):
            await press(pilot, "enter")
            check(app)
            await press(pilot, "escape", "down")
        await press(pilot, "escape", "tab", "down", "enter")
        check(app)
        await press(pilot, "escape", "tab", "enter")
        assert "Disagreements" in drawn(app)
        check(app)
        await press(pilot, "enter")
        check(app)


@pytest.mark.parametrize("form", [0, 11])
async def test_export(
    hostile: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, form: int
) -> None:
    monkeypatch.chdir(hostile.parent)
    app = make_app(hostile, FIRST)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "X", "t", *["down"] * form, "enter")
        check(app)
        await press(pilot, "down", "enter")
        check(app)
        await press(pilot, "enter")
        check(app)
        await press(pilot, "escape", "escape", "tab", "v", "p", "end", *"\\[red]", "enter")
        check(app)
    assert len(list(hostile.parent.iterdir())) > 1


def test_every_text_is_a_pair_of_its_own(hostile: Path) -> None:
    db = open_store(hostile)
    assert pairs.count(db) == len(KEPT)
    db.close()
