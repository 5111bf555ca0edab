"""No way out to a network: for the command line, the model host, and what they start."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judging_server import JudgingServer, longer
from tests.torture.networkless import LINES

ROOT = Path(__file__).parents[1]

TRY = """
import ctypes, json, os, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def refused(*call):
    ctypes.set_errno(0)
    return libc.syscall(*call) == -1 and ctypes.get_errno() == 13
def python(words):
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    return "PermissionError" in done.stderr
number = {"x86_64": (41, 53), "aarch64": (198, 199)}[os.uname().machine]
pair = (ctypes.c_int * 2)()
print(json.dumps({
    "families": [family for family in range(1, 46) if not refused(number[0], family, 1, 0)],
    "raw": refused(number[0], 17, 3, 0),
    "high bits": refused(number[0], ctypes.c_ulong(2), 1, 0),
    "pair": refused(number[1], 2, 1, 0, pair),
    "ring": refused(425, 1, 0),
    "borrowed": refused(438, 0, 0, 0),
    "child": python("import socket; socket.create_connection(('127.0.0.1', 9))"),
    "local": bool(socket.socketpair()) and bool(socket.socket(socket.AF_UNIX)),
}))
"""
COMMAND = f"""
import sys
sys.argv = ["pairlab", *sys.argv[1:]]
from tui.cli import main
try:
    main()
except SystemExit:
    pass
{TRY}
"""
HOST = f"""
import os, sys
from engine.llama.host import __main__, server
given = os.dup(1)
class Asked:
    def __init__(self, *_given): pass
    def run(self):
        os.dup2(given, 1)
        exec({TRY!r}, {{}})
        sys.stdout.flush()
server.Server = Asked
__main__.main()
"""

LOCKED = """    from engine import netlock
    assert netlock.state().value == "locked by the kernel", line
"""
"""Goes on in the loop of LINES."""

locked = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="the kernel's lock is for Linux on x86-64 and aarch64",
)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PAIRLAB_AS": "first",
            "XDG_STATE_HOME": str(folder / "state"),
        },
    )


@locked
@pytest.mark.parametrize("program", [COMMAND, HOST], ids=["command line", "model host"])
def test_the_kernel_refuses_every_socket_that_leads_out(tmp_path: Path, program: str) -> None:
    done = run(tmp_path, "-c", program, "--version")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.pop("families") == [1]  # AF_UNIX
    assert set(told.values()) == {True}, told


@locked
def test_the_command_line_works_behind_the_lock(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(
        '{"id": "p1", "prompt": "q", "a": "one answer", "b": "another"}\n', encoding="utf-8"
    )
    lines = (
        ["new", "--starter"],
        ["import", "pairs.jsonl"],
        ["label", "p1", "a"],
        ["round", "list"],
        ["export", "out"],
        ["report", "report.md"],
    )
    done = run(tmp_path, "-c", LINES + LOCKED, json.dumps(lines))
    assert done.returncode == 0, done.stderr
    told = json.loads(run(tmp_path, "-m", "tui", "doctor", "--json").stdout)
    [found] = [each for each in told["findings"] if each["subject"] == "network"]
    assert found["severity"] == "ok"
    assert "locked by the kernel" in found["words"]


ENDPOINT = f"""
import asyncio, json, os, sys
from engine import netlock
from engine.api import Urgency
from engine.endpoint.client import EndpointEngine
from engine.errors import EndpointError
netlock.postpone()
engine = EndpointEngine(sys.argv[1])
async def use():
    before = netlock.state().value
    await engine.load()  # the HTTP process reaches the server
    os.kill(engine.http_pid, 9)
    while engine.http_pid is not None:
        await asyncio.sleep(0)
    try:
        await engine._caller.ask("/v1/models", None, Urgency.NOW, attempts=1)
    except EndpointError as error:
        print(json.dumps([before, netlock.state().value, str(error)]))
    await engine.shutdown()
asyncio.run(use())
{TRY}
"""


@locked
def test_with_a_server_the_http_process_alone_stays_outside(tmp_path: Path) -> None:
    with JudgingServer(longer(0.8), [("Yes.", "No, never.")]) as server:
        done = run(tmp_path, "-c", ENDPOINT, server.url)
    assert done.returncode == 0, done.stderr
    [before, after, error], told = map(json.loads, done.stdout.splitlines()[-2:])
    assert (before, after) == ("not locked", "locked by the kernel")
    assert "start pairlab again" in error
    assert told.pop("families") == [1]
    assert set(told.values()) == {True}, told


@locked
def test_a_policy_may_name_servers_for_the_run_and_for_the_judge(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(
        '{"id": "p1", "prompt": "q", "a": "Yes.", "b": "No, never."}\n', encoding="utf-8"
    )
    with JudgingServer(longer(0.8), [("Yes.", "No, never.")]) as server:
        policy = f'endpoint = "{server.url}"\ncandidates = 1\nrounds = 0\nwith_pairs = true\n'
        (tmp_path / "night.toml").write_text(f"{policy}[judge]\n", encoding="utf-8")
        for command in (("new",), ("import", "pairs.jsonl"), ("run", "--policy", "night.toml")):
            done = run(tmp_path, "-m", "tui", *command)
            assert done.returncode == 0, done.stderr
    assert "1 of 1 pair complete; wrote 1 verdict" in done.stderr


WATCHED = """
import json, platform, socket, sys
platform.machine = lambda: "other"
from engine import netlock
before = socket.socket()
print(netlock.lock().value, netlock.lock().value)
def refused(call, *given):
    try:
        call(*given)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
listening = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listening.getsockname())
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(json.dumps([
    refused(before.connect, ("192.0.2.1", 80)),
    refused(socket.create_connection, ("192.0.2.1", 80)),
    refused(socket.getaddrinfo, "host.example", 80),
    refused(socket.gethostbyname, "host.example"),
    refused(udp.sendto, b"x", ("192.0.2.1", 53)),
]))
"""


def test_elsewhere_what_python_opens_is_watched(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", WATCHED)
    assert done.returncode == 0, done.stderr
    words, refused = done.stdout.splitlines()
    assert words == "watched watched"
    assert json.loads(refused) == [True] * 5
