"""Driving the app from a test: waiting without sleeping, a standing clock, a runner on strings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from textual._compositor import LayoutUpdate
from textual.app import App
from textual.events import Event
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from engine.method import constitution
from engine.method.events import Kind, Writing
from engine.method.plan import Plan
from tui.app import PairlabApp
from tui.key_repeat import InputClock
from tui.modes.base import ModeScreen
from tui.modes.revise.screen import ReviseScreen

MakeApp = Callable[..., PairlabApp]


class Watch:
    """A stopwatch that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Unhurried(InputClock):
    """The real clock, put on by two seconds for each key: none follows another at once."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._times: WeakKeyDictionary[Event, float] = WeakKeyDictionary()

    def of(self, event: Event) -> float:
        if event not in self._times:
            self._ahead += 2.0
            self._times[event] = event.time + self._ahead
        return self._times[event]

    def now(self) -> float:
        return super().now() + self._ahead


class Standing(InputClock):
    """Time stands still until a test lets it go on."""

    def __init__(self) -> None:
        self.time = 1000.0

    def of(self, event: Event) -> float:
        return self.time

    def now(self) -> float:
        return self.time


class StandInRunner:
    """A background worker that does nothing but tell what a test makes it tell."""

    def __init__(self) -> None:
        self.plan = Plan(constitution=constitution.shipped("harmlessness"))
        self.paused = False
        self.started = False
        self.asked: list[tuple[Any, ...]] = []
        """Everything the screens asked for, in order."""
        self.answered = asyncio.Event()
        """Set when what was asked for is done."""
        self._listeners: list[Callable[[Any], None]] = []

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def say(self, event: Any) -> None:
        for listener in self._listeners:
            listener(event)

    def start(self) -> None:
        self.started = True

    async def stop(self) -> None:
        self.started = False

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def wake(self) -> None:
        self.asked.append(("wake",))

    def look_at(self, prompt_id: str) -> None:
        self.asked.append(("look_at", prompt_id))

    async def again(self, original_id: str, principle_id: str | None) -> None:
        self.asked.append(("again", original_id, principle_id))
        await self._answer()

    async def another_round(self, original_id: str) -> None:
        self.asked.append(("another_round", original_id))
        await self._answer()

    async def _answer(self) -> None:
        await self.answered.wait()
        self.answered.clear()


async def settle(pilot: Pilot[None]) -> None:
    """Until every worker is done, those they started as well, and everything is painted.

    Only the model is not waited for: a test that holds it says when it goes on.
    """
    rounds = 0
    for _ in range(50):  # what starts itself anew again and again is not waited for
        workers = [one for one in pilot.app.workers if one.group != "steer"]
        if rounds >= 2 and not workers:
            return
        try:
            if workers:  # without any, Textual would wait for all
                await pilot.app.workers.wait_for_complete(workers)
        except WorkerCancelled:
            continue  # a newer one of its group has taken its place
        await pilot.pause()
        rounds += 1


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app run until something holds; a minute is forever."""
    try:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.01)  # other threads and processes go on
                await pilot.pause()
    except TimeoutError:
        raise AssertionError(f"never came true; the screen:\n{drawn(pilot.app)}") from None


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each when the screen has come to rest."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def growing(
    prompt_id: str, original_id: str | None, kind: Kind, text: str, slot: int = 0
) -> Writing:
    """Word of a text that is being written."""
    number = 0 if kind == "propose" else 1
    return Writing(prompt_id, original_id, kind, number, slot, None, text)


def mode_screen(app: PairlabApp) -> ModeScreen:
    """The screen of the current mode."""
    screen = app.screen_stack[0]
    assert isinstance(screen, ModeScreen)
    return screen


def revise(app: PairlabApp) -> ReviseScreen:
    """Mode R."""
    screen = app.screen_stack[0]
    assert isinstance(screen, ReviseScreen)
    return screen


def drawn(app: App[Any]) -> str:
    """What the terminal shows now, an empty line after each, without colours and blank runs."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    lines = (
        "".join(run.text for strip in strips for run in strip if run.text.strip(" "))
        for strips in update.strips
    )
    return "\n\n".join(lines).replace("\xa0", " ")
