"""What the command line and the model's process leave behind: nothing that others can read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.networkless import LINES

ROOT = Path(__file__).parents[1]

PAIRS = [
    {"prompt": "How tall is it?", "chosen": "330 metres.", "rejected": "Very."},
    {"prompt": "Name a prime.", "chosen": "Seven.", "rejected": "Four."},
]


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process under the usual mask, which lets others read."""
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        umask=0o022,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PAIRLAB_AS": "first",
            "XDG_STATE_HOME": str(folder / "new" / "state"),
            "XDG_CACHE_HOME": str(folder / "new" / "cache"),
            **environment,
        },
    )


def pairlab(folder: Path, *lines: list[str]) -> None:
    """One process under the usual mask that runs these command lines one after the other."""
    done = run(folder, sys.executable, "-c", LINES, json.dumps(lines))
    assert done.returncode == 0, done.stderr


def test_others_can_read_nothing_that_was_written(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in PAIRS), encoding="utf-8")
    given = set(tmp_path.iterdir())
    pairlab(tmp_path, ["new"], ["import", "pairs.jsonl"])
    pairlab(
        tmp_path,
        *(["label", pair, "a"] for pair in ids_in(tmp_path)),
        ["export", "data"],
        ["export", "checked", "--format", "audit"],
        ["report", "report.md"],
        ["backup", "copy.db"],
        ["models"],
    )
    written = [path for path in tmp_path.rglob("*") if path not in given]
    assert len([path for path in written if path.is_file()]) > 5
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def ids_in(folder: Path) -> list[str]:
    from store.db.session import session

    with session(folder / "pairlab.db") as db:
        return [row[0] for row in db.execute("SELECT id FROM pair")]


ASK = """
import ctypes, json, os, resource, sys
print(json.dumps({
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0,
    "mask": os.umask(0),
    "textual": sorted(name for name in os.environ if name.startswith("TEXTUAL")),
}))
"""
COMMAND = f"""
import sys
sys.argv = ["pairlab", "--version"]
from tui.cli import main
try:
    main()
except SystemExit:
    pass
{ASK}
"""
HOST = f"""
import sys
from engine.llama.host import __main__, server
class Asked:
    def __init__(self, *_given): pass
    def run(self):
        import io, os
        sys.stdout = io.TextIOWrapper(os.fdopen(given, "wb"))
        exec(ASK)
        sys.stdout.flush()
import os
given = os.dup(1)
ASK = {ASK!r}
server.Server = Asked
__main__.main()
"""


@pytest.mark.parametrize("program", [COMMAND, HOST], ids=["command line", "model host"])
def test_no_picture_of_the_memory_is_left(tmp_path: Path, program: str) -> None:
    done = run(tmp_path, sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["core"] == [0, 0]
    assert told["dumpable"] == 0
    assert told["mask"] == 0o077


def test_no_switch_of_the_toolkit_is_obeyed(tmp_path: Path) -> None:
    switches = {
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_LOG": str(tmp_path / "log"),
        "TEXTUAL_DRIVER": "somebody:Driver",
        "TEXTUAL_DEVTOOLS_PORT": "8081",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_ANIMATIONS": "none",
    }
    done = run(tmp_path, sys.executable, "-c", COMMAND, **switches)
    left = set(json.loads(done.stdout.splitlines()[-1])["textual"])
    assert left & set(switches) == {"TEXTUAL_ANIMATIONS"}
