"""What is removed counts nowhere: the same project without it says the same everywhere."""

from __future__ import annotations

import re
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase as Generate
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.agreement.live import LiveTable
from store.checks.registry import check
from store.db.connection import create
from store.db.doctor import examine
from store.errors import BadInput
from store.exporting import ExportOptions, plan
from store.exporting.formats import FORMATS
from store.items import pairs, prompts, removal
from store.judgements import decisions, disagreements, labels, pending_judgements, rulings
from store.log import events
from store.merging.merge import merge
from store.records import Phase
from store.reporting import report
from store.rounds import queue, rounds
from store.views import browse, provenance
from store.views.query import parse
from tests.store.asking import ask
from tests.store.building import AT, a_chain, a_prompt
from tests.store.exporting_study import pair

PROMPTS = 4
"""Each with two pairs."""
ANN, BOB = "ann", "bob"
VIEWS = (
    "answered", "blind_label", "labels_current", "last_word", "first_label", "versioned_label",
    "withdrawn_label", "asking", "open_place", "sealed_pair", "pairs_readable", "triplets",
    "pair_standing", "decision_now",
)  # fmt: skip

Step = tuple[str, int, str, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["label", "label", "label", "repeat", "undo", "rule", "flag", "ask"]),
        st.integers(0, 2 * PROMPTS - 1),
        st.sampled_from([ANN, BOB, "cyd"]),
        st.sampled_from(["a", "b", "tie", "skip"]),
    ),
    max_size=30,
)


def study(db: Database, steps: list[Step], left_out: frozenset[int], *, bare: bool) -> list[str]:
    """A project after some steps without the pairs left out, with or without their prompts."""
    db.execute("PRAGMA synchronous=OFF")
    for n in left_out if bare else ():
        a_prompt(db, f"question {n // 2}")
    made = [
        "" if n in left_out else pair(db, f"question {n // 2}", f"one {n}", f"two {n}" * (n + 1))
        for n in range(2 * PROMPTS)
    ]
    ticks = count(10)
    for what, n, who, verdict in steps:
        at = f"2026-01-02T03:{next(ticks):02}:00.000Z"
        if n in left_out:
            continue
        if what == "rule":
            rulings.rule(db, made[n], who, "a" if verdict == "skip" else verdict, at=at)
        elif what == "flag":
            labels.flag(db, made[n], who, on=verdict == "a", at=at)
        elif what == "ask":
            ask(db, made[n], 0.9, 0.3 if verdict == "a" else 0.8)
        elif what == "undo":
            if labels.mine(db, made[n], who) is not None:
                events.append(db, "clear", made[n], who, {}, phase="first", at=at)
        else:
            phase = Phase.REPEAT if what == "repeat" else Phase.FIRST
            labels.give(
                db, made[n], who, verdict, seconds=3.0, left="a", phase=phase, guideline_id=None,
                at=at,
            )  # fmt: skip
    return made


def said(db: Database) -> dict[str, object]:
    """Everything a project says about its pairs."""
    told: dict[str, object] = {
        "report": report.compose(db).split("## What can be exported")[0],
        "kappa": LiveTable(db, ANN, BOB).counts,
        "checks": check(db).as_json() | {"excluded": None},
        # ids of events differ from file to file
        "disagreements": re.sub("event_id='[0-9a-f]+'", "", repr(disagreements.ordered(db))),
        "queue": [
            queue.total(db),
            *(queue.label_next(db, who).pair_id is None for who in (ANN, BOB)),
        ],
    }
    for name in FORMATS:
        if name != "audit":  # it holds the time at which things came in
            told[name] = plan(db, ExportOptions(format=name)).preview(100)
    for name in VIEWS:
        columns = [
            column[1]
            for column in db.execute(f"PRAGMA table_info({name})").fetchall()
            if column[1] not in ("position", "event_id")
        ]
        rows = db.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        told[name] = sorted(map(repr, rows))
    return told


