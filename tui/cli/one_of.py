"""Options and arguments whose values are some of many: one of a few words, a number in a range."""

from __future__ import annotations

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A number in a range; what is no number (nan) or endless lies in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number.

        Raises:
            click.BadParameter: it is not in the range.
        """
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no number that can be used", param, ctx)
        return number


class WholeNumber(click.IntRange):
    """A whole number from 1 on that every model and file can take."""

    def __init__(self) -> None:
        super().__init__(1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number.

        Raises:
            click.BadParameter: it is none, or too large.
        """
        number = int(super().convert(value, param, ctx))
        if number >= 2**31:
            self.fail(f"{value} is too large", param, ctx)
        return number


class OneOf(click.Choice[str]):
    """One of a few words, found as names are: large or small; one that is none tells the nearest.

    click lists the words, however many they are, and leaves the search to the reader.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word as it is spelled here.

        Raises:
            click.BadParameter: it is none of them.
        """
        from store.names import find, hint

        words = [str(each) for each in self.choices]
        found = find(str(value), words)
        if found is None:
            self.fail(
                f"{value!r} is none of {', '.join(words)}{hint(str(value), words)}", param, ctx
            )
        return found
