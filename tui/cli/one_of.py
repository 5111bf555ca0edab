"""An option or argument whose value is one of a few words."""

from __future__ import annotations

from typing import Any

import click


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
