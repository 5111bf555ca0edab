"""Prompts that are nearly the same: one rule for the splits of an export and for the data checks.

Two prompts are nearly the same where they differ in punctuation, case and white space alone, or
where their numbers are the same and the cosine of their character 3- to 5-grams is :data:`NEAR` or
more. Turns of the system do not count. Nearness is passed on: the prompts form clusters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from store import ids, texts
from store.db.sqlite_utils_import import absent
from store.records import Message

NEAR: Final = 0.9
"""Cosine of character 3- to 5-grams from which two prompts count as nearly the same."""

MOST_CHARACTERS: Final = 4_000_000
"""Characters of all prompts that are compared by cosine; bounds memory."""

MOST_SHARED: Final = 2_000_000_000
"""Pieces that prompts have in common, counted for every two; bounds time: half a minute or so."""

_BLOCK: Final = 100
_FEATURES: Final = 2**20


class NearDuplicates(NamedTuple):
    """Which prompts are nearly the same."""

    cluster: tuple[int, ...]
    """Of each prompt the place of the first prompt of its cluster."""
    by_cosine: bool
    """False where there was too much to compare: only punctuation, case, white space and turns of
    the system were looked past."""

    @property
    def near(self) -> frozenset[int]:
        """Places of the prompts that are not alone in their cluster."""
        joined = {first for place, first in enumerate(self.cluster) if first != place}
        return frozenset(place for place, first in enumerate(self.cluster) if first in joined)

    def as_json(self) -> dict[str, Any]:
        """What the manifest of an export keeps of it."""
        return {"prompts": len(self.near), "rule": self.told(), "by_cosine": self.by_cosine}

    def told(self) -> str:
        """What was looked for, for a card."""
        exact = "other punctuation, case or white space, or a turn of the system more"
        if self.by_cosine:
            return (
                f"{exact}; or the same numbers and a cosine of {NEAR:g} (character 3- to 5-grams)"
            )
        return (
            f"{exact}; too much to compare by cosine (over {MOST_CHARACTERS:,} characters, or"
            f" {MOST_SHARED:,} pieces in common)"
        )


def clusters(
    prompts: Iterable[Sequence[Message]],
    joined: Iterable[tuple[int, int]] = (),
    not_compared: Collection[int] = (),
) -> NearDuplicates:
    """Find the clusters.

    Time and memory are bounded: seconds for 2,000 prompts, and past the limits above only what
    differs in punctuation, case, white space or a turn of the system is found.

    Args:
        prompts: the conversations before the answer; gone through once, none is kept.
        joined: places of two prompts each that belong together whatever they say; gone through
            after the prompts, like ``not_compared`` for a prompt after it was taken.
        not_compared: places of prompts that are not compared by cosine.
    """
    parent: list[int] = []

    def top(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    def join(pairs: Iterable[tuple[int, int]]) -> None:
        for one, other in pairs:
            low, high = sorted((top(one), top(other)))
            parent[high] = low

    first: dict[str, int] = {}
    compared: dict[str, int] = {}  # of prompts that say the same to the letter one is enough
    characters = 0
    for place, said in enumerate(prompts):
        parent.append(place)
        join([(first.setdefault(_key(said), place), place)])
        if place not in not_compared and characters <= MOST_CHARACTERS:
            text = _text(said)
            characters += 0 if text in compared else len(text)
            compared.setdefault(text, place)
    join(joined)
    left = list(compared.values())
    links = None if characters > MOST_CHARACTERS else _links(list(compared))
    join((left[one], left[other]) for one, other in links or ())
    return NearDuplicates(tuple(map(top, range(len(parent)))), links is not None)


class _Letters(dict[int, int | None]):
    """Drops punctuation, separators and control characters; for ``str.translate``."""

    def __missing__(self, code: int) -> int | None:
        kind = unicodedata.category(chr(code))
        self[code] = None if kind[0] in "PZC" or kind == "Sk" else code
        return self[code]


_LETTERS: Final = _Letters()


def _heard(messages: Sequence[Message]) -> Sequence[Message]:
    return [turn for turn in messages if turn.role != "system"] or messages


def _key(messages: Sequence[Message]) -> str:
    """The same for prompts that differ in punctuation, case, white space or a system turn."""
    said = [
        [turn.role, plain.translate(_LETTERS) or plain]
        for turn in _heard(messages)
        for plain in [unicodedata.normalize("NFKC", texts.normalised(turn.content)).casefold()]
    ]
    return ids.digest("near", said)


def _text(messages: Sequence[Message]) -> str:
    return texts.normalised(" ".join(turn.content for turn in _heard(messages)))


def _links(prompts: Sequence[str]) -> Iterable[tuple[int, int]] | None:
    """Places of two prompts each that are nearly the same; None where that would cost too much."""
    if len(prompts) < 2:
        return ()
    with absent("pandas"):
        from sklearn.feature_extraction.text import HashingVectorizer

    # without weights by rarity, which in a small project would make every slip of the pen rare
    counter = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=_FEATURES, alternate_sign=False
    )
    vectors = counter.fit_transform(prompts)
    if (vectors.getnnz(axis=0).astype("int64") ** 2).sum() > MOST_SHARED:
        return None
    numbers = ["".join(filter(str.isdigit, prompt)) for prompt in prompts]
    return [
        (one, other)
        for start in range(0, len(prompts), _BLOCK)
        for one, other in _close(vectors, start)
        if numbers[one] == numbers[other]
    ]


def _close(vectors: Any, start: int) -> Iterator[tuple[int, int]]:
    """Each row of one block with every later row that is near to it."""
    found = (vectors[start : start + _BLOCK] @ vectors[start:].T).tocoo()
    close = (found.data >= NEAR - 1e-9) & (found.row < found.col)
    return zip(
        (found.row[close] + start).tolist(), (found.col[close] + start).tolist(), strict=True
    )
