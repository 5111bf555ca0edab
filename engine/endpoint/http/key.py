"""The key of a server, from the environment and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import EndpointError

VARIABLE = "PAIRLAB_API_KEY"
"""Arguments can be read by every user of the machine, so there is no option for it."""


def api_key(env: Mapping[str, str]) -> str | None:
    """The key to send, None where there is none.

    Raises:
        EndpointError: the variable holds what cannot be a key; the value is not shown.
    """
    key = env.get(VARIABLE, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EndpointError(f"${VARIABLE} holds a character that no key has: set it again")
    return key or None
