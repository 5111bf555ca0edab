"""Parquet out and back, the rationale, formats of one's own, and what formats say of themselves."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store import arrow, importing
from store.db.connection import create
from store.exporting import FORMATS, UsageProblem, write
from store.exporting.preview import preview
from store.items import pairs
from store.judgements import decisions, labels, rulings
from store.records import Message
from tests.store.building import AT, a_chain
from tests.store.exporting_study import labelled, pair, planned

TALK = [Message("user", "hello"), Message("assistant", "hi"), Message("user", "why\u2028so?")]
TABLES = [name for name, each in FORMATS.items() if each.tabular and name != "ranked"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Answers that begin alike and end in white space, rulings and notes; is only read."""
    db = create(tmp_path_factory.mktemp("study") / "study.db", at=AT)
    for n in range(5):
        labelled(db, f"question {n} 两 \U0001f600", f" It is {n}.\n", f"It is \t{n} {n}")
    labelled(db, TALK, "good", "poor")
    noted = pair(db, "noted", "x", "y")
    labels.give(db, noted, "ann", "b", strength=2, note="shorter", at=AT)
    labels.give(db, noted, "bob", "b", strength=1, note="and true", at=AT)
    ruled = pair(db, "ruled", "x", "y")
    labels.give(db, ruled, "ann", "b", note="no", at=AT)
    labels.give(db, ruled, "bob", "a", note="yes", at=AT)
    rulings.rule(db, ruled, "eve", "a", reason="it is so", at=AT)
    bare = pair(db, "ruled without a reason", "x", "y")
    labels.give(db, bare, "ann", "b", note="no", at=AT)
    labels.give(db, bare, "bob", "a", note="yes", at=AT)
    rulings.rule(db, bare, "eve", "a", at=AT)
    yield db
    db.close()


def rows(db: Database, **options: Any) -> list[dict[str, Any]]:
    return list(planned(db, format="trl", **options).lines())


def sorted_(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in found)


