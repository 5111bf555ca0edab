"""Human against AI feedback in words and tables: for the command, mode K and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlite_utils import Database

from store.agreement.feedback_comparison import IDLE, compare
from store.agreement.feedback_figures import (
    Cost,
    FeedbackComparison,
    Kappa,
    Rater,
    Scenario,
    Spread,
)
from store.agreement.figure import percent, short
from store.agreement.intervals import Interval
from store.agreement.share import Share
from store.names import in_words
from store.reporting.markdown import cell, table
from store.reporting.names import Names

NONE: Final = "–"

EVERYBODY: Final = "everybody"

SPREAD: Final = ("", "n", "a", "95 %", "b", "tie", "both bad", "longer")
SCENARIO: Final = ("category", "judge", "least with", "n", "κ", "95 %", "use")
NAMES: Final = ("judge", "least with", "use")
"""Columns of words among those of numbers."""

NOTES: Final = {
    "cost": (
        f"A time of a person over {IDLE / 60:.0f} minutes counts as {IDLE / 60:.0f}; a ranking is"
        " timed once for all its pairs."
    ),
    "speed": "By the clock: from the first verdict of a day to its last, the median over days.",
    "first_place": "A judge picks a place twice a pair, once in each order.",
    "use": (
        "AI may stand alone in a category where the lower end of kappa with everybody is over .6"
        " at 30 common pairs or more."
    ),
    "intervals": "Where pairs share a prompt, intervals are over whole prompts.",
}
"""What must be known of a measure, by its key."""
NOTE: Final = " ".join(NOTES.values())


class Measure(NamedTuple):
    """One figure of one rater, or of all."""

    key: str
    """What the command lists it by: ``longer``."""
    name: str
    words: str
    title: str
    """What the pairs behind it have in common."""
    pairs: tuple[str, ...]


class ReportLine(NamedTuple):
    """A line of a table."""

    cells: tuple[str, ...]
    few: bool
    """Whether it rests on too little to tell anything, and is shown grey."""


def measures(rater: Rater) -> list[Measure]:
    """What is told of one rater."""
    is_person, behind = rater.kind == "person", rater.behind
    place = ("left", "left") if is_person else ("first_place", "first place")
    again = {"self": "the repeat differs", "order": "the orders differ", "seed": "the seeds differ"}
    return [
        Measure("items", "items", f"{rater.items:,}", "labelled", behind["items"]),
        Measure("cost", "cost", _cost(rater.cost), "labelled", behind["items"]),
        Measure("speed", "speed", _speed(rater), "labelled", behind["items"]),
        *(
            Measure(key, f"κ {key}", _kappa(each), again[key], behind[key])
            for key, each in rater.consistency.items()
        ),
        Measure(*place, _share(rater.place), f"takes the {place[1]}", behind["place"]),
        Measure("longer", "longer", _share(rater.longer), "takes the longer", behind["longer"]),
    ]


def weighed(found: FeedbackComparison) -> dict[str, Measure]:
    """What the crowd model says, by rater, and under ``everybody`` where it leaves the majority."""
    model, behind = found.crowd, found.crowd_differs
    if model is None or behind is None:
        return {}
    told = {
        each.name: Measure(
            "right",
            "right",
            f"{short(each.competence)}{_between(each.ci95)} (n {each.n}, by chance"
            f" {short(each.chance)})",
            "not the likeliest verdict",
            behind.raters[each.name],
        )
        for each in model.raters
    }
    pairs = "pair" if model.differs == 1 else "pairs"
    words = f"on {model.differs:,} {pairs} of {model.pairs:,} the likeliest is not the majority's"
    title = "the likeliest verdict is not the majority's"
    return {**told, EVERYBODY: Measure("right", "all", words, title, behind.majority)}


def figures(found: FeedbackComparison) -> dict[str, tuple[str, ...]]:
    """The pairs behind each figure by its name, as in ``longer:ann``."""
    listed = {f"{m.key}:{each.name}": m.pairs for each in found.raters for m in measures(each)}
    listed |= {f"{m.key}:{who}": m.pairs for who, m in weighed(found).items()}
    listed |= {f"use {each.category}:{each.judge}": each.differing for each in found.scenario}
    return listed | {f"{each.by} {each.value}:{each.who}": each.pairs for each in found.spread}


def spreads(found: FeedbackComparison) -> dict[str, list[Spread]]:
    """How verdicts fall, by whose they are: ``people`` first, then each judge."""
    by_rater: dict[str, list[Spread]] = {}
    for each in found.spread:
        by_rater.setdefault(each.who, []).append(each)
    return by_rater


def spread_title(who: str) -> str:
    """What stands over a table of :data:`SPREAD`."""
    return f"How the verdicts of {who} fall"


def spread(each: Spread) -> ReportLine:
    """A line under :data:`SPREAD`."""
    shares = {verdict: _percent(share) for verdict, share in each.shares.items()}
    cells = (
        in_words(each.value if each.by == "category" else f"{each.by} {each.value}"),
        str(each.n),
        shares["a"],
        _ends(each.shares["a"].ci95),
        shares["b"],
        shares["tie"],
        shares["both_bad"],
        _percent(each.longer),
    )
    return ReportLine(cells, each.few)


def scenario(each: Scenario, names: Callable[[str], str] = str) -> ReportLine:
    """A line under :data:`SCENARIO`."""
    found = each.found
    value = NONE if found.kappa.value is None else short(found.kappa.value)
    ends = "" if found.ci95 is None else " to ".join(map(short, found.ci95))
    whose = (in_words(each.category), names(each.judge), names(each.person))
    return ReportLine((*whose, str(found.n), value, ends, each.advice), each.few)


def human_and_ai(db: Database, names: Names) -> Iterator[str]:
    """The comparison as a part of the report; nothing where no model has judged."""
    found = compare(db)
    if not any(each.kind == "ai" for each in found.raters):
        return
    yield "## Human and AI feedback\n"
    yield f"{NOTE}\n"
    yield from _raters(found, names)
    falls = (
        (spread_title(cell(names(who))), SPREAD, [spread(each) for each in parts])
        for who, parts in spreads(found).items()
    )
    advice = [scenario(each, names) for each in found.scenario]
    for title, head, lines in (("Who is to judge what", SCENARIO, advice), *falls):
        if lines:
            yield f"{title}:\n"
            yield table([*head, ""], [_escaped(line) for line in lines]) + "\n"


def _raters(found: FeedbackComparison, names: Names) -> Iterator[str]:
    rows = [
        [cell(names(each.name)), told.name, cell(told.words)]
        for each in found.raters
        for told in measures(each)
    ]
    yield table(["who", "what", ""], rows) + "\n"


def _escaped(line: ReportLine) -> Sequence[str]:
    return [*map(cell, line.cells), "too few" if line.few else ""]


def _cost(cost: Cost) -> str:
    if not cost.timed:
        return "no time is known"
    told = [f"{_time(cost.seconds)} ({cost.timed:,} timed)"]
    if cost.tokens is not None:
        told.append(f"{cost.tokens:,} tokens")
    if cost.idle:
        told.append(f"{cost.idle:,} cut at {IDLE / 60:.0f} minutes")
    if cost.money is not None:
        told.append(f"{cost.money:,.2f} by the rate given")
    return ", ".join(told)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _speed(rater: Rater) -> str:
    found = rater.speed
    told = [] if found.median is None else [f"{found.median:,.0f} an hour by the median"]
    if found.day is not None:
        days = "day" if found.days == 1 else "days"
        told.append(f"{found.day:,.0f} by the clock ({found.days} {days})")
    return ", ".join(told) or "no time is known"


def _kappa(found: Kappa) -> str:
    if found.kappa.value is None or found.ci95 is None:
        return f"{NONE} (n {found.n}: {found.kappa.reason})"
    return f"{short(found.kappa.value)}{_between(found.ci95)} (n {found.n})"


def _between(ends: Interval | None) -> str:
    return "" if ends is None else f", {' to '.join(map(short, ends))}"


def _share(share: Share) -> str:
    if not share.n:
        return f"{NONE} (n 0)"
    return f"{_percent(share)}, {_ends(share.ci95)} (n {share.n})"


def _percent(share: Share) -> str:
    return NONE if share.value is None else percent(share.value)


def _ends(ends: Interval | None) -> str:
    return "" if ends is None else f"{ends[0] * 100:.0f} to {percent(ends[1])}"
