"""The model's and the HTTP process can change no file, nor can what they start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import writelock

ROOT = Path(__file__).parents[1]

TRY = """
import json, os, subprocess, sys, threading
from pathlib import Path
here = Path(folder)
def refused(call, *given):
    try:
        call(*given)
    except PermissionError:
        return True
    return False
told = {
    "make": refused((here / "new").write_text, "x"),
    "write": refused((here / "old").write_text, "x"),
    "append": refused(lambda: (here / "old").open("a")),
    "remove": refused((here / "old").unlink),
    "rename": refused((here / "old").rename, here / "other"),
    "folder": refused((here / "folder").mkdir),
    "link": refused(os.symlink, here / "old", here / "link"),
    "child": subprocess.run(["sh", "-c", f"echo x > '{here}/new'"], stderr=-3).returncode != 0,
    "read": (here / "old").read_text() == "kept",
    "device": Path("/dev/null").write_text("x") == 1,
}
thread = threading.Thread(target=lambda: told.update(thread=refused((here / "t").write_text, "x")))
thread.start()
thread.join()
os.write(given, json.dumps(told).encode())
"""
HOST = f"""
import os, sys
given = os.dup(1)
folder = sys.argv.pop()
from engine.llama.host import __main__, server
class Asked:
    def __init__(self, *_given): pass
    def run(self): exec({TRY!r}, {{"given": given, "folder": folder}})
server.Server = Asked
__main__.main()
"""
HTTP = f"""
import os, sys
given = os.dup(1)
folder = sys.argv.pop()
from engine.endpoint.http import __main__
class Asked:
    def __init__(self, *_given, **_named): pass
    def serve(self): exec({TRY!r}, {{"given": given, "folder": folder}})
__main__.Process = Asked
__main__.main()
"""


@pytest.mark.skipif(not writelock.available(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("program", [HOST, HTTP], ids=["model host", "HTTP process"])
def test_nothing_is_written_outside_the_pipes(tmp_path: Path, program: str) -> None:
    (tmp_path / "old").write_text("kept")
    done = subprocess.run(
        [sys.executable, "-c", program, "http://127.0.0.1:1", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    told = json.loads(done.stdout)
    assert set(told.values()) == {True}, told
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