def of_parquet(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_parquet_of_every_format_comes_back(study: Database, tmp_path: Path) -> None:
    other = create(tmp_path / "other.db", at=AT)
    try:
        for name in TABLES:
            if name == "sft":  # no pairs
                continue
            out = tmp_path / f"{name}.parquet"
            write(planned(study, format=name), out)
            report = importing.run(other, out, at=AT)
            known = name if name in importing.FORMATS else "trl"
            assert (report.rejected, report.format) == (0, known)
            found = sorted_(rows(other, from_=f"source:{known}"))
            one_message = name == "triplets"  # comes before the others of source:trl
            assert found == sorted_(
                [row for row in rows(study) if not one_message or len(row["prompt"]) == 1]
            )
        again = planned(other, format="rationale", from_="source:rationale").lines()
        assert {row["rationale"] for row in again} == {
            row["rationale"] for row in planned(study, format="rationale").lines()
        }
    finally:
        other.close()


@pytest.mark.parametrize("name", ["icai", "audit"])
def test_what_fits_no_table_is_not_written_as_one(db: Database, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageProblem, match=r"name OUT \.json"):
        write(planned(db, format=name), tmp_path / "out.parquet")
    assert list(tmp_path.glob("out*")) == []


def test_parquet_holds_the_rows_of_the_lines(study: Database, tmp_path: Path) -> None:
    for name in (*TABLES, "ranked"):
        plan = planned(study, format=name)
        out = tmp_path / f"{name}.parquet"
        written = write(plan, out).files[out.name]
        data = out.read_bytes()
        assert of_parquet(out) == list(plan.lines())
        assert written.sha256 == hashlib.sha256(data).hexdigest()
        write(plan, tmp_path / "again.parquet")
        assert (tmp_path / "again.parquet").read_bytes() == data
        (tmp_path / "again.parquet").unlink()


def test_the_loader_that_trainers_use_reads_a_folder_of_parquet(
    study: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", os.fspath(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "out"
    plan = planned(study, format="rationale", parquet=True, split=(0.5, 0.25, 0.25))
    written = write(plan, out)
    manifest = json.loads((out / "manifest.json").read_text())
    assert sorted(manifest["files"]) == ["test.parquet", "train.parquet", "validation.parquet"]
    for name, told in manifest["files"].items():
        data = (out / name).read_bytes()
        assert (told["bytes"], told["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    loaded = datasets.load_dataset(os.fspath(out), cache_dir=os.fspath(tmp_path / "c"))
    assert {f"{name}.parquet": len(each) for name, each in loaded.items()} == {
        name: file.rows for name, file in written.files.items()
    }
    assert sorted_([row for each in loaded.values() for row in each]) == sorted_(list(plan.lines()))
    splits = {file.split: file.path.name for file in importing.files_of(out).files}
    assert splits["validation"] == "validation.parquet"


@pytest.mark.parametrize("name", ["out.parquet", "out"])
def test_without_the_extra_nothing_is_written(
    study: Database, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "is_installed", lambda: False)
    with pytest.raises(UsageProblem, match=r"pip install 'pairlab\[parquet\]'"):
        write(planned(study, parquet=name == "out"), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_rationale_is_the_rulings_reason_or_else_the_notes(study: Database) -> None:
    found = {
        row["prompt"][0]["content"]: (row["rationale"], row["rationale_by"], row["basis"])
        for row in planned(study, format="rationale").lines()
    }
    assert found["noted"] == ("shorter\n\nand true", ["ann", "bob"], "labels")
    assert found["ruled"] == ("it is so", ["eve"], "ruling")
    assert found["ruled without a reason"] == ("yes", ["bob"], "ruling")
    assert found["hello"] == ("", [], "labels")


def test_a_label_says_nothing_of_a_decision(db: Database) -> None:
    """It may be one that a sealed round still hides."""
    chain = a_chain(db)
    made, _ = pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    decisions.decide(db, chain.revisions[0], "ann", "accept", at=AT)
    for verdict in "ab":
        labels.give(db, made, "ann", verdict, strength=2, note="hidden", at=AT)
        (row,) = planned(db, format="rationale", from_="decisions").rows
        assert (row.rationale.text, row.strength) == ("", None)


TEMPLATE = """
name = "mine"
[fields]
q = "prompt"
talk = "messages"
good = "chosen"
bad = "rejected_conversation"
why = "rationale"
how_much = "strength"
[texts]
by = "our study"
"""


def test_a_format_of_ones_own(study: Database, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(TEMPLATE, encoding="utf-8")
    plan = planned(study, format=str(path))
    assert plan.counts["multi_turn"] == 1
    found = {row["q"]: row for row in plan.lines()}
    assert found["noted"] == {
        "q": "noted",
        "talk": [{"role": "user", "content": "noted"}],
        "good": "y",
        "bad": [{"role": "user", "content": "noted"}, {"role": "assistant", "content": "x"}],
        "why": "shorter\n\nand true",
        "how_much": 1.5,
        "by": "our study",
    }
    write(plan, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["format"] == "mine"
    assert "Format `mine`" in (tmp_path / "out" / "README.md").read_text()
    write(plan, tmp_path / "out.parquet")
    assert of_parquet(tmp_path / "out.parquet") == list(plan.lines())
    assert preview(plan, frozenset()).lines


def test_every_mistake_in_a_template_has_its_line(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(
        'name = 3\nfield = 1\n[fields]\nq = "promt"\nx = 4\n[texts]\nq = "t"\nz = 1\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageProblem) as caught:
        planned(db, format=str(path))
    told = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in told)
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in told] == [
        "field",
        "name",
        "fields.q",
        "fields.x",
        "texts.q",
        "texts.z",
        "fields",
    ]
    assert "did you mean prompt?" in told[2]
    for content, words in (("[fields", "is no TOML"), (None, "No such file")):
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
        with pytest.raises(UsageProblem, match=words):
            planned(db, format=str(path))


@pytest.mark.parametrize("name", ["hh", "ultrafeedback"])
def test_formats_say_who_must_not_read_them(study: Database, tmp_path: Path, name: str) -> None:
    write(planned(study, format=name), tmp_path / "out")
    assert "Not for TRL's DPOTrainer" in (tmp_path / "out" / "README.md").read_text()


def test_a_document_stays_whole_unless_a_split_is_asked_for(
    study: Database, tmp_path: Path
) -> None:
    plan = planned(study, format="icai")
    assert sorted(write(plan, tmp_path / "one").files) == ["train.json"]
    asked = planned(study, format="icai", split=(0.5, 0.25, 0.25))
    assert len(write(asked, tmp_path / "three").files) == 3
