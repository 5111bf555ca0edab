"""An export as the screen sees it: planned and written in a thread, on a connection of its own.

A plan reads the whole project. On the store thread it would hold up the next label.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.api import Engine
from engine.errors import EngineError
from store import exporting
from store.db.connection import open_readonly
from store.exporting import ExportOptions, ExportPlan, WrittenExport
from store.exporting import preview as sight
from store.exporting.gate import CountTokens
from store.exporting.preview import ExportPreview

if TYPE_CHECKING:
    from store.checks.registry import Told

_ONE: Final = ThreadPoolExecutor(1, "export")
"""Makes one plan at a time: one that nobody waits for any more must not be held beside the next."""

COUNTING_SECONDS = 20.0
"""How long the model may take to count the tokens of a plan's doubtful rows."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What would go out, and what of it may be shown to the one who looks."""

    plan: ExportPlan
    preview: ExportPreview
    closed: frozenset[str]

    @property
    def lines(self) -> int:
        """Pairs that go out."""
        return len(self.plan.entries)


@dataclass(slots=True)
class WritingProgress:
    """Lines written so far; set by the writing thread, read by the screen."""

    done: int = 0
    total: int = 0

    def step(self, done: int) -> None:
        """One more line."""
        self.done = done


async def plan(
    path: Path,
    viewer: str,
    options: ExportOptions,
    engine: Engine | None,
    *,
    with_card: bool,
) -> Planned:
    """Work out an export; nothing is written.

    Args:
        path: the project file.
        viewer: who looks.
        options: format and the rest.
        engine: counts tokens where it is there and its model is loaded.
        with_card: whether it may be written as a folder, which has a card.

    Raises:
        StoreError: the project cannot be read, or a sealed round forbids it.
    """
    count = _counter(engine)
    return await asyncio.get_running_loop().run_in_executor(
        _ONE, partial(_plan, path, viewer, options, count, with_card=with_card)
    )


async def checks(path: Path) -> tuple[Told, ...]:
    """What the checks of the data set find.

    Raises:
        StoreError: the project cannot be read, or a sealed round forbids it.
    """
    return await asyncio.to_thread(_checks, path)


async def write(planned: Planned, out: Path, progress: WritingProgress) -> WrittenExport:
    """Write what was planned.

    Raises:
        StoreError: OUT cannot be written, or exists without ``force``; what was there is kept.
    """
    progress.total = planned.lines
    return await asyncio.to_thread(exporting.write, planned.plan, out, progress.step)


def forced(planned: Planned) -> Planned:
    """The same export, allowed to take the place of an earlier one."""
    options = replace(planned.plan.options, force=True)
    return replace(planned, plan=replace(planned.plan, options=options))


def _plan(
    path: Path,
    viewer: str,
    options: ExportOptions,
    count: CountTokens | None,
    *,
    with_card: bool,
) -> Planned:
    db = open_readonly(path)
    try:
        hidden = sight.closed(db, viewer)  # first, for what it lets go of is used again by the plan
        try:
            made = exporting.plan(db, options, count, with_card=with_card)
        except (EngineError, TimeoutError, CancelledError):
            # tells which rows were not counted
            made = exporting.plan(db, options, None, with_card=with_card)
    finally:
        db.close()
    return Planned(made, sight.preview(made, hidden), hidden)


def _checks(path: Path) -> tuple[Told, ...]:
    from store.checks.registry import check  # scikit-learn: not before it is needed

    db = open_readonly(path)
    try:
        return check(db).findings
    finally:
        db.close()


def _counter(engine: Engine | None) -> CountTokens | None:
    """The model's tokenizer, callable from the planning thread."""
    if engine is None or engine.info is None:
        return None
    loop = asyncio.get_running_loop()

    def count(texts: Sequence[str]) -> Sequence[int]:
        return asyncio.run_coroutine_threadsafe(engine.count(texts), loop).result(COUNTING_SECONDS)

    return count
