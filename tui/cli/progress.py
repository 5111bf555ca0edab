"""Progress on stderr: bars with the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tui.cli.context import stderr_console


@contextmanager
def counting(words: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that gives way when the work is done; nothing at all where stderr is no terminal.

    What the store says of its own long work meanwhile stands in the place of the words.

    Args:
        words: what is being done, in small letters.
        total: how many there are, None when nobody knows before the end.

    Yields:
        What to call with the number done so far.
    """
    from store.db import waiting

    console = stderr_console()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(words, total=total)
        with waiting.heard(lambda said: progress.update(task, description=said)):
            yield lambda done: progress.update(task, completed=done)
