"""Who has not labelled a pair finds nothing of what others said of it, on any screen here."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.db.connection import open_store
from store.items import pairs
from store.judgements import decisions, labels
from store.records import Choice
from tests.tui.driving import MakeApp, drawn, press
from tests.tui.seed import AT, a_chain

SECRET = "SECRET"


@pytest.fixture
def half_done(empty_path: Path) -> Path:
    """First has labelled six pairs, noted, flagged and decided; second has labelled the first."""
    db = open_store(empty_path)
    found = [a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}")) for i in range(8)]
    for i, chain in enumerate(found[:6]):
        verdict = "tie" if i == 4 else "both_bad" if i == 5 else "a"
        labels.give(db, chain.pair, "first", verdict, seconds=77, note=SECRET, at=AT)
        labels.note(db, chain.pair, "first", f"{SECRET} {i}", AT)
    labels.flag(db, found[1].pair, "first", True, AT)
    decisions.decide(db, found[6].revision, "first", Choice.ACCEPT, at=AT)
    labels.give(db, found[0].pair, "second", "a", at=AT)
    db.close()
    return empty_path


async def test_labelling_shows_nothing_of_the_other(half_done: Path, make_app: MakeApp) -> None:
    app = make_app(half_done, "second")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "L")
        seen = [drawn(app)]
        for key in ("i", "escape", "left", "right", "right", "right", "right", "right", "right"):
            await press(pilot, key)
            seen.append(drawn(app))
    told = "\n".join(seen)
    assert SECRET not in told
    assert "77" not in told
    assert "flagged" not in told


async def test_kappa_and_its_lists_show_common_pairs_alone(
    half_done: Path, make_app: MakeApp
) -> None:
    app = make_app(half_done, "second")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "K")
        seen = [drawn(app)]
        assert "5 only first" in seen[0]
        await press(pilot, "enter")
        seen.append(drawn(app))
        await press(pilot, "enter")
        assert f"{SECRET} 0" in drawn(app)  # both have labelled this one
        await press(pilot, "escape", "escape", "d")
        seen.append(drawn(app))
    told = "\n".join(seen)
    assert not any(f"prompt {i}" in told for i in range(1, 8))


@pytest.mark.parametrize("form", [0, 1, 11])
async def test_export_shows_rows_of_open_pairs_alone(
    half_done: Path, make_app: MakeApp, form: int
) -> None:
    app = make_app(half_done, "second")
    async with app.run_test(size=(160, 60)) as pilot:
        await press(pilot, "X", "t", *["down"] * form, "enter")
        told = drawn(app)
    assert not any(f"prompt {i}" in told for i in range(1, 7))
    assert not any(f"good {i}" in told for i in range(1, 7))


async def test_reasons_that_tell_a_verdict_list_no_closed_pair(
    half_done: Path, make_app: MakeApp
) -> None:
    app = make_app(half_done, "second")
    seen = []
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "X", "down")
        for _ in range(4):
            await press(pilot, "enter")
            seen.append(drawn(app))
            await press(pilot, "escape", "down")
    closed = [told for told in seen if "closed until you have" in told]
    assert len(closed) == 3  # tie, both bad, flagged
    assert not any(f"prompt {i}" in told for told in closed for i in range(8))


async def test_what_export_showed_is_remembered(half_done: Path, make_app: MakeApp) -> None:
    app = make_app(half_done, "second")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "X")
    db = open_store(half_done)
    common, unseen = (pair.id for pair in pairs.ordered(db)[:2])
    labels.give(db, common, "second", "b", at=AT)
    labels.give(db, unseen, "second", "b", at=AT)
    changed, fresh = (labels.mine(db, pair, "second") for pair in (common, unseen))
    db.close()
    assert changed is not None
    assert fresh is not None
    assert changed.informed
    assert not fresh.informed
