"""The list of figures over the screen: a note is told whole, and moves no line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from store.reporting.comparison import NOTES
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tui.dialogs import figures_list
from tui.dialogs.figures_list import FigureLine, FiguresScreen
from tui.text import plain
from tui.widgets.lines import Lines

LONGEST = f"people: weak where they disagree; look at all of them again. {NOTES['use']}"


class _Notes(FiguresScreen):
    CSS_PATH = Path(figures_list.__file__).with_suffix(".tcss")

    def fill(self) -> None:
        notes = ["", NOTES["speed"], LONGEST, ""]
        self.show_lines(
            FigureLine(plain(f"line {n}"), note, pairs=()) for n, note in enumerate(notes)
        )


async def _none(_who: str, _title: str, _pairs: Sequence[str]) -> None: ...


@pytest.mark.parametrize("width", [60, 80, 160])
async def test_a_note_is_whole_at_every_width(
    empty_path: Path, make_app: MakeApp, width: int
) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(160, 24)) as pilot:
        await settle(pilot)
        await app.push_screen(_Notes(_none))
        await pilot.resize_terminal(width, 24)
        await settle(pilot)
        tall = app.screen.query_one(Lines).size.height
        for keys, note in ((["down"], NOTES["speed"]), (["down"], LONGEST)):
            await press(pilot, *keys)
            await until(pilot, lambda note=note: note in " ".join(drawn(app).split()))
            assert app.screen.query_one(Lines).size.height == tall
