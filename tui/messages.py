"""Messages that more than one screen listens to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from engine.api import EngineStatus
    from engine.method.events import RunnerEvent


class OtherWork(Message):
    """Another process has written to the project file, or an import or merge of this one."""

    bubble = False

    def can_replace(self, message: Message) -> bool:
        """One look at the store serves any number of writes."""
        return isinstance(message, OtherWork)


class CameBack(Message):
    """The app is in front again after it was suspended: nothing of it is on the screen yet."""

    bubble = False


class RunnerSaid(Message):
    """The background worker has written, stored or failed something."""

    bubble = False

    def __init__(self, event: RunnerEvent) -> None:
        super().__init__()
        self.event = event


class EngineSaid(Message):
    """The engine's state has changed."""

    bubble = False

    def __init__(self, status: EngineStatus) -> None:
        super().__init__()
        self.status = status

    def can_replace(self, message: Message) -> bool:
        """Only the newest state counts."""
        return isinstance(message, EngineSaid)


class FileDoubted(Message):
    """Something in the project file is not what it was when it was written."""

    bubble = False


class LeftOut(Message):
    """An input left out characters that nobody can see, of a text pasted or opened in it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class GoTo(Message):
    """An item is to be shown in the mode that was just opened for it."""

    bubble = False

    def __init__(self, item_id: str) -> None:
        super().__init__()
        self.item_id = item_id


class ExportThese(Message):
    """Mode X was opened for some pairs alone."""

    bubble = False

    def __init__(self, pair_ids: frozenset[str], closed: int) -> None:
        super().__init__()
        self.pair_ids = pair_ids
        self.closed = closed
        """Marked pairs that are left out: the person has not labelled them."""


class StartSearch(Message):
    """Mode B was opened to search."""

    bubble = False


class LabelStored(Message):
    """A label of this process was stored: figures that count labels are out of date."""


class AgreementMoved(Message):
    """The figures of :attr:`tui.app.PairlabApp.agreement` have changed."""

    bubble = False

    def can_replace(self, message: Message) -> bool:
        """One look at the figures serves any number of changes."""
        return isinstance(message, AgreementMoved)
