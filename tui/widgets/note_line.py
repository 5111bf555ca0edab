"""One line to write in, above the footer: enter keeps it, escape leaves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Paste
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from store.judgements.drafts import Draft, DraftPlace
from tui.drafts import since
from tui.messages import LeftOut
from tui.pasting import taken_line
from tui.text_screen import TextChanged, closed, opened


class CleanInput(Input):
    """An input of one line that takes nothing that cannot be seen; line breaks become spaces."""

    def on_paste(self, event: Paste) -> None:
        """Look through the text before the input takes it over, which keeps one line of it."""
        event.text = self.take(event.text)

    def action_paste(self) -> None:
        """What was copied inside the app, likewise."""
        self.replace(self.take(self.app.clipboard), *self.selection)

    def take(self, text: str) -> str:
        """The text as it may stand here; what is left out is told."""
        kept, left_out = taken_line(text)
        if left_out:
            self.post_message(LeftOut(left_out))
        return kept


class NoteInput(CleanInput):
    """An input that says in the footer what ends it."""

    BINDINGS = [Binding("enter", "submit", "Done", tooltip="keeps what stands in the line")]


class NoteLine(Horizontal):
    """Hidden until :meth:`open`; gives the keys back when it is left."""

    DEFAULT_CSS = """
    NoteLine { height: 1; display: none; padding: 0 1; }
    NoteLine > Static { width: auto; color: $accent; padding-right: 1; }
    NoteLine > CleanInput { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """

    BINDINGS = [
        Binding("tab", "complete", "Complete"),
        Binding("escape", "leave", "Leave", key_display="esc"),
    ]

    class Written(Message):
        """A line was finished with enter."""

        def __init__(self, item: str, text: str) -> None:
            super().__init__()
            self.item = item
            self.text = text

    def __init__(self, label: str = "note") -> None:
        super().__init__()
        self._label = label
        self._item = ""
        self._before = ""
        self._place: DraftPlace | None = None
        self._field: CleanInput | None = None

    def compose(self) -> ComposeResult:
        """The word before the line."""
        yield Static(self._label, markup=False)

    @property
    def field(self) -> CleanInput:
        """What takes the letters; made when it is needed first."""
        if self._field is None:
            self._field = NoteInput(compact=True, select_on_focus=False)
            self.mount(self._field)
        return self._field

    @property
    def about(self) -> str:
        """What the line is about, while it is open; empty otherwise."""
        return self._item if self.display else ""

    def open(
        self,
        item: str,
        text: str = "",
        *,
        label: str = "",
        place: DraftPlace | None = None,
        draft: Draft | None = None,
        suggester: Suggester | None = None,
    ) -> None:
        """Let the person write.

        Args:
            item: what the line is about; comes back in :class:`Written`.
            text: what stands there to begin with.
            label: the word before the line, where it is about something else than usual.
            place: which text it is, where every change of it is to be a draft.
            draft: what the person had written there before, if anything.
            suggester: what goes on as the person may mean it, where anything does.
        """
        field = self.field
        field.suggester = suggester
        self._item, self._place, self._before = item, place, field.take(text)
        field.value = self._before if draft is None else draft.text
        field.cursor_position = len(field.value)
        word = label or self._label
        self.query_one(Static).update(
            word if draft is None else f"{word} (your draft from {since(draft)})"
        )
        self.display = True
        opened(field)

    def fill_in(self, place: DraftPlace, text: str) -> None:
        """What stood there before, read after the line was opened; letters typed stay behind it."""
        if self._place == place and self.display and text:
            field = self.field
            self._before = field.take(text)
            behind = len(field.value) - field.cursor_position
            field.value = self._before + field.value
            field.cursor_position = len(field.value) - behind

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another letter."""
        if self._place is not None and self.display:
            text = event.value if event.value != self._before else None
            self.post_message(TextChanged(self._place, text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the line over."""
        event.stop()
        self.action_leave()
        self.post_message(self.Written(self._item, event.value))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a line that makes suggestions completes."""
        if action == "complete":
            return self.field.suggester is not None
        return super().check_action(action, parameters)

    def action_complete(self) -> None:
        """Take the suggestion, where the line makes some."""
        field = self.field
        field.action_end()
        field.action_cursor_right()

    def action_leave(self) -> None:
        """Hide; what was written waits as a draft, where the line has one."""
        self.display = False
        closed(self.field)
