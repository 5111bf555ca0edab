"""A text to change in place: ctrl+s keeps it, escape leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.message import Message

from store import reasoning
from store.judgements.drafts import Draft, DraftPlace
from tui.drafts import since
from tui.keys.texts import EDITOR
from tui.text_screen import TextChanged, closed, opened
from tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from tui.widgets.text_area import CleanTextArea


class Editor(Vertical):
    """Hidden and empty until :meth:`open`; says at the end what became of the text.

    The text stands there without what nobody could see: what the person sees is what is kept,
    once they have changed something. A text that was not changed stays as it was, to the byte.
    """

    DEFAULT_CSS = """
    Editor { display: none; height: 1fr; width: 1fr; }
    Editor > CleanTextArea, Editor > CleanTextArea:focus {
        height: 1fr; border: none; padding: 0 1 0 2; margin: 0 1; background: $panel;
    }
    """

    BINDINGS = EDITOR
    EXPORTED: ClassVar[bool] = True
    """Whether the text is an answer, which goes out once it is decided."""

    class Saved(Message):
        """ctrl+s: the text is final; ``changed`` is False when it is still as it was."""

        def __init__(self, place: DraftPlace, text: str, *, changed: bool) -> None:
            super().__init__()
            self.place = place
            self.text = text
            self.changed = changed

    class Left(Message):
        """Escape: the text as it stood is a draft, to go on with later."""

        def __init__(self, place: DraftPlace, *, changed: bool) -> None:
            super().__init__()
            self.place = place
            self.changed = changed

    def __init__(self, title: str, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._rule = Rule(title)
        self._made: CleanTextArea | None = None
        self._title = title
        self._before = ""
        self._place: DraftPlace | None = None
        self._draft_words = ""
        """From when the text is that was gone on with."""

    @property
    def _area(self) -> CleanTextArea:
        if self._made is None:
            from tui.widgets.text_area import CleanTextArea  # nobody writes in the first item

            self._made = CleanTextArea(
                soft_wrap=True, show_line_numbers=False, tab_behavior="focus", theme="css"
            )
            self.mount(self._rule, self._made)
        return self._made

    def open(
        self, place: DraftPlace, text: str, draft: Draft | None = None, *, title: str = ""
    ) -> None:
        """Let the person change a text.

        Args:
            place: which text it is; every change of it is a draft from here on.
            text: as it is now; an unchanged text is told as such.
            draft: what the person had made of it before, if anything.
            title: other words above it than usual.
        """
        self._place = place
        self._before = self._area.take(text)
        self._area.load_text(self._before if draft is None else draft.text)
        self._rule.heading = title or self._title
        self._draft_words = "" if draft is None else f"your draft from {since(draft)}"
        self._tell()
        self.display = True
        self._rule.add_class("-picked")
        opened(self._area)

    def close(self) -> None:
        """Hide and give the keys back to the screen."""
        self.display = False
        self._place = None
        if self._made is not None:
            closed(self._made)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Another letter."""
        event.stop()
        if self._place is not None:
            self._tell()
            text = self._area.text if self._changed else None
            self.post_message(TextChanged(self._place, text))

    def action_save(self) -> None:
        """Close with the text as it is now."""
        if self._place is not None:
            self.post_message(self.Saved(self._place, self._area.text, changed=self._changed))

    def action_leave(self) -> None:
        """Close; the text stays a draft."""
        if self._place is not None:
            self.post_message(self.Left(self._place, changed=self._changed))

    def _tell(self) -> None:
        """What is to be known of the text as it is now."""
        mark = (
            reasoning.found(self._area.text) if self.EXPORTED else None
        )  # an export's reason for it is `reasoning`
        stays_out = f"with {mark} it stays out of exports" if mark else ""
        self._rule.aside = stays_out or self._draft_words

    @property
    def _changed(self) -> bool:
        return self._area.text != self._before
