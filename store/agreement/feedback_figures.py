"""What is told of each rater when human and AI feedback are compared: cost, speed, kappa, use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from store.agreement.bands import FEW_IN_SLICE, GOOD_ABOVE
from store.agreement.dawid_skene import CrowdModel, Differing
from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval
from store.agreement.share import Share


class Rates(NamedTuple):
    """What an hour costs, in any one currency; None where nobody says."""

    person_hour: float | None = None
    machine_hour: float | None = None


class Kappa(NamedTuple):
    """A kappa, its interval and its n."""

    n: int
    kappa: Figure
    ci95: Interval | None

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        return {
            "n": self.n,
            "kappa": as_number(self.kappa.value),
            "ci95": as_numbers(self.ci95),
            "undefined": self.kappa.reason,
        }


class Cost(NamedTuple):
    """What the verdicts took."""

    seconds: float
    """Of a person at work, or of this machine."""
    timed: int
    """Verdicts with a known time; a ranking is one, whatever it has of pairs."""
    idle: int
    """Of these, how many were cut to :data:`IDLE`."""
    tokens: int | None
    """Prompts included; None for people, and where it is not known."""
    money: float | None

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        return self._asdict() | {"hours": self.seconds / 3600}


class Speed(NamedTuple):
    """Items an hour; None where nothing tells."""

    median: float | None
    """By the median time on an item, idle time cut."""
    day: float | None
    """By the clock, from the first verdict of a day to its last; the median over days."""
    days: int
    """Days with two verdicts or more."""


class Spread(NamedTuple):
    """How the verdicts of one part fall."""

    who: str
    """``people`` or the name of a judge."""
    by: str
    """``category``, or what people state of themselves."""
    value: str
    n: int
    shares: dict[str, Share]
    """By verdict."""
    longer: Share
    pairs: tuple[str, ...]

    @property
    def few(self) -> bool:
        """Whether it is too small to tell anything."""
        return self.n < FEW_IN_SLICE

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        told = {verdict: each.as_json() for verdict, each in self.shares.items()}
        named = {"who": self.who, "by": self.by, "value": self.value, "n": self.n}
        return named | {"shares": told, "longer": self.longer.as_json(), "few": self.few}


class Scenario(NamedTuple):
    """Who is to judge a category, by the data."""

    category: str
    judge: str
    person: str
    """The one with whom the judge surely agrees least (lowest lower end)."""
    found: Kappa
    differing: tuple[str, ...]
    """The pairs on which the two say otherwise."""

    @property
    def few(self) -> bool:
        """Whether there are too few common pairs to leave anything to the judge."""
        return self.found.n < FEW_IN_SLICE

    @property
    def ai_alone(self) -> bool:
        """Whether the judge may stand alone: kappa is surely good with everybody."""
        return not self.few and self.found.ci95 is not None and self.found.ci95[0] > GOOD_ABOVE

    @property
    def advice(self) -> str:
        """Who, in a few words."""
        if self.few:
            return f"people: too few to tell (n under {FEW_IN_SLICE})"
        return "AI may stand alone" if self.ai_alone else "people"

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        named = {"category": self.category, "judge": self.judge, "person": self.person}
        return named | self.found.as_json() | {"ai_alone": self.ai_alone, "advice": self.advice}


@dataclass(frozen=True, slots=True)
class Rater:
    """One person or judge."""

    name: str
    kind: Literal["person", "ai"]
    items: int
    """Pairs with a verdict."""
    cost: Cost
    speed: Speed
    consistency: dict[str, Kappa]
    """``self`` of people, ``order`` and ``seed`` of judges."""
    place: Share
    """Left picks of people, picks of the first place of judges (two a pair); half without bias."""
    longer: Share
    """Preferences for the longer answer, where one is longer."""
    behind: Mapping[str, tuple[str, ...]]
    """The pairs to look at, by ``items``, ``place``, ``longer`` and each name of consistency: the
    hits of a share, those that differ of a kappa."""

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        return {
            "name": self.name,
            "kind": self.kind,
            "items": self.items,
            "cost": self.cost.as_json(),
            "items_an_hour": self.speed._asdict(),
            "consistency": {key: each.as_json() for key, each in self.consistency.items()},
            "left" if self.kind == "person" else "first_place": self.place.as_json(),
            "longer": self.longer.as_json(),
        }


@dataclass(frozen=True, slots=True)
class FeedbackComparison:
    """The whole table."""

    raters: tuple[Rater, ...]
    spread: tuple[Spread, ...]
    scenario: tuple[Scenario, ...]
    crowd: CrowdModel | None
    """All raters weighed against each other, where there are three or more."""
    crowd_differs: Differing | None

    def as_json(self) -> dict[str, Any]:
        """The object of ``compare --json``."""
        return {
            "raters": [each.as_json() for each in self.raters],
            "spread": [each.as_json() for each in self.spread],
            "scenario": [each.as_json() for each in self.scenario],
        }
