"""Mode M: which model, in what state, what it still has to write, and what went wrong."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from textual import getters
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from engine.api import EngineStatus, State
from engine.method.events import Failed, Idle, PlanProgress, RunnerEvent, Stored, Writing
from store.items import prompts
from store.log.undo import Undone
from store.rounds import presence
from tui.dialogs.sheet import Sheet
from tui.keymap import with_keys
from tui.keys.looking import MODEL
from tui.messages import EngineSaid, RunnerSaid
from tui.modes.model.facts import facts, queue_words
from tui.modes.model.text import STATES, doing, speed_bars
from tui.modes.page import PageScreen
from tui.text import one_line, plain
from tui.widgets.next_step import NextStep, command
from tui.widgets.rule import Rule

MINUTES = 3
"""How far back the bars go."""
LAST = 8
"""So many finished texts are listed."""
LOG_TAIL = 64 * 1024
"""Bytes of the log that are shown, counted from its end."""
KINDS = {"propose": "a candidate", "critique": "a critique", "revise": "a revision"}
"""What is being written, in words."""


FAILED = "no model can write"
TRY = "{model.choose} chooses another file; {model.restart} tries this one again."
"""What one does about it."""
LOADING = (
    "A large file on a slow disk takes minutes. {model.choose} takes another file, "
    "{model.restart} starts anew, {all.quit} leaves: each ends what loads now."
)
"""What one can do meanwhile; no limit by the clock ends it."""


class ModelScreen(PageScreen):
    """Follows the engine's status and the background worker's progress."""

    MODE = "model"
    CSS_PATH = "style.tcss"
    HELP_TEXT = (
        "The model runs in a process of its own: when it dies, labels and decisions are not "
        "touched, and it is started again. Pause lets it finish what it is writing and then "
        "rest, which frees the processor; labelling goes on as ever."
    )

    BINDINGS = MODEL

    nothing = getters.query_one(NextStep)
    facts = getters.query_one("#facts", Static)
    queue = getters.query_one("#queue", Static)
    speed = getters.query_one("#speed", Rule)
    trouble = getters.query_one("#trouble", Static)
    bars = getters.query_one("#bars", Static)
    finished = getters.query_one("#finished", Static)

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self._status = EngineStatus()
        self._progress: PlanProgress | None = None
        self._writing = ""
        self._writing_for: str | None = None
        self._position = 0
        self._elsewhere: list[str] = []
        """Who has the project open in other windows."""
        self._finished: deque[str] = deque(maxlen=LAST)
        """What the worker brought to an end, the newest first."""
        self._memory = ""
        self._weighed: str | None = None
        """The file that the words above are about."""
        self._speeds: deque[float] = deque([0.0], maxlen=MINUTES * 60)

    # What the mode says of itself

    def compose_mode(self) -> Iterable[Widget]:
        """The model, the queue, the speed, the last trouble."""
        with VerticalScroll(can_focus=False):
            yield NextStep()
            yield Rule("Model", widget_id="state")
            yield Static(id="facts", markup=False)
            yield Rule("Queue")
            yield Static(id="queue", markup=False)
            yield Rule("Tokens a second", widget_id="speed")
            yield Static(id="bars", markup=False)
            yield Rule("Last trouble")
            yield Static(id="trouble", markup=False)
            yield Rule("Last finished")
            yield Static(id="finished", markup=False)

    async def on_mount(self) -> None:
        """Take the state as it is and follow it."""
        self._take_up()

    def _take_up(self) -> None:
        engine, runner = self.services.engine, self.services.runner
        self.set_class(engine is None, "-empty")
        if engine is None:
            self._tell_no_model()
            return
        self._status = engine.status
        self._progress = self.app.progress
        if runner is not None:
            self.paused = runner.paused
        self.set_interval(1.0, self._count_speed)
        self._draw()

    def on_screen_resume(self) -> None:
        """Back from another mode, which heard what the worker said meanwhile."""
        if self.has_class("-empty"):
            self._take_up()
        self._progress = self.app.progress
        self._writing = ""
        self._draw()
        self.background(self._look_around, group="others")

    async def undone(self, undone: Undone) -> None:
        """Only say so: nothing of it is shown here."""
        self.tell(f"undone: a {undone.kind} made in another mode")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done to this engine now."""
        if action in {"pause", "go_on"}:
            wanted = "go_on" if self.paused else "pause"
            return self.services.runner is not None and action == wanted
        if action == "restart":
            return self.services.engine is not None
        if action == "log":
            return self.services.log_path is not None
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        """What is being written is finished first."""
        if self.services.runner is not None:
            self.services.runner.pause()
            self._set_paused(paused=True)

    def action_go_on(self) -> None:
        """``p``, again."""
        if self.services.runner is not None:
            self.services.runner.resume()
            self._set_paused(paused=False)

    def action_restart(self) -> None:
        """End the model's process and start it anew."""
        engine = self.services.engine
        if engine is not None:
            self.tell("starting the model again")
            self.background(engine.restart, group="restart")

    def action_log(self) -> None:
        """Show the end of what the model's process wrote."""
        self.background(self._show_log, group="sheet")

    # What the model says

    def on_engine_said(self, event: EngineSaid) -> None:
        """The engine was made, started, wrote, failed, came back."""
        if self.has_class("-empty"):
            self._take_up()
        self._status = event.status
        self._draw()
        engine = self.services.engine
        if engine is not None and engine.info and engine.info.path != self._weighed:
            self.background(self._look_around, group="others")

    async def on_runner_said(self, event: RunnerSaid) -> None:
        """The worker goes through its queue."""
        await self.in_words(partial(self._follow, event.event))

    async def _follow(self, said: RunnerEvent) -> None:
        match said:
            case PlanProgress():
                self._progress = said
            case Writing():
                self._writing = await self._named(said)
            case Stored():
                self._finished.appendleft(await self._named(said))
                self._writing = ""
            case Failed():
                self._finished.appendleft(f"given up: {one_line(said.reason, 200)}")
                self._writing = ""
            case Idle():
                self._writing = ""
        self._draw()

    async def _named(self, said: Writing | Stored) -> str:
        """``a critique for prompt 21``."""
        if self._writing_for != said.prompt_id:
            self._position = (await self.ask(prompts.get, said.prompt_id)).position
            self._writing_for = said.prompt_id
        return f"{KINDS.get(said.kind, said.kind)} for prompt {self._position}"

    async def _look_around(self) -> None:
        engine = self.services.engine
        if engine is not None and engine.server is None:
            from tui.modes.model import memory  # reads the model's file

            path = engine.info.path if engine.info else None
            self._weighed = path
            self._memory = await asyncio.to_thread(memory.words, path)
        here = await self.ask(presence.here)
        self._elsewhere = [each.annotator for each in here if each.process != os.getpid()]
        self._draw()

    # What is shown

    def _draw(self) -> None:
        engine = self.services.engine
        if engine is None or not self.is_mounted:
            return
        state = self.query_one("#state", Rule)
        failed = self._status.state is State.FAILED
        state.aside = "paused" if self.paused else FAILED if failed else STATES[self._status.state]
        known = facts(engine.info, self._status, engine.server, self._elsewhere)
        if self._status.state in {State.STARTING, State.RESTARTING} and engine.server is None:
            known = Content("\n").join(
                [known, plain(with_keys(LOADING, self.app.key_of), "$muted")]
            )
        self.facts.update(Content("\n").join(filter(None, (known, plain(self._memory)))))
        last = plain("\n".join(self._finished))
        self.finished.update(last or plain("nothing since this page was opened", "$muted"))
        self.queue.update(queue_words(self._progress, self._status, self._writing))
        trouble = self._status.error
        self.trouble.update(plain(trouble) if trouble else plain("none", "$muted"))
        if failed:
            keys = with_keys(TRY, self.app.key_of)
            self.trouble.update(
                Content("\n").join([plain(trouble or FAILED, "bold $error"), plain(keys)])
            )
        self.status.doing = FAILED if failed else doing(self._status, None)
        self.refresh_bindings()

    def _count_speed(self) -> None:
        engine = self.services.engine
        if engine is not None:
            self._status = engine.status
        now = self._status.tokens_per_second if self._status.state is State.WRITING else 0.0
        self._speeds.append(now)
        self._draw_bars()
        minute = [*self._speeds][-60:]
        self.speed.aside = (
            f"{now:.0f} now · last minute {sum(minute) / len(minute):.0f}"
            f" · at most {max(self._speeds):.0f}"
        )

    def on_resize(self, _event: Resize) -> None:
        """The bars may have other room."""
        self.call_after_refresh(self._draw_bars)

    def _draw_bars(self) -> None:
        cells = self.bars.content_size.width
        self.bars.update(speed_bars([*self._speeds], MINUTES * 60, cells))

    def _set_paused(self, *, paused: bool) -> None:
        self.paused = paused
        self.tell("paused: what is being written is finished first" if paused else "going on")
        self._draw()

    def _tell_no_model(self) -> None:
        self.nothing.tell(
            "The model is being looked for."
            if self.services.make_model is not None
            else self.services.no_model or "There is no model to write with.",
            [
                ("model.choose", "lists the model files found on this machine and loads one"),
                ("mode.label", "labels the pairs that are here: that needs no model"),
                (command("models", self.services.db_path), "lists the same files"),
            ],
        )

    async def _show_log(self) -> None:
        path = self.services.log_path
        if path is not None:
            text = await asyncio.to_thread(log_tail, path)
            await self.app.push_screen(Sheet(f"Log · {path}", plain(text), at_end=True))


def log_tail(path: Path) -> str:
    """The end of a log file, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - LOG_TAIL, 0))
            return file.read().decode("utf-8", "replace") or "The log is empty."
    except FileNotFoundError:
        return "There is no log yet: the model's process has written nothing."
    except OSError as error:
        return f"The log {path} cannot be read: {error.strerror}."
