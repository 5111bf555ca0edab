"""The guideline on a screen of its own: its versions, a search, and an editor for the next one."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from rich.cells import set_cell_size
from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input
from textual.widgets.option_list import Option

from store.db.sqlite import Database
from store.errors import StoreError
from store.judgements import guidelines, labels
from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Guideline
from store.rounds import relabel
from tui.dialogs.guideline_text import unbroken
from tui.drafts import since
from tui.formatting import counted
from tui.keys.texts import GUIDELINE, GUIDELINE_EDITOR
from tui.messages import LabelStored
from tui.services import Services
from tui.text import one_line
from tui.text_screen import TextScreen
from tui.widgets.editor import Editor
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.guideline_pane import GuidelinePane
from tui.widgets.header import WIDE
from tui.widgets.lines import Lines
from tui.widgets.note_line import NoteLine
from tui.widgets.rule import Rule
from tui.widgets.scrolling import Scrolls
from tui.widgets.word_diff import Change, drawn, word_diff

if TYPE_CHECKING:
    from tui.app import PairlabApp

FIRST_WORDS = "# Guideline\n\nWhich of two answers is better, and why.\n"
"""Stands in the editor of a project that has no guideline yet."""

PLACE = DraftPlace(DraftKind.GUIDELINE)


class GuidelineEditor(Editor):
    """The editor with this screen's words for its keys."""

    BINDINGS = GUIDELINE_EDITOR
    EXPORTED = False


@dataclass(frozen=True, slots=True)
class _GuidelineState:
    """What the store says, read in one go."""

    history: tuple[Guideline, ...] = ()
    current_id: str | None = None
    used: dict[str, int] | None = None
    older: int = 0
    """The annotator's own labels under versions not in force any more."""


