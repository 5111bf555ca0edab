"""Commands whose help ends with tables that are made from what the command itself goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

Table = tuple[str, Callable[[], Mapping[str, str]]]
"""A heading, and what is asked for the rows (name and one line) when the help is shown."""


class TabledCommand(click.Command):
    """A command with tables at the end of its help.

    Args:
        tables: what stands there; what the rows come from may be heavy, and is imported only when
            the help is shown.
    """

    def __init__(self, *arguments: Any, tables: tuple[Table, ...], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._tables = tables

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The tables, below the options."""
        super().format_epilog(ctx, formatter)
        for heading, rows in self._tables:
            with formatter.section(heading):
                formatter.write_dl(list(rows().items()))
