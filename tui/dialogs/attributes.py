"""What one chooses to state of oneself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.binding import Binding

from store.judgements import attributes
from tui.dialogs.panel import PanelRow, PanelScreen


class AttributesScreen(PanelScreen):
    """Language, culture, field, and words of one's own; all of it as one likes."""

    HEADING = "About you"
    ABOUT = (
        "What you choose to state of yourself, or nothing. The report lists it, and agreement can "
        "be told by it (pairlab agree --by language). An empty answer takes a statement back."
    )
    BINDINGS = [Binding("n", "another", "Another")]

    async def rows(self) -> Sequence[PanelRow]:
        """The suggested ones, then one's own."""
        stated = await self.call(attributes.of_annotator, self.me)
        names = dict.fromkeys([*attributes.SUGGESTED, *stated])
        return [PanelRow(name, name, stated.get(name, "not stated")) for name in names]

    async def choose(self, row: PanelRow) -> None:
        """Ask for it."""
        stated = await self.call(attributes.of_annotator, self.me)
        self.question(row.name, partial(self._state, row.id), stated.get(row.id, ""))

    def action_another(self) -> None:
        """A word that is not suggested."""

        async def named(name: str) -> None:
            if name:
                self.question(name, partial(self._state, name))

        self.question("what", named)

    async def _state(self, name: str, text: str) -> None:
        await self.call(attributes.state, self.me, name, text, self.pair_app.services.clock())
        self.tell(f"{name}: {text}" if text else f"{name}: taken back")
        await self.reload()
