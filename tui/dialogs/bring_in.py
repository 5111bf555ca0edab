"""Bringing a file in: a path, a look at what would come, ``enter``; escape leaves before that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from store.errors import FileLost, StoreError
from tui.path_suggester import PathSuggester
from tui.text import plain
from tui.text_screen import TextScreen
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.note_line import NoteLine

if TYPE_CHECKING:
    from tui.app import PairlabApp
    from tui.services import Services


class Looked(NamedTuple):
    """What a file would bring, or has brought."""

    text: str | Content
    anything: bool
    """Whether there is something that is not in the project."""
    done: str
    """The line for the footer, once it is brought in."""


class BringInScreen(ModalScreen[None], TextScreen):
    """One kind of file: what it brings is shown before anything is written."""

    HEADING: ClassVar[str]
    ABOUT: ClassVar[str]
    ELSE: ClassVar[str] = "p takes another path."
    """What to do about a file that cannot be used."""

    CSS_PATH = "bring_in.tcss"
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("enter", "bring_in", "Bring in", key_display="enter"),
        Binding("p", "path", "Path"),
        Binding("escape,q", "close", "Back", key_display="esc"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    pane = getters.query_one(AnswerPane)
    status = getters.query_one(StatusLine)
    note_line = getters.query_one(NoteLine)

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._fits = False
        """What is at the path was looked at, and something would come in."""
        self._writing = False

    @property
    def pair_app(self) -> PairlabApp:
        """The app, by its own class."""
        return cast("PairlabApp", self.app)

    async def read(self, services: Services, path: Path, *, dry_run: bool) -> Looked:
        """Look at a file, or bring it in.

        Raises:
            StoreError: it cannot be used.
        """
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """What would come in, the path."""
        with Vertical(id="sheet"):
            yield AnswerPane(self.HEADING)
        with Vertical(id="footer"):
            yield NoteLine("path")
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """Ask for the path."""
        self.pane.show(self.ABOUT)
        self.action_path()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """``enter`` brings in what was looked at; nothing leaves while it is being written."""
        if action == "bring_in":
            return self._fits and not self._writing
        if action in {"path", "close"} and self._writing:
            return None
        return super().check_action(action, parameters)

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A path: look at the file, write nothing."""
        event.stop()
        if event.item != "path":
            self.answered(event.item, event.text.strip())
        elif event.text.strip():
            self._path = Path(event.text.strip()).expanduser()
            self.read_again()

    def answered(self, item: str, text: str) -> None:
        """A line that asked for something else than the path."""

    @property
    def may_read_again(self) -> bool:
        """A file was named, and nothing of it is being written."""
        return self._path is not None and not self._writing

    def read_again(self) -> None:
        """Look at the file once more; write nothing."""
        if self._path is not None and not self._writing:
            self._fits = False
            self.run_worker(self._run(self._path, dry_run=True), exclusive=True)

    def action_bring_in(self) -> None:
        """What was shown is brought in."""
        self.pair_app.presses.once(self._bring_in, self._say_held)

    def _say_held(self) -> None:
        self.status.dropped = "enter did not count: held down"

    def _bring_in(self) -> None:
        if self._path is not None and self._fits and not self._writing:
            self._writing = True
            self.run_worker(self._run(self._path, dry_run=False), exclusive=True)

    def action_path(self) -> None:
        """Another file."""
        self.note_line.open("path", str(self._path or ""), suggester=PathSuggester())

    def action_close(self) -> None:
        """Leave; what was looked at is not brought in."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j``, ``k``, pages."""
        self.pane.scroll_lines(lines)

    async def _run(self, path: Path, *, dry_run: bool) -> None:
        app = self.pair_app
        self.status.wrong, self.status.told = False, ""
        self.status.doing = f"reading {path}" if dry_run else f"writing what {path} holds"
        self.refresh_bindings()
        fits = False
        try:
            looked = await self.read(app.services, path, dry_run=dry_run)
        except FileLost:
            raise
        except StoreError as error:
            self.pane.show(Content.assemble(plain(f"{error}\n\n", "bold $error"), plain(self.ELSE)))
        else:
            fits = dry_run and looked.anything
            self.pane.show(looked.text)
            self.status.told = "" if dry_run else looked.done
            if not dry_run:
                await app.session.catch_up()
        finally:
            self._fits, self._writing = fits, False
            self.status.doing = ""
            self.refresh_bindings()
