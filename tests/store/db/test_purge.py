"""The texts of a prompt leave the file for good, and nothing brings them back."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlite_utils import Database

from store import exporting
from store.db import cipher, doctor, purge
from store.db.backup import backup
from store.db.connection import create, open_store
from store.db.doctor import Severity
from store.db.session import session
from store.db.sqlite import sqlite3
from store.errors import BadInput, Busy
from store.exporting import ExportOptions
from store.items import attacks, candidates, content_hashes, pairs, prompts, removal, runs
from store.items.purged import BLANKS, GONE
from store.judgements import drafts, labels
from store.judgements.drafts import Draft, DraftKind, DraftPlace
from store.merging.checked import Tampered
from store.merging.merge import merge
from store.records import Generation, Message, Run
from store.views import search_index
from tests.store.building import AT, a_candidate, a_chain
from tests.store.conftest import Project
from tests.store.deciding import some_pairs

WORD = "zanzibar"
SECRET = f"the patient is called {WORD}"
KEPT = "nothing of this is secret"


class Study(NamedTuple):
    path: Path
    prompt: str
    pair: str
    other: str
    """A pair that stays."""


@pytest.fixture
def study(project: Project) -> Study:
    """A project in which the secret is everywhere a text can be; closed."""
    db = project.db
    chain = a_chain(db, SECRET)
    pair, _ = pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    attacks.wrap(
        db,
        prompts.get(db, chain.prompt),
        "role",
        [Message("user", f"Sing: {SECRET}")],
        "first",
        at=AT,
    )
    run = runs.add_run(
        db,
        Run(
            model="m",
            model_sha256=None,
            backend="scripted",
            chat_template=None,
            settings={},
            seed=1,
            started_at=AT,
        ),
    )
    for rendered in (f"judge: {SECRET}", KEPT):
        runs.add_generation(
            db,
            Generation(
                run_id=run,
                kind="judge",
                rendered=rendered,
                settings={},
                seed=1,
                text="A",
                finish_reason="stop",
                prompt_tokens=1,
                completion_tokens=1,
                seconds=2,
                created_at=AT,
            ),
        )
    labels.give(db, pair, "first", "a", note=f"{WORD} is hurt by this", at=AT)
    labels.note(db, chain.prompt, "first", f"ask {WORD}", AT)
    drafts.save(db, "first", {DraftPlace(DraftKind.NOTE, chain.original): Draft(f"so {WORD}", AT)})
    other = some_pairs(db)[0]
    labels.give(db, other, "first", "b", at=AT)
    search_index.read_in(db, 100)
    db.close()
    assert cipher.is_encrypted(project.path) or WORD.encode() in project.path.read_bytes()
    return Study(project.path, chain.prompt, pair, other)


def purged(study: Study) -> purge.Purged:
    with session(study.path) as db:
        all_of_it = purge.with_what_was_made_of_them(db, [study.prompt])
    return purge.purge(study.path, all_of_it, "first", AT)


def everything(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file())


def rows(db: Database, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(f"SELECT id FROM {table} ORDER BY id").fetchall()]


def test_no_byte_of_it_is_left_beside_the_project_and_the_rest_goes_on(study: Study) -> None:
    with session(study.path) as db:
        before = {table: rows(db, table) for table in ("prompt", "candidate", "pair", "generation")}
    done = purged(study)
    assert (done.prompts, done.pairs, done.same_words, done.copies) == (2, 1, (), ())
    with session(study.path) as db:
        removal.of_item(db, study.pair)
        search_index.read_in(db, 100)
        assert {table: rows(db, table) for table in before} == before
        assert labels.of_pair(db, study.pair) == []
        assert [each.verdict for each in labels.of_pair(db, study.other)] == ["b"]
        assert list(content_hashes.changed(db)) == []
        plan = exporting.plan(db, ExportOptions(format="triplets"))
        exporting.write(plan, study.path.with_name("out.jsonl"))
        assert db.execute("SELECT count(*) FROM generation WHERE rendered = ?", [KEPT]).fetchone()[
            0
        ]
        assert WORD.encode() not in everything(study.path.parent)  # the log too
        with pytest.raises(BadInput, match="was purged"):
            removal.bring_back(db, [study.prompt], "first", at=AT)
    assert WORD.encode() not in everything(study.path.parent)
    told = {each.subject: each for each in doctor.examine(study.path)}
    assert not [each for each in told.values() if each.severity is Severity.BROKEN]
    assert "removed" not in told  # for that can be brought back
    assert "prompts 2, whose" in told["purged"].words


def test_a_text_with_a_nul_in_it_stays_what_it_is(study: Study) -> None:
    with session(study.path) as db:
        kept = a_candidate(db, pairs.get(db, study.other).prompt_id, "before \0 behind")
    purged(study)
    with session(study.path) as db:
        assert list(content_hashes.changed(db)) == []
        assert candidates.get(db, kept).text == "before \0 behind"


def test_what_was_said_last_may_be_about_what_goes(study: Study, tmp_path: Path) -> None:
    with session(study.path) as db:
        labels.give(db, study.pair, "first", "b", at=AT)
        backup(db, tmp_path / "other.db")
    purged(study)
    with session(tmp_path / "other.db") as db:
        labels.give(db, study.other, "second", "a", at=AT)
    with session(study.path) as db:  # no fork: the number of the last event is not given again
        assert merge(db, tmp_path / "other.db").labels == {"second": 1}
        labels.give(db, study.other, "first", "a", at=AT)
    with session(tmp_path / "other.db") as db:
        assert merge(db, study.path).labels == {"first": 1}


def test_copies_are_named_and_a_merge_or_an_import_brings_nothing_back(study: Study) -> None:
    with session(study.path) as db:
        backup(db, study.path.with_name("copy.db"))
    old = study.path.with_name("elsewhere") / "old.db"
    old.parent.mkdir()
    shutil.copy(study.path.with_name("copy.db"), old)
    with session(old) as db:  # work goes on over there, on what was purged and on the rest
        labels.give(db, study.pair, "second", "b", note=f"{WORD} again", at=AT)
        a_candidate(db, study.prompt, f"one more about {WORD}", slot=7)
        labels.give(db, study.other, "second", "a", at=AT)
        removal.remove(db, [study.prompt], "second", at=AT)
        removal.bring_back(db, [study.prompt], "second", at=AT)
    assert purged(study).copies == (study.path.with_name("copy.db"),)
    with session(study.path) as db:
        came = merge(db, old)
        assert came.labels == {"second": 1}
        assert came.set_aside == ()
        assert not merge(db, old).anything
        prompts.add(db, [Message("user", SECRET)], category="helpful", source="t", at=AT)
        with pytest.raises(BadInput, match="was purged here, for good"):
            labels.give(db, study.pair, "second", "a", at=AT)
    assert WORD.encode() not in study.path.read_bytes()
    assert not Path(f"{study.path}-wal").exists()
    with session(old) as db:
        merge(db, study.path)
        assert list(content_hashes.changed(db)) == []
        assert removal.of_item(db, study.pair) is None  # the last word there was to bring it back
    fresh = study.path.with_name("fresh.db")
    from store.db.connection import create

    create(fresh).close()
    with session(fresh) as db:
        merge(db, study.path)
        assert removal.of_item(db, study.pair) is not None
        assert list(content_hashes.changed(db)) == []
    assert WORD.encode() not in fresh.read_bytes()


def test_nothing_is_changed_while_somebody_has_the_project_open(study: Study) -> None:
    db = open_store(study.path)
    with pytest.raises(Busy, match="open"):
        purged(study)
    assert db.execute("SELECT count(*) FROM event").fetchone()[0] > 0
    db.close()
    assert [each.name for each in study.path.parent.iterdir() if each.name.startswith(".")] == []
    assert cipher.is_encrypted(study.path) or WORD.encode() in study.path.read_bytes()


@pytest.mark.parametrize("table", ["prompt", "candidate"])
def test_rows_that_look_purged_without_a_tombstone_are_refused_in_a_merge(
    study: Study, tmp_path: Path, table: str
) -> None:
    own, other = tmp_path / "own.db", tmp_path / "other.db"
    create(own).close()
    with session(study.path) as db:
        backup(db, other)
    cells = BLANKS[table] | ({"text": GONE} if table == "prompt" else {})
    with closing(sqlite3.connect(other, isolation_level=None)) as changed:
        changed.execute(f"DROP TRIGGER {table}_no_update")
        changed.execute(
            f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in cells)}", [*cells.values()]
        )
    with session(own) as db:
        with pytest.raises(Tampered, match=f"the texts of {table} .* are missing"):
            merge(db, other)
        assert rows(db, table) == []
    purged(study)
    with session(own) as db:
        assert merge(db, study.path).added[table] > 0  # those with a tombstone come in
