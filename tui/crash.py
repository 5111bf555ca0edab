"""The last words of an app that failed: one line on the screen, the trace in a file.

Textual's own screen prints the values of local variables, which are texts of the project.
"""

from __future__ import annotations

import os
from pathlib import Path

from tui.visible import clean


def last_words(project: Path, log_path: Path | None, at: str, trace: str) -> str:
    """Keep the trace beside the log and say where it is.

    Args:
        project: the project file.
        log_path: the model host's log; the trace goes into ``crash.log`` beside it.
        at: this moment.
        trace: the trace, without local variables.
    """
    kept = f"Everything decided up to the last key is in {project}."
    return f"pairlab: stopped by an error of its own. {kept} {keep(log_path, at, trace)}"


def keep(log_path: Path | None, at: str, trace: str) -> str:
    """Write a trace beside the log; the sentence that says where it is.

    A message in it may hold a name of anything, which must not reach the terminal of a reader.
    """
    if log_path is None:
        return "No log was kept."
    path = log_path.with_name("crash.log")
    try:
        with open(path, "a", encoding="utf-8", errors="replace", opener=_private) as file:
            file.write(f"{at}\n{clean(trace)}\n")
    except OSError as error:
        return f"The log {path} could not be written ({error.strerror})."
    return f"The trace is in {path}."


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
