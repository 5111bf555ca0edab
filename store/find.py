"""Finding an item by its id, the beginning of its id, or the id it was imported with."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sqlite_utils import Database

from store.errors import WrongId

Kind = Literal["prompt", "candidate", "pair"]

SHORTEST: Final = 4
"""Fewer characters than this are never taken for the beginning of an id."""

_BY_PREFIX: Final[dict[Kind, str]] = {
    "prompt": "SELECT id FROM prompt WHERE id >= ? AND id < ? LIMIT 100",
    "candidate": "SELECT id FROM candidate WHERE id >= ? AND id < ? LIMIT 100",
    "pair": "SELECT id FROM pair WHERE id >= ? AND id < ? LIMIT 100",
}
_BY_EXTERNAL: Final[dict[Kind, str]] = {
    "prompt": "SELECT id FROM prompt WHERE external_id = ? LIMIT 100",
    "pair": "SELECT id FROM pair WHERE external_id = ? LIMIT 100",
}


class FoundItem(NamedTuple):
    """One item."""

    kind: Kind
    id: str


def pair_id(db: Database, text: str) -> str:
    """The whole id of the one pair that ``text`` names.

    Args:
        db: the project.
        text: an id, a unique beginning of one, or an imported id.

    Raises:
        WrongId: no pair answers to it, or several do.
    """
    return _one(_matches(db, text, ("pair",)), text, "pair").id


def prompt_id(db: Database, text: str) -> str:
    """The whole id of the prompt that ``text`` names, itself or by a pair or an answer of it.

    Raises:
        WrongId: nothing answers to it, or several do.
    """
    found = _one(_matches(db, text, ("prompt", "pair", "candidate")), text, "prompt")
    if found.kind == "prompt":
        return found.id
    sql = f"SELECT prompt_id FROM {found.kind} WHERE id = ?"  # noqa: S608 - a kind of ours
    return str(db.execute(sql, [found.id]).fetchone()[0])


def anything(db: Database, text: str) -> FoundItem:
    """The one prompt, candidate or pair that ``text`` names.

    An imported id that a pair and its prompt share means the pair.

    Args:
        db: the project.
        text: an id, a unique beginning of one, or an imported id.

    Raises:
        WrongId: nothing answers to it, or several do.
    """
    return _one(_matches(db, text, ("pair", "prompt", "candidate")), text, "item")


def _matches(db: Database, text: str, kinds: tuple[Kind, ...]) -> list[FoundItem]:
    """Matches of the strongest sort there is: an imported id before the beginning of an id."""
    for kind in kinds:
        if kind in _BY_EXTERNAL:
            found = [FoundItem(kind, row[0]) for row in db.execute(_BY_EXTERNAL[kind], (text,))]
            if found:
                return found
    prefix = text.lower()
    if len(prefix) < SHORTEST or set(prefix) - set("0123456789abcdef"):
        return []
    return [
        FoundItem(kind, row[0])
        for kind in kinds
        for row in db.execute(_BY_PREFIX[kind], (prefix, prefix + "g"))
    ]


def _one(matches: list[FoundItem], text: str, what: str) -> FoundItem:
    if len(matches) != 1:
        raise WrongId(text, what, matches=len(matches))
    return matches[0]
