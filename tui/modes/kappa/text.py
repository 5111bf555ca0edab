"""What mode K says, line by line; no widget in it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from store import ids
from store.agreement import Agreement
from store.agreement.bands import FEW_IN_SLICE, Band, where
from store.agreement.overview import Overview
from store.agreement.report import Slice
from store.agreement.trend import TrendPoint
from store.records import Label
from tui.formatting import NONE, coefficient, interval, probability, seconds, share
from tui.text import one_line, plain

BARS = "▁▂▃▄▅▆▇█"
GOOD = 0.6
LOOK_HERE = "  ← look here"
SLICE_NAME_CELLS = 18
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


def advice(agreement: Agreement, overview: Overview | None) -> Content:
    """The band in words; where agreement is low, where to look first."""
    if agreement.advice is None:
        return Content.styled("nothing can be said yet", "$muted")
    words = plain(agreement.advice, _style(agreement.band))
    if overview is None or agreement.band not in {Band.WEAK, Band.LOW}:
        return words
    places = where(
        [(part.value.replace("_", " "), part.counts.disagreed) for part in overview.slices]
    )
    return Content.assemble(words, plain(f"\nmost disagreement: {places}" if places else ""))


def figures(agreement: Agreement, overview: Overview | None) -> Content:
    """The figures that keep the prevalence paradox from fooling anyone."""
    over = f" ({agreement.q} verdicts)" if agreement.n else ""
    told = [
        ("agree", share(agreement.p_o.value)),
        ("by chance", share(agreement.p_e.value)),
        ("AC1", f"{coefficient(agreement.ac1.value)}{over}"),
        ("PABAK", coefficient(agreement.pabak.value)),
    ]
    parts: list[Content | tuple[str, str]] = []
    for name, value in told:
        parts += [(f"{name} ", "$muted"), (f"{value}   ", "")]
    if overview is not None and overview.roles.n:
        parts += [("as roles κ ", "$muted"), (coefficient(overview.roles_kappa.value), "")]
        if overview.favourite:
            parts.append((f" (most prefer the {overview.favourite})", "$muted"))
    return Content.assemble(*parts)


def habits(overview: Overview) -> Content:
    """What the viewer may want to know of themselves, and a quiet word where something drifts."""
    left, again, pace = overview.left, overview.again, overview.pace
    told = []
    if left.n:
        told.append(f"left chosen {share(left.share)} (p {probability(left.p)})")
    if again.counts.n:
        told.append(f"self-agreement κ {coefficient(again.kappa.value)} (n {again.counts.n})")
    if pace.median is not None:
        recent = f", {seconds(pace.recent)} in the last 20" if pace.recent is not None else ""
        told.append(f"median {seconds(pace.median)} a pair{recent}")
    hints = [hint for hint in (pace.hint, again.hint) if hint]
    lines = [plain("you: " + "   ".join(told), "$muted")] if told else []
    lines += [plain(hint) for hint in hints]
    lines += [
        plain(f"sealed until all have finished: {each}", "$muted") for each in overview.sealed
    ]
    return Content("\n").join(lines)


def slice_line(part: Slice, *, worst: bool) -> Content:
    """One line of the slices; dim below the n that can tell anything."""
    name = set_cell_size(one_line(part.value.replace("_", " "), SLICE_NAME_CELLS), SLICE_NAME_CELLS)
    few = part.n < FEW_IN_SLICE
    figure = coefficient(part.kappa.value)
    rest = f"too few (n under {FEW_IN_SLICE})" if few else interval(part.ci95)
    line = Content(f"{name}{part.n:>6,}{figure:>7}   {rest}")
    if few:
        return line.stylize("dim")
    return Content.assemble(line, (LOOK_HERE if worst else "", "$accent"))


def slice_head(by: str) -> str:
    """The head over the slices."""
    return f"{set_cell_size(f'by {by}', SLICE_NAME_CELLS)}{'n':>6}{'κ':>7}"


def model_head() -> str:
    """The head over the lines of people and models."""
    return f"{set_cell_size('human and AI', COUPLE_CELLS)}{'n':>6}{'agree':>8}{'κ':>7}"


def model_line(two: Agreement) -> Content:
    """A person and a model; dim below the n that can tell anything."""
    name = set_cell_size(couple(two, COUPLE_CELLS), COUPLE_CELLS)
    few = two.n < FEW_IN_SLICE
    figure, agreed = coefficient(two.kappa.value), share(two.p_o.value)
    rest = f"too few (n under {FEW_IN_SLICE})" if few else two.kappa.reason or interval(two.ci95)
    line = Content(f"{name}{two.n:>6,}{agreed:>8}{figure:>7}   {rest}")
    return line.stylize("dim") if few else line


def couple(two: Agreement, cells: int) -> str:
    """``first and tiny.gguf``: a person and a model without the mark of its name."""
    person, model = two.annotators
    who = one_line(person, cells // 2 - 3)
    return one_line(f"{who} and {model.removeprefix(ids.AI)}", cells - 1)


def worst_slice(slices: Sequence[Slice]) -> Slice | None:
    """The slice to look at first: most disagreements, where kappa is not good and n can tell."""
    telling = [
        part
        for part in slices
        if part.n >= FEW_IN_SLICE and part.counts.disagreed and (part.kappa.value or 0) <= GOOD
    ]
    return max(telling, key=lambda part: part.counts.disagreed / part.n, default=None)


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


def _step(kappa: float) -> int:
    return min(max(int(kappa * len(BARS)), 0), len(BARS) - 1)


def _style(band: Band | None) -> str:
    return "bold $warning" if band is Band.LOW else ""