@given(STEPS, st.frozensets(st.integers(0, 2 * PROMPTS - 1)), st.booleans())
@settings(max_examples=5, deadline=None, phases=[Generate.explicit, Generate.generate])
def test_nothing_counts_what_is_removed(
    steps: list[Step], out: frozenset[int], by_prompt: bool
) -> None:
    if by_prompt:
        out = frozenset(n for n in range(2 * PROMPTS) if n // 2 in {each // 2 for each in out})
    with TemporaryDirectory() as folder:
        db = create(Path(folder) / "all.db", seed="1", at=AT)
        without = create(Path(folder) / "without.db", seed="1", at=AT)
        try:
            made = study(db, steps, frozenset(), bare=False)
            before, live = said(db), LiveTable(db, ANN, BOB)
            study(without, steps, out, bare=not by_prompt)
            if by_prompt:
                items = [pairs.get(db, made[n]).prompt_id for n in sorted(out)[::2]]
            else:
                items = [made[n] for n in sorted(out)]
            removal.remove(db, items, ANN, at=AT)
            live.refresh(db)
            expected = said(without)
            assert said(db) == expected
            assert live.counts == expected["kappa"]
            assert plan(db, ExportOptions()).counts.get("removed", 0) == len(out)
            removal.bring_back(db, items, BOB, at=AT)
            assert said(db) == before
        finally:
            db.close()
            without.close()


def test_a_removed_prompt_is_out_of_every_queue(db: Database) -> None:
    chain = a_chain(db)
    made = pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)[0]
    decisions.decide(db, chain.revisions[0], ANN, "accept", at=AT)
    judged = partial(pending_judgements.pending, db, "ai:m", lambda _pair: ["key"])
    assert [work.pair_id for work in judged()] == [made]
    removal.remove(db, [chain.prompt], ANN, at=AT)
    assert judged() == []
    assert queue.label_next(db, BOB).pair_id is None
    assert queue.revise_next(db, BOB) is None
    assert prompts.count(db) == pairs.count(db) == 0
    assert decisions.ordered(db) == []
    with pytest.raises(BadInput, match="was removed"):
        labels.give(db, made, ANN, "a", at=AT)
    assert provenance.pair(db, made)["pair"]["removed"]["item"] == chain.prompt
    assert any("removed: prompts 1, pairs 1" in each.words for each in _examined(db))


def test_browse_lists_it_only_when_asked(db: Database) -> None:
    one, other = pair(db, "first"), pair(db, "second")
    removal.remove(db, [one], ANN, at=AT)
    for line, expected in (("", [other]), ("status:removed", [one]), ("-status:removed", [other])):
        asked = parse(line)
        assert [row.id for row in browse.page(db, ANN, asked, at=AT).rows] == expected
        assert browse.count(db, ANN, asked) == len(expected)


def test_the_last_word_counts_after_a_merge_too(db: Database, tmp_path: Path) -> None:
    made = pair(db, "first")
    removal.remove(db, [made], ANN, at=AT)
    other = create(tmp_path / "other.db", seed="2", at=AT)
    merge(other, _path(db))
    assert removal.bring_back(other, [made], BOB, at=AT) == [made]
    other.close()
    merge(db, tmp_path / "other.db")
    assert removal.of_item(db, made) is None
    assert labels.give(db, made, ANN, "a", at=AT).item == made


def test_a_round_ends_without_its_removed_pairs(db: Database) -> None:
    made = [pair(db, f"question {n}") for n in range(4)]
    rounds.create(db, "r", made, (ANN, BOB), seed=7, by=ANN, at=AT)
    for who in (ANN, BOB):
        for each in made[:3]:
            labels.give(db, each, who, "a", at=AT)
    removal.remove(db, made[3:], ANN, at=AT)
    assert db.execute("SELECT ended FROM round_now").fetchone() == ("finished",)


def _path(db: Database) -> Path:
    return Path(db.execute("PRAGMA database_list").fetchone()[2])


def _examined(db: Database) -> list:
    return examine(_path(db))
