"""The border at which an error that nobody foresaw stops: a line in the footer, an entry in a log.

Whatever a worker does (the store, the model, a thread), the app goes on: what was decided is on
the disk, and the key can be pressed again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import Worker, WorkType

from engine.errors import EngineError
from store.errors import FileLost, StoreError
from tui.crash import keep, places

if TYPE_CHECKING:
    from tui.app import PairlabApp


class Bordered(DOMNode):
    """An app or a screen whose workers cannot end the app; comes last among the bases.

    Textual takes the style of a class from its first base.
    """

    def run_worker(
        self,
        work: WorkType[Any],
        name: str | None = "",
        group: str = "default",
        description: str = "",
        exit_on_error: bool = True,
        start: bool = True,
        exclusive: bool = False,
        thread: bool = False,
    ) -> Worker[Any]:
        """Run something beside the screen; what goes wrong in it is told and logged."""

        async def within() -> None:
            with inside(cast("PairlabApp", self.app)):
                await _awaitable(work)

        return super().run_worker(
            within, name, group, description, exit_on_error, start, exclusive, thread
        )


@contextmanager
def inside(app: PairlabApp) -> Iterator[None]:
    """What goes wrong in here does not come out, once a project is open."""
    try:
        yield
    except Exception as error:
        if not app.is_open:
            raise
        tell(app, error)


def tell(app: PairlabApp, error: Exception) -> None:
    """Say in the footer what went wrong; what is no plain refusal of store or model is logged."""
    if isinstance(error, FileLost):
        app.lose(error)
    elif isinstance(error, StoreError | EngineError):
        app.say(str(error), wrong=True)
    elif isinstance(error, NoMatches) and not app.is_running:
        return  # the app is closing: its widgets are gone before its workers
    else:
        kept = keep(app.log_path, app.services.clock(), places(error))
        app.say(f"{_words(error)}; what you decided is kept. {kept}", wrong=True)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "The model or the disk did not answer in time"
    return f"An error of pairlab's own ({type(error).__name__})"


def _awaitable(work: WorkType[Any]) -> Awaitable[Any]:
    made = cast("Callable[[], Any]", work)() if callable(work) else work
    return cast("Awaitable[Any]", made)
