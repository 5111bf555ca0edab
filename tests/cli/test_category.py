"""``pairlab category``: by id and by search, told by ``show``, and what leaves."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Pairlab, write_lines


def test_changed_told_and_exported(project: Pairlab, tmp_path: Path) -> None:
    rows = [
        {"id": f"p{n}", "prompt": f"word{n}", "a": "x", "b": "y", "category": "odd"} for n in (1, 2)
    ]
    write_lines(tmp_path / "in.jsonl", rows)
    assert project("import", "in.jsonl").exit_code == 0
    assert project("label", "p1", "a").exit_code == 0
    done = project("category", "Benign look-alike", "p1", "p1")
    assert "1 prompt now in benign look-alike" in done.stderr
    told = json.loads(project("category", "harmful", "--filter", "word2", "--json").stdout)
    assert (len(told["prompts"]), told["same"]) == (1, 0)

    assert "category benign_lookalike, was odd · first" in project("show", "p1").stdout
    (said,) = json.loads(project("show", "p2", "--json").stdout)["prompt"]["category_history"]
    assert (said["by"], said["was"], said["category"]) == ("first", "odd", "harmful")
    assert project("import", "in.jsonl").exit_code == 0  # it does not change them back
    assert project("export", "out", "--format", "icai").exit_code == 0
    written = b"".join(each.read_bytes() for each in (tmp_path / "out").iterdir())
    assert b"benign_lookalike" in written
    assert b"odd" not in written

    assert project("category", "harmful").exit_code == 2
    assert project("category", "harmful", "p1", "--filter", "word1").exit_code == 2
    assert project("category", "harmful", "--filter", "zebra").exit_code == 1
    assert project("category", "x" * 41, "p1").exit_code == 1
