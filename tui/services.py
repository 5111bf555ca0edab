"""What the app is given: made once at the command line, or by a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from store import clock
from tui.configuration import Configuration
from tui.key_repeat import InputClock

if TYPE_CHECKING:
    from engine.api import Engine
    from engine.method.runner import Runner
    from store.db.thread import StoreThread


@dataclass(frozen=True, slots=True)
class Services:
    """The store, the model and the clock."""

    store: StoreThread
    """The one thread that owns the project's connection; closed by whoever opened it."""
    db_path: Path
    annotator: str
    engine: Engine | None = None
    """None where there is no model; the app labels and exports without one."""
    runner: Runner | None = None
    """The background worker over that engine."""
    make_model: Callable[[], tuple[Engine, Runner]] | None = None
    """Makes both once the first screen is there, in a thread: their modules take a moment to
    load. Gone when it has been called."""
    model_file: Path | None = None
    """The file that ``make_model`` loads, where nobody has named it for this window."""
    other_model: Callable[[Path], Callable[[], tuple[Engine, Runner]]] | None = None
    """What makes both over another model file, which the project remembers; checks the file, and
    raises :class:`~engine.errors.EngineError`. None where a server writes."""
    no_model: str = ""
    """Where there is no engine: why, and the command that gets one; one line."""
    log_path: Path | None = None
    """Where the model host and a crash write."""
    clock: Callable[[], str] = clock.now
    """This moment as it is stored."""
    stopwatch: Callable[[], float] = time.monotonic
    """Seconds from an arbitrary start, for the time spent on an item."""
    input_clock: InputClock = field(default_factory=InputClock)
    """When keys were pressed and items painted."""
    configuration: Configuration = field(default_factory=Configuration)
    """What this person wants otherwise."""
    configuration_file: Path | None = None
    """Where that is kept; None where nothing is."""
    minimum_seconds: float | None = None
    """How long an item must have been on the screen before a key decides on it; None leaves it
    to the project's setting."""
