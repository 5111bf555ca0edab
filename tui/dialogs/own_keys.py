"""Every key that can be moved, and moving it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from textual.binding import Binding

from tui import keymap
from tui.dialogs.panel import PanelRow, PanelScreen


class OwnKeysScreen(PanelScreen):
    """A key is written as its character or name: ``z``, ``f5``, ``ctrl+k``."""

    HEADING = "Your keys"
    ABOUT = (
        "enter asks for another key: its character, or a name such as f5, ctrl+k, space; several "
        "with commas. An empty answer goes back to the key it came with."
    )
    BINDINGS = [Binding("enter", "choose", "Move", key_display="enter")]

    async def rows(self) -> Sequence[PanelRow]:
        """By mode."""
        keys = self.pair_app.services.configuration.keymap
        listed: list[PanelRow] = []
        for place, every in groupby(keymap.listed(keys), key=lambda one: one[0]):
            if listed:
                listed.append(PanelRow(f"before {place}", "", heading=True))
            listed.append(PanelRow(f"in {place}", place, heading=True))
            for _, binding_id, shown, does in every:
                mark = " (moved)" if binding_id in keys else ""
                listed.append(PanelRow(binding_id, does, shown, binding_id + mark))
        return listed

    async def choose(self, row: PanelRow) -> None:
        """Ask for its key."""
        self.question(f"key for: {row.name}", partial(self._move, row.id))

    async def _move(self, binding_id: str, keys: str) -> None:
        await self.pair_app.session.configure(binding_id, keys or None, table="keys")
        await self.reload()
        self.tell("written to your configuration file")
