"""One chain on the screen: prompt, candidate, critique, revision with its changes marked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.formatting import counted
from tui.keymap import key_of
from tui.text import plain
from tui.unseen_text import hardly_differ, nothing_to_see
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.editor import Editor
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import Band, ReadingColumn, ReadingView
from tui.widgets.word_diff import LONG, drawn, rewritten, word_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.records import Candidate
    from tui.modes.revise.item import RevisionItem

NOTHING_FOUND = "The model found nothing to criticise under this principle."
NO_CRITIQUE = "Revised without a critique, by the principle alone."


AWAITED = 4
"""Rows kept free for a critique that is being written, and for a text of one's own."""


class ChainView(ReadingView):
    """The critique stands under the candidate; the revision beside both, or under them.

    The right pane holds one version of the answer: 0 is the original, n the revision of round n.
    """

    DEFAULT_CSS = """
    ChainView > #below { text-wrap: nowrap; text-overflow: ellipsis; }
    """

    prompt = getters.query_one("#prompt", PromptPane)
    candidate = getters.query_one("#candidate", AnswerPane)
    revision = getters.query_one("#revision", AnswerPane)
    critique = getters.query_one("#critique", AnswerPane)
    editor = getters.query_one(Editor)

    def __init__(self) -> None:
        super().__init__()
        self.item: RevisionItem | None = None
        self.version = 0
        self.marked = True
        """Changes against the original are marked, where they can be read."""
        self._insisted = False
        """They are marked in this item also where they can hardly be read."""
        self._criticising = ""
        """The critique that is being written."""
        self._drawn = False
        """Changes are marked in the text shown."""
        self._rewritten = False
        """Too little of the answer is left for that."""
        self._unfolded = False
        """What the model thought stands before each text."""

    def compose(self) -> ComposeResult:
        """The panes; the order is that of ``tab``."""
        yield PromptPane("Prompt", widget_id="prompt")
        yield AnswerPane("Candidate", widget_id="candidate")
        yield AnswerPane("Critique", widget_id="critique")
        yield AnswerPane("Revision", widget_id="revision")
        yield Editor("Your text")
        yield Static(id="below", markup=False)

    def bands(self) -> Iterable[Band]:
        """Prompt; what is criticised with its critique; what came of it."""
        yield [ReadingColumn([self.prompt])]
        before = ReadingColumn([self.candidate, self.critique])
        after = ReadingColumn([self.revision, self.editor])
        if self.stacked:
            yield from ([ReadingColumn([widget])] for widget in (*before.widgets, *after.widgets))
        else:
            yield [before, after]

    def need(self, widget: Widget, width: int, room: int) -> int:
        """A text that is still to come has the rows it will probably take from the start."""
        need = super().need(widget, width, room)
        chain = self.item.chain if self.item else None
        if widget is self.revision and (
            self.revision.writing or (chain and not any(step.revision for step in chain.rounds))
        ):
            return max(need, self.candidate.rows(width))
        if widget is self.critique and (self.critique.writing or (chain and not chain.rounds)):
            return max(need, 1 + AWAITED)
        if widget is self.editor:
            above: list[AnswerPane] = [
                self.prompt,
                *((self.candidate, self.critique) if self.stacked else ()),
            ]
            return max(room - sum(pane.rows(width) + 1 for pane in above), room // 2)
        return need

    @property
    def shown(self) -> Candidate | None:
        """The revision in the right pane; None while the original stands there, or nothing."""
        if self.item is None or not 0 < self.version <= len(self.item.finished):
            return None
        return self.item.finished[self.version - 1].revision

    async def show(self, item: RevisionItem) -> None:
        """Fill all panes with what is stored of a chain."""
        if self.item is None or self.item.original_id != item.original_id:
            self._insisted = False
        self.item = item
        self._criticising = ""
        self.version = len(item.finished)
        if self.editor.display:
            self.editor.close()
        self.revision.display = True
        self.candidate.title = item.candidate_title
        if item.chain is None:
            self.candidate.show("")
        else:
            self._show_candidate(item.chain.original)
        self._show_critique(item)
        await self.draw()

    def name_principles(self, item: RevisionItem) -> None:
        """The chain that is shown, once the titles of its principles are known."""
        self.item = item
        if not self.critique.writing:
            self._show_critique(item)

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
        """Changes marked, or the bare text: whichever is not there now."""
        if self._drawn and self._rewritten:
            self._insisted = False
        else:
            self.marked = self._insisted = not self._drawn
        await self.draw()

    async def toggle_thinking(self) -> None:
        """Unfold what the model thought before each text, or fold it."""
        self._unfolded = not self._unfolded
        if self.item is not None:
            if self.item.chain is not None:
                self._show_candidate(self.item.chain.original)
            self._show_critique(self.item)
            await self.draw()

    def _show_candidate(self, original: Candidate) -> None:
        words = self._thought(original.generation_id)
        if self._unfolded and words:
            self.candidate.show(self._behind_thinking(original.generation_id, original.text))
            self.candidate.remark(words)
        else:
            self.candidate.show_answer(original.text, aside=words)

    def _thought(self, generation_id: str | None) -> str:
        """``thought 214 words``; empty where the model did not, or nobody knows."""
        thought = self.item.thoughts.get(generation_id or "") if self.item else None
        return f"thought {counted(len(thought.split()), 'word')}" if thought else ""

    def _behind_thinking(self, generation_id: str | None, text: str | Content) -> str | Content:
        """A text, with what was thought before it where that is unfolded."""
        thought = self.item.thoughts.get(generation_id or "") if self.item else None
        if not thought or not self._unfolded:
            return text
        shown = plain(text) if isinstance(text, str) else text
        return Content.assemble(plain(thought, "$muted italic"), "\n\n", shown)

    async def draw(self) -> None:
        """Fill the right pane; long texts are compared off the UI thread."""
        item, shown = self.item, self.shown
        if item is None or item.chain is None:
            self.revision.show("", title="Revision")
            return
        original = item.chain.original.text
        if shown is None:
            older = key_of(self, "revise.older")
            words = f"{older} shows the revision" if item.finished else ""
            text = original if item.finished else ""
            self.revision.show(text, title="Original" if words else "Revision", aside=words)
            return
        content, aside = await self._compared(original, shown.text)
        if (item, shown) == (self.item, self.shown):
            aside = " · ".join(filter(None, (aside, self._thought(shown.generation_id))))
            content = self._behind_thinking(shown.generation_id, content)
            self.revision.show(content, title=self._version_title(item), aside=aside)

    async def _compared(self, old: str, new: str) -> tuple[Content | str, str]:
        """The revision as it is shown, and what a reader should know before deciding."""
        self._drawn = self._rewritten = False
        if words := nothing_to_see(new):
            return Content.styled(words, "italic $muted"), ""
        if words := hardly_differ(old, new):
            return new, f"the two {words}"
        if not self.marked:
            return new, ""
        long = len(old) + len(new) >= LONG
        segments = await asyncio.to_thread(word_diff, old, new) if long else word_diff(old, new)
        self._rewritten = rewritten(segments)
        self._drawn = self._insisted or not self._rewritten
        text = drawn(segments) if self._drawn else new
        return text, "rewritten" if self._rewritten else ""

    def _version_title(self, item: RevisionItem) -> str:
        of = f" of {len(item.finished)}" if len(item.finished) > 1 else ""
        return f"Revision · round {self.version}{of}"

    def _show_critique(self, item: RevisionItem) -> None:
        rounds = item.chain.rounds if item.chain else ()
        at = min(max(self.version, 1), len(rounds)) - 1
        if at < 0:
            self.critique.show("", title="Critique")
            return
        critique = rounds[at].critique
        if critique is None:
            self.critique.show(NO_CRITIQUE, title="Critique · none")
            return
        text = critique.text if critique.found else f"{NOTHING_FOUND}\n\n{critique.text}"
        self.critique.show(
            self._behind_thinking(critique.generation_id, text.strip()),
            title=f"Critique · {item.principle(critique.principle_id)}",
            aside=self._thought(critique.generation_id),
        )
