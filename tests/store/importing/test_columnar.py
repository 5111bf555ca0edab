"""Import: Parquet, Arrow, Zstandard and folders of data sets, with the extra and without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store import arrow, importing
from store.errors import BadInput
from store.importing import FileReport
from store.items import pairs, prompts
from store.judgements import labels
from tests.store.building import AT

pa = pytest.importorskip("pyarrow")

TALK = [{"role": "user", "content": "why?\u2028\n"}]
ROWS: list[dict[str, Any]] = [
    {
        "prompt": TALK,
        "chosen": [{"role": "assistant", "content": f"good {n}"}],
        "rejected": [{"role": "assistant", "content": "poor"}],
        "margin": 0.5 + n,
        "id": n,
    }
    for n in range(300)
]


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    from pyarrow import parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=70)
    return path


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def come(db: Database, path: Path, **kw: Any) -> FileReport:
    report = importing.run(db, path, at=AT, **kw)
    assert report.read == report.added + report.duplicates + report.rejected
    return report


def all_texts(db: Database) -> list[tuple[str, str, str, str | None]]:
    return [
        (text.prompt_text, text.a, text.b, pair.external_id)
        for pair in pairs.ordered(db)
        for text in [pairs.text(db, pair.id)]
    ]


def test_a_parquet_file_is_what_its_json_lines_are(db: Database, tmp_path: Path) -> None:
    mixed = [*ROWS, {"prompt": TALK * 2, "chosen": None, "rejected": None, "id": 300}]
    found = come(db, parquet(tmp_path / "p.parquet", mixed))
    before = all_texts(db)
    assert (found.added, found.rejected, found.formats) == (301, 0, {"trl": 300, "jsonl": 1})
    again = come(db, jsonl(tmp_path / "p.jsonl", mixed))
    assert (again.duplicates, again.unread, again.problems) == (301, found.unread, found.problems)
    assert all_texts(db) == before
    assert labels.of_pair(db, pairs.ordered(db)[0].id)[0].note == "margin 0.5"


def test_arrow_files_and_streams(db: Database, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{"prompt": "one"}, {"prompt": "two"}])
    with pa.ipc.new_stream(tmp_path / "s.arrow", table.schema) as out:
        out.write_table(table)
    with pa.ipc.new_file(tmp_path / "f.bin", table.schema) as out:
        out.write_table(table)
    assert come(db, tmp_path / "s.arrow").added == 2
    assert come(db, tmp_path / "f.bin").duplicates == 2
    assert [p.text for p in prompts.ordered(db)] == ["one", "two"]


def test_what_no_text_can_stand_for_is_refused_row_by_row(db: Database, tmp_path: Path) -> None:
    rows = [
        {"prompt": "one", "image": {"bytes": b"\x89PNG", "path": None}, "raw": None, "n": 1.0},
        {"prompt": "two", "image": None, "raw": [b"\0"], "n": float("nan")},
        {"prompt": "three", "image": None, "raw": None, "n": float("inf")},
        {"prompt": "four", "image": None, "raw": None, "n": float("nan")},
    ]
    path = parquet(tmp_path / "p.parquet", rows)
    report = come(db, path)
    assert [(p.line, p.field) for p in report.problems] == [(1, "image"), (2, "raw[0]"), (3, "n")]
    assert "--ignore image" in report.problems[0].reason
    assert [p.text for p in prompts.ordered(db)] == ["four"]
    assert come(db, path, ignore=["image", "raw", "n"]).rejected == 0


def test_broken_text_and_broken_files(db: Database, tmp_path: Path) -> None:
    column = pa.array([b"sound", b"\xff\xfe", b"sound too"]).cast(pa.binary()).view(pa.string())
    from pyarrow import parquet as pq

    pq.write_table(pa.table({"prompt": column}), tmp_path / "p.parquet")
    report = come(db, tmp_path / "p.parquet")
    assert (report.added, [p.line for p in report.problems]) == (2, [2])
    data = parquet(tmp_path / "q.parquet", [{"prompt": f"q{n}"} for n in range(300)]).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[:-20])
    with pytest.raises(BadInput, match=r"cut\.parquet: cannot be read"):
        come(db, tmp_path / "cut.parquet")
    twice = pa.table([pa.array(["x"]), pa.array(["y"])], names=["prompt", "prompt"])
    pq.write_table(twice, tmp_path / "t.parquet")
    with pytest.raises(BadInput, match="stands twice"):
        come(db, tmp_path / "t.parquet")
    assert prompts.count(db) == 2


def test_zstandard(db: Database, tmp_path: Path) -> None:
    data = b"".join(b'{"prompt": "%0200d"}\n' % n for n in range(2_000))
    packed = pa.compress(data, codec="zstd", asbytes=True)
    (tmp_path / "p.jsonl.zst").write_bytes(packed)
    assert come(db, tmp_path / "p.jsonl.zst").added == 2_000
    (tmp_path / "cut.jsonl.zst").write_bytes(packed[:-10])
    report = come(db, tmp_path / "cut.jsonl.zst")
    assert report.rejected == 1
    assert "the rest of the file cannot be read" in report.problems[0].reason


def test_without_the_extra_there_is_one_line_with_the_way(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path / "p.parquet", ROWS[:1])
    (tmp_path / "p.zst").write_bytes(pa.compress(b"one\n", codec="zstd", asbytes=True))
    monkeypatch.setattr(arrow, "is_installed", lambda: False)
    with pytest.raises(BadInput, match=r"Parquet.*pairlab\[parquet\].*to_json"):
        come(db, path)
    with pytest.raises(BadInput, match=r"pairlab\[parquet\].*zstd -d"):
        come(db, tmp_path / "p.zst")


def splits(folder: Path) -> dict[str, str]:
    return {str(f.path.relative_to(folder)): f.split for f in importing.files_of(folder).files}


def test_a_folder_that_datasets_saved(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    classes = datasets.Features(
        {
            **{side: datasets.Value("string") for side in ("prompt", "a", "b")},
            "label": datasets.ClassLabel(names=["a", "b", "tie"]),
        }
    )
    rows = [{"prompt": f"q{n}", "a": "x", "b": "y", "label": n % 3} for n in range(6)]
    both = datasets.Dataset.from_list(rows, features=classes).train_test_split(2, seed=1)
    both.save_to_disk(tmp_path / "both")
    name = "data-00000-of-00001.arrow"
    (tmp_path / "both" / "train" / "cache-123.arrow").write_bytes(b"no data")
    assert splits(tmp_path / "both") == {f"train/{name}": "train", f"test/{name}": "test"}
    both["test"].save_to_disk(tmp_path / "one")
    assert list(splits(tmp_path / "one")) == [name]
    for file in importing.files_of(tmp_path / "both").files:
        assert come(db, file.path).rejected == 0
    said = {
        pairs.text(db, pair.id).prompt_text: labels.of_pair(db, pair.id)[0].verdict.value
        for pair in pairs.ordered(db)
    }
    assert said == {f"q{n}": ("a", "b", "tie")[n % 3] for n in range(6)}


def test_a_folder_as_hubs_lay_it_out(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in (
        "data/train-00000-of-00001.parquet",
        "data/test_prefs-00000-of-00001-ab12.parquet",
        "harmless/test.jsonl.gz",
        "extra.jsonl",
        "README.md",
        "manifest.json",
        ".cache/x.parquet",
        "notes.txt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert splits(folder) == {
        "data/train-00000-of-00001.parquet": "train",
        "data/test_prefs-00000-of-00001-ab12.parquet": "test_prefs",
        "harmless/test.jsonl.gz": "test",
        "extra.jsonl": "",
    }
    assert importing.files_of(folder).passed_over == ["notes.txt"]
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match="no file of data"):
        importing.files_of(tmp_path / "none")


def test_a_choice_of_rows_is_not_read_as_all_of_them(tmp_path: Path) -> None:
    state = {"_data_files": [{"filename": "x.arrow"}], "_indices_data_files": [{"filename": "i"}]}
    (tmp_path / "state.json").write_text(json.dumps(state))
    with pytest.raises(BadInput, match="flatten_indices"):
        importing.files_of(tmp_path)
