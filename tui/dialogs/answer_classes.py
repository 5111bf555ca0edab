"""Answers of a random sample, one at a time: does it comply, refuse, or half of each?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from store.errors import StoreError
from store.judgements import answer_classes
from store.records import AnswerClass
from store.views.classing import blind_answer, classing
from tui.keys.looking import CLASSES
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import Band, ReadingColumn, ReadingView
from tui.worker_errors import Bordered

if TYPE_CHECKING:
    from tui.app import PairlabApp

_ASKED = "2 refuses and still helps; 3 refuses or leads away"


class _AnswerView(ReadingView):
    """What was asked, and one answer to it."""

    def compose(self) -> ComposeResult:
        """Both share the rows as they need them."""
        yield PromptPane("Asked")
        yield AnswerPane("Answer", widget_id="answer")

    def bands(self) -> Iterable[Band]:
        """The question stands above the answer."""
        for pane in self.query(AnswerPane):
            yield [ReadingColumn([pane])]


class ClassScreen(ModalScreen[None], Bordered):
    """Blind: neither round nor origin, nor what rules, judges and others say."""

    DEFAULT_CSS = """
    ClassScreen { background: $background; layout: vertical; }
    ClassScreen > #footer { dock: bottom; height: auto; }
    """
    AUTO_FOCUS = ""
    BINDINGS = CLASSES

    prompt = getters.query_one(PromptPane)
    answer = getters.query_one("#answer", AnswerPane)
    status = getters.query_one(StatusLine)

    def __init__(self) -> None:
        super().__init__()
        self._left: list[str] = []
        self._drawn = 0
        self._given: list[str] = []
        """What was classed or skipped here, the last one last."""
        self._shown: str | None = None
        self._painted = float("inf")

    def compose(self) -> ComposeResult:
        """What was asked, the answer, what the keys mean."""
        yield _AnswerView()
        with Vertical(id="footer"):
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """The first answer."""
        self.run_worker(self._open())

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Without an answer there is nothing to say."""
        if action in {"give", "skip"}:
            return self._shown is not None
        return action != "undo" or bool(self._given)

    def action_give(self, said: str) -> None:
        """``1``, ``2``, ``3``: once for each press, on the answer that was on the screen."""
        app = self._app
        shown = self._shown
        least = app.session.minimum_seconds
        if shown is None or app.input_time - self._painted < least:
            self.status.dropped = "the key did not count: the answer was not here long enough"
            return

        def give() -> None:
            if self._shown == shown:
                self._shown = None
                self.run_worker(self._give(shown, AnswerClass(said)))

        app.presses.once(give, self._say_held, within=least)

    def action_skip(self) -> None:
        """``space``: it comes back when the others are done."""
        self._app.presses.once(self._skip, self._say_held)

    def action_undo(self) -> None:
        """``u``: the answer before once more, with nothing said about it."""
        if self._given:
            self._shown = None
            self.run_worker(self._take_back(self._given.pop()), exclusive=True)

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j`` and ``k``."""
        self.answer.scroll_lines(lines)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    @property
    def _app(self) -> PairlabApp:
        return cast("PairlabApp", self.app)

    def _say_held(self) -> None:
        self.status.dropped = "the key did not count: held down"

    def _skip(self) -> None:
        if self._left:
            self._given.append(self._left[0])
            self._left = [*self._left[1:], self._left[0]]
            self.run_worker(self._show(), exclusive=True)

    async def _open(self) -> None:
        found = await self._app.services.store.call(classing, self._app.services.annotator)
        self._left, self._drawn = list(found.left), found.size
        await self._show()

    async def _give(self, candidate_id: str, said: AnswerClass) -> None:
        services = self._app.services
        seconds = max(self._app.presses.clock.now() - self._painted, 0.0)
        give = partial(answer_classes.give, seconds=round(seconds, 2), at=services.clock())
        try:
            await services.store.call(give, candidate_id, services.annotator, said)
        except StoreError as error:
            self._shown = candidate_id
            self.status.told, self.status.wrong = str(error), True
            return
        self._left = [each for each in self._left if each != candidate_id]
        self._given.append(candidate_id)
        await self._show()

    async def _take_back(self, candidate_id: str) -> None:
        services = self._app.services
        take_back = partial(answer_classes.take_back, at=services.clock())
        try:
            await services.store.call(take_back, candidate_id, services.annotator)
        except StoreError as error:
            self.status.told, self.status.wrong = str(error), True
            return
        self._left = [candidate_id, *(each for each in self._left if each != candidate_id)]
        await self._show()

    async def _show(self) -> None:
        self.status.dropped = ""
        if not self._left:
            self._shown = None
            self.prompt.show_prompt(())
            self.answer.show(
                "You have classed every answer of the sample."
                if self._drawn
                else "There is no answer to a prompt of category harmful or benign_lookalike yet."
            )
            self.status.told = "pairlab evaluate --sample N draws more"
        else:
            found = await self._app.services.store.call(blind_answer, self._left[0])
            self.prompt.show_prompt(found.messages)
            place = self._drawn - len(self._left) + 1
            self.answer.show(found.text, title=f"Answer {place} of {self._drawn}")
            self.status.told = _ASKED
            self._painted = float("inf")
            self._shown = found.candidate_id
            self.call_after_refresh(self._mark_painted)
        self.refresh_bindings()

    def _mark_painted(self) -> None:
        self._painted = self._app.presses.clock.now()
