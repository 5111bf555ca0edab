"""A project file of version 0.1.0 opens, migrates, and gives the same figures and exports.

The file was made with that version's own code: three chains decided (accept, edit, reject), 24
imported pairs labelled by two people with notes, a flag, a ruling, an undo, a second verdict, two
guideline versions and a finished sealed round. The hashes are of what that version exported.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tui.cli import main

DATA = Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "released_0_1_0.json").read_text())


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("released") / "study.db"
    path.write_bytes(gzip.decompress((DATA / "released_0_1_0.db.gz").read_bytes()))
    return path


def pairlab(path: Path, *arguments: str) -> str:
    done = CliRunner().invoke(main, ["--db", str(path), "--as", "ann", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("name", sorted(EXPECTED["exports"]))
def test_an_export_has_the_same_bytes(released: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    pairlab(released, "export", str(out), "--format", out.stem, "--allow", "low_agreement")
    assert hashlib.sha256(out.read_bytes()).hexdigest() == EXPECTED["exports"][name]


@pytest.mark.parametrize("name", ["audit.jsonl", "icai.json"])
def test_formats_with_names_for_everything_hold_all_they_held(
    released: Path, tmp_path: Path, name: str
) -> None:
    """New fields may come; nothing that was told is told otherwise."""
    out = tmp_path / name
    allow = () if out.stem == "audit" else ("--allow", "low_agreement")
    pairlab(released, "export", str(out), "--format", out.stem, *allow)
    before = gzip.decompress((DATA / f"released_0_1_0.{name}.gz").read_bytes()).decode()
    now, then = (
        [json.loads(line) for line in text.splitlines()]
        if out.suffix == ".jsonl"
        else [json.loads(text)]
        for text in (out.read_text(), before)
    )
    assert len(now) == len(then) > 0
    assert_holds(now, then)


def assert_holds(now: Any, was: Any) -> None:
    if isinstance(was, dict):
        for key, value in was.items():
            assert_holds(now[key], value)
    elif isinstance(was, list):
        assert len(now) == len(was)
        for one, other in zip(now, was, strict=True):
            assert_holds(one, other)
    else:
        assert now == was


def test_agreement_is_the_same(released: Path) -> None:
    said = json.loads(pairlab(released, "agree", "--between", "ann", "bob", "--json"))
    assert {key: said[key] for key in EXPECTED["agree"]} == EXPECTED["agree"]


def test_the_doctor_finds_nothing_broken(released: Path) -> None:
    findings = json.loads(pairlab(released, "doctor", "--json"))["findings"]
    assert not [each for each in findings if each["severity"] == "broken"]
