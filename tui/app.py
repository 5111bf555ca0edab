"""The app: modes, themes and keys. What goes on meanwhile is in :mod:`tui.session`.

Nothing heavy is imported here: the first screen is drawn before the store and the model's side
are loaded (:mod:`tui.opening`).
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event, InputEvent, Key, Paste
from textual.message import Message

from store import clock
from tui.crash import last_words
from tui.formatting import counted
from tui.key_repeat import Presses
from tui.keymap import display, key_of
from tui.keys.whole_app import APP
from tui.messages import CameBack, GoTo, LabelStored, LeftOut, StartSearch
from tui.modes.registry import MODES as EVERY_MODE
from tui.pasting import taken_line
from tui.signals import follow
from tui.terminal_input import forgiving
from tui.text import clean, one_line
from tui.text_screen import TextChanged, TextScreen
from tui.themes import DARK, DEFAULTS, TERMINAL, THEMES
from tui.widgets.footer import StatusLine
from tui.worker_errors import Bordered

if TYPE_CHECKING:
    from textual.command import Provider

    from engine.method.events import PlanProgress
    from store.errors import FileLost
    from tui.agreement_model import AgreementModel
    from tui.services import Services
    from tui.session import Session

LOOK_EVERY = 0.25
"""Seconds between two looks for other processes' work."""

SHOW_EVERY = 0.1
"""Seconds between two pictures of a text that is being written."""


def _palette() -> type[Provider]:
    from tui.palette import PairlabCommands  # when it is opened

    return PairlabCommands


