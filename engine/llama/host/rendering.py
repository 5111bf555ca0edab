"""Runs chat templates in a process of their own, within a limit of time and memory.

A template is a program that came with a file. Jinja's sandbox keeps it from Python's insides, but
not from looping for years or from asking for all the memory there is: the kernel does.
"""

from __future__ import annotations

import functools
import json
import os
import select
import signal
import subprocess
from typing import Any, Final

from engine.child.process import child_environment, python

SECONDS: Final = 5
"""Of processor time for one rendering; a long conversation takes milliseconds."""
MEMORY: Final = 1 << 30
"""Bytes of address space, the interpreter's own included."""
_PATIENCE: Final = 3
"""Times the limit until an answer is given up: other processes may have the processor."""


class TemplateFault(Exception):
    """A template could not be run to its end; the message is one line."""

    def __init__(self, said: str, *, unreadable: bool = False) -> None:
        super().__init__(said)
        self.unreadable = unreadable
        """It is no template at all."""


class Renderer:
    """One child process, started when it is needed and again after it was stopped.

    Args:
        seconds: of processor time for one rendering.
    """

    def __init__(self, seconds: int = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have it ready by the time it is needed."""
        self._running()

    def render(self, template: str, names: dict[str, Any]) -> str:
        """What a template makes of these names.

        Raises:
            TemplateFault: it cannot be read, it raises, or it goes beyond a limit.
        """
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        line = json.dumps({"template": template, "names": names}).encode() + b"\n"
        try:
            process.stdin.write(line)
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], _PATIENCE * self._seconds)
            told = process.stdout.readline() if ready else b""
        except OSError:
            ready, told = [process.stdout], b""
        if not told.endswith(b"\n"):
            slow = not ready or process.wait() == -signal.SIGXCPU
            self.stop()
            raise TemplateFault(
                f"it was stopped after {self._seconds} s"
                if slow
                else "it brings down the process it runs in"
            )
        answer = json.loads(told)
        if "text" in answer:
            return str(answer["text"])
        raise TemplateFault(answer["error"], unreadable=answer["unreadable"])

    def stop(self) -> None:
        """End the process; another one follows when it is needed."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                python("engine.llama.host.sandbox", str(self._seconds), str(MEMORY)),
                env=child_environment(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process


@functools.cache
def renderer() -> Renderer:
    """The one of this process; it ends when the other end of its stdin is gone."""
    return Renderer()
