"""Agreement between two annotators, from their contingency table alone.

Everything here costs the same at ten labels and at a million: the k by k counts are all that
kappa needs. Cohen's kappa comes from scikit-learn once it is loaded (:func:`warm_up`), which gets
the table through ``sample_weight``; until then from the same formula over whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from store.agreement.figure import NO_OVERLAP, ONE_VERDICT, Figure, Table, undefined
from store.db.sqlite_utils_import import absent

Weights = Literal["linear", "quadratic"] | Sequence[Sequence[float]] | None
"""How much a disagreement counts: by distance on the scale, by a table of own weights, or 1."""

_reference: Callable[..., Any] | None = None


def warm_up() -> None:
    """Loads scikit-learn (about a second): call it in a thread, after the first paint."""
    global _reference
    with absent("pandas"):
        from sklearn.metrics import cohen_kappa_score

    _reference = cohen_kappa_score


def warm() -> bool:
    """Whether kappa comes from scikit-learn already."""
    return _reference is not None


def kappa(table: Table, weights: Weights = None) -> Figure:
    """Cohen's kappa (Cohen 1960), weighted where asked (Cohen 1968).

    Args:
        table: k by k counts over *all* labels in the order of the scale: with weights, a label
            that nobody used still is a step of it.
        weights: ``linear``, ``quadratic``, a k by k table of disagreement weights, or None.

    Returns:
        A value from -1 to 1; undefined without overlap or when no disagreement was possible.
    """
    exact = formula(table, weights)
    if exact.value is None or _reference is None:
        return exact  # scikit-learn would raise, or warn and give nan, where kappa is undefined
    if not (weights is None or isinstance(weights, str)):
        return exact  # and it takes no weights of one's own
    k = range(len(table))
    value = _reference(
        [i for i in k for _ in k],
        list(k) * len(table),
        labels=list(k),
        weights=weights,
        sample_weight=[count for row in table for count in row],
    )
    return Figure(float(value))


def formula(table: Table, weights: Weights = None) -> Figure:
    """The same kappa without scikit-learn, from whole numbers."""
    if not _total(table):
        return undefined(NO_OVERLAP)
    seen, by_chance = _disagreement(table, weights)
    return Figure((by_chance - seen) / by_chance) if by_chance else undefined(ONE_VERDICT)


def observed(table: Table) -> Figure:
    """Share of the common pairs on which both agree, p_o."""
    n = _total(table)
    return Figure(_diagonal(table) / n) if n else undefined(NO_OVERLAP)


def expected(table: Table) -> Figure:
    """Agreement that the two marginals would give by chance, p_e (Cohen 1960)."""
    n = _total(table)
    return Figure(_chance(table) / n**2) if n else undefined(NO_OVERLAP)


def kappa_max(table: Table) -> Figure:
    """The highest kappa that these marginals allow (Cohen 1960, p. 42)."""
    n, chance = _total(table), _chance(table)
    if not n:
        return undefined(NO_OVERLAP)
    if chance == n * n:
        return undefined(ONE_VERDICT)
    reachable = sum(map(min, *_margins(table)))
    return Figure((n * reachable - chance) / (n * n - chance))


def used(table: Table) -> int:
    """How many verdicts either of the two used, two at least: the k of PABAK and AC1.

    A verdict that was allowed and never chosen says nothing of chance; counting it would raise
    both figures (coin flips over two of four verdicts: AC1 .34 at a kappa of -.10).
    """
    return max(2, sum(both > 0 for both in _both(table)))


def pabak(table: Table, k: int | None = None) -> Figure:
    """Kappa as if all k verdicts were equally frequent (Brennan and Prediger 1981).

    With two verdicts this is PABAK (Byrt, Bishop and Carlin 1993), 2 p_o - 1.

    Args:
        table: k by k counts.
        k: how many verdicts chance chose among; :func:`used` when None.
    """
    n, k = _total(table), k or used(table)
    if not n:
        return undefined(NO_OVERLAP)
    return Figure((k * _diagonal(table) - n) / (n * (k - 1)))


def ac1(table: Table, k: int | None = None) -> Figure:
    """Gwet's AC1 (Gwet 2008), which prevalence cannot drive to zero.

    Args:
        table: k by k counts.
        k: how many verdicts chance chose among; :func:`used` when None.
    """
    n, k = _total(table), k or used(table)
    if not n:
        return undefined(NO_OVERLAP)
    shares = [both / (2 * n) for both in _both(table)]
    chance = sum(share * (1 - share) for share in shares) / (k - 1)
    return Figure((_diagonal(table) / n - chance) / (1 - chance))


def scott_pi(table: Table) -> Figure:
    """Scott's pi (Scott 1955): chance from the mean of the two marginals."""
    n = _total(table)
    if not n:
        return undefined(NO_OVERLAP)
    chance = sum(both * both for both in _both(table))
    if chance == 4 * n * n:
        return undefined(ONE_VERDICT)
    return Figure((4 * n * _diagonal(table) - chance) / (4 * n * n - chance))


