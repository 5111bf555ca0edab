"""Mode L in a formal round, on the strength scale, and with hidden repeats."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store.db.connection import open_store
from store.items import pairs
from store.judgements import labels, settings
from store.records import Phase, Verdict
from store.rounds import rounds
from store.views import labelling
from tests.tui.driving import MakeApp, drawn, press
from tests.tui.seed import AT, STATINS, a_chain, three_chains
from tui.app import PairlabApp
from tui.modes.label.screen import LabelScreen


def label(app: PairlabApp) -> LabelScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, LabelScreen)
    return screen


async def test_a_round_is_labelled_and_then_tells_what_it_waits_for(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    ids = [each.id for each in pairs.ordered(rows)]
    rounds.create(rows, "pilot", ids, ["first", "second"], seed=1, by="first", at=AT)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        assert label(app).prompt.title == "Round pilot · pair 1 of 3"
        await press(pilot, "1", "2", "left")
        assert "pair 2 of 3 · your verdict: lower" in label(app).prompt.title
        await press(pilot, "right", "b")
        shown = " ".join(drawn(app).split())
        assert "Round pilot is sealed until all have finished: first 3 of 3, second 0" in shown
    assert {each.round_id for each in labels.by_annotator(rows, "first")} == {
        rounds.get(rows, "pilot").id
    }


async def test_the_strength_scale(study: Path, rows: Database, make_app: MakeApp) -> None:
    settings.set(rows, settings.STRENGTH, True, "first", AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        to_label = label(app).to_label
        assert to_label is not None
        keys = label(app).keys_line.render().plain
        assert keys.startswith("1 Much left"), keys  # the scale first, then what is beside it
        assert "4 Much right" in drawn(app)
        await press(pilot, "4")
        assert label(app).status.told == "pair 1: much right"
        second = label(app).to_label
        await press(pilot, "2", "equals_sign")
    assert second is not None
    strong = labels.mine(rows, to_label.pair_id, "first")
    weak = labels.mine(rows, second.pair_id, "first")
    assert strong is not None
    assert weak is not None
    assert (strong.verdict, strong.strength) == (to_label.swapped(Verdict.B), 2)
    assert (weak.verdict, weak.strength) == (second.swapped(Verdict.A), 1)


async def test_without_the_scale_3_and_4_do_nothing(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "3", "4")
        assert "Much" not in drawn(app)
    assert labels.count_by(rows, "first") == 0


async def test_a_hidden_repeat_cannot_be_told_from_a_first_pass(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    three_chains(db)
    for n in range(24):
        a_chain(db, (f"{n}: {STATINS[0]}", *STATINS[1:]))
    settings.set(db, settings.REPEATS, 8, "first", AT)
    to_label = labelling.resume(db, "first")
    while to_label is not None and to_label.phase is Phase.FIRST:
        to_label = labelling.give(db, to_label, "first", Verdict.A, seconds=9, at=AT)
    assert to_label is not None
    app = make_app(empty_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        assert label(app).item_id == to_label.pair_id
        assert "your verdict" not in drawn(app)
        assert "repeat" not in drawn(app)
        await press(pilot, "2")
        assert label(app).item_id != to_label.pair_id
        await press(pilot, "u")
        assert label(app).item_id == to_label.pair_id
        assert "your verdict" not in label(app).prompt.title
        await press(pilot, "1")
    again = labels.mine(db, to_label.pair_id, "first", Phase.REPEAT)
    assert again is not None
    assert again.verdict == to_label.swapped(Verdict.A)
    db.close()
