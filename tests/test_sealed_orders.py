"""A sealed round tells nothing through what is listed, counted or put first.

The worlds differ in what the second annotator said in the round, in which order, with which skips,
undos and labels queued again. Whom one is compared with, what comes next, what is counted: all must
be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.agreement import LiveTable, agreement, agreement_many, annotators, with_models
from store.agreement.live_updates import Following
from store.agreement.overview import overview
from store.agreement.partners import overlaps
from store.agreement.strength import strength
from store.agreement.tables import BY
from store.agreement.underlying_pairs import behind
from store.db.connection import create
from store.exporting import ExportOptions, background, plan, preview
from store.items import pairs
from store.judgements import guidelines, labels
from store.log import undo
from store.rounds import queue, relabel, rounds
from store.views import adjudication, labelling
from tests.tui.conftest import make_app, watch
from tests.tui.driving import MakeApp, drawn, press, settle
from tests.tui.seed import AT, a_chain

__all__ = ["make_app", "watch"]

MODEL = "ai:model.gguf"
PEOPLE = ("first", "second", "third", "late")

Steps = tuple[tuple[int, str], ...]
"""Pair of the round and what the second says of it; ``undo`` takes the last thing back, ``again``
queues all labels under an older guideline again."""

WORLDS: dict[str, Steps] = {
    "labels": ((0, "a"), (1, "b"), (2, "tie")),
    "skips": ((0, "skip"), (1, "skip"), (2, "skip")),
    "another order": ((2, "a"), (0, "both_bad"), (1, "skip")),
    "undone": ((0, "a"), (0, "undo"), (1, "b"), (0, "skip"), (2, "a")),
    "skipped over": ((0, "a"), (1, "b"), (2, "a"), (0, "skip"), (1, "tie"), (2, "skip")),
    "queued again": (
        (0, "b"),
        (1, "skip"),
        (2, "a"),
        (0, "again"),
        (0, "skip"),
        (1, "b"),
        (2, "b"),
    ),
}


def build(path: Path, steps: Steps) -> Database:
    """A sealed round of three pairs; outside it the first has most in common with the third."""
    db = create(path, seed="seed", at=AT)
    for n in range(6):
        a_chain(db, (f"Question {n}?", f"Draft {n}.", "It is a draft.", f"Better {n}."), "helpful")
    made = [each.id for each in pairs.ordered(db)]
    inside, outside = made[:3], made[3:]
    guidelines.add_version(db, "first rules", "first", AT)
    rounds.create(db, "pilot", inside, ("first", "second", "late"), seed=7, by="first", at=AT)
    for pair in outside:
        for who, verdict in (("first", "a"), ("third", "b"), (MODEL, "a")):
            labels.give(db, pair, who, verdict, seconds=20, left="a", at=AT)
    labels.give(db, outside[0], "second", "b", seconds=20, left="a", at=AT)
    for pair in inside:
        labels.give(db, pair, "first", "a", seconds=20, left="a", at=AT)
        labels.give(db, pair, MODEL, "a", at=AT)
    for place, said in steps:
        if said == "undo":
            undo.undo(db, "second", AT)
        elif said == "again":
            guidelines.add_version(db, "second rules", "first", AT)
            relabel.again(db, "second", AT)
            labels.give(db, outside[0], "second", "b", seconds=20, left="a", at=AT)
        else:
            labels.give(db, inside[place], "second", said, seconds=20, left="a", at=AT)
    if not any(said == "again" for _, said in steps):
        guidelines.add_version(db, "second rules", "first", AT)
        labels.give(db, outside[0], "second", "b", seconds=20, left="a", at=AT)
    return db


def every_two(tell: Callable[[Database, str, str], object]) -> Callable[[Database], object]:
    names = (*PEOPLE, MODEL)
    return lambda db: [tell(db, one, other) for one in names for other in names if one != other]


def everyone(tell: Callable[[Database, str], object]) -> Callable[[Database], object]:
    return lambda db: [tell(db, who) for who in PEOPLE if who != "second"]


def decisions_told(db: Database) -> object:
    made = plan(db, ExportOptions(from_="decisions"))
    return made.counts, made.rows, made.background


TELLING: dict[str, Callable[[Database], object]] = {
    "who can be compared": everyone(overlaps),
    "who is compared": everyone(lambda db, who: Following(who).look(db)),
    "agreement": every_two(lambda db, a, b: [agreement(db, a, b, by=by) for by in BY]),
    "of all": lambda db: agreement_many(db, PEOPLE, by="guideline"),
    "live": every_two(lambda db, a, b: LiveTable(db, a, b).counts),
    "in blocks": every_two(lambda db, a, b: LiveTable(db, a, b, block=2).counts),
    "beside": every_two(lambda db, a, b: overview(db, a, b, "first", "guideline")),
    "strength": every_two(strength),
    "with models": lambda db: with_models(db, PEOPLE),
    "behind": every_two(lambda db, a, b: behind(db, "first", a, b, at=AT)),
    "names": lambda db: (annotators(db), labels.annotators(db)),
    "labels under": guidelines.labels_under,
    "disagreements": adjudication.agenda,
    "rulings": everyone(adjudication.outcome),
    "progress": adjudication.waiting,
    "next": everyone(lambda db, who: (queue.label_next(db, who), labelling.resume(db, who))),
    "card": lambda db: background.read(db, [each.id for each in pairs.ordered(db)]),
    "decisions": decisions_told,
    "closed": everyone(preview.closed),
}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """The projects; what is asked of them tells, and changes nothing that others ask."""
    folder = tmp_path_factory.mktemp("worlds")
    made = {
        name: build(folder / f"{number}.db", steps)
        for number, (name, steps) in enumerate(WORLDS.items())
    }
    yield made
    for db in made.values():
        db.close()


@pytest.mark.parametrize("what", TELLING)
def test_nothing_told_depends_on_what_was_said(worlds: dict[str, Database], what: str) -> None:
    told = {name: repr(TELLING[what](db)) for name, db in worlds.items()}
    for name, words in told.items():
        assert words == told["labels"], name


@pytest.mark.parametrize("who", ["first", "third"])
async def test_k_opens_on_the_same_two_people(tmp_path: Path, make_app: MakeApp, who: str) -> None:
    seen = []
    path = tmp_path / "study.db"
    for name in ("labels", "skips", "another order"):
        anew(path, name)
        app = make_app(path, who)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "K")
            seen.append(drawn(app))
    assert seen[0] == seen[1] == seen[2]
    assert "first and third" in seen[0] or "third and first" in seen[0]


def anew(path: Path, name: str) -> None:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    build(path, WORLDS[name]).close()
