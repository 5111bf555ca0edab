"""What processes that were killed leave: named after them, listed, and removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from store.db import doctor, leftovers
from store.db.backup import backup
from store.db.connection import open_store
from tests.store.conftest import Project
from tests.store.deciding import some_pairs

KILLED = """
import os, signal, sys
from pathlib import Path
from store.db import backup, leftovers, connection as sqlite; from store.merging import merge

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

db = sqlite.open_store(sys.argv[1])
if sys.argv[2] == "merge":
    merge.merge(db, sys.argv[3], on_row=die)
else:
    backup.current_state.equal_to_rebuild = die
    backup.backup(db, sys.argv[3])
"""


def hidden(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name.startswith("."))


def killed(*arguments: object) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, *map(str, arguments)], timeout=120)
    assert done.returncode == -signal.SIGKILL


def test_a_killed_merge_and_backup_are_told_and_cleared_away(
    project: Project, tmp_path: Path
) -> None:
    some_pairs(project.db, 3)
    other = backup(project.db, tmp_path / "other.db").path
    killed(project.path, "merge", other)
    (merging,) = hidden(tmp_path)
    assert merging.startswith(".merge-")
    killed(project.path, "backup", tmp_path / "copy.db")
    (left,) = hidden(tmp_path)  # the one before was cleared away at the start
    assert left.endswith(".part")
    (told,) = [each for each in doctor.examine(project.path) if each.subject == "leftovers"]
    assert left in told.words
    assert hidden(tmp_path) == [left]
    open_store(project.path).close()
    assert hidden(tmp_path) == []
    assert not (tmp_path / "copy.db").exists()


def test_what_a_living_process_or_another_machine_writes_stays(tmp_path: Path) -> None:
    own = leftovers.beside(tmp_path / "out.db")
    own.touch()
    machine = own.name.split("-")[1]
    elsewhere = tmp_path / own.name.replace(machine, "0" * 8)
    elsewhere.touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / ".merge-of-mine").touch()
    assert leftovers.sweep(tmp_path) == []
    assert len(hidden(tmp_path)) == 4
    gone = tmp_path / own.name.replace(f".{os.getpid()}-", f".{2**22 + 1}-")
    gone.touch()
    assert leftovers.sweep(tmp_path) == [gone]
    assert len(hidden(tmp_path)) == 4


def test_an_export_set_aside_by_a_killed_process_comes_back(tmp_path: Path) -> None:
    name = leftovers.beside(tmp_path / "out", "old").name
    old = tmp_path / name.replace(f".{os.getpid()}-", f".{2**22 + 1}-")
    (old / "was").mkdir(parents=True)
    (old / "was" / "train.jsonl").write_text("{}\n")
    leftovers.sweep(tmp_path)
    assert (tmp_path / "out" / "train.jsonl").read_text() == "{}\n"
    assert hidden(tmp_path) == []
