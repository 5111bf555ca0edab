"""Agreement as tables for a person's eyes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from store.agreement import statistics
from store.agreement.attributes import Group
from store.agreement.bands import FEW, FEW_IN_SLICE, TOO_FEW
from store.agreement.dawid_skene import CrowdModel
from store.agreement.figure import Figure
from store.agreement.ranked import RankedPairs
from store.agreement.report import Agreement, ManyAgreement
from store.agreement.slices import Slice, look_first
from store.agreement.statistics import Statistic
from tui.cli.context import stdout_console
from tui.formatting import coefficient, interval, share
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
    console.print(
        f"κ {coefficient(agreement.kappa.value)}   {interval(agreement.ci95)}   {band}".rstrip()
    )
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
        f"α {coefficient(result.alpha.value)} (n {result.n})   "
        f"Fleiss κ {coefficient(result.fleiss.value)}"
        f" (the {result.fleiss_n} pairs that all labelled)"
    )
    table = plain_table("first", "second", "n", "κ", "95 %", "agree", "band")
    for two in result.pairs:
        table.add_row(
            *map(clean, two.annotators),
            str(two.n),
            coefficient(two.kappa.value),
            interval(two.ci95),
            share(two.figures["p_o"].value),
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
            coefficient(two.kappa.value),
            interval(two.ci95),
            share(two.figures["p_o"].value),
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
            f"{each.name} {_written(each, agreement.figures)}"
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


def _written(statistic: Statistic, figures: Mapping[str, Figure]) -> str:
    """One of the figures beside kappa, as mode K writes it."""
    value = figures[statistic.key].value
    return share(value) if statistic.written == "share" else coefficient(value)


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
            *(_written(each, part.figures) for each in others),
            coefficient(part.kappa.value),
            interval(part.ci95),
            "look here" if part is worst else "too few" if part.few else "",
        )
    console.print(table)
    if any(part.few for part in slices):
        console.print(f"too few: n under {FEW_IN_SLICE}")


def plain_table(*headings: str, left: Sequence[str] = ()) -> Table:
    """A table without a frame; all columns but the first, and those named, stand right."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if not place or heading in left else "right")
    return table


def show_crowd(model: CrowdModel) -> None:
    """Print how often each of three or more raters is right, weighed against the others."""
    console = stdout_console()
    table = plain_table("right (Dawid-Skene)", "n", "share", "95 %", "by chance")
    for each in model.raters:
        ends = "" if each.ci95 is None else " to ".join(map(share, each.ci95))
        told = share(each.competence), ends, share(each.chance)
        table.add_row(clean(each.name), str(each.n), *told)
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
        figure = group.alpha.reason or coefficient(group.alpha.value)
        table.add_row(clean(group.value), members, str(group.n), figure)
    stdout_console().print(table)