class PairlabApp(App[None], Bordered):
    """Makes, labels and exports preference pairs.

    Args:
        services: store, model and clock; None where :meth:`begin` gets them once the first screen
            is there. The store is closed by whoever opened it; the model is started here, after
            the first paint, and ended here.
        look_every: seconds between two looks for other processes' work.
        show_every: seconds between two pictures of a text that is being written.
    """

    TITLE = "pairlab"
    # the first mode's with it: a style sheet that is read later has everything parsed again
    CSS_PATH: ClassVar[Any] = ["app.tcss", "modes/revise/style.tcss"]
    MODES = {mode.id: mode.opener() for mode in EVERY_MODE}
    DEFAULT_MODE = "revise"
    COMMANDS: ClassVar[set[Any]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = APP

    def __init__(
        self,
        services: Services | None = None,
        *,
        look_every: float = LOOK_EVERY,
        show_every: float = SHOW_EVERY,
    ) -> None:
        colourless = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if colourless else None)
        self.input_time = 0.0
        """When the key or click being handled was made, on the clock of keys."""
        self.lost: FileLost | None = None
        """Why nothing can be stored any more; None while all is well."""
        self.presses = Presses(self.set_timer)
        """Tells a press of a key from the repeats of a held one."""
        self._letters: list[Key] = []
        self.leaving = False
        """Whether a signal has ended the app; a second one changes nothing."""
        self._paces = (look_every, show_every)
        self._session: Session | None = None
        if services is not None:
            self.attend(services)
        for theme in THEMES:
            self.register_theme(theme)
        # assigned, it would have everything parsed and styled once more
        self.set_reactive(PairlabApp.theme, TERMINAL.name if colourless else DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())
        for name in set(self.available_themes) - {theme.name for theme in THEMES}:
            self.unregister_theme(name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names."""
        return DEFAULTS

    def get_driver_class(self) -> type[Driver]:
        """What reads the terminal; no byte from there ends the app."""
        return forgiving(super().get_driver_class())

    # Life

    def attend(self, services: Services) -> None:
        """Work on a project from now on."""
        from tui.session import Session  # loads the store

        look_every, show_every = self._paces
        self.presses.clock = services.input_clock
        self.set_keymap(services.configuration.keymap)
        self._session = Session(self, services, look_every=look_every, show_every=show_every)

    @property
    def is_open(self) -> bool:
        """Whether a project is open."""
        return self._session is not None

    @property
    def session(self) -> Session:
        """What goes on in the project that is open."""
        assert self._session is not None, "nothing is open yet"
        return self._session

    @property
    def project(self) -> Path:
        """The project file."""
        return self.services.db_path

    @property
    def log_path(self) -> Path | None:
        """Where the model host and a crash write."""
        return self.services.log_path

    @property
    def services(self) -> Services:
        """Store, model and clock."""
        return self.session.services

    @property
    def agreement(self) -> AgreementModel:
        """The figures of header and mode K."""
        return self.session.agreement

    @property
    def progress(self) -> PlanProgress | None:
        """How far the background worker is, for a screen that is opened later."""
        return self.session.progress

    def on_mount(self) -> None:
        """Begin what can wait until the first screen is painted."""
        follow(self)
        self.app_resume_signal.subscribe(self, self._come_back)
        self.theme_changed_signal.subscribe(self, lambda theme: self._remember_theme(theme.name))
        if self._session is not None:
            self.call_after_refresh(self._session.begin)

    async def action_quit(self) -> None:
        """Ends the model's process first; what it was writing is written next time."""
        await self.leave(0 if self.lost is None else 1, limit=None)

    async def leave(self, status: int, *, limit: float | None) -> None:
        """Save what is open, end the model's process, then the app.

        Args:
            status: exit status.
            limit: seconds for each of these; None for as long as they take.
        """
        await self._let_go(limit)
        self.exit(return_code=status)

    def lose(self, error: FileLost) -> None:
        """The project file is gone: say so over everything; nothing else can be done here."""
        if self.lost is not None:
            return
        self.lost = error
        from tui.dialogs.file_lost import LostScreen
        from tui.unsaved_texts import open_texts  # both are seldom needed

        self.push_screen(LostScreen(error, open_texts(self.screen_stack)))

    async def on_unmount(self) -> None:
        """Whatever way the app ends, the model's process ends too."""
        await self._let_go(None)

    async def _let_go(self, limit: float | None) -> None:
        if self._session is not None:
            await self._session.end(limit)

    # Keys

    async def on_event(self, event: Event) -> None:
        """Remember when a key was typed, for the guard of :class:`~tui.modes.acting.ActingScreen`.

        A key passes here twice: as it comes, and again when the bindings are looked up.
        """
        if isinstance(event, Paste) and isinstance(self.screen, CommandPalette):
            event.text = taken_line(event.text).text  # its line is Textual's and takes anything
        if isinstance(event, InputEvent):
            self.input_time = self.presses.clock.of(event)
        if isinstance(event, Key):
            self.presses.take(event)
            await self._deliver()
            if not event.is_forwarded and self._opened_a_text(event):
                self.presses.once(partial(self._letter, event), lambda: None)
                return
        await super().on_event(event)

    def _opened_a_text(self, event: Key) -> bool:
        """Whether the key is the one that has just opened a text: it may be held."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        if not isinstance(screen, TextScreen) or not screen.opened_by:
            return False
        if screen.opened_by != event.key:
            screen.opened_by = ""
        return bool(screen.opened_by)

    def _letter(self, event: Key) -> None:
        """The key was pressed again: a letter of the text, before whatever comes behind it."""
        self._letters.append(event)
        self.call_later(self._deliver)

    async def _deliver(self) -> None:
        while self._letters:
            await super().on_event(self._letters.pop(0))

    def key_of(self, binding_id: str) -> str:
        """The key of a binding where this person has it, as it is shown."""
        return key_of(self, binding_id)

    def get_key_display(self, binding: Binding) -> str:
        """A key as footer, help and palette show it."""
        return binding.key_display or display(binding.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a text is open, letters are letters: nothing else is opened over it."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        if action in {"find", "dialog", "mode"} and getattr(screen, "open_text", None) is not None:
            return False
        return super().check_action(action, parameters)

    def action_mode(self, mode: str) -> None:
        """An upper-case letter, or a click on a mode's name."""
        self.switch_mode(mode)

    def _come_back(self, _app: App[Any]) -> None:
        """In front again after ``fg``: the shell has drawn over everything."""
        for screen in self.screen_stack:
            screen.refresh(layout=True)
        self.pass_on(CameBack())

    async def open_item(self, mode: str, item_id: str) -> None:
        """Open a mode at an item."""
        await self.switch_mode(mode)
        self.pass_on(GoTo(item_id))

    async def action_find(self) -> None:
        """Mode B, ready to search."""
        await self.switch_mode("browse")
        self.pass_on(StartSearch())

    def action_dialog(self, dialog: str) -> None:
        """Open what belongs to the whole project, over the mode."""
        from tui.dialogs.registry import BY_ID  # opened seldom, and slow to import

        if self.is_open:
            self.push_screen(BY_ID[dialog].open())

    # Word from others

    def pass_on(self, message: Message) -> None:
        """Give a message to the screen of the current mode, also under an open sheet."""
        if self.is_running and self.screen_stack:
            self.screen_stack[0].post_message(message)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say something in the footer of the screen that is in front, where it has one."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        lines = screen.query(StatusLine) if screen is not None else None
        if not lines:
            self.notify(words, markup=False, timeout=12)
            return
        lines.first().told, lines.first().wrong = words, wrong

    def on_label_stored(self, _event: LabelStored) -> None:
        """A label of this process: the figure in the header may have moved."""
        self.session.count_labels_soon()

    def on_left_out(self, event: LeftOut) -> None:
        """Say in the footer of the screen that has the input how much of a text it left out."""
        self.say(f"{counted(event.number, 'hidden character')} left out of the text")

    def on_text_changed(self, event: TextChanged) -> None:
        """Somebody writes: what is written is a draft."""
        if event.text is None:
            self.session.drafts.drop(event.place)
        else:
            self.session.drafts.write(event.place, event.text)

    # Colours

    def _remember_theme(self, name: str) -> None:
        if not self.no_color and self._session is not None:
            self._session.remember_theme(name)

    # Nothing leaves

    def open_url(self, url: str, **_how: bool) -> None:
        """Links in texts are shown and never opened."""
        words = f"not opened, this machine stays offline: {one_line(url, 60)}"
        self.notify(words, markup=False, timeout=3)

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Pictures of unpleasant or secret texts are not written to the disk by a key."""

    def _fatal_error(self) -> None:
        """An error nobody foresaw."""
        words = last_words(self.project, self.log_path, clock.now(), sys.exception())
        self._exit_renderables.append(Text(clean(words)))
        self._close_messages_no_wait()
