"""What a file's rows become: prompts and pairs on the way into the store, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from store.records import Message, Phase, Verdict

if TYPE_CHECKING:
    from store.importing.history import History

FIELDS: Final = ("prompt", "input", "a", "b", "category", "id", "tags", "messages")
"""The fields a column can be mapped to."""

LONGEST_SHOWN: Final = 200
"""Characters of a file that go into one message."""


def shown(text: str) -> str:
    """A piece of the file as it may be printed: short, and nothing a terminal would obey."""
    cut = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


class Problem(NamedTuple):
    """One thing that is wrong with one row."""

    line: int
    field: str
    reason: str
    kept: bool
    """False when the row was refused for it."""

    def as_json(self) -> dict[str, Any]:
        """The problem as `import --json` gives it."""
        return self._asdict()


class RowRefused(Exception):
    """A row that cannot be imported."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = shown(field)
        self.reason = shown(reason)


class Record(NamedTuple):
    """One row of a file before anybody asked what it means."""

    line: int
    data: Mapping[str, Any] | None
    """None when the row could not be read at all."""
    fault: tuple[str, str] = ("", "")
    """Field and reason, where it could not be read."""


class Given(NamedTuple):
    """One annotator's imported verdict."""

    verdict: Verdict
    strength: int | None = None
    note: str | None = None
    phase: Phase = Phase.FIRST
    seconds: float | None = None
    left: str | None = None


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt as a row brings it, not yet stored."""

    line: int
    messages: tuple[Message, ...]
    category: str | None
    tags: tuple[str, ...]
    external_id: str | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two answers to a prompt, and what annotators said about them."""

    line: int
    messages: tuple[Message, ...]
    a: str
    b: str
    category: str | None
    external_id: str | None
    labels: Mapping[str, Given] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    """Remarks of people who gave no verdict."""
    problems: tuple[Problem, ...] = ()
    later: tuple[tuple[str, Given], ...] = ()
    """Labels of other phases than the first."""
    tags: tuple[str, ...] = ()
    roles: tuple[str | None, str | None] = (None, None)
    """What the file calls the two answers, such as ``chosen`` and ``rejected``."""
    drawn: bool = False
    """True where the file names no sides: the content then says which answer is ``a``."""
    lines: int = 1
    """How many lines of the file it was made of."""
    history: History | None = None
    """Everything behind the pair, where the file holds it."""


@dataclass(frozen=True, slots=True)
class RatedRow:
    """One answer that is called good or bad; two of a prompt make a pair."""

    line: int
    messages: tuple[Message, ...]
    answer: str
    good: bool
    category: str | None
    own: str
    """The annotator who stands for the file's own preference."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelRow:
    """Labels on a pair the project has already, named by its id."""

    line: int
    pair: str
    labels: Mapping[str, Given]
    notes: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RankingRow:
    """Several answers to a prompt in somebody's order."""

    line: int
    messages: tuple[Message, ...]
    answers: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    """Places in ``answers``, best first; those of one group are equally good."""
    annotator: str
    category: str | None
    tags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


Row = PromptRow | PairRow | LabelRow | RankingRow
Made = Row | RatedRow
"""What a row of a file becomes, before single answers are put together to pairs."""
Rows = Iterable[Row | Problem]
"""A refused row is its problem."""
