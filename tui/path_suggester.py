"""Completing a path while it is typed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from textual.suggester import Suggester

from tui.visible import clean


class PathSuggester(Suggester):
    """Suggests the first name in the folder that goes on as typed; a folder ends in a slash."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The path typed and the rest of the name, or None; read beside the screen."""
        return await asyncio.to_thread(_suggestion, value) if value.strip() else None


def _suggestion(value: str) -> str | None:
    folder, begun = os.path.split(value)
    try:
        with os.scandir(Path(folder or ".").expanduser()) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(begun)
                and entry.name.startswith(".") == begun.startswith(".")
                # what cannot be typed is not suggested
                and clean(entry.name) == entry.name
            )
    except (OSError, RuntimeError, ValueError):  # no such folder, no such person's home, a NUL
        return None
    return value[: len(value) - len(begun)] + names[0] if names else None
