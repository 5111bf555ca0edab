"""How far a run without a screen has come, told on stderr."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from engine.api import Engine, EngineStatus, State
from engine.method.events import Failed, PlanProgress, RunnerEvent, Stored
from engine.method.runner import Runner
from tui.cli.context import stderr_console
from tui.cli.unattended_jobs import UnattendedJob
from tui.formatting import time_left
from tui.visible import clean

_TROUBLES = 50
"""So many different troubles of an engine are told; each once."""


@contextmanager
def progress(
    runner: Runner, engines: Sequence[Engine], job: UnattendedJob, told: Counter[str]
) -> Iterator[None]:
    """A bar on a terminal; a line for each failure anywhere.

    Args:
        runner: what is told of.
        engines: the models it uses.
        job: its words.
        told: counts the texts of each kind as they are stored.
    """
    console = stderr_console()
    with Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{job.text}s · {{task.description}}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("loading the model", total=None)
        began = time.monotonic()
        newest: PlanProgress | None = None
        troubles, failed = {""}, set[str]()

        def listen(event: RunnerEvent) -> None:
            nonlocal newest
            if isinstance(event, Stored):
                told[event.kind] += 1
            elif isinstance(event, Failed):
                line = clean(f"{job.item} {event.item_id[:12]}: {event.reason}")
                if line not in failed:  # all that failed is tried once more at the end
                    failed.add(line)
                    console.print(line, soft_wrap=True)
            elif isinstance(event, PlanProgress):
                newest = event
                bar.update(task, completed=event.done, total=event.total)

        def show(_status: EngineStatus) -> None:
            if newest is None:
                return
            minutes = (time.monotonic() - began) / 60
            speed = sum(engine.status.tokens_per_second for engine in engines)
            words = (
                f"{speed:.0f} tok/s" if speed else "",
                f"{told.total() / minutes:.0f} {job.text}s/min" if minutes else "",
                time_left(newest.eta_seconds),
            )
            bar.update(task, description=" · ".join(part for part in words if part))

        def warn(status: EngineStatus) -> None:
            """What a server does and is done without; the end of all tries is told at the end."""
            words = status.error or ""
            if words in troubles or len(troubles) > _TROUBLES:
                return
            troubles.add(words)
            if status.state is not State.FAILED:
                console.print(clean(words), soft_wrap=True)

        ends = [runner.subscribe(listen), *(engine.subscribe(show) for engine in engines)]
        ends += [engine.subscribe(warn) for engine in engines if engine.server]
        try:
            yield
        finally:
            for end in ends:
                end()
