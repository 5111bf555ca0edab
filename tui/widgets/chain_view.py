"""One chain on the screen: candidate, revision with its changes marked, critique."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Resize

from tui.text import plain
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.editor import Editor
from tui.widgets.header import WIDE
from tui.widgets.word_diff import LONG, drawn, word_diff

if TYPE_CHECKING:
    from store.records import Candidate
    from tui.screens.revise_item import Item

NOTHING_FOUND = "The model found nothing to criticise under this principle."


class ChainView(Container):
    """Side by side on a wide screen, one above the other on a narrow one.

    The right pane holds one version of the answer: 0 is the original, n the revision of round n.
    """

    candidate = getters.query_one("#candidate", AnswerPane)
    revision = getters.query_one("#revision", AnswerPane)
    critique = getters.query_one("#critique", AnswerPane)
    editor = getters.query_one(Editor)

    def __init__(self) -> None:
        super().__init__()
        self.item: Item | None = None
        self.version = 0
        self.marked = True
        """Changes against the original are marked."""
        self._criticising = ""
        """The critique that is being written."""

    def compose(self) -> ComposeResult:
        """The panes; the order is that of ``tab``."""
        yield AnswerPane("Candidate", widget_id="candidate")
        yield AnswerPane("Revision", widget_id="revision")
        yield Editor("Your text")
        yield AnswerPane("Critique", widget_id="critique")

    def on_resize(self, _event: Resize) -> None:
        """On a narrow screen the critique stands between the two answers."""
        if self.app.size.width < WIDE:
            self.move_child(self.critique, after=self.candidate)
        else:
            self.move_child(self.critique, after=self.editor)

    @property
    def shown(self) -> Candidate | None:
        """The revision in the right pane; None while the original stands there, or nothing."""
        if self.item is None or not 0 < self.version <= len(self.item.finished):
            return None
        return self.item.finished[self.version - 1].revision

    async def show(self, item: Item) -> None:
        """Fill all panes with what is stored of a chain."""
        self.item = item
        self._criticising = ""
        self.version = len(item.finished)
        if self.editor.display:
            self.editor.close()
        self.revision.display = True
        original = item.chain.original.text if item.chain else ""
        self.candidate.show(original, title=item.candidate_title)
        self._show_critique(item)
        await self.draw()

    def stream(self, kind: str, text: str, *, title: str | None = None) -> None:
        """Show a text that is being written: ``propose``, ``critique`` or ``revise``."""
        if kind == "propose":
            self.candidate.stream(text)
        elif kind == "critique":
            self._criticising = text
            self.critique.stream(text, title=title)
            self.revision.show("", title="Revision", aside="after the critique")
        else:
            if self._criticising:
                self.critique.show(self._criticising, top=False)
                self._criticising = ""
            self.revision.stream(text, title="Revision")

    async def turn(self) -> None:
        """The next version: from the last revision to the original, then up through the rounds."""
        if self.item is not None:
            self.version = (self.version + 1) % (len(self.item.finished) + 1)
            self._show_critique(self.item)
            await self.draw()

    async def toggle_marks(self) -> None:
        """Changes marked, or the bare text."""
        self.marked = not self.marked
        await self.draw()

    async def draw(self) -> None:
        """Fill the right pane; long texts are compared off the UI thread."""
        item, shown = self.item, self.shown
        if item is None or item.chain is None:
            self.revision.show("", title="Revision")
            return
        original = item.chain.original.text
        if shown is None:
            words = "o shows the revision" if item.finished else ""
            text = original if item.finished else ""
            self.revision.show(text, title="Original" if words else "Revision", aside=words)
            return
        content = await self._compared(original, shown.text) if self.marked else plain(shown.text)
        if (item, shown) == (self.item, self.shown):
            title = self._version_title(item)
            self.revision.show(content, title=title, aside=_remark(original, shown.text))

    async def _compared(self, old: str, new: str) -> Content:
        if len(old) + len(new) < LONG:
            return drawn(word_diff(old, new))
        return drawn(await asyncio.to_thread(word_diff, old, new))

    def _version_title(self, item: Item) -> str:
        of = f" of {len(item.finished)}" if len(item.finished) > 1 else ""
        return f"Revision · round {self.version}{of}"

    def _show_critique(self, item: Item) -> None:
        rounds = item.chain.rounds if item.chain else ()
        at = min(max(self.version, 1), len(rounds)) - 1
        if at < 0:
            self.critique.show("", title="Critique")
            return
        critique = rounds[at].critique
        text = critique.text if critique.found else f"{NOTHING_FOUND}\n\n{critique.text}"
        title = f"Critique · {item.principle(critique.principle_id)}"
        self.critique.show(text.strip(), title=title)


def _remark(old: str, new: str) -> str:
    """What a reader should know before deciding."""
    if old == new:
        return "the same text"
    return "" if new.strip() else "empty"
