"""Every figure of a contingency table, in one table: what it is called and where it shows.

``agree`` (text and JSON), mode K, the report, the data card and the reasons under ``undefined``
all read this table, so a further statistic is its function (:mod:`store.agreement.kappa`) and a
line here. Kappa is the headline everywhere, with its interval and band beside it; the other
figures stand in the order of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from store.agreement import kappa
from store.agreement.figure import Figure, Table

Place = Literal["json", "command", "screen", "report", "card", "slice"]
"""``agree --json``, the text of ``agree``, mode K, the table of two people in the report, the
lines of several couples (report and data card), and the lines of slices everywhere."""

KAPPA: Final = "kappa"
"""Key of the headline."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One figure of two annotators."""

    key: str
    """Its key in JSON."""
    of: Callable[[Table], Figure]
    name: str
    """What it is called on screens and on the command line."""
    label: str
    """What it is called in the report's table of two people, where there is room."""
    column: str
    """The head of its column in documents."""
    shown: frozenset[Place]
    written: Literal["coefficient", "share"] = "coefficient"
    """Mode K writes a share in percent; everything else writes decimals."""
    over_used: bool = False
    """It supposes chance among the verdicts that either used: their number stands beside it."""
    two_verdicts: bool = False
    """It exists for tables of two verdicts alone, and shows with those only."""


STATISTICS: tuple[Statistic, ...] = (
    Statistic(
        "p_o",
        kappa.observed,
        "agree",
        "observed agreement, p_o",
        "p_o",
        frozenset({"json", "command", "screen", "report", "card", "slice"}),
        written="share",
    ),
    Statistic(
        "p_e",
        kappa.expected,
        "by chance",
        "agreement by chance, p_e",
        "p_e",
        frozenset({"json", "command", "screen", "report"}),
        written="share",
    ),
    Statistic(
        KAPPA,
        kappa.kappa,
        "κ",
        "kappa",
        "kappa",
        frozenset({"json", "command", "screen", "report", "card", "slice"}),
    ),
    Statistic(
        "kappa_max",
        kappa.kappa_max,
        "κ max",
        "highest kappa the margins allow",
        "highest kappa",
        frozenset({"json", "command", "report"}),
    ),
    Statistic(
        "pabak",
        kappa.pabak,
        "PABAK",
        "PABAK",
        "PABAK",
        frozenset({"json", "command", "screen", "report", "card"}),
        over_used=True,
    ),
    Statistic(
        "ac1",
        kappa.ac1,
        "AC1",
        "AC1",
        "AC1",
        frozenset({"json", "command", "screen", "report", "card", "slice"}),
        over_used=True,
    ),
    Statistic(
        "alpha",
        kappa.alpha,
        "α",
        "Krippendorff's alpha",
        "alpha",
        frozenset({"json", "command", "report"}),
    ),
    Statistic("scott_pi", kappa.scott_pi, "π", "Scott's pi", "pi", frozenset({"report"})),
    Statistic("bias", kappa.bias, "bias", "bias index", "bias", frozenset({"report"})),
    Statistic(
        "prevalence",
        kappa.prevalence,
        "prevalence",
        "prevalence index",
        "prevalence",
        frozenset({"command"}),
        two_verdicts=True,
    ),
)

HEADLINE: Final = next(each for each in STATISTICS if each.key == KAPPA)


def figures(table: Table) -> dict[str, Figure]:
    """Every figure of a table, by key."""
    return {each.key: each.of(table) for each in STATISTICS}


def part_figures(table: Table) -> dict[str, Figure]:
    """The figures that a slice shows, by key."""
    return {each.key: each.of(table) for each in shown("slice")}


def shown(place: Place) -> tuple[Statistic, ...]:
    """The statistics of a place, kappa among them, in the order of the table."""
    return tuple(each for each in STATISTICS if place in each.shown)


def beside_kappa(place: Place, verdicts: int = 4) -> tuple[Statistic, ...]:
    """The statistics of a place but kappa, those over the verdicts used at the end.

    Args:
        place: where.
        verdicts: classes of the table.
    """
    found = [
        each
        for each in shown(place)
        if each.key != KAPPA and (verdicts == 2 or not each.two_verdicts)
    ]
    return tuple(sorted(found, key=lambda each: each.over_used))


def reasons(found: Iterable[tuple[str, Figure]]) -> dict[str, str]:
    """Why the undefined ones among these figures are, by name."""
    return {name: figure.reason for name, figure in found if figure.reason is not None}
