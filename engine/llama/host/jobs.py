"""What the host has been asked for, and the rows of the batch that bring it forward."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.api import Sampling, Urgency
from engine.llama.host.kv_cells import KvSequence
from engine.llama.host.sampling import Sampler
from engine.llama.host.text import AnswerText


@dataclass(slots=True)
class Counters:
    """What has been done since the load."""

    written: int = 0
    evaluated: int = 0
    needed: int = 0
    decodes: int = 0
    inside: float = 0.0
    busy: float = 0.0


@dataclass(eq=False, slots=True)
class RunningAnswer:
    """One answer being written; it survives being put aside."""

    choice: int
    sampling: Sampling
    text: AnswerText
    sampler: Sampler
    written: list[int] = field(default_factory=list)
    began: float = 0.0
    """When its first turn came (monotonic seconds)."""
    allowance: int = 0
    """Tokens it may think before it answers; 0 where thinking counts as answer."""
    thought: int = 0
    """Tokens of that allowance it has used."""
    answered: bool = False
    """A word of an answer has come, and be it taken for thinking later."""

    def read(self, piece: bytes) -> str:
        """Add the text of a token it has written; returns what is certain of the answer now."""
        if self.thought < self.allowance and self.text.thinking and not self.answered:
            self.thought += 1
        certain = self.text.push(piece)
        if self.text.answering and not self.answered:
            self.answered = not self.text.text.isspace()
        return certain

    @property
    def left(self) -> int:
        """Tokens it may still write, at most; falls by one at least with each token."""
        spare = 0 if self.answered else self.allowance - self.thought
        return self.sampling.max_tokens + spare - (len(self.written) - self.thought)

    @property
    def full(self) -> bool:
        """Whether it can have no further token, whatever its text turns out to be."""
        return len(self.written) >= self.sampling.max_tokens + self.allowance

    @property
    def nearly_full(self) -> bool:
        """Whether its next token is its last."""
        return len(self.written) + 1 >= self.sampling.max_tokens + self.allowance

    @property
    def used_up(self) -> bool:
        """Whether a budget is used up: that of the answer, or that of the thinking."""
        if self.left <= 0:
            return True
        return 0 < self.allowance <= self.thought and self.text.thinking


@dataclass(eq=False, slots=True)
class Job:
    """One request that needs the model."""

    id: int
    urgency: Urgency
    order: int
    """Arrival number; earlier goes first among equally urgent ones."""
    prompt: list[int]
    rendered: str
    begun: bool = False
    alone: bool = False
    """Missing numbers may be from it: it is computed in a clean cache, without others beside it,
    until it has numbers of its own."""

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts jobs by who goes first."""
        return (self.urgency, self.order)


@dataclass(eq=False, slots=True)
class GenerateJob(Job):
    """A request for answers, and those of them that are still to come."""

    waiting: deque[RunningAnswer] = field(default_factory=deque)
    """Answers without a row: not begun, or put aside for something urgent."""
    unfinished: int = 0
    single: bool = False
    """One answer is asked for."""


@dataclass(eq=False, slots=True)
class ScoreJob(Job):
    """A choose or score request: how likely each continuation is after the prompt."""

    continuations: Sequence[list[int]] = ()
    sums: list[float] = field(default_factory=list)
    waiting: deque[int] = field(default_factory=deque)
    """Continuations without a row whose tokens after the first are still to be weighed."""
    unfinished: int = 0
    """Continuations that are not weighed to their end."""
    single: bool = False
    """A score request: one continuation, answered with its length."""

    def start_over(self) -> None:
        """Nothing has been weighed."""
        self.sums = [0.0] * len(self.continuations)
        self.waiting.clear()
        self.unfinished = 0


@dataclass(eq=False, slots=True)
class BatchRow:
    """One sequence of the batch."""

    job: Job
    kv: KvSequence
    tokens: list[int]
    """All the sequence shall hold; what the sequence lacks of it is still to be evaluated."""
    outputs_from: int
    """First position whose logits are wanted."""
    answers: list[RunningAnswer] = field(default_factory=list)
    """The answers that go on from here; more than one until the prompt has been evaluated."""
    continuation: int | None = None
    """Which continuation is weighed; None for the row that evaluates the prompt."""
    leader: BatchRow | None = None
    """A row that is about to evaluate the same beginning: wait for it and share."""
    common: int = 0
    """How much of the leader can be shared."""
    in_flight: bool = False
    """Its last token is in a run nobody has drawn from yet."""
    closed: bool = False
    """It has left the batch: what a run brings for it is forgotten."""

    @property
    def pending(self) -> int:
        """Tokens still to be evaluated."""
        return len(self.tokens) - len(self.kv.tokens)

    @property
    def writes(self) -> bool:
        """Past its prompt, one token a step."""
        return self.pending == 1 and len(self.kv.tokens) >= self.outputs_from > 0

    @property
    def claims(self) -> list[int]:
        """Tokens it may still need cells for: itself, and each answer that will leave it."""
        first, *others = [answer.left for answer in self.answers] or [0]
        return [self.pending + first, *others]

    @property
    def width(self) -> int:
        """Slots it takes among those written at the same time."""
        return max(1, len(self.answers))


def free(answers: Iterable[RunningAnswer]) -> None:
    """Give the samplers of answers back that will not be written on."""
    for answer in answers:
        answer.sampler.free()
