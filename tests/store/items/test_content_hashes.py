"""Items that are no longer what their ids say: found wherever it matters."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from store import exporting
from store.db import doctor
from store.db.backup import backup
from store.db.doctor import Severity
from store.db.sqlite import raised
from store.errors import Damaged
from store.items import content_hashes, pairs, prompts, runs
from store.judgements import drafts, labels
from store.records import Generation, Message, Run
from tests.store.building import AT, a_chain, a_prompt
from tests.store.conftest import Project
from tests.store.deciding import some_pairs

TABLES = ("prompt", "candidate", "critique", "generation", "run", "constitution", "pair")


@pytest.fixture
def whole(project: Project) -> Database:
    """A project with a row in every table, one pair of it labelled."""
    db = project.db
    chain = a_chain(db)
    pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    run = runs.add_run(
        db,
        Run(
            model="m",
            model_sha256=None,
            backend="scripted",
            chat_template=None,
            settings={"temperature": 1.5},
            seed=2**62,
            started_at=AT,
        ),
    )
    runs.add_generation(
        db,
        Generation(
            run_id=run,
            kind="propose",
            rendered="r",
            settings={},
            seed=1,
            text="t",
            finish_reason="stop",
            prompt_tokens=1,
            completion_tokens=1,
            seconds=2,
            created_at=AT,
        ),
    )
    labels.give(db, some_pairs(db)[0], "first", "a", at=AT)
    place = drafts.DraftPlace(drafts.DraftKind.GUIDELINE)
    drafts.save(db, "first", {place: drafts.Draft("half a rule", AT)})
    return db


def change(db: Database, statement: str) -> None:
    """Change rows as a program that knows nothing of pairlab would."""
    for table in TABLES:
        db.execute(f"DROP TRIGGER {table}_no_update")
    db.execute("PRAGMA foreign_keys=OFF")
    assert db.execute(statement).rowcount > 0


CHANGES = {
    "prompt": "UPDATE prompt SET messages = replace(messages, 'question', 'Question')",
    "prompt's text": "UPDATE prompt SET text = text || '.'",
    "candidate": "UPDATE candidate SET text = replace(text, 'a answer', 'A answer')",
    "slot": "UPDATE candidate SET slot = slot + 1",
    "critique": "UPDATE critique SET text = upper(text)",
    "generation": "UPDATE generation SET text = 'T'",
    "run": "UPDATE run SET model = 'M'",
    "constitution": "UPDATE constitution SET source = upper(source)",
    "pair": "UPDATE pair SET a_id = b_id, b_id = a_id",
    "imported id": "UPDATE pair SET external_id = 'x'",
    "category": "UPDATE prompt SET category = upper(category)",
    "role": "UPDATE pair SET a_role = 'chosen'",
    "source": "UPDATE candidate SET author = 'x', created_at = '1999-01-01T00:00:00.000Z'",
    "law's name": "UPDATE constitution SET name = upper(name)",
    "seed": "UPDATE meta SET value = upper(value) WHERE key = 'order'",
    "draft": "UPDATE draft SET text = upper(text)",
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_changed_letter_is_found_by_doctor_and_backup(
    whole: Database, project: Project, tmp_path: Path, what: str
) -> None:
    assert list(content_hashes.changed(whole)) == []
    change(whole, CHANGES[what])
    found = {each.subject: each for each in doctor.examine(project.path)}
    assert found["items"].severity is Severity.BROKEN
    first = next(content_hashes.changed(whole))
    assert str(first) in found["items"].words
    with pytest.raises(Damaged, match=first.id[:12]):
        backup(whole, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("format_", ["triplets", "trl", "audit"])
@pytest.mark.parametrize("what", ["prompt", "candidate", "pair"])
def test_an_export_stops_at_an_item_that_was_changed(
    whole: Database, tmp_path: Path, what: str, format_: str
) -> None:
    change(whole, CHANGES[what])
    out = tmp_path / "out.jsonl"
    with pytest.raises(Damaged, match=r"does not belong to its id|do not belong to its id"):
        exporting.write(exporting.plan(whole, exporting.ExportOptions(format=format_)), out)
    assert [each.name for each in tmp_path.iterdir() if "out" in each.name] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE prompt SET text = 'x'",
        "UPDATE prompt SET messages = '[]'",
        "UPDATE prompt SET tags = '[1]'",
        "UPDATE prompt SET position = position + 100",
        "UPDATE prompt SET category = 'other'",
        "UPDATE prompt SET external_id = 'x'",
        "DELETE FROM prompt",
    ],
)
def test_prompts_are_never_changed_or_deleted(db: Database, statement: str) -> None:
    a_prompt(db)
    before = db.execute("SELECT * FROM prompt").fetchall()
    with pytest.raises(raised("IntegrityError"), match="never"):
        db.execute(statement)
    assert db.execute("SELECT * FROM prompt").fetchall() == before


def test_a_backup_tells_an_event_that_was_changed_and_a_rescue_keeps_what_there_is(
    whole: Database, tmp_path: Path
) -> None:
    whole.execute("DROP TRIGGER event_no_update")
    whole.execute("UPDATE event SET at = '2020-01-01T00:00:00.000Z'")
    with pytest.raises(Damaged, match="1 events do not match"):
        backup(whole, tmp_path / "copy.db")
    assert backup(whole, tmp_path / "all.db", compare=False).events == 1


def test_a_prompt_that_gets_its_category_later_fits_its_checksum(project: Project) -> None:
    prompt, _ = prompts.add(
        project.db, [Message("user", "why?")], category="uncategorised", source="s", at=AT
    )
    prompts.categorise(project.db, prompt, "maths")
    prompts.categorise(project.db, prompt, "other")  # it has one
    assert prompts.get(project.db, prompt).category == "maths"
    assert list(content_hashes.changed(project.db)) == []
