"""What completes the values of options: names that are there, read when tab is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def of(names: Callable[[], Iterable[str]]) -> Completer:
    """Completes with those names that begin as what is typed does."""

    def complete(_context: click.Context, _option: click.Parameter, typed: str) -> list[Any]:
        return [CompletionItem(name) for name in names() if name.startswith(typed)]

    return complete


def export_formats() -> Iterable[str]:
    """What ``export --format`` takes."""
    from store.exporting import summaries

    return summaries()


def import_formats() -> Iterable[str]:
    """What ``import --format`` takes."""
    from store.importing import summaries

    return summaries()


def reasons() -> Iterable[str]:
    """What ``export --allow`` takes."""
    from store.exporting import ALLOWABLE

    return sorted(ALLOWABLE)


def sources() -> Iterable[str]:
    """What ``--from`` of export and check takes, without names of people."""
    from store.exporting.options import SOURCES

    return SOURCES


def constitutions() -> Iterable[str]:
    """The shipped constitutions."""
    from engine.method.constitution import shipped_names

    return shipped_names()


def styles() -> Iterable[str]:
    """The shipped attack styles."""
    from engine.method.attacks import ALL, load

    return [ALL, *(each.name for each in load())]
