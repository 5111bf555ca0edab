"""Human against AI feedback on this project's own data: cost, speed, consistency, bias, use.

The chapter's table 11-2 asks what each kind of feedback is good for; here each line of it is a
figure of the people and judges of one project. Consistency is kappa for both: a person's with
their own hidden repeats, a judge's between its two orders and between two seeds. A judge's verdict
on a pair is that of its soft label, a tie where its orders conflict.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Final

from sqlite_utils import Database

from store.agreement import dawid_skene, feedback_facts
from store.agreement.counts import VERDICTS, Said, counts, tally_of
from store.agreement.feedback_facts import FeedbackFacts, TimedVerdict
from store.agreement.feedback_figures import (
    Cost,
    FeedbackComparison,
    Kappa,
    Rater,
    Rates,
    Scenario,
    Speed,
    Spread,
)
from store.agreement.figure import Figure, undefined
from store.agreement.intervals import smoothed_wald
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