def alpha(table: Table) -> Figure:
    """Krippendorff's nominal alpha of two annotators over their common pairs.

    Scott's pi with the correction for a small sample (Krippendorff 2011).
    """
    n = _total(table)
    if not n:
        return undefined(NO_OVERLAP)
    possible = 4 * n * n - sum(both * both for both in _both(table))
    if not possible:
        return undefined(ONE_VERDICT)
    return Figure(1 - 2 * (2 * n - 1) * (n - _diagonal(table)) / possible)


def prevalence(table: Table) -> Figure:
    """Prevalence index of a two by two table, (a - d) / n (Byrt, Bishop and Carlin 1993)."""
    n = _total(table)
    if not n:
        return undefined(NO_OVERLAP)
    if len(table) != 2:
        return undefined("defined for two verdicts only")
    return Figure((table[0][0] - table[1][1]) / n)


def bias(table: Table) -> Figure:
    """How differently the two use the verdicts.

    Two verdicts: (b - c) / n, with its sign (Byrt, Bishop and Carlin 1993). More: half the
    distance between the two marginals, from 0 to 1.
    """
    n = _total(table)
    if not n:
        return undefined(NO_OVERLAP)
    if len(table) == 2:
        return Figure((table[0][1] - table[1][0]) / n)
    return Figure(sum(abs(r - c) for r, c in zip(*_margins(table), strict=True)) / (2 * n))


def disagreement_weight(weights: Weights, i: int, j: int) -> float:
    """What it costs that one said step ``i`` of the scale and the other step ``j``."""
    if weights is None:
        return int(i != j)
    if weights == "linear":
        return abs(i - j)
    if weights == "quadratic":
        return (i - j) ** 2
    return weights[i][j]


def _disagreement(table: Table, weights: Weights) -> tuple[float, float]:
    """Weighted disagreement seen and expected, both times n squared (exact for whole weights)."""
    n = _total(table)
    rows, columns = _margins(table)
    seen: float = 0
    by_chance: float = 0
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            weight = disagreement_weight(weights, i, j)
            seen += weight * count * n
            by_chance += weight * rows[i] * columns[j]
    return seen, by_chance


def _total(table: Table) -> int:
    return sum(map(sum, table))


def _diagonal(table: Table) -> int:
    return sum(table[i][i] for i in range(len(table)))


def _margins(table: Table) -> tuple[list[int], list[int]]:
    return [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]


def _both(table: Table) -> list[int]:
    """How often the two together used each verdict."""
    return [r + c for r, c in zip(*_margins(table), strict=True)]


def _chance(table: Table) -> int:
    """p_e times n squared, in whole numbers."""
    return sum(r * c for r, c in zip(*_margins(table), strict=True))
