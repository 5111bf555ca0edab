"""Ranking in Label: numbers best first, one key to keep, undo."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store.items import candidates, pairs
from store.judgements import labels, rankings
from store.records import Candidate, Origin
from tests.tui.driving import MakeApp, Watch, drawn, press, until
from tests.tui.seed import AT, a_prompt
from tui.modes.label.ranking import RankingScreen


def four_answers(rows: Database) -> str:
    prompt = a_prompt(rows, "Name a colour")
    for slot, text in enumerate(("red", "green", "", "blue", "red", "violet")):
        made = Candidate(
            prompt_id=prompt, origin=Origin.PROPOSED, text=text, slot=slot, created_at=AT
        )
        candidates.add(rows, made)
    return prompt


async def test_numbers_best_first_with_a_tie_then_undo(
    study: Path, rows: Database, make_app: MakeApp, watch: Watch
) -> None:
    prompt = four_answers(rows)
    before = pairs.count(rows)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L", "r")
        await until(pilot, lambda: isinstance(app.screen, RankingScreen))
        screen = app.screen
        assert isinstance(screen, RankingScreen)
        await until(pilot, lambda: screen.shown is not None)
        shown = screen.shown
        assert shown is not None
        assert {one.text for one in shown.answers} == {"red", "green", "blue", "violet"}
        assert "Rank · Prompt 4 of 4 · 4 answers" in drawn(app)
        await press(pilot, "2", "2", "enter")
        assert screen.status.told == "2 has its place"
        await press(pilot, "3", "backspace", "equals_sign", "4", "1", "3")
        assert screen.status.doing == "best first: 2 = 4 > 1 > 3"
        assert "place 3" in drawn(app)
        watch.now += 20
        await press(pilot, "enter")
        await until(pilot, lambda: rankings.mine(rows, prompt, "first") is not None)
        found = rankings.mine(rows, prompt, "first")
        assert found is not None
        ids = [one.id for one in shown.answers]
        assert found.groups == ((ids[1], ids[3]), (ids[0],), (ids[2],))
        assert found.seconds == 20
        assert pairs.count(rows) == before + 5
        assert "No prompt with three answers or more waits" in drawn(app)
        await press(pilot, "u")
        await until(pilot, lambda: not list(rankings.ordered(rows)))
        assert labels.by_annotator(rows, "first") == []
        await press(pilot, "1", "2", "3", "4", "enter")
        await until(pilot, lambda: len(labels.by_annotator(rows, "first")) == 6)
        await press(pilot, "escape", "u")
        await until(pilot, lambda: not list(rankings.ordered(rows)))
        await until(pilot, lambda: "undone: a ranking" in drawn(app))
