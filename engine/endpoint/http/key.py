"""The key of a server, from the environment or a file, and from nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from engine.errors import EndpointError

VARIABLE = "PAIRLAB_API_KEY"
"""Arguments can be read by every user of the machine, so no option takes the key itself."""
_LONGEST = 64 * 1024


def api_key(env: Mapping[str, str]) -> str | None:
    """The key to send, None where there is none.

    Raises:
        EndpointError: the variable holds what cannot be a key; the value is not shown.
    """
    return _key(env.get(VARIABLE, ""), f"${VARIABLE}") or None


def key_in_file(path: Path) -> str:
    """The key that a file holds which nobody else may read.

    Raises:
        EndpointError: there is no such file, others may read it, or it holds no key.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise EndpointError(f"the key in {path} cannot be read: {error.strerror}") from error
    if status.st_mode & 0o077 or status.st_uid != os.geteuid():
        raise EndpointError(f"{path} is not yours alone, so its key is not used: chmod 600 {path}")
    key = _key(text.decode("latin-1"), str(path))
    if not key:
        raise EndpointError(f"{path} holds no key: write it there, on one line")
    return key


def _key(text: str, source: str) -> str:
    key = text.strip()
    if not (key.isascii() and key.isprintable()):
        raise EndpointError(f"{source} holds a character that no key has: set it again")
    return key
