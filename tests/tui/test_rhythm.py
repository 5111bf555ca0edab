"""Today, this hour's pace, a quiet word for a pause; what is said when one leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from store.clock import stamp
from store.items import candidates, pairs
from store.judgements import corrections, decisions, labels
from store.log import undo
from store.records import Origin, Verdict
from store.views import worked
from tests.tui.driving import MakeApp, drawn, press
from tests.tui.seed import AT
from tui.cli import farewell
from tui.rhythm import Rhythm

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return stamp(NOON + timedelta(minutes=minutes))


def test_the_pace_is_that_of_the_last_hour_or_what_there_is_of_it() -> None:
    few = Rhythm([at(0), at(1), at(2), at(3)])
    assert few.words(at(4)) == ["4 today"]
    assert Rhythm([at(each) for each in range(11)]).pace(at(10)) == 60
    long = Rhythm([at(each / 2) for each in range(240)])
    assert long.pace(at(119.5)) == 120
    assert long.words(at(119.5)) == ["240 today", "120 an hour"]


def test_a_pause_is_suggested_once_in_fifty_minutes_without_one() -> None:
    rhythm = Rhythm()
    said = [(each, rhythm.add(at(each))) for each in range(0, 120, 2)]
    told = [(each, words) for each, words in said if words]
    assert told == [
        (50, "50 minutes without a pause: a good place for one"),
        (100, "100 minutes without a pause: a good place for one"),
    ]
    assert rhythm.add(at(130)) == rhythm.add(at(140)) == ""  # there was a pause


def test_what_was_done_since_the_app_was_opened(rows: Database) -> None:
    first, second, third = pairs.ordered(rows)
    labels.give(rows, first.id, "first", "a", at=AT)
    before = worked.last_arrival(rows)
    labels.give(rows, second.id, "first", "b", at=AT)
    labels.give(rows, third.id, "first", "b", at=AT)
    labels.give(rows, third.id, "second", "b", at=AT)
    undo.undo(rows, "first", AT)
    revision = next(
        c for c in candidates.of_prompt(rows, first.prompt_id) if c.origin is Origin.REVISION
    )
    decisions.decide(rows, revision.id, "first", "accept", at=AT)
    corrections.correct(rows, second.id, Verdict.B, "first", "better", at=AT)
    done = worked.since(rows, "first", before)
    assert done.counts == {"label": 1, "decision": 1, "own answer": 1}
    assert farewell.lines(done, 72, Path("study.db"), "pairlab") == [
        "1 pair labelled, 1 revision decided, 1 answer written in 1 h 12 min",
        "all of it is in study.db; 1 pair to label and 2 revisions to decide left",
        "go on with: pairlab",
    ]
    nothing = worked.since(rows, "third", before)
    assert farewell.lines(nothing, 5, Path("study.db"), "pairlab") == []


async def test_the_line_under_the_header_tells_how_far_one_is(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "1")
        line = next(line for line in drawn(app).split("\n") if "Pair 2 of 3" in line)
        assert "1 today" in line
        assert 0 < line.count("━") < line.count("─")
