"""How a judge is asked: how many principles, which wording, with reasons or examples first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.errors import BadRequest
from engine.method.wordings import WORDINGS

SAMPLES_MAX: Final = 64
"""Reasoning samples of one order; more cost much and add nothing."""


@dataclass(frozen=True, slots=True)
class JudgingOptions:
    """What ``judge`` was asked for beside the plan's constitution, pick and seed."""

    principles: int | None = 1
    """Principles asked about each pair, drawn without repetition; None for all that apply."""
    template: str = "letters"
    """One of :data:`~engine.method.wordings.WORDINGS`."""
    samples: int = 0
    """Reasoning samples before the labels, in each order; 0 asks for the labels at once."""
    few_shot: int = 0
    """Worked examples shown before the question."""
    from_rulings: bool = False
    """Examples are people's rulings, not those of the constitution."""
    name: str | None = None
    """Name of the judge in place of the model's, without ``ai:``."""
    think: bool = False
    """The model thinks before the labels are weighed."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            BadRequest: a number is out of its range, or there is no such wording.
        """
        wrong = (
            ("principles", self.principles is not None and self.principles < 1, "1 or more"),
            ("template", self.template not in WORDINGS, f"one of {', '.join(WORDINGS)}"),
            ("reasoned", not 0 <= self.samples <= SAMPLES_MAX, f"from 0 to {SAMPLES_MAX}"),
            ("few-shot", self.few_shot < 0, "0 or more"),
            ("reasoned", self.think and self.samples > 0, "left out where the model thinks"),
        )
        for name, is_wrong, allowed in wrong:
            if is_wrong:
                raise BadRequest(f"{name} must be {allowed}")

    def as_settings(self) -> dict[str, Any]:
        """As it is stored with the run."""
        return {
            "principles": self.principles or "all",
            "wording": WORDINGS[self.template].id,
            "samples": self.samples,
            "few_shot": self.few_shot,
            "from_rulings": self.from_rulings,
            **({"think": True} if self.think else {}),
        }
