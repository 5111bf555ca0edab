"""Numbers as the screens write them: short, the same everywhere, never more exact than known."""

from __future__ import annotations

import math

from store.names import in_words

NONE = "–"
"""Stands where a figure is undefined; the reason stands beside it."""


def coefficient(value: float | None) -> str:
    """A kappa or its like with two decimals and no leading zero: ``.76``, ``-.05``, ``1.00``."""
    if value is None or math.isnan(value):
        return NONE
    from store.agreement.figure import short  # the statistics, not needed for the first paint

    return short(value)


def interval(ends: tuple[float, float] | None) -> str:
    """A 95 % interval: ``.65 to .85``; empty where there is none."""
    return "" if ends is None else f"{coefficient(ends[0])} to {coefficient(ends[1])}"


def share(value: float | None) -> str:
    """A share in whole percent: ``86 %``."""
    return NONE if value is None else f"{value * 100:.0f} %"


def probability(value: float | None) -> str:
    """A p value: ``.48``, ``under .001``."""
    if value is None:
        return NONE
    if value < 0.001:
        return "under .001"
    return coefficient(value) if value >= 0.1 else f"{value:.3f}".replace("0.", ".", 1)


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: ``1 pair``, ``12 pairs``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def category(name: str) -> str:
    """A category, or another name of the store, in words."""
    return in_words(name)


def moment(at: str) -> str:
    """A stored moment to the minute: ``2026-03-04 15:20``."""
    return at[:16].replace("T", " ")


def time_left(seconds: float | None) -> str:
    """How long the rest will take: ``about 25 min left``; empty where it cannot be told."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute left"
    if minutes < 90:
        return f"about {minutes} min left"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return f"about {hours} h {rest} min left" if rest else f"about {hours} h left"


def seconds(value: float | None) -> str:
    """A time on an item: ``21 s``, ``1 min 40 s``."""
    if value is None:
        return NONE
    whole = round(value)
    if whole < 100:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def brief(value: float) -> str:
    """A time too short for whole seconds: ``.4 s``, ``1 s``."""
    return f"{value:.2g} s".removeprefix("0")
