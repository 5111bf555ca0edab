"""Agreement as tables for a person's eyes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from store.agreement import statistics
from store.agreement.attributes import Group
from store.agreement.bands import FEW, FEW_IN_SLICE, TOO_FEW
from store.agreement.dawid_skene import CrowdModel
from store.agreement.figure import Figure, rounded
from store.agreement.intervals import Interval
from store.agreement.ranked import RankedPairs
from store.agreement.report import Agreement, ManyAgreement
from store.agreement.slices import Slice, look_first
from tui.cli.context import stdout_console
from tui.visible import clean


def show_two(agreement: Agreement, width: float) -> None:
    """Print one pair of annotators: figures, table, slices."""
    console = stdout_console()
    first, second = map(clean, agreement.annotators)
    counts = agreement.counts
    console.print(
        f"{first} and {second} · {agreement.n} common"
        f" · {counts.only_first} only {first} · {counts.only_second} only {second}"
    )
    few = f" (n under {FEW})" if 0 < agreement.n < FEW else ""
    band = f"{_band(agreement)}{few}"
    console.print(f"κ {number(agreement.kappa)}   {interval(agreement.ci95)}   {band}".rstrip())
    for line in _figures(agreement):
        console.print(line)
    if agreement.advice:
        console.print(agreement.advice)
        console.print(agreement.power(width).words())
    for reason in dict.fromkeys(agreement.undefined.values()):
        console.print(f"undefined: {reason}")
    console.print(_table(agreement, first, second))
    if agreement.slices:
        _show_slices(console, agreement.slices)


def show_ranked(behind: RankedPairs) -> None:
    """Print that pairs follow from rankings, and what kappa's interval is then."""
    ends = interval(behind.ci95) or "undefined"
    stdout_console().print(f"{behind.words}; κ over whole prompts {ends}")


def show_many(result: ManyAgreement) -> None:
    """Print more than two annotators: the figures over all, then a line for each two."""
    console = stdout_console()
    console.print(" · ".join(map(clean, result.annotators)))
    console.print(
        f"α {number(result.alpha)} (n {result.n})   "
        f"Fleiss κ {number(result.fleiss)} (the {result.fleiss_n} pairs that all labelled)"
    )
    table = plain_table("first", "second", "n", "κ", "95 %", "agree", "band")
    for two in result.pairs:
        table.add_row(
            *map(clean, two.annotators),
            str(two.n),
            number(two.kappa),
            interval(two.ci95),
            number(two.figures["p_o"]),
            _band(two),
        )
    console.print(table)


def show_models(found: Sequence[Agreement]) -> None:
    """Print people against models, a line for each two."""
    console = stdout_console()
    table = plain_table("human and AI", "", "n", "κ", "95 %", "agree", "")
    for two in found:
        table.add_row(
            *map(clean, two.annotators),
            str(two.n),
            number(two.kappa),
            interval(two.ci95),
            number(two.figures["p_o"]),
            "too few" if two.n < FEW_IN_SLICE else "",
        )
    console.print(table)
    for reason in dict.fromkeys(two.kappa.reason for two in found if two.kappa.reason):
        console.print(f"undefined: {reason}")


def _figures(agreement: Agreement) -> Iterator[str]:
    """The figures beside kappa: a line of those that stand alone, a line of those over q."""
    found = statistics.beside_kappa("command", len(agreement.counts.labels))
    for over_used in (False, True):
        told = [
            f"{each.name} {number(agreement.figures[each.key])}"
            for each in found
            if each.over_used is over_used
        ]
        over = f" ({agreement.q} verdicts)" if over_used and agreement.n else ""
        yield "   ".join(f"{each}{over}" for each in told)


def _band(agreement: Agreement) -> str:
    """The band, with "too few to tell" beside it where n is small."""
    band = agreement.band.value if agreement.band is not None else ""
    few = TOO_FEW if 0 < agreement.n < FEW else ""
    return ", ".join(part for part in (band, few) if part)


def number(figure: Figure) -> str:
    """A figure to three places, or a dash where it is undefined."""
    return "–" if figure.value is None else rounded(figure.value, 3)


def interval(bounds: Interval | None) -> str:
    """``0.410 to 0.780``; empty where there is none."""
    return "" if bounds is None else " to ".join(rounded(end, 3) for end in bounds)


def _table(agreement: Agreement, first: str, second: str) -> Table:
    counts = agreement.counts
    table = plain_table(f"{first} \\ {second}", *counts.labels, "all")
    for label, row, total in zip(counts.labels, counts.table, counts.rows, strict=True):
        table.add_row(label, *map(str, row), str(total))
    table.add_row("all", *map(str, counts.columns), str(counts.n))
    return table


def _show_slices(console: Console, slices: Sequence[Slice]) -> None:
    others = statistics.beside_kappa("slice")
    heads = [each.name for each in others]
    table = plain_table(f"by {slices[0].by}", "n", *heads, statistics.HEADLINE.name, "95 %", "")
    worst = look_first(slices)
    for part in slices:
        table.add_row(
            clean(part.value),
            str(part.n),
            *(number(part.figures[each.key]) for each in others),
            number(part.kappa),
            interval(part.ci95),
            "look here" if part is worst else "too few" if part.few else "",
        )
    console.print(table)
    if any(part.few for part in slices):
        console.print(f"too few: n under {FEW_IN_SLICE}")


def plain_table(*headings: str) -> Table:
    """A table without a frame; all columns but the first stand right."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right")
    return table


def show_crowd(model: CrowdModel) -> None:
    """Print how often each of three or more raters is right, weighed against the others."""
    console = stdout_console()
    table = plain_table("right (Dawid-Skene)", "n", "share", "95 %", "by chance")
    for each in model.raters:
        share, chance = rounded(each.competence, 3), rounded(each.chance, 3)
        table.add_row(clean(each.name), str(each.n), share, interval(each.ci95), chance)
    console.print(table)
    console.print(
        f"over {model.pairs} pairs, {model.smoothing:g} added to each cell; on {model.differs}"
        " the likeliest verdict is not the majority's"
    )
    for warning in model.warnings:
        console.print(clean(warning))


def show_groups(stated: str, groups: Sequence[Group]) -> None:
    """Print what annotators agree on within each group that states the same."""
    table = plain_table(clean(stated), "annotators", "n", "α")
    for group in groups:
        members = ", ".join(map(clean, group.annotators))
        figure = group.alpha.reason or number(group.alpha)
        table.add_row(clean(group.value), members, str(group.n), figure)
    stdout_console().print(table)
