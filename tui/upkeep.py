"""What the app does for the file while nobody presses a key: compares it, writes a backup."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from store.errors import FileLost, StoreError
from tui.text import one_line

if TYPE_CHECKING:
    from engine.child.process import ChildProcess
    from store.db.verification import Place
    from tui.services import Services

PORTION: Final = 0.002
"""Seconds of comparing at a time: what a key that comes at once waits at most."""
QUIET: Final = 1.0
"""Seconds without a key before anything is compared."""
_SAVED: Final = 200
"""Portions between two notes of the place, each of which is a write."""


class Upkeep:
    """One sitting's care for the project file.

    Args:
        services: store and paths.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._place: Place | None = None
        self._begun = False
        self._portions = 0
        self._backup: ChildProcess | None = None
        self.found = ""
        """What of the file is not what it was, in a few words; empty where nothing was found."""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to compare in this sitting."""
        return self._begun and self._place is None

    async def compare(self) -> bool:
        """Compare the next portion; True when something was found for the first time."""
        from store.db import verification

        store = self._services.store
        try:
            if not self._begun:
                self._place = await store.call(verification.begin)
                self._begun = True
            if self._place is None:
                return False
            changed, self._place = await store.call(verification.step, self._place, PORTION)
            self._portions += 1
            if self._place is None or self._portions % _SAVED == 0:
                await store.call(verification.remember, self._place)
        except FileLost:
            raise
        except StoreError as error:
            self._begun, self._place = True, None
            words = one_line(str(error), 200)
        else:
            if not changed:
                return False
            words = f"{changed[0]} was changed outside pairlab"
        first, self.found = not self.found, self.found or words
        return first

    async def end(self) -> None:
        """Note how far this sitting came; a backup that is being written goes with it."""
        if self._backup is not None:
            await self._backup.kill()  # what it began is cleared away at the next start
        if self._begun and self._place is not None:
            from store.db import verification

            await self._services.store.call(verification.remember, self._place)

    async def back_up(self) -> str:
        """Write a backup where the project wants some; what went wrong, else an empty text."""
        from engine.child.process import ChildProcess, python
        from store.db import rolling

        if not await self._services.store.call(rolling.wanted):
            return ""
        project = os.fspath(self._services.db_path.absolute())
        polite = shutil.which("nice")
        command = python("tui", "--db", project, "backup", "--rolling")
        try:
            self._backup = await ChildProcess.start(
                (polite, "-n", "15", *command) if polite else command,
                self._services.log_path,
                os.environ,
            )
        except OSError as error:
            return f"no backup could be written: {error.strerror}"
        code = await self._backup.ended()
        self._backup = None
        return "" if code == 0 else "no backup could be written; pairlab backup --rolling says why"
