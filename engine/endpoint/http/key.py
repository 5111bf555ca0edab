"""The key of a server, from the environment or a file, and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import EndpointError
from engine.private_file import content

VARIABLE = "PAIRLAB_API_KEY"
"""Arguments can be read by every user of the machine, so no option takes the key itself."""


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
    key = _key(content(path, EndpointError).decode("latin-1"), str(path))
    if not key:
        raise EndpointError(f"{path} holds no key: write it there, on one line")
    return key


def _key(text: str, source: str) -> str:
    key = text.strip()
    if not (key.isascii() and key.isprintable()):
        raise EndpointError(f"{source} holds a character that no key has: set it again")
    return key
