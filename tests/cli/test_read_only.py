"""A project that can be read and not written: what reads works, what writes says so in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from store.db.connection import create
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin

ROOT = Path(__file__).parents[2]
AT = "2026-01-02T03:04:05.678Z"

PAIRLAB = """
import ctypes, json, os, sys
if os.getuid() == 0:  # rights mean nothing to root, unless it gives that up
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    for half in (0, 1):
        data[half] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, data) == 0
from click.testing import CliRunner
from tui.cli import main
done = (CliRunner().invoke(main, each) for each in json.loads(sys.argv[1]))
print(json.dumps([(each.exit_code, each.stdout, each.stderr) for each in done]))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="rights as Linux has them")


@pytest.fixture(params=["file", "folder"])
def read_only(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project with two annotators; its file or its folder cannot be written."""
    folder = tmp_path / "given"
    folder.mkdir()
    path = folder / "study.db"
    with closing(create(path, at=AT)) as db:
        for number in range(3):
            prompt, _ = prompts.add(
                db, [Message("user", f"question {number}")], category="c", source="s", at=AT
            )
            a, b = (
                candidates.add(
                    db,
                    Candidate(
                        prompt_id=prompt,
                        origin=Origin.IMPORTED,
                        text=f"{side} answer {number}",
                        author="m",
                        slot=slot,
                        created_at=AT,
                    ),
                )
                for slot, side in enumerate("ab")
            )
            pair, _ = pairs.add(
                db, prompt, a, b, "imported", external_id=f"p{number}", source="s", at=AT
            )
            for who in ("first", "second"):
                labels.give(db, pair, who, "a", at=AT)
    (path if request.param == "file" else folder).chmod(0o500)
    yield path
    folder.chmod(0o700)


class Done(NamedTuple):
    """What one command came to."""

    status: int
    stdout: str
    stderr: str


def pairlab(path: Path, *commands: tuple[str, ...]) -> list[Done]:
    """Run commands one after the other, in one process without root's rights."""
    began = ("--db", str(path), "--as", "first")
    told = subprocess.run(
        [sys.executable, "-c", PAIRLAB, json.dumps([[*began, *each] for each in commands])],
        cwd=path.parents[1],
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(path.parents[1] / "state"),
            "PAIRLAB_MODELS": str(path.parents[1]),
        },
    ).stdout
    return [Done(*each) for each in json.loads(told)]


def test_what_reads_works(read_only: Path) -> None:
    before = {each: each.read_bytes() for each in read_only.parent.iterdir()}
    agreement, shown, exported, report, check, backup, doctor = pairlab(
        read_only,
        ("agree", "--json"),
        ("show", "p1", "--json"),
        ("export", "out", "--json"),
        ("report", "report.md"),
        ("check", "--json"),
        ("backup", "copy.db"),
        ("doctor", "--json"),
    )
    assert json.loads(agreement.stdout)["n"] == 3
    assert "b answer 1" in shown.stdout
    assert json.loads(exported.stdout)["rows"] == 3
    assert report.status == check.status == backup.status == 0
    assert "first" in (read_only.parents[1] / "report.md").read_text("utf-8")
    findings = json.loads(doctor.stdout)["findings"]
    [writing] = [each for each in findings if each["subject"] == "writing"]
    assert "read-only" in writing["words"]
    assert [each for each in findings if each["severity"] == "broken"] == []
    assert {each: each.read_bytes() for each in read_only.parent.iterdir()} == before


def test_what_writes_says_so_in_one_line(read_only: Path) -> None:
    before = read_only.read_bytes()
    commands = ("label", "p1", "b"), ("setting", "--strength", "on"), ("attribute", "field=law")
    for refused in pairlab(read_only, *commands):
        assert refused.status == 1
        assert refused.stderr.count("\n") == 1
        assert "writ" in refused.stderr
    assert read_only.read_bytes() == before
