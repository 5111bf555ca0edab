"""``pairlab remove``: by id, by import, by search; back again; and what it says."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Pairlab, write_lines


def test_there_and_back(project: Pairlab, tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = [{"id": f"{name}{n}", "prompt": f"{name} {n}", "a": "x", "b": "y"} for n in (1, 2)]
        write_lines(tmp_path / f"{name}.jsonl", rows)
        assert project("import", f"{name}.jsonl").exit_code == 0
    assert project("label", "one1", "a").exit_code == 0

    unasked = project("remove", "--import", "one.jsonl")
    assert unasked.exit_code == 2
    assert "2 prompts and 2 pairs with 1 label" in unasked.stderr
    told = json.loads(project("remove", "--import", "one.jsonl", "--dry-run", "--json").stdout)
    assert (told["prompts"], told["pairs"], told["labels"]) == (2, 2, 1)
    assert "removed" not in project("show", "one1").stdout

    assert project("remove", "--import", "one.jsonl", "--yes").exit_code == 0
    assert "removed with its prompt" in project("show", "one1").stdout
    assert project("label", "one2", "a").exit_code == 1
    assert project("label", "two1", "a").exit_code == 0
    written = project("export", "out.jsonl", "--format", "triplets", "--json").stdout
    assert json.loads(written)["excluded"] == {"removed": 2, "unlabelled": 1}
    assert "bring" in project("remove", "--undo", "one1", "--yes").stderr  # it went with its prompt
    assert project("remove", "--undo", "--import", "one.jsonl", "--yes").exit_code == 0
    assert "removed" not in project("show", "one1").stdout

    assert project("remove", "--filter", "two", "--yes").exit_code == 0
    found = json.loads(project("remove", "--undo", "--filter", "two", "--yes", "--json").stdout)
    assert found["pairs"] == 2
    assert project("remove", "--filter", "").exit_code == 1
    assert project("remove").exit_code == 2


def test_a_search_exports_its_pairs_alone(project: Pairlab, tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "prompt": f"word{n}", "a": "x", "b": "y", "labels": {"ann": "a"}}
        for n in (1, 2)
    ]
    write_lines(tmp_path / "in.jsonl", rows)
    assert project("--as", "ann", "import", "in.jsonl").exit_code == 0
    assert project("--as", "ann", "export", "none.jsonl", "--filter", "zebra").exit_code == 1
    assert project("--as", "ann", "export", "none.jsonl", "--filter", "").exit_code == 1
    assert project("--as", "bob", "export", "none.jsonl", "--filter", "word2").exit_code == 1
    assert not (tmp_path / "none.jsonl").exists()
    assert project("--as", "ann", "export", "out", "--filter", "word2").exit_code == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["pairs"] == 1
    assert "selection" in (tmp_path / "out" / "README.md").read_text()
    assert "word1" not in (tmp_path / "out" / "train.jsonl").read_text()
