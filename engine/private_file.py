"""Files that hold a key, which nobody but their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.errors import EngineError

_LONGEST = 64 * 1024


def content(path: Path, error: type[EngineError] = EngineError) -> bytes:
    """What a key file holds.

    Args:
        path: the file.
        error: what is raised.

    Raises:
        EngineError: there is no such file, or others may read it.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST) if stat.S_ISREG(status.st_mode) else b""
    except OSError as wrong:
        raise error(f"the key in {path} cannot be read: {wrong.strerror}") from wrong
    if status.st_mode & 0o077 or status.st_uid != os.geteuid():
        raise error(f"{path} is not yours alone, so its key is not used: chmod 600 {path}")
    return text
