"""``models`` and what commands say of the file that is loaded."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.scripted import ScriptedEngine
from tests.cli.conftest import Pairlab
from tests.engine.test_weights import gguf


def rows_of(pairlab: Pairlab) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(pairlab("models", "--json").stdout)["models"]
    return rows


def test_a_broken_file_is_listed_with_its_fault(pairlab: Pairlab, tmp_path: Path) -> None:
    (tmp_path / "fake.gguf").write_text("no model at all")
    (fake,) = [row for row in rows_of(pairlab) if row["path"].endswith("fake.gguf")]
    assert fake["problem"]


def test_weights_without_a_kernel_are_named_and_a_copy_is_offered(
    project: Pairlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf())
    monkeypatch.setenv("PAIRLAB_MODEL", str(file))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    (row,) = [row for row in rows_of(project) if row["path"] == str(file)]
    assert (row["quantisation"], row["several_at_once"], row["copy"]) == ("Q4_1", False, None)
    assert "pairlab models convert" in project("models").stdout
    findings = json.loads(project("doctor", "--json").stdout)["findings"]
    (found,) = [each for each in findings if each["subject"] == "model"]
    assert found["severity"] == "note"
    assert "models convert" in found["remedy"]
    done = project("models", "convert", str(file))  # one tensor is no model
    assert done.exit_code == 1
    assert "cannot convert tiny.gguf" in done.stderr
    assert [path.name for path in tmp_path.glob("*.gguf")] == ["tiny.gguf"]


def test_what_a_converted_model_wrote_names_the_original(
    project: Pairlab, tmp_path: Path, scripted: list[ScriptedEngine]
) -> None:
    engine = ScriptedEngine(name="tiny-copy.gguf")
    about = {"original": "tiny-made.gguf", "original_sha256": "ab" * 32}
    engine._offered = replace(engine._offered, **about)
    scripted.append(engine)
    (tmp_path / "prompts.txt").write_text("Name two uses of a paper clip.", encoding="utf-8")
    assert project("import", "prompts.txt").exit_code == 0
    assert project("run").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "pairlab.db")) as db:
        ((pair,),) = db.execute("SELECT id FROM pair").fetchall()
    assert project("label", pair, "a").exit_code == 0
    assert project("report", "report.md").exit_code == 0
    told = (tmp_path / "report.md").read_text("utf-8")
    assert f"- model tiny-copy.gguf (scripted), SHA-256 of the file `{engine.info.sha256}`" in told
    assert f", converted from tiny-made.gguf, SHA-256 `{'ab' * 32}`" in told
