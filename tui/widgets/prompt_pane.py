"""The prompt: what the user of the model asked; a conversation stands at its last question."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from store.records import Message
from tui.formatting import counted
from tui.text import one_line, plain
from tui.widgets.answer_pane import AnswerPane

ROLES = {"user": "User", "assistant": "Model", "system": "System"}
"""How the turns of a conversation are called on screen."""


def earlier(messages: Sequence[Message]) -> int:
    """Turns before the user's last one, which is what the answers answer."""
    asked = (at for at in range(len(messages) - 1, -1, -1) if messages[at].role == "user")
    return next(asked, max(len(messages) - 1, 0))


def turns(messages: Sequence[Message]) -> list[Content]:
    """Each turn behind who speaks."""
    names = [one_line(ROLES.get(turn.role, turn.role), 12) for turn in messages]
    width = max(map(cell_len, names), default=0) + 2
    return [
        Content.assemble(
            plain(name + " " * (width - cell_len(name)), "$muted"),
            plain(turn.content.replace("\n", "\n" + " " * width)),
        )
        for name, turn in zip(names, messages, strict=True)
    ]


class PromptPane(AnswerPane):
    """A pane whose earlier turns are folded to a line, or stand above the place it starts at."""

    def __init__(self, title: str = "", *, widget_id: str | None = None) -> None:
        super().__init__(title, widget_id=widget_id)
        self._messages: Sequence[Message] = ()
        self._next: tuple[Sequence[Message], Content, Content | None] = ((), Content(""), None)
        self.folded = True
        """Earlier turns are one line; stays as it is from prompt to prompt."""

    @property
    def earlier(self) -> int:
        """Turns before the user's last one."""
        return earlier(self._messages)

    def prepare_prompt(self, messages: Sequence[Message]) -> None:
        """Make ready the prompt that will probably be shown next."""
        self._next = (messages, *self._drawn(messages))
        self.prepare(self._next[1])

    def show_prompt(
        self, messages: Sequence[Message], *, title: str | None = None, aside: str = ""
    ) -> None:
        """Show a prompt under its place in the queue."""
        self._messages = messages
        known, content, before = self._next
        if messages != known:
            content, before = self._drawn(messages)
        self.show(content, title=title, aside=aside, behind=before)

    def fold(self) -> None:
        """``h``: unfold the earlier turns, or fold them again."""
        self.folded = not self.folded
        self._next = ((), Content(""), None)
        self.show_prompt(self._messages, aside=self.aside)

    def _drawn(self, messages: Sequence[Message]) -> tuple[Content, Content | None]:
        """The prompt, and what of it stands above the place to start at."""
        number = earlier(messages)
        if len(messages) == 1 and messages[0].role == "user":
            return plain(messages[0].content), None
        every = turns(messages)
        if not number:
            return Content("\n").join(every), None
        if self.folded:
            line = Content.styled(f"{counted(number, 'earlier turn')} (h)", "$muted")
            return Content("\n").join([line, *turns(messages[number:])]), None
        return Content("\n").join(every), Content("\n").join(every[:number])
