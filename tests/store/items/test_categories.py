"""A category that was changed: every reader takes the one that stands, the log holds them all."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from store import exporting, importing
from store.agreement import feedback_facts
from store.agreement.evaluation.answers import answers
from store.agreement.judge import judged_pairs
from store.agreement.report import agreement
from store.db import purge
from store.db.backup import backup
from store.db.connection import create, open_store
from store.items import attacks, categories, pairs, prompts
from store.judgements import disagreements, labels, pending_judgements, ruled_pairs, rulings
from store.log import current_state, undo
from store.merging.merge import Merged, merge
from store.records import Message
from store.rounds import sampling, usefulness
from store.views import browse, provenance
from store.views.query import parse
from tests.store.asking import ask
from tests.store.building import AT
from tests.store.conftest import Project
from tests.store.exporting_study import pair, planned
from tests.store.items.test_removal import said

SQLITE_READ, SQLITE_OK = 20, 0

OLD, NEW = "helpful", "harmful"


def standing(db: Database) -> dict[str, str]:
    return dict(db.execute("SELECT id, category FROM prompt_now ORDER BY 1").fetchall())


def history(db: Database, prompt: str) -> list[tuple[str, str | None, str | None]]:
    return [(each.by, each.was, each.category) for each in categories.history(db, prompt)]


def prompt_of(db: Database, made: str) -> str:
    return pairs.get(db, made).prompt_id


def a_study(db: Database, category: str) -> list[str]:
    """Twelve pairs: agreed, disagreed and ruled, asked of a judge; the last two in a third one."""
    made = [pair(db, f"q{n}", f"I can't {n}", f"sure {n}", category=category) for n in range(10)]
    made += [pair(db, f"q{n}", "one", "two", category="factual") for n in (10, 11)]
    for n, each in enumerate(made):
        labels.give(db, each, "ann", "a", seconds=3.0, left="a", at=AT)
        labels.give(db, each, "bob", "b" if n % 3 == 0 else "a", seconds=3.0, left="a", at=AT)
        ask(db, each, 0.9, 0.3)
    rulings.rule(db, made[0], "ann", "a", at=AT)
    return made


def readers(db: Database, made: list[str]) -> dict[str, object]:
    """What is told of categories, by whoever tells it."""
    prompt = prompt_of(db, made[0])
    return said(db) | {
        "prompt": prompts.get(db, prompt).category,
        "prompts": [each.category for each in prompts.ordered(db)],
        "categories": prompts.categories(db),
        "pair": pairs.text(db, made[0]).category,
        "slices": agreement(db, "ann", "bob", by="category").slices,
        "feedback": {key: each[0] for key, each in feedback_facts.read(db).pairs.items()},
        "certified": [each.category for each in judged_pairs.load(db, "ai:m.gguf")],
        "to judge": [pending_judgements.one(db, each).category for each in made],
        "ruled": [each.category for each in ruled_pairs.ordered(db)],
        "disagreed": [each.category for each in disagreements.ordered(db)],
        "answers": [each.category for each in answers(db)],
        "wrapped": [each.id for each in attacks.to_wrap(db)],
        "useful": usefulness.arranged(db, 0.3),
        "exported": planned(db).by_category,
        "filter": browse.every_id(db, "ann", parse(f"category:{NEW}")),
        "show": provenance.item(db, made[0])["prompt"]["category"],
    }


def test_every_reader_takes_the_category_that_stands(db: Database, tmp_path: Path) -> None:
    made = a_study(db, OLD)
    past_the_view: set[str | None] = set()

    def look(action: int, table: str | None, column: str | None, _db: object, view: object) -> int:
        if (action, table, column) == (SQLITE_READ, "prompt", "category") and view != "prompt_now":
            past_the_view.add(table)
        return SQLITE_OK

    found = [prompt_of(db, each) for each in made[:10]]
    assert categories.change(db, found, NEW, "ann", at=AT) == found
    with closing(create(tmp_path / "born.db", seed="1", at=AT)) as born:
        a_study(born, NEW)
        db.conn.set_authorizer(look)
        told, expected = readers(db, made), readers(born, made)
        db.conn.set_authorizer(None)
    assert not past_the_view
    for name, each in expected.items():
        assert told[name] == each, name
    assert OLD not in repr(told["slices"])
    for sort in ("category", "-category"):
        rows = browse.page(db, "ann", parse(f"sort:{sort} kind:pair"), at=AT).rows
        assert [row.category for row in rows] == sorted(
            ["factual"] * 2 + [NEW] * 10, reverse=sort[0] == "-"
        )
    drawn = sampling.draw(db, ["cyd", "dee"], category=NEW, seed=1)
    assert drawn.pair_ids == tuple(made[:10])


def test_the_row_keeps_what_the_prompt_came_with(db: Database) -> None:
    made = prompt_of(db, pair(db, "q", category=OLD))
    before = db.execute("SELECT * FROM prompt").fetchall()
    categories.change(db, [made], NEW, "ann", at=AT)
    assert db.execute("SELECT * FROM prompt").fetchall() == before
    assert history(db, made) == [("ann", OLD, NEW)]
    assert not categories.change(db, [made], NEW, "bob", at=AT)
    assert current_state.equal_to_rebuild(db)


def test_undo_brings_back_what_stood_whoever_said_it(db: Database) -> None:
    made = prompt_of(db, pair(db, "q", category=OLD))
    for who, word in (("ann", "one"), ("bob", "two"), ("ann", "three")):
        categories.change(db, [made], word, who, at=AT)
    undo.undo(db, "ann", AT)
    assert standing(db) == {made: "two"}
    undo.undo(db, "bob", AT)
    assert standing(db) == {made: "one"}
    undo.undo(db, "ann", AT)
    assert standing(db) == {made: OLD}
    assert undo.undo(db, "ann", AT) is None
    assert [each.undo for each in categories.history(db, made)] == [False] * 3 + [True] * 3


def test_two_files_that_changed_it_agree_in_either_order(
    project: Project, tmp_path: Path, closing: Callable[[Database], Database]
) -> None:
    made = prompt_of(project.db, pair(project.db, "q", category=OLD))
    for name in ("one", "two"):
        backup(project.db, tmp_path / f"{name}.db")
    one, two = (closing(open_store(tmp_path / f"{name}.db")) for name in ("one", "two"))
    categories.change(one, [made], "ones", "ann", at=AT)
    categories.change(two, [made], "twos", "bob", at=AT)
    backup(two, tmp_path / "two-before.db")
    first: Merged = merge(one, tmp_path / "two-before.db")
    merge(two, tmp_path / "one.db")
    assert standing(one) == standing(two)
    assert sorted(history(one, made)) == [("ann", OLD, "ones"), ("bob", OLD, "twos")]
    assert history(one, made) == history(two, made)
    (conflict,) = first.conflicts
    assert (conflict.what, conflict.ours, conflict.theirs) == ("category", "ones", "twos")
    assert standing(one)[made] == {"ours": "ones", "theirs": "twos"}[conflict.stands]


def test_an_import_does_not_change_it_back(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"prompt": "q", "category": "olden"}\n{"prompt": "bare"}\n')
    importing.run(db, path, at=AT)
    one, bare = (each.id for each in prompts.ordered(db))
    categories.change(db, [one, bare], NEW, "ann", at=AT)
    report = importing.run(db, path, at=AT)
    assert "harmful" in report.problems[0].reason
    path.write_text('{"prompt": "bare", "category": "olden"}\n')
    importing.run(db, path, at=AT)
    assert set(standing(db).values()) == {NEW}
    undo.undo(db, "ann", AT)
    assert standing(db)[bare] == prompts.UNCATEGORISED


def test_audit_comes_back_with_both(db: Database, tmp_path: Path) -> None:
    made = prompt_of(db, labelled := pair(db, "q", category=OLD))
    labels.give(db, labelled, "ann", "a", at=AT)
    categories.change(db, [made], NEW, "ann", at=AT)
    exporting.write(planned(db, format="audit"), tmp_path / "one.jsonl")
    with closing(create(tmp_path / "other.db", seed="2", at=AT)) as other:
        assert importing.run(other, tmp_path / "one.jsonl", at=AT).problems == []
        rows = "SELECT id, category, seal FROM prompt"
        assert other.execute(rows).fetchall() == db.execute(rows).fetchall()
        assert history(other, made) == history(db, made)
        assert standing(other) == {made: NEW}
        exporting.write(planned(other, format="audit"), tmp_path / "two.jsonl")
    one, two = ((tmp_path / f"{name}.jsonl").read_text() for name in ("one", "two"))
    assert '"category": "harmful"' in one
    assert re.sub("position.: .", "", one) == re.sub("position.: .", "", two)


def test_a_purge_takes_the_words_too(project: Project) -> None:
    made = prompt_of(project.db, pair(project.db, "a question to be forgotten", category=OLD))
    categories.change(project.db, [made], "telling", "ann", at=AT)
    project.db.close()
    purge.purge(project.path, [made], "ann", AT)
    assert b"telling" not in project.path.read_bytes()


def test_a_wrapped_prompt_goes_with_what_it_was_made_from(db: Database) -> None:
    base = prompt_of(db, pair(db, "q", category=NEW))
    attacks.wrap(db, prompts.get(db, base), "story", [Message("user", "a story: q")], "ann", at=AT)
    categories.change(db, [base], OLD, "ann", at=AT)
    assert set(standing(db).values()) == {OLD}
    (other,) = set(standing(db)) - {base}
    categories.change(db, [other], "own", "ann", at=AT)
    assert standing(db) == {base: OLD, other: "own"}
