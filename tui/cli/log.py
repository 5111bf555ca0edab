"""The log of the model host."""

from __future__ import annotations

import os
from pathlib import Path


def log_file() -> Path:
    """Where the model host writes what llama.cpp prints; readable by its owner alone."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "pairlab"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "model-host.log"
