"""Human against AI feedback on this project's own data: cost, speed, consistency, bias, use.

The chapter's table 11-2 asks what each kind of feedback is good for; here each line of it is a
figure of the people and judges of one project. Consistency is kappa for both: a person's with
their own hidden repeats, a judge's between its two orders and between two seeds. A judge's verdict
on a pair is that of its soft label, a tie where its orders conflict.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from sqlite_utils import Database

from store.agreement import dawid_skene, feedback_facts
from store.agreement.bands import FEW_IN_SLICE, GOOD_ABOVE
from store.agreement.counts import VERDICTS, Said, counts, tally_of
from store.agreement.dawid_skene import CrowdModel, Differing
from store.agreement.feedback_facts import FeedbackFacts, TimedVerdict
from store.agreement.figure import Figure, as_number, as_numbers, undefined
from store.agreement.intervals import Interval, smoothed_wald
from store.agreement.judge import judged_pairs
from store.agreement.judge.consistency import Consistency, consistency
from store.agreement.judge.kappas import kappa_interval
from store.agreement.kappa import kappa
from store.agreement.selfagree import self_agreement
from store.agreement.share import Share, share_of, shares_prompts, wider
from store.judgements import askings, attributes
from store.judgements.askings import SoftLabel
from store.rounds import rounds

IDLE: Final = 300.0
"""Seconds on an item after which nobody is at work: a longer time counts as this."""

NO_REPEATS: Final = "no pair was shown again"
NO_ORDERS: Final = "its askings are not kept, so that its orders cannot be compared"
NO_SEEDS: Final = "no pair was asked about with two seeds"

_HOUR: Final = 3600.0


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
        return self._asdict() | {"hours": self.seconds / _HOUR}


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


def compare(db: Database, rates: Rates | None = None) -> FeedbackComparison:
    """Everybody who judged, side by side; what rounds hide is left out."""
    rates = rates or Rates()
    facts = feedback_facts.read(db)
    people = [_person(db, facts, who, rates.person_hour) for who in facts.people]
    model = dawid_skene.crowd(db)
    judges = [_judge(db, facts, who, rates.machine_hour) for who in facts.judges]
    return FeedbackComparison(
        (*people, *judges),
        tuple(_spread(db, facts)),
        tuple(_scenarios(facts)),
        model,
        dawid_skene.differing(db, model) if model else None,
    )


def guarded_comparison(db: Database) -> FeedbackComparison:
    """The same for a screen.

    Raises:
        SealedRound: a round is sealed, of which nothing but progress is told.
    """
    rounds.guard(db)
    return compare(db)


def cost(
    seconds: Iterable[float | None],
    rate: float | None,
    *,
    idle: float = IDLE,
    tokens: int | None = None,
) -> Cost:
    """The cost of these times.

    Args:
        seconds: times on an item, None where it is not known.
        rate: what an hour costs.
        idle: a longer time counts as this.
        tokens: of a machine; 0 where they are not known.
    """
    known = [each for each in seconds if each is not None]
    spent = sum(min(each, idle) for each in known)
    money = None if rate is None or not known else spent / _HOUR * rate
    return Cost(spent, len(known), sum(each > idle for each in known), tokens or None, money)


def speed(seconds: Iterable[float | None], times: Iterable[str], *, idle: float = IDLE) -> Speed:
    """Items an hour, by the median time and by the clock.

    Args:
        seconds: times on an item.
        times: when each verdict was given, UTC.
        idle: a longer time counts as this.
    """
    known = [min(each, idle) for each in seconds if each]
    days: dict[str, list[datetime]] = defaultdict(list)
    for at in times:
        days[at[:10]].append(datetime.fromisoformat(at))
    whole = [
        (len(day) - 1) * _HOUR / passed
        for day in days.values()
        if (passed := (max(day) - min(day)).total_seconds()) > 0
    ]
    return Speed(
        _HOUR / median(known) if known else None, median(whole) if whole else None, len(whole)
    )


def _person(db: Database, facts: FeedbackFacts, who: str, rate: float | None) -> Rater:
    given = facts.people[who]
    again = self_agreement(db, who)
    repeated = [(pair, said) for pair, said in again.repeated if pair in facts.pairs]
    items = list({each.ranking or (each.pair_id, each.first): each for each in given}.values())
    first = [each for each in given if each.first]
    sided = [each for each in first if each.left and each.verdict in ("a", "b")]
    left = [each for each in sided if each.verdict == each.left]
    return Rater(
        who,
        "person",
        len(first),
        cost((each.seconds for each in items), rate),
        speed((each.seconds for each in items), (each.at for each in items)),
        {"self": _agreeing(facts, repeated, NO_REPEATS)},
        share_of([each.verdict == each.left for each in sided], _prompts(facts, sided)),
        _longer(facts, first),
        {
            "items": _pairs(first),
            "self": again.differing,
            "place": _pairs(left),
            "longer": _takers(facts, first),
        },
    )


def _judge(db: Database, facts: FeedbackFacts, who: str, rate: float | None) -> Rater:
    given, asked = facts.judges[who], facts.askings.get(who, {})
    labels = [askings.soft_label(each) for each in asked.values()]
    orders = [(each.pair_id, (_side(each.q_ab), _side(1 - each.q_ba))) for each in labels]
    picks = [(q > 0.5, each) for each in labels for q in (each.q_ab, each.q_ba) if q != 0.5]
    seeds = _seeds(db, facts, who)
    seconds = [each.seconds for each in given]
    tokens = sum(one.tokens for each in asked.values() for one in each)
    return Rater(
        who,
        "ai",
        len(given),
        cost(seconds, rate, idle=math.inf, tokens=tokens),
        speed(seconds, (each.at for each in given), idle=math.inf),
        {
            "order": _agreeing(facts, orders, NO_ORDERS),
            "seed": Kappa(
                seeds.kappa.n, Figure(seeds.kappa.value, seeds.kappa.reason), seeds.kappa.ci95
            )
            if seeds
            else Kappa(0, undefined(NO_SEEDS), None),
        },
        share_of([hit for hit, _ in picks], _prompts(facts, (each for _, each in picks))),
        _longer(facts, given),
        {
            "items": _pairs(given),
            "order": tuple(pair for pair, (one, two) in orders if one != two),
            "seed": seeds.differing if seeds else (),
            "place": tuple(each.pair_id for each in labels if max(each.q_ab, each.q_ba) > 0.5),
            "longer": _takers(facts, given),
        },
    )


def _side(probability: float) -> str:
    return "tie" if probability == 0.5 else "a" if probability > 0.5 else "b"


def _seeds(db: Database, facts: FeedbackFacts, who: str) -> Consistency | None:
    """The judge under several seeds, as its certificate tells it."""
    judged = [each for each in judged_pairs.load(db, who) if each.id in facts.pairs]
    return next((each for each in consistency(judged) if each.varied == "seed"), None)


def _pairs(given: Iterable[TimedVerdict]) -> tuple[str, ...]:
    return tuple(each.pair_id for each in given)


def _prompts(facts: FeedbackFacts, given: Iterable[TimedVerdict | SoftLabel]) -> list[str]:
    return [facts.pairs[each.pair_id].prompt for each in given]


def _agreeing(facts: FeedbackFacts, said: Sequence[tuple[str, Said]], none: str) -> Kappa:
    """Kappa of two verdicts a pair, with what to say where there is none.

    The interval is smoothed, and widened to that of a bootstrap over whole prompts where pairs
    share a prompt.
    """
    if not said:
        return Kappa(0, undefined(none), None)
    both = [each for _, each in said]
    table = counts(tally_of(both))
    figure = kappa(table.table)
    ends = None if figure.value is None else smoothed_wald(table.table)
    prompts = [facts.pairs[pair].prompt for pair, _ in said]
    if ends is not None and shares_prompts(prompts):
        ends = wider(ends, kappa_interval(_sides(both), prompts))
    return Kappa(table.n, figure, ends)


def _sides(said: Iterable[Said]) -> list[tuple[str, str]]:
    return [(one, other) for one, other in said if one is not None and other is not None]


def _longer(facts: FeedbackFacts, given: Sequence[TimedVerdict]) -> Share:
    sided = [e for e in given if facts.pairs[e.pair_id].longer and e.verdict in ("a", "b")]
    hits = [e.verdict == facts.pairs[e.pair_id].longer for e in sided]
    return share_of(hits, _prompts(facts, sided))


def _takers(facts: FeedbackFacts, given: Iterable[TimedVerdict]) -> tuple[str, ...]:
    """The pairs of which the longer answer was preferred."""
    return _pairs(each for each in given if each.verdict == facts.pairs[each.pair_id].longer)


def _spread(db: Database, facts: FeedbackFacts) -> Iterable[Spread]:
    """By category of people together and of each judge; by what people state."""
    everybody = [each for given in facts.people.values() for each in given if each.first]
    for who, given in {"people": everybody, **facts.judges}.items():
        yield from _parts(
            facts, who, "category", given, lambda each: facts.pairs[each.pair_id].category
        )
    for key in attributes.keys(db):
        stated = attributes.by_annotator(db, key)
        of_group: dict[str, list[TimedVerdict]] = defaultdict(list)
        for who, given in facts.people.items():
            if who in stated:
                of_group[stated[who]] += [each for each in given if each.first]
        for value, given in sorted(of_group.items()):
            yield from _parts(facts, "people", key, given, _always(value))


def _always(value: str) -> Callable[[TimedVerdict], str]:
    return lambda _each: value


def _parts(
    facts: FeedbackFacts,
    who: str,
    by: str,
    given: Iterable[TimedVerdict],
    part: Callable[[TimedVerdict], str],
) -> Iterable[Spread]:
    parts: dict[str, list[TimedVerdict]] = defaultdict(list)
    for each in given:
        parts[part(each)].append(each)
    for value, inside in sorted(parts.items()):
        prompts = _prompts(facts, inside)
        shares = {
            verdict: share_of([each.verdict == verdict for each in inside], prompts)
            for verdict in VERDICTS
        }
        yield Spread(who, by, value, len(inside), shares, _longer(facts, inside), _pairs(inside))


def _scenarios(facts: FeedbackFacts) -> Iterable[Scenario]:
    for category in sorted({each.category for each in facts.pairs.values()}):
        for judge, given in facts.judges.items():
            said = {
                each.pair_id: each.verdict
                for each in given
                if facts.pairs[each.pair_id].category == category
            }
            found = [
                Scenario(
                    category,
                    judge,
                    who,
                    _agreeing(facts, [(pair, (blind[pair], said[pair])) for pair in both], ""),
                    tuple(pair for pair in both if blind[pair] != said[pair]),
                )
                for who, blind in sorted(facts.blind.items())
                if (both := [pair for pair in said if pair in blind])
            ]
            if found:
                yield min(found, key=_surely)


def _surely(scenario: Scenario) -> float:
    ends = scenario.found.ci95
    return -2.0 if ends is None else ends[0]
