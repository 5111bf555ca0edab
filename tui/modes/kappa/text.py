"""What mode K says, line by line; no widget in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from store import ids
from store.agreement import Agreement, statistics
from store.agreement.bands import FEW, FEW_IN_SLICE, Band, is_few, where
from store.agreement.figure import Figure
from store.agreement.overview import Overview
from store.agreement.slices import Slice, look_first
from store.agreement.statistics import Statistic
from store.agreement.trend import TrendPoint
from store.records import Label
from tui.formatting import (
    NONE,
    category,
    coefficient,
    counted,
    interval,
    probability,
    seconds,
    share,
)
from tui.modes.kappa.bars import CELLS as BAR
from tui.modes.kappa.bars import bar
from tui.modes.kappa.ruler import CELLS as RULER
from tui.modes.kappa.ruler import ruler
from tui.modes.model.text import BARS
from tui.text import one_line, plain

LOOK_HERE = "  ← look here"
SLICE_NAME_CELLS = 18
RULER_GAP, EDGES_CELLS, LEAST_RULER = 3, 4, 38
"""Cells before the ruler and for its ends; below so many its bands have no room for their names."""
COUPLE_CELLS = 28
"""A person and a model before the figures of the two."""


def title(agreement: Agreement) -> str:
    """``first and second · 124 common · 3 only first · 0 only second``."""
    first, second = (one_line(name, 24) for name in agreement.annotators)
    counts = agreement.counts
    return (
        f"{first} and {second} · {counts.n:,} common · {counts.only_first:,} only {first}"
        f" · {counts.only_second:,} only {second}"
    )


def headline(agreement: Agreement, trend: Sequence[TrendPoint]) -> Content:
    """Kappa, its interval, the trend; where there is no kappa, why."""
    figure = agreement.kappa
    if figure.value is None:
        return Content.assemble(("κ  ", "bold"), NONE, (f"   {figure.reason}", "$muted"))
    parts: list[Content | tuple[str, str]] = [
        ("κ  ", "bold"),
        (coefficient(figure.value), "bold $accent"),
        (f"   {interval(agreement.ci95)}", ""),
        (f"   n {agreement.n:,}", "$muted"),
    ]
    if len(trend) > 1:
        parts += [(f"      {sparkline(trend)}", "$accent"), ("  as labels came", "$muted")]
    return Content.assemble(*parts)


def measured(agreement: Agreement, trend: Sequence[TrendPoint], cells: int) -> Content:
    """The headline with the ruler at its right; below it where it has no room there.

    Args:
        agreement: of the two.
        trend: drawn small where there is no room for the picture; else empty.
        cells: that there are.
    """
    line = headline(agreement, trend)
    value = agreement.kappa.value
    if value is None:
        return line
    beside = cells - line.cell_length - RULER_GAP - EDGES_CELLS
    if beside < LEAST_RULER:
        return Content.assemble(line, "\n", ruler(value, agreement.ci95))
    bands, mark = ruler(value, agreement.ci95, min(beside, RULER)).split("\n")
    before = " " * (line.cell_length + RULER_GAP)
    return Content.assemble(line, " " * RULER_GAP, bands, "\n", before, mark)


def advice(agreement: Agreement, overview: Overview | None, *, short: bool = False) -> Content:
    """The band in words; where agreement is low, where to look first.

    Args:
        agreement: of the two.
        overview: what stands beside it.
        short: the band alone; the slices tell the place.
    """
    if agreement.advice is None:
        return Content.styled("nothing can be said yet", "$muted")
    words = plain(agreement.advice, _style(agreement.band))
    if short or overview is None or len(overview.slices) < 2:
        return words
    if agreement.band not in {Band.WEAK, Band.LOW}:
        return words
    places = where([(category(part.value), part.counts.disagreed) for part in overview.slices])
    return Content.assemble(words, plain(f"\nmost disagreement: {places}" if places else ""))


def how_sure(agreement: Agreement, overview: Overview | None) -> list[Content]:
    """How many more pairs narrow the interval, and what the figures are over."""
    told = [] if agreement.kappa.value is None else [agreement.power().words()]
    if overview is not None and overview.queue.told:
        told.append(overview.queue.words())
    return [plain(each, "$muted") for each in told]


def figures(agreement: Agreement, overview: Overview | None, cells: int) -> Content:
    """The figures that keep the prevalence paradox from fooling anyone."""
    told = statistics.beside_kappa("screen", len(agreement.counts.labels))
    parts = []
    for each in told:
        value = _written(each, agreement.figures[each.key])
        # once, after the last of those over the verdicts used, which stand at the end
        over = f" ({agreement.q} verdicts)" if agreement.n and each is told[-1] else ""
        parts.append(_figure(each.name, f"{value}{over if each.over_used else ''}"))
    if overview is not None and overview.roles.n:
        roles = _figure("as roles κ", coefficient(overview.roles_kappa.value))
        if overview.favourite:
            roles += Content.styled(f" (most prefer the {overview.favourite})", "$muted")
        if sum(each.cell_length + 2 for each in (*parts, roles)) - 2 > cells:
            roles = Content.assemble("\n", roles)
        parts.append(roles)
    line = Content("   ").join(parts)
    return line if line.cell_length <= cells else Content("  ").join(parts)


def _figure(name: str, value: str) -> Content:
    return Content.assemble((f"{name} ", "$muted"), value)


def you(overview: Overview, *, narrow: bool = False) -> str:
    """What the viewer may want to know of themselves, in one line."""
    left, again, pace = overview.left, overview.again, overview.pace
    told = []
    if left.n:
        told.append(f"left chosen {share(left.share)} (p {probability(left.p)})")
    if again.counts.n:
        word = "repeats" if narrow else "self-agreement"
        told.append(f"{word} κ {coefficient(again.kappa.value)} (n {again.counts.n})")
    if pace.median is not None:
        lately = "lately {}" if narrow else "{} in the last 20"
        recent = f", {lately.format(seconds(pace.recent))}" if pace.recent is not None else ""
        told.append(f"{'' if narrow else 'median '}{seconds(pace.median)} a pair{recent}")
    return f"you: {' · '.join(told)}" if told else ""


def drifts(overview: Overview) -> Content:
    """A quiet word where something drifts, and what is sealed."""
    lines = [plain(hint) for hint in (overview.pace.hint, overview.again.hint) if hint]
    lines += [
        plain(f"sealed until all have finished: {each}", "$muted") for each in overview.sealed
    ]
    return Content("\n").join(lines)


def now(
    agreement: Agreement, overview: Overview, open_: int, key_of: Callable[[str], str]
) -> Content:
    """What to do now, each with its key; what matters most stands first.

    Args:
        agreement: of the two.
        overview: what stands beside it.
        open_: disagreements without a ruling.
        key_of: the key of a binding.
    """
    steps: list[tuple[str, str]] = []
    if agreement.band in {Band.WEAK, Band.LOW} and not is_few(agreement.n):
        worst = look_first(overview.slices)
        place = f" on {category(worst.value)}" if worst and len(overview.slices) > 1 else ""
        steps.append(("all.guideline", f"mends the guideline{place}"))
    if open_:
        steps.append(("mode.judge", f"rules on {counted(open_, 'disagreement')}"))
    if is_few(agreement.n):
        more = counted(FEW - agreement.n, "more common pair")
        steps.append(("mode.label", f"labels on: {more}"))
    if not open_ and agreement.band in {Band.GOOD, Band.GOLDEN}:
        steps.append(("mode.export", "writes what is decided"))
    parts: list[tuple[str, str]] = [("now   ", "$muted")] if steps else []
    for binding, words in steps:
        parts += [(key_of(binding), "bold $accent"), (f" {words}    ", "$foreground")]
    return Content.assemble(*parts)


def slice_line(part: Slice, *, worst: bool, bars: bool) -> Content:
    """One line of the slices; dim below the n that can tell anything."""
    name = set_cell_size(one_line(category(part.value), SLICE_NAME_CELLS), SLICE_NAME_CELLS)
    told = "".join(f"{_written(each, part.figures[each.key]):>7}" for each in _of_slices())
    rest = f"too few (n under {FEW_IN_SLICE})" if part.few else interval(part.ci95)
    if part.few:
        return Content(f"{name}{part.n:>6,}{told}  {rest}").stylize("$muted")
    drawn = Content.assemble("  ", bar(part.kappa.value, part.ci95)) if bars else Content("")
    return Content.assemble(
        f"{name}{part.n:>6,}{told}", drawn, f"  {rest}", (LOOK_HERE if worst else "", "$accent")
    )


def slice_head(by: str, *, bars: bool = False) -> str:
    """The head over the slices."""
    heads = "".join(f"{each.name:>7}" for each in _of_slices())
    scale = f"  0{'1':>{BAR - 1}}" if bars else ""
    return f"{set_cell_size(f'by {by}', SLICE_NAME_CELLS)}{'n':>6}{heads}{scale}"


def model_head() -> str:
    """The head over the lines of people and models."""
    return f"{set_cell_size('human and AI', COUPLE_CELLS)}{'n':>6}{'agree':>8}{'κ':>7}"


def model_line(two: Agreement) -> Content:
    """A person and a model; dim below the n that can tell anything."""
    name = set_cell_size(couple(two, COUPLE_CELLS), COUPLE_CELLS)
    few = two.n < FEW_IN_SLICE
    figure, agreed = coefficient(two.kappa.value), share(two.figures["p_o"].value)
    rest = f"too few (n under {FEW_IN_SLICE})" if few else two.kappa.reason or interval(two.ci95)
    line = Content(f"{name}{two.n:>6,}{agreed:>8}{figure:>7}   {rest}")
    return line.stylize("$muted") if few else line


def couple(two: Agreement, cells: int) -> str:
    """``first and tiny.gguf``: a person and a model without the mark of its name."""
    person, model = two.annotators
    who = one_line(person, cells // 2 - 3)
    return one_line(f"{who} and {model.removeprefix(ids.AI)}", cells - 1)


def sparkline(trend: Sequence[TrendPoint]) -> str:
    """Kappa over time between 0 and 1, a bar a point; a gap where it is undefined."""
    return "".join(
        " " if point.kappa.value is None else BARS[_step(point.kappa.value)] for point in trend
    )


def verdict_line(label: Label) -> Content:
    """What one annotator said of a pair, with seconds and note."""
    taken = f"   {seconds(label.seconds)}" if label.seconds is not None else ""
    note = f"   {one_line(label.note, 200)}" if label.note else ""
    name = one_line(label.annotator, 24)
    gap = " " * max(1, 14 - cell_len(name))
    return Content.assemble(
        plain(name, "$muted"), gap, (label.verdict.replace("_", " "), "bold"), plain(taken + note)
    )


def _of_slices() -> tuple[Statistic, ...]:
    """The columns of a slice: kappa last, so that its interval stands beside it."""
    return (*statistics.beside_kappa("slice"), statistics.HEADLINE)


def _written(statistic: Statistic, figure: Figure) -> str:
    return (share if statistic.written == "share" else coefficient)(figure.value)


def _step(kappa: float) -> int:
    return min(max(int(kappa * len(BARS)), 0), len(BARS) - 1)


def _style(band: Band | None) -> str:
    return "bold $warning" if band is Band.LOW else ""


def nobody_to_compare(people: Sequence[str], me: str) -> str:
    """Why there is no kappa yet, in a sentence."""
    if not people:
        return "Nobody has labelled anything yet, so there is nothing to compare."
    who = "you have" if tuple(people) == (me,) else f"{one_line(people[0], 24)} has"
    return f"Only {who} labelled so far. Kappa needs a second person on this file."
