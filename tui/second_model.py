"""A window that comes second waits with its model: each window loads one of its own."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from store.rounds import presence
from tui.text import one_line

if TYPE_CHECKING:
    from tui.services import Services


async def held(services: Services) -> str:
    """Why the model is not loaded unasked, with the memory it would take; empty where it is.

    It waits where another window had the project open before this one, and nobody has named a
    model for this one: its person may only want to label.
    """
    if services.model_file is None:
        return ""
    here = await services.store.call(presence.here)
    own = next((each.since for each in here if each.process == os.getpid()), "~")
    others = [each for each in here if each.process != os.getpid() and each.since <= own]
    if not others:
        return ""
    from tui.modes.model.memory import needs  # reads the file, and its module takes a moment

    size = await asyncio.to_thread(needs, services.model_file)
    takes = f"takes about {size} of memory" if size else "takes memory of its own"
    who = one_line(others[0].annotator, 24)
    return f"not loaded: {who} has this project open, and a second model {takes}"
