"""A whole day's work where there is no network at all, and every way to it is watched.

In an empty network namespace (Linux) a call that needs a network fails, and an audit hook in each
Python process that the work starts writes down whoever tries.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.terminal import Terminal
from tests.torture.tried import Tried

ROOT = Path(__file__).parents[2]
NAME = "work without any network"
PROMISE = "no other tool's: a call that leaves the machine (0 seen)"

_HOOK = """
import os, sys
_SEEN = os.open(os.environ["PAIRLAB_SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def _watch(event, args):
    names = event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
    calls = event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
    if names or calls and args[0].family != 1:  # AF_UNIX stays on the machine
        os.write(_SEEN, f"{event} {args[-1]!r}\\n".encode())
sys.addaudithook(_watch)
"""
_CONTROL = """
import socket
try:
    socket.socket().connect(("192.0.2.1", 80))
except OSError as error:
    print(error.errno)
"""
LINES = """
import json, sys
from tui.cli import main
for line in json.loads(sys.argv[1]):
    sys.argv = ["pairlab", *line]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, (line, ended.code)
"""
"""Runs command lines, given as JSON, one after the other in one process."""
_PAIR = '{"id": "p1", "prompt": "q", "a": "one answer", "b": "another"}\n'
_WORK = (
    ["new", "--starter"],
    ["import", "pairs.jsonl"],
    ["label", "p1", "a"],
    ["export", "out"],
    ["show", "p1"],
    ["check"],
    ["report", "report.md"],
    ["backup", "backup.db"],
    ["merge", "backup.db"],
    ["doctor"],
    ["models"],
    ["run", "--limit", "1", "--candidates", "2", "--max-tokens", "8"],
)
ALL = len(_WORK) + 1
"""Every command, and the app with its model."""


def run(folder: Path, tries: int, _seed: str) -> Tried:
    """Do so many steps of the work; lost is a step that failed, or a try to get out.

    Args:
        folder: for the project.
        tries: steps; the last of all is the app.
    """
    command = [sys.executable, "-m", "tests.torture.networkless", str(folder), str(tries)]
    if not shutil.which("unshare") or subprocess.call(["unshare", "-rn", "true"]):
        return Tried(NAME, 0, 0, 0, PROMISE, "no network namespace can be made here (unshare -rn)")
    done = subprocess.run(
        ["unshare", "-rn", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    worked, lost = json.loads(done.stdout.splitlines()[-1])
    return Tried(NAME, tries, worked, lost, PROMISE)


def work(folder: Path, tries: int) -> tuple[int, int]:
    """Steps that were done, and what went wrong; call where there is no network."""
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    (folder / "pairs.jsonl").write_text(_PAIR, encoding="utf-8")
    seen = folder / "seen"
    watched = {
        "PAIRLAB_SEEN": str(seen),
        "PAIRLAB_AS": "first",
        "PYTHONPATH": f"{folder / 'hook'}{os.pathsep}{ROOT}",
        "XDG_STATE_HOME": str(folder / "state"),
    }

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **watched},
            capture_output=True,
            text=True,
            check=False,
        )

    control = python("-c", _CONTROL)
    assert control.stdout.strip() == "101", "there is a network"  # ENETUNREACH
    assert seen.read_text().splitlines() == ["socket.connect ('192.0.2.1', 80)"], "nobody watches"
    done = python("-c", LINES, json.dumps(_WORK[:tries]))
    print(done.stderr, file=sys.stderr)
    worked = min(tries, len(_WORK)) if done.returncode == 0 else 0
    if tries == ALL:
        _use(folder, watched)
        worked += 1
    tried = len(seen.read_text().splitlines()) - 1
    return worked, tries - worked + tried


def _use(folder: Path, watched: dict[str, str]) -> None:
    """The app, with its model, looks at what would go out."""
    with Terminal([sys.executable, "-m", "tui"], env=watched, cwd=folder) as app:
        app.wait_for("Quit")
        app.press("X")
        app.wait_for("As written")


if __name__ == "__main__":
    print(json.dumps(work(Path(sys.argv[1]), int(sys.argv[2]))))
