"""What a run is to make: which parts, how many candidates, which principles, which seeds.

Every seed follows from the plan's seed and from what the text is for (prompt, slot, round, step,
attempt), never from when or in which order it is written: a run that was killed goes on with the
seeds it would have had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from engine.api import Sampling
from engine.errors import BadRequest, ConstitutionError
from engine.method.constitution import DEFAULT, Constitution, Principle, shipped
from engine.method.judging_options import JudgingOptions
from store.ids import digest
from store.items.pending import Part

RANDOM: Final = "random"
ORDERED: Final = "ordered"
ATTEMPTS: Final = 3
"""How often a text is tried before it is given up; a cut one is kept at the end."""
WRITING: Final[frozenset[Part]] = frozenset({"propose", "revise"})
PROPOSING: Final[frozenset[Part]] = frozenset({"propose"})
REVISING: Final[frozenset[Part]] = frozenset({"revise"})
JUDGING: Final[frozenset[Part]] = frozenset({"judge"})


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of ``run`` and its single steps, and of the app's background worker."""

    constitution: Constitution = field(default_factory=lambda: shipped(DEFAULT))
    candidates: int = 4
    """Answers proposed to each prompt."""
    temperature: tuple[float, float] = (0.7, 1.1)
    """Lowest and highest; the first candidate, which is to be plausible and bad, gets the highest.
    From 1.0 to 1.2 a model shows its errors without falling into gibberish."""
    rounds: int = 1
    """Rounds of critique and revision; 0 only proposes."""
    pick: str = RANDOM
    """``random`` (one principle a round, Bai et al. 2022, section 3.1), ``ordered`` or an id."""
    max_tokens: int = 384
    thinking_tokens: int = Sampling().thinking_tokens
    """How long a reasoning model may think before each text; no part of ``max_tokens``."""
    seed: int = 0
    limit: int | None = None
    """The first so many prompts in project order; None for all."""
    revise_all: bool = False
    """Revise every candidate, not the first alone."""
    parts: frozenset[Part] = WRITING
    """What is carried out: writing, or a part of it; judging goes alone. What is written does not
    depend on it: proposing and then revising comes to the same texts as both at once."""
    only: frozenset[str] | None = None
    """Of the prompts inside the limit only these; None for all."""

    judging: JudgingOptions = field(default_factory=JudgingOptions)
    """How pairs are judged, where they are."""
    policy: str | None = None
    """The text of the policy file it follows."""

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            BadRequest: a number is out of its range.
            ConstitutionError: ``pick`` names a principle the constitution does not have.
        """
        low, high = self.temperature
        revises = self.parts & {"revise", "direct"}
        rounds = 1 if revises and "propose" not in self.parts else 0
        impossible = (
            not self.parts or len(revises) > 1 or ("judge" in self.parts) > (self.parts == JUDGING)
        )
        wrong = (
            ("candidates", self.candidates < 1, "at least 1"),
            ("rounds", self.rounds < rounds, f"{rounds} or more"),
            ("max tokens", self.max_tokens < 1, "at least 1"),
            ("thinking tokens", self.thinking_tokens < 1, "at least 1"),
            ("temperature", not 0 <= low <= high, "LO:HI with 0 <= LO <= HI"),
            ("limit", self.limit is not None and self.limit < 0, "0 or more"),
            ("parts", impossible, "writing, a part of it, or judging"),
        )
        for name, is_wrong, allowed in wrong:
            if is_wrong:
                raise BadRequest(f"{name} must be {allowed}")
        if self.pick not in {RANDOM, ORDERED}:
            self.constitution.principle(self.pick)
            if self.judging.principles != 1:
                raise BadRequest(
                    f"{self.pick} is one principle and several are asked for: leave one of both out"
                )

    def temperature_of(self, slot: int) -> float:
        """The first candidate gets the highest temperature, the others go from the lowest up."""
        low, high = self.temperature
        if slot == 0 or self.candidates < 2:
            return high
        return round(low + (high - low) * (slot - 1) / (self.candidates - 1), 3)

    def seed_of(self, *parts: str | int) -> int:
        """A seed of 31 bits for one text, from the plan's seed and the text's place."""
        return int(digest("seed", [self.seed, *parts])[:8], 16) >> 1

    def pick_seed(self, *place: str | int) -> int | None:
        """The seed a principle is drawn with; None where none is drawn."""
        return self.seed_of("principle", *place) if self.pick == RANDOM else None

    def principle_for(
        self, category: str, *place: str | int, round_number: int, used: tuple[str, ...] = ()
    ) -> Principle:
        """The principle of a round.

        Args:
            category: of the prompt.
            place: prompt, slot, round and what else the drawing depends on.
            round_number: from 1, for the order.
            used: principles that are not to be taken again, while there are others.

        Raises:
            ConstitutionError: no principle is used for this category.
        """
        if self.pick not in {RANDOM, ORDERED} and self.pick not in used:
            return self.constitution.principle(self.pick)
        applying = self.constitution.applying(category)
        if not applying:
            raise ConstitutionError(
                f"no principle of constitution {self.constitution.name} is used for {category}"
            )
        fresh = [p for p in applying if p.id not in used] or list(applying)
        seed = self.pick_seed(*place)
        return fresh[(round_number - 1 if seed is None else seed) % len(fresh)]

    def principles_for(self, category: str, pair_id: str, position: int) -> tuple[Principle, ...]:
        """The principles a pair is judged under, each once.

        Args:
            category: of the prompt.
            pair_id: what a drawing depends on, beside the seed.
            position: the pair's place in the project, from 1, for the order.
        """
        applying = self.constitution.applying(category)
        wanted = len(applying) if self.judging.principles is None else self.judging.principles
        if self.pick not in {RANDOM, ORDERED}:
            return (self.constitution.principle(self.pick),)
        found: list[Principle] = []
        for _ in range(min(wanted, len(applying))):
            used = tuple(each.id for each in found)
            place = "judge", pair_id
            found.append(self.principle_for(category, *place, round_number=position, used=used))
        return tuple(found)

    def as_settings(self) -> dict[str, Any]:
        """As it is stored with the run."""
        return {
            "constitution": self.constitution.name,
            "constitution_sha256": self.constitution.sha256,
            "candidates": self.candidates,
            "temperature": list(self.temperature),
            "rounds": self.rounds,
            "pick": self.pick,
            "max_tokens": self.max_tokens,
            "thinking_tokens": self.thinking_tokens,
            "limit": self.limit,
            "revise_all": self.revise_all,
            "parts": sorted(self.parts),
            **({} if self.policy is None else {"policy": self.policy}),
            **(self.judging.as_settings() if self.parts == JUDGING else {}),
        }
