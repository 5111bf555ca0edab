"""The app ended from outside: drafts kept, the terminal as before, no process left."""

from __future__ import annotations

import os
import pty
import random
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db.connection import create
from tests.tui.seed import AT, three_chains

ROOT = Path(__file__).resolve().parents[2]
FOREVER = 60.0


class Window:
    """The app in a terminal of its own, as a window manager starts it."""

    def __init__(self, project: Path) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            env = {
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "PAIRLAB_MODEL": str(project.with_name("none.gguf")),
                "XDG_STATE_HOME": str(project.parent),
                "COLUMNS": "100",
                "LINES": "30",
            }
            command = [sys.executable, "-m", "tui", "--db", str(project), "--as", "first"]
            os.execve(command[0], command, env)
        self.seen = ""

    def read_until(self, pattern: str) -> None:
        """What the app draws, until it is there."""
        end = time.monotonic() + FOREVER
        while not re.search(pattern, self.seen):
            assert time.monotonic() < end, f"{pattern} never came: {self.seen[-2000:]!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                self.seen += os.read(self._fd, 65536).decode(errors="replace")

    def read_what_is_there(self) -> None:
        """What the app has drawn by now."""
        while select.select([self._fd], [], [], 0)[0]:
            self.seen += os.read(self._fd, 65536).decode(errors="replace")

    def drain(self) -> str:
        """What the app still draws until it ends."""
        try:
            while select.select([self._fd], [], [], FOREVER)[0]:
                data = os.read(self._fd, 65536)
                if not data:
                    break
                self.seen += data.decode(errors="replace")
        except OSError:
            pass  # the other end is closed
        return self.seen

    def write(self, keys: str) -> None:
        self.write_bytes(keys.encode())

    def write_bytes(self, data: bytes) -> None:
        os.write(self._fd, data)

    def close(self) -> None:
        """As a click on the window's cross does."""
        os.close(self._fd)

    def status(self) -> int:
        """The exit status."""
        end = time.monotonic() + FOREVER
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            select.select([], [], [], 0.02)
        raise AssertionError("the app goes on")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "study.db"
    db = create(path, seed="seed", at=AT)
    three_chains(db)
    db.close()
    return path


@pytest.fixture
def window(project: Path) -> Iterator[Window]:
    opened = Window(project)
    yield opened
    try:
        os.kill(opened.pid, signal.SIGKILL)
        os.waitpid(opened.pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def draft(project: Path) -> str:
    db = Database(project)
    rows = db.execute("SELECT text FROM draft").fetchall()
    db.close()
    return str(rows[0][0]) if rows else ""


def begin_an_edit(window: Window) -> None:
    window.read_until(r"Prompt 1 of")
    window.read_until(r"Accept")
    while "Your text" not in window.seen:
        window.write("e")
        window.read_until(r"Your text|did not count")
        window.seen = window.seen.replace("did not count", "")
    window.write("kept words ")
    window.read_until(r"words")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_the_text_and_restores_the_terminal(
    window: Window, project: Path, number: signal.Signals
) -> None:
    begin_an_edit(window)
    os.kill(window.pid, number)
    seen = window.drain()
    assert window.status() == 128 + number
    assert draft(project).startswith("kept words ")
    for mark in ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l", "\x1b[?2004l"):
        on = mark[:-1] + ("l" if mark.endswith("h") else "h")
        assert seen.rindex(mark) > seen.rindex(on), repr(mark)


def test_bytes_that_are_no_text_end_nothing(window: Window, project: Path) -> None:
    begin_an_edit(window)
    window.write_bytes(b"\xe4\x80\xff ")  # Latin-1, half a character, the eighth bit for alt
    window.write_bytes(b"\x1b[200~pasted \xe4 text\x1b[201~ and on")
    window.read_until(r"and on")
    pass_time(1.0)  # the item was there for longer than the minimum
    window.write("\x13")
    window.read_until(r"Prompt 2 of")
    window.write("q")
    window.drain()
    assert window.status() == 0
    db = Database(project)
    (edited,) = db.execute("SELECT text FROM candidate WHERE origin = 'edited'").fetchone()
    db.close()
    assert edited.startswith("kept words \ufffd\ufffd pasted \ufffd text and on")


def test_a_closed_window_keeps_the_text(window: Window, project: Path) -> None:
    begin_an_edit(window)
    window.close()
    assert window.status() == 128 + signal.SIGHUP
    assert draft(project).startswith("kept words ")


def test_a_kill_loses_the_last_second_at_most(window: Window, project: Path) -> None:
    begin_an_edit(window)
    end = time.monotonic() + FOREVER
    while not draft(project).startswith("kept words ") and time.monotonic() < end:
        select.select([], [], [], 0.02)
    os.kill(window.pid, signal.SIGKILL)
    window.status()
    assert draft(project).startswith("kept words ")


def pass_time(seconds: float) -> None:
    select.select([], [], [], seconds)


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_while_one_types_loses_the_last_second_at_most(
    window: Window, project: Path, seed: int
) -> None:
    draw = random.Random(seed)
    begin_an_edit(window)
    began = time.monotonic()
    typed: list[tuple[float, str]] = []
    while time.monotonic() - began < draw.uniform(1.5, 3.0):
        word = f"w{len(typed)} "
        window.write(word)
        typed.append((time.monotonic(), word))
        pass_time(draw.uniform(0.02, 0.15))
        window.read_what_is_there()
    window.read_until(typed[-1][1].strip())  # a letter counts from when the app has it
    drawn = time.monotonic()
    pass_time(draw.uniform(0.0, 0.3))
    os.kill(window.pid, signal.SIGKILL)
    window.status()
    # what was typed a second before the kill; two, for a machine that is busy with other tests
    safe = "".join(word for at, word in typed if at <= drawn - 2.0)
    assert draft(project).startswith("kept words " + safe)


def test_a_key_held_at_thirty_a_second_for_three_seconds_labels_once(
    window: Window, project: Path
) -> None:
    window.read_until(r"Accept")
    window.write("L")
    window.read_until(r"Pair 1 of")
    pass_time(1.0)  # the item was there for longer than the minimum
    window.write("1")
    pass_time(0.5)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        window.write("1")
        pass_time(1 / 30)
        window.read_what_is_there()
    window.read_until(r"held down")
    window.write("q")
    window.drain()
    assert window.status() == 0
    assert "1 pair labelled in under a minute" in window.seen
    db = Database(project)
    labelled = db.execute("SELECT count(*) FROM event WHERE kind = 'label'").fetchone()[0]
    db.close()
    assert labelled == 1
