"""``pairlab run`` on the real starter model, killed in the middle and run again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from engine.llama.weights import starter_model

PROMPT = "Name two things one can do with a paper clip."
RUN = ("run", "--limit", "1", "--candidates", "1", "--max-tokens", "20", "--json")

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(starter_model() is None, reason="the starter model is not installed"),
]


def pairlab(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tui", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PAIRLAB_AS": "first", "XDG_STATE_HOME": str(folder / "state")},
    )


def counted(folder: Path, table: str) -> int:
    """Rows of a table, over a connection of its own."""
    with closing(sqlite3.connect(folder / "pairlab.db")) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_killed_run_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(PROMPT, encoding="utf-8")
    for arguments in (("new",), ("import", "prompts.txt")):
        _, told = (made := pairlab(tmp_path, *arguments)).communicate(timeout=120)
        assert made.returncode == 0, told
    running = pairlab(tmp_path, *RUN)
    while counted(tmp_path, "critique") == 0:
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended before the kill: {running.communicate(timeout=0.1)}")
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=120)
    before = counted(tmp_path, "candidate")
    out, told = (again := pairlab(tmp_path, *RUN)).communicate(timeout=600)
    assert again.returncode == 0, told
    summary = json.loads(out)
    assert (summary["prompts"], summary["complete"]) == (1, 1)
    assert counted(tmp_path, "pair") == 1
    assert counted(tmp_path, "critique") == 1
    assert counted(tmp_path, "candidate") == 2
    assert summary["written"]["propose"] + summary["written"]["revise"] == 2 - before
