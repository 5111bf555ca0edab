"""Which branch of a chain counts, where a person asked for a critique under another principle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar


class _Found(Protocol):
    """A critique, whole or without its text."""

    @property
    def id(self) -> str: ...

    @property
    def found(self) -> bool: ...


class _HasId(Protocol):
    """A revision, whole or without its text."""

    @property
    def id(self) -> str: ...


C = TypeVar("C", bound=_Found)
R = TypeVar("R", bound=_HasId)


def path(
    original_id: str, criticised: Mapping[str, Sequence[C]], revised: Mapping[str, Sequence[R]]
) -> list[tuple[C, R | None]]:
    """The steps of the newest finished branch of a chain.

    Args:
        original_id: where the chain starts.
        criticised: the critiques of each candidate, oldest first.
        revised: the revisions made from each critique, oldest first.

    Returns:
        Critique and revision of each round; the last revision may be None.
    """
    steps: list[tuple[C, R | None]] = []
    here = original_id
    while made := criticised.get(here):
        critique = _best(made, revised)
        revisions = revised.get(critique.id)
        steps.append((critique, revisions[-1] if revisions else None))
        if not revisions:
            break
        here = revisions[-1].id
    return steps


def _best(made: Sequence[C], revised: Mapping[str, Sequence[R]]) -> C:
    """The newest critique that led to a revision, else to an end, else the newest."""
    newest = list(reversed(made))
    for critique in newest:
        if revised.get(critique.id):
            return critique
    return next((critique for critique in newest if not critique.found), newest[0])
