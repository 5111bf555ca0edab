"""Several requests at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from engine.errors import EngineError

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all at the same time; the first error ends the others and is raised."""
    waiting = list(work)
    if len(waiting) < 2:  # no task for it: it costs more than the rest of a short request
        return [await one for one in waiting]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in waiting]
    except* EngineError as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise first
