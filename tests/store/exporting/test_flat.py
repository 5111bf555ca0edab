"""Texts that are read again: the same files as with all in memory, and the same refusals."""

from __future__ import annotations

import json

import pytest

from store.errors import Damaged
from store.exporting import FORMATS, preview, write
from store.judgements import labels, rulings
from store.records import Message
from tests.store.building import AT
from tests.store.exporting_study import labelled, pair, planned

OPTIONS = [{"format": name} for name in sorted(FORMATS)] + [
    {"redact": True},
    {"length_matched": True, "format": "reward"},
    {"from_": "by:ann", "format": "icai", "allow": ["flagged"]},
    {"max_length": 70},
]


@pytest.fixture
def study(db, monkeypatch):
    """Prompts of one and of several turns, repeats, strengths, notes, rulings, a flag."""
    monkeypatch.setattr("store.exporting.facts._BATCH", 7)
    for n in range(40):
        talk = [Message("user", f"question {n}"), Message("assistant", "yes"), Message("user", "?")]
        asked = talk if n % 5 == 0 else f"question {n // 2}"
        made = pair(db, asked, f"good {n} " + "x" * (n % 7), f"poor {n}, mail ann@b.org")
        if n % 6:
            verdict, strength = ("a", 2) if n % 2 else ("b", None)
            labels.give(db, made, "ann", verdict, strength=strength, note=f"n{n}", at=AT)
        if n % 9 == 0:
            labels.give(db, made, "bob", "a", at=AT)
            rulings.rule(db, made, "ann", "a", reason="shorter", at=AT)
    labels.flag(db, made, "ann", on=True, at=AT)
    labelled(db, "question 1", "good 3 xxx", "poor 3, mail ann@b.org", external_id="again")
    return db


@pytest.fixture
def nothing_held(monkeypatch):
    """From now on no plan keeps its rows in memory."""
    return lambda: monkeypatch.setattr("store.exporting.entries.HELD", -1)


def written(made, out):
    write(made, out)
    return {path.name: path.read_bytes() for path in out.iterdir()} if out.is_dir() else out


def test_texts_read_again_make_the_same_bytes(study, tmp_path, nothing_held):
    held = [planned(study, **options) for options in OPTIONS]
    nothing_held()
    for n, (before, options) in enumerate(zip(held, OPTIONS, strict=True)):
        again = planned(study, **options)
        assert again.rows.held is None
        assert [row.pair.id for row in again.rows] == [row.pair.id for row in before.rows]
        assert written(again, tmp_path / f"{n}") == written(before, tmp_path / f"{n}held")
        for made, name in ((before, "held"), (again, "again")):
            write(made, tmp_path / f"{n}{name}.json")
        one, other = (tmp_path / f"{n}{name}.json" for name in ("held", "again"))
        assert one.read_bytes() == other.read_bytes()
        hidden = {before.rows.pairs[0].id}
        assert preview.preview(again, hidden) == preview.preview(before, hidden)


def test_a_document_is_the_one_that_json_would_write(study, tmp_path):
    out = tmp_path / "icai.json"
    for options in ({"from_": "majority"}, {"only": frozenset()}):
        write(planned(study, format="icai", force=True, **options), out)
        held = json.loads(out.read_text())
        assert out.read_text() == json.dumps(held, ensure_ascii=False, indent=1) + "\n"
    assert held["comparisons"] == []


def test_a_table_in_many_groups_holds_what_the_lines_say(
    study, tmp_path, nothing_held, monkeypatch
):
    parquet = pytest.importorskip("pyarrow.parquet")
    own = tmp_path / "own.toml"
    own.write_text('[fields]\nasked = "messages"\ngood = "chosen"\nhow = "strength"\n')
    monkeypatch.setattr("store.arrow._BATCH", 2)
    monkeypatch.setattr("store.arrow._GROUP", 3)
    for name in ("trl", "rationale", str(own)):
        made = planned(study, format=name)
        write(made, tmp_path / "lines.jsonl")
        nothing_held()
        write(planned(study, format=name), tmp_path / "table.parquet")
        lines = (tmp_path / "lines.jsonl").read_text().splitlines()
        found = parquet.ParquetFile(tmp_path / "table.parquet")
        assert found.num_row_groups == -(-len(lines) // 6)
        assert found.read().to_pylist() == [json.loads(line) for line in lines]
        for each in ("lines.jsonl", "table.parquet"):
            (tmp_path / each).unlink()


def test_what_was_planned_is_written_whatever_is_said_meanwhile(study, tmp_path, nothing_held):
    nothing_held()
    made = planned(study, format="trl")
    write(made, tmp_path / "before.jsonl")
    for row in list(made.rows):
        labels.give(study, row.pair.id, "ann", "tie", at=AT)
    study.close()
    write(made, tmp_path / "after.jsonl")
    assert (tmp_path / "after.jsonl").read_bytes() == (tmp_path / "before.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["out", "out.jsonl"])
def test_a_text_changed_after_the_plan_leaves_nothing(study, tmp_path, nothing_held, name):
    nothing_held()
    made = planned(study)
    for trigger in study.triggers:
        study.execute(f"DROP TRIGGER [{trigger.name}]")
    last = made.rows[len(made.rows) - 1]
    study.execute("UPDATE candidate SET text = 'other' WHERE id = ?", [last.chosen.id])
    with pytest.raises(Damaged, match="nothing was written"):
        write(made, tmp_path / name)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]
