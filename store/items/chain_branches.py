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
    original_id: str,
    criticised: Mapping[str, Sequence[C]],
    revised: Mapping[str, Sequence[R]],
    *,
    direct: bool | None = None,
) -> list[tuple[C | None, R | None]]:
    """The rounds that count, newest branches first where a person asked again.

    Args:
        original_id: where the chain starts.
        criticised: the critiques of each candidate, oldest first.
        revised: the revisions, oldest first, by the critique they follow, or by the candidate they
            were made from where there was no critique (:func:`made_from`).
        direct: only rounds without a critique, or only those with one; None takes a revision
            without a critique where no critique has led to anything.

    Returns:
        Critique and revision of each round: the critique is None where the answer was revised
        without one, the last revision where there is none yet.
    """
    steps: list[tuple[C | None, R | None]] = []
    here: str | None = original_id
    while here is not None:
        made = () if direct else criticised.get(here, ())
        straight = () if direct is False else revised.get(here, ())
        critique = _best(made, revised) if made else None
        if critique is not None and not revised.get(critique.id) and critique.found and straight:
            critique = None
        revisions = straight if critique is None else revised.get(critique.id, ())
        if critique is not None or revisions:
            steps.append((critique, revisions[-1] if revisions else None))
        here = revisions[-1].id if revisions else None
    return steps


def made_from(critique_id: str | None, parent_id: str | None) -> str:
    """What a revision is found under."""
    return critique_id or parent_id or ""


def _best(made: Sequence[C], revised: Mapping[str, Sequence[R]]) -> C:
    """The newest critique that led to a revision, else to an end, else the newest."""
    newest = list(reversed(made))
    for critique in newest:
        if revised.get(critique.id):
            return critique
    return next((critique for critique in newest if not critique.found), newest[0])
