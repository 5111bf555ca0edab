"""Several couples of annotators in one table, a line for each; in the report and the data card."""

from __future__ import annotations

from collections.abc import Callable

from store.agreement import statistics
from store.agreement.report import Agreement
from store.reporting.markdown import cell, figure, interval


def head(who: str) -> list[str]:
    """The heads of the columns; the first is ``who``."""
    others = [each.column for each in statistics.beside_kappa("card")]
    return [who, "n", statistics.HEADLINE.column, "95 %", *others, "verdicts used"]


def row(two: Agreement, names: Callable[[str], str] = str) -> list[str]:
    """The line of a couple.

    Args:
        two: its figures.
        names: what an annotator is called here.
    """
    others = [figure(two.figures[each.key]) for each in statistics.beside_kappa("card")]
    return [
        " and ".join(cell(names(name)) for name in two.annotators),
        str(two.n),
        figure(two.kappa),
        interval(two.ci95),
        *others,
        str(two.q),
    ]
