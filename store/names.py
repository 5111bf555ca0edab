"""Names as they are seen: who looks the same is the same, and what is asked for is found so.

Two spellings that no eye tells apart (case, width, letters of other scripts that look Latin) would
make two people of one, and give an agreement with oneself. Whatever takes the name of something
that is there finds it by :func:`resolve`, and tells what was meant by :func:`hint`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from store import ids
from store.errors import BadInput

MOST: Final = 64
"""Characters of a name."""

_TOLD: Final = 12
"""Names that are listed where none comes near."""

_LOOK_ALIKES: Final = {
    # Cyrillic, Greek, Armenian, Cherokee and a few Latin letters, and what they are taken for
    "АВЕЗІЈКМНОРСТУХЅԀԚԜӀаеһіјкмнорсԁтухѕԛԝѵӏьз": "ABE3IJKMHOPCTYXSDQWlaehijkmhopcdtyxsqwvlb3",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχγ": "ABEZHIKMNOPTYXaikvoptuxy",
    "օոսհցզքԱՏՕ": "onuhgqpUSO",
    "ᎪᎫᎬᎳᎷᎻᎽᏀᏃᏔᏙᏚᏞᏟᏢᏦᎢᎡ": "AJEWMHYGZWVSLCPKTR",
    "ɑɡıɩʟĸ": "agiilk",
}
_TABLE: Final = str.maketrans(
    {
        sign: latin
        for signs, alike in _LOOK_ALIKES.items()
        for sign, latin in zip(signs, alike, strict=True)
    }
)


class NoSuchName(BadInput):
    """Nothing that is there has the name."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {what} '{name}' here{hint(name, known)}")


def seen(name: str) -> str:
    """What an eye sees of a name: two names with the same are one."""
    plain = unicodedata.normalize("NFKC", name)
    hidden = _hidden(plain)
    plain = "".join(sign for sign in plain if sign not in hidden)
    folded = plain.translate(_TABLE).casefold().translate(_TABLE)
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _hidden(name: str) -> list[str]:
    """The signs of a name that nobody sees, but for blanks."""
    if name.isascii() and name.isprintable():
        return []
    from store.texts import is_unseen  # few names have other signs

    return [sign for sign in name if is_unseen(sign) and sign != " "]


def problem(name: str) -> str | None:
    """Why no person can be called this, in words that go on after "a name"; None where one can."""
    plain = ids.name(name)
    if not plain:
        return "needs a visible character"
    if mark := reserved(plain):
        owner = "models" if mark == ids.AI else "files that brought their own labels"
        return f"must not begin with {mark}, the mark of {owner}"
    if len(plain) > MOST:
        return f"has at most {MOST} characters; this one has {len(plain)}"
    if hidden := _hidden(plain):
        return f"has visible characters only; this one holds U+{ord(hidden[0]):04X}"
    return None


def reserved(name: str) -> str | None:
    """The mark of models or files that a name is seen to begin with; None for people's."""
    plain = seen(name)
    return next((mark for mark in (ids.AI, ids.SOURCE) if plain.startswith(mark)), None)


def as_known(name: str, known: Iterable[str]) -> str:
    """The name in the spelling it has among the known ones; itself where none looks like it."""
    plain = ids.name(name)
    spelled = list(known)
    if plain in spelled or not ids.is_person(plain):
        return plain
    look = seen(plain)
    return next((other for other in spelled if seen(other) == look), plain)


def look_alikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The groups of two or more different names that look the same."""
    groups: dict[str, set[str]] = {}
    for name in names:
        if ids.is_person(name):
            groups.setdefault(seen(name), set()).add(name)
    return [tuple(sorted(group)) for _, group in sorted(groups.items()) if len(group) > 1]


def find(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelled so, else the first that looks so; None where none does."""
    spelled = list(known)
    plain = ids.name(name)
    if plain in spelled:
        return plain
    look = seen(plain)
    return next((other for other in spelled if seen(other) == look), None)


def resolve(name: str, known: Iterable[str], what: str) -> str:
    """What :func:`find` finds.

    Raises:
        NoSuchName: nothing; ``what`` says of what kind it would have been.
    """
    there = list(known)
    found = find(name, there)
    if found is None:
        raise NoSuchName(what, name, there)
    return found


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that comes nearest to one that is none of them; None where none is near."""
    looks = {seen(each): each for each in known}
    close = get_close_matches(seen(name), looks, n=1, cutoff=0.5)
    return looks[close[0]] if close else None


def hint(name: str, known: Iterable[str]) -> str:
    """The end of a line about a name that is not there: what was meant, else what there is."""
    there = list(known)
    if close := nearest(name, there):
        return f"; did you mean {close}?"
    more = f" and {len(there) - _TOLD} more" if len(there) > _TOLD else ""
    return f"; there are {', '.join(there[:_TOLD])}{more}" if there else "; there is none yet"


def in_words(name: str) -> str:
    """A category, or another name of the store, as people write it."""
    return _IN_WORDS.get(name, name.replace("_", " "))


_IN_WORDS: Final = {"benign_lookalike": "benign look-alike"}
