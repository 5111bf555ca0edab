"""Errors nobody foresaw: one line on the screen, their kind and place in a file.

Textual's own screen prints the values of local variables, which are texts of the project; the
message of an exception may quote one too. So only types and places are written.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from tui.visible import clean


def last_words(project: Path, log_path: Path | None, at: str, error: BaseException | None) -> str:
    """Keep the trace beside the log and say where it is.

    Args:
        project: the project file.
        log_path: the model host's log; the trace goes into ``crash.log`` beside it.
        at: this moment.
        error: what happened.
    """
    kept = f"Everything decided up to the last key is in {project}."
    trace = places(error) if error is not None else "no exception"
    return f"pairlab: stopped by an error of its own. {kept} {keep(log_path, at, trace)}"


def places(error: BaseException) -> str:
    """The types of an error and of what caused it, each with the lines of code it passed."""
    lines = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__name__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)


def keep(log_path: Path | None, at: str, trace: str) -> str:
    """Add an entry to ``crash.log`` beside the log; says where it is, or why there is none."""
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