class GuidelineScreen(Scrolls, ModalScreen[None], TextScreen):
    """Read any version; ``e`` writes the next one."""

    MODE = "guideline"
    CSS_PATH = "guideline.tcss"
    AUTO_FOCUS = ""
    BINDINGS = GUIDELINE

    pane = getters.query_one(GuidelinePane)
    editor = getters.query_one(GuidelineEditor)
    versions = getters.query_one(Lines)
    status = getters.query_one(StatusLine)
    note_line = getters.query_one(NoteLine)

    def __init__(self) -> None:
        super().__init__()
        self._state = _GuidelineState()
        self._at = -1
        """Place in the history of the version shown."""
        self._marked = False
        self._base: str | None = None
        self._sure = False

    def compose(self) -> ComposeResult:
        """The versions, the text or its editor, the two lines below."""
        with Horizontal(id="both"):
            with Vertical(id="versions"):
                yield Rule("Versions", "labels")
                yield Lines(markup=False)
            yield GuidelinePane(widget_id="guideline")
            yield GuidelineEditor("The next version")
        with Vertical(id="footer"):
            yield NoteLine("search")
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """Read what there is."""
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self.versions.can_focus = False
        self._do(self._come)

    def on_resize(self, event: Resize) -> None:
        """A narrow screen has room for the text alone; the arrows walk through the versions."""
        self.set_class(event.size.width < WIDE, "-narrow")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While one writes, only the editor's own keys are there."""
        if action in {"version", "changes"} and len(self._state.history) < 2:
            return False
        if action == "relabel":
            return bool(self._state.older)
        if action == "search" and not self._state.history:
            return None
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """The version in force, or what was written and not kept."""
        current = self._current()
        self._base = self._state.current_id
        text = current.text if current else FIRST_WORDS
        self.add_class("-editing")
        self.editor.open(PLACE, text, self._app.session.drafts.get(PLACE))
        self._tell("")

    def action_search(self) -> None:
        """Open the line below for words to search the guideline for."""
        self.note_line.open("search", self.pane.search)

    def action_version(self, step: int) -> None:
        """The arrows to the sides."""
        last = len(self._state.history) - 1
        self._at = min(max(self._at + step, 0), last)
        self._draw()

    def action_changes(self) -> None:
        """What the version changed, word by word; again shows it plain."""
        self._marked = not self._marked
        self._draw()

    def action_relabel(self) -> None:
        """``r``, twice: what it does cannot be undone by one key."""
        self._app.presses.once(self._relabel_surely, self._say_held)

    def _say_held(self) -> None:
        again = self._app.key_of("guideline.relabel")
        self.status.dropped = f"{again} did not count: held down"

    def _relabel_surely(self) -> None:
        if self._sure:
            self._do(self._relabel)
            return
        self._sure = True
        again = self._app.key_of("guideline.relabel")
        self._tell(
            f"{again} again queues {counted(self._state.older, 'pair')} "
            "you labelled under older versions"
        )

    def action_close(self) -> None:
        """Out of a search, then back to where one was."""
        if self.pane.search:
            self.pane.find("")
            return
        self.dismiss()

    def scrolling(self) -> tuple[GuidelinePane]:
        """The pane with the version that is shown."""
        return (self.pane,)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The search follows the letters."""
        if self.note_line.about:
            self.pane.find(event.value)

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """The search stays until escape."""
        event.stop()
        self.pane.find(event.text)

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """A click on a version."""
        event.stop()
        self._at = len(self._state.history) - 1 - event.option_index
        self._draw()

    def on_editor_saved(self, event: Editor.Saved) -> None:
        """A text was saved: it becomes the version in force."""
        event.stop()
        self._do(partial(self._save, event.text))

    def on_editor_left(self, event: Editor.Left) -> None:
        """Escape: the text waits, also for another day."""
        event.stop()
        self._close_editor()
        edit = self._app.key_of("guideline.edit")
        self._tell(f"your text waits; {edit} goes on with it" if event.changed else "")

    # What happens

    @property
    def _app(self) -> PairlabApp:
        return cast("PairlabApp", self.app)

    @property
    def _services(self) -> Services:
        return self._app.services

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async def in_words() -> None:
            try:
                await work()
            except StoreError as error:
                self._tell(str(error), wrong=True)

        self.run_worker(in_words(), group="guideline")

    async def _come(self) -> None:
        await self._read()
        self._at = self._place_in_force()
        self._draw()
        draft = self._app.session.drafts.get(PLACE)
        if draft is not None:
            edit = self._app.key_of("guideline.edit")
            self._tell(f"your unfinished text from {since(draft)}: {edit} goes on with it")

    async def _read(self) -> None:
        services = self._services
        self._state = await services.store.call(_read, services.annotator)

    async def _save(self, text: str) -> None:
        services = self._services
        now = await services.store.call(guidelines.current_id)
        if now != self._base:
            self._base = now
            await self._read()
            newest = self._current()
            who = newest.author if newest else ""
            self._tell(
                f"{one_line(who, 20)} made a new version meanwhile; ctrl+s again puts yours over it"
            )
            return
        added = await services.store.call(
            guidelines.add_version, text, services.annotator, services.clock()
        )
        self._app.session.drafts.drop(PLACE)
        self._close_editor()
        await self._come()
        same = now == added.id
        self._tell(f"version {added.version} {'is as it was' if same else 'is in force'}")

    async def _relabel(self) -> None:
        services = self._services
        queued = await services.store.call(relabel.again, services.annotator, services.clock())
        self.app.post_message(LabelStored())
        await self._come()
        label = self._app.key_of("mode.label")
        self._tell(f"{counted(len(queued), 'pair')} in your queue again; {label} labels them")

    def _close_editor(self) -> None:
        self.remove_class("-editing")
        self.editor.close()

    def _draw(self) -> None:
        history = self._state.history
        shown = history[self._at] if history else None
        self.pane.show_version(shown)
        if shown is not None and self._marked and self._at > 0:
            before = history[self._at - 1]
            changed = word_diff(unbroken(before.text), unbroken(shown.text))
            self.pane.show(
                drawn(changed),
                title=f"Guideline v{shown.version}, changes since v{before.version}",
            )
            kept = itertools.takewhile(lambda each: each.change is Change.KEEP, changed)
            self.pane.show_place(sum(len(each.text) for each in kept))
        self.versions.set_options(self._line(each) for each in reversed(history))
        if history:
            self.versions.highlighted = len(history) - 1 - self._at
        force = shown is not None and shown.id == self._state.current_id
        where = f"version {shown.version} of {len(history)}" if shown else ""
        self.status.doing = f"{where} · in force" if force else where
        self._sure = False
        self.refresh_bindings()

    def _line(self, each: Guideline) -> Option:
        used = (self._state.used or {}).get(each.id, 0)
        force = "●" if each.id == self._state.current_id else " "
        about = Content.assemble(
            (f"{force} v{each.version:<4}", "bold" if force == "●" else ""),
            set_cell_size(one_line(each.author, 14), 16),
            (f"{each.at[:10]}  ", "$muted"),
            (f"{used:>6,}" if used else " " * 6, "$muted"),
        )
        return Option(about)

    def _current(self) -> Guideline | None:
        return next((e for e in self._state.history if e.id == self._state.current_id), None)

    def _place_in_force(self) -> int:
        current = self._current()
        return self._state.history.index(current) if current else -1

    def _tell(self, words: str, *, wrong: bool = False) -> None:
        self.status.told = words
        self.status.wrong = wrong


def _read(db: Database, annotator: str) -> _GuidelineState:
    return _GuidelineState(
        history=tuple(guidelines.history(db)),
        current_id=guidelines.current_id(db),
        used=guidelines.labels_under(db),
        older=len(labels.under_older_guideline(db, annotator)),
    )
