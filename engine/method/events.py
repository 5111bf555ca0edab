"""What the background worker tells: screens and the command line listen, nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["propose", "critique", "revise", "pad", "judge"]


@dataclass(frozen=True, slots=True)
class Writing:
    """A text is being written."""

    prompt_id: str
    original_id: str | None
    """The chain; None for a proposal, which will start one."""
    kind: Kind
    round: int
    """From 1; 0 for a proposal."""
    slot: int
    """Which candidate of the prompt."""
    principle_id: str | None
    text: str
    """All of it so far."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A text or a verdict is finished and in the store."""

    prompt_id: str
    original_id: str | None
    """The chain; None where there is none yet, or where a pair was judged."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Failed:
    """Work on a prompt, or on a pair that was to be judged, was given up for now."""

    item_id: str
    """Which one; empty where the model itself failed."""
    reason: str
    """One line."""


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How far the plan is."""

    done: int
    """Texts written or verdicts given, of all the plan needs."""
    total: int
    ready: int
    """Chains that wait for the annotator's decision; 0 where no annotator was named."""
    tokens_per_second: float
    eta_seconds: float | None
    """None until there is something to reckon from."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is left to do."""

    failed: int
    """Prompts or pairs that were given up."""


RunnerEvent = Writing | Stored | Failed | PlanProgress | Idle
