"""The prompt: what the user of the model asked, folded where there is little room."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from store.records import Message
from tui.text import plain
from tui.widgets.answer_pane import AnswerPane

ROLES = {"user": "User", "assistant": "Model", "system": "System"}
"""How the turns of a conversation are called on screen."""


def conversation(messages: Sequence[Message]) -> Content:
    """One message as it is; several with who speaks before each."""
    if len(messages) == 1 and messages[0].role == "user":
        return plain(messages[0].content)
    turns = [
        Content.assemble(
            plain(ROLES.get(turn.role, turn.role), "$muted"), ("  ", ""), plain(turn.content)
        )
        for turn in messages
    ]
    return Content("\n").join(turns)


class PromptPane(AnswerPane):
    """A pane that is as high as its prompt, up to a few lines; two where the screen is narrow."""

    DEFAULT_CSS = """
    PromptPane { height: auto; max-height: 7; }
    PromptPane > TextBody { height: auto; max-height: 6; }
    """

    _next: tuple[Sequence[Message], Content] = ((), Content(""))

    def prepare_prompt(self, messages: Sequence[Message]) -> None:
        """Make ready the prompt that will probably be shown next."""
        self._next = (messages, conversation(messages))
        self.prepare(self._next[1])

    def show_prompt(self, messages: Sequence[Message], *, title: str) -> None:
        """Show a prompt under its place in the queue."""
        known, content = self._next
        self.show(content if messages == known else conversation(messages), title=title)
