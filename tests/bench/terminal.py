"""A program on a pseudo-terminal, watched to the byte: when did what appear?"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROWS, COLUMNS = 40, 130

_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
"""People's modules are compiled once, not at every start."""


class NothingCame(Exception):
    """What was waited for did not appear."""


class Terminal:
    """Runs a program and keeps what it draws.

    Args:
        command: the program and its arguments.
        env: additions to the environment.
        cwd: where it runs.
    """

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path
    ) -> None:
        self.started = time.perf_counter()
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=cwd,
            env={**_ENVIRONMENT, "TERM": "xterm-256color", **(env or {})},
            start_new_session=True,
        )
        os.close(other)
        self._fd = main
        self._seen = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def press(self, keys: str) -> float:
        """Type; what was drawn before is forgotten. Returns the moment."""
        self.drain()
        self._seen = b""
        os.write(self._fd, keys.encode())
        return time.perf_counter()

    def wait_for(self, *patterns: str, seconds: float = 60.0) -> float:
        """The moment at which all patterns have been drawn since the last key.

        Raises:
            NothingCame: not within ``seconds``, or the program ended.
        """
        wanted = [re.compile(pattern.encode()) for pattern in patterns]
        end = time.perf_counter() + seconds
        while not all(pattern.search(self._seen) for pattern in wanted):
            if not self._read(end - time.perf_counter()):
                tail = self._seen[-600:].decode(errors="replace")
                raise NothingCame(f"{patterns} did not appear; last drawn: {tail!r}")
        return time.perf_counter()

    def drain(self) -> None:
        """Take in what has been drawn already."""
        while self._read(0.0):
            pass

    def close(self) -> None:
        """End the program, and everything it started."""
        if self._process.poll() is None:
            os.write(self._fd, b"q")
            try:
                end = time.perf_counter() + 5
                while self._process.poll() is None and time.perf_counter() < end:
                    self._read(0.05)
            finally:
                if self._process.poll() is None:
                    os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._fd)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], max(seconds, 0.0))
        if not ready:
            return False
        try:
            found = os.read(self._fd, 65536)
        except OSError:  # the other end is closed
            return False
        self._seen += found
        return bool(found)
