"""Train, validation and test: whole prompt groups, drawn by a seed, the same every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlite_utils import Database

from store import ids, texts
from store.content import near_duplicates
from store.content.near_duplicates import NearDuplicates
from store.exporting.options import SPLIT_NAMES
from store.items.columns import messages_of
from store.records import Message

_KIN: Final = """
SELECT made.messages, base.messages
FROM (SELECT prompt_id, base_id FROM attack UNION SELECT prompt_id, base_id FROM bait)
JOIN prompt AS made ON made.id = prompt_id JOIN prompt AS base ON base.id = base_id
"""


def group(messages: Iterable[Message]) -> str:
    """What prompts share that must not be parted: all but case and white space."""
    said = [[turn.role, texts.normalised(turn.content).casefold()] for turn in messages]
    return ids.digest("group", said)


def kin(db: Database) -> dict[str, str]:
    """The groups of prompts that were made from others, each with the group it must not leave."""
    rows = db.execute(_KIN).fetchall()
    return {group(messages_of(made)): group(messages_of(base)) for made, base in rows}


def among(name: str, kin: Mapping[str, str]) -> str:
    """The group that decides where a group goes."""
    seen = {name}
    while (name := kin.get(name, name)) not in seen:
        seen.add(name)
    return name


def clustered(
    prompts: Iterable[Sequence[Message]], kin: Mapping[str, str]
) -> tuple[list[str], NearDuplicates]:
    """The group of each row that is dealt whole, and how near-duplicates were looked for.

    Groups whose prompts are nearly the same are one, under the name of one of them; a group without
    near-duplicates keeps its own. A prompt made from another goes where that one goes, and is not
    compared by cosine: what an attack puts around a prompt is the same for many.
    """
    names: list[str] = []  # of the groups, a row each
    places: dict[str, int] = {}
    not_compared: set[int] = set()
    homes: list[str] = []

    def once() -> Iterator[Sequence[Message]]:
        for messages in prompts:
            names.append(name := group(messages))
            if name not in places:
                places[name] = len(places)
                homes.append(among(name, kin))
                if name in kin:
                    not_compared.add(places[name])
                yield messages

    first: dict[str, int] = {}
    found = near_duplicates.clusters(
        once(),
        joined=((first.setdefault(home, place), place) for place, home in enumerate(homes)),
        not_compared=not_compared,
    )
    named: dict[int, str] = {}
    for home, cluster in zip(homes, found.cluster, strict=True):
        named[cluster] = min(named.get(cluster, home), home)
    return [named[found.cluster[places[name]]] for name in names], found


def assign(groups: Sequence[str], shares: tuple[float, float, float], seed: int) -> list[str]:
    """The split of each row.

    Groups are put in an order drawn by the seed and dealt out, test and validation first, until
    each has its share of the rows; a split with a share gets at least one group where there are
    enough of them, and train is never the one to go without.

    Args:
        groups: the prompt group of each row.
        shares: of train, validation and test.
        seed: the draw.
    """
    sizes: dict[str, int] = defaultdict(int)
    for name in groups:
        sizes[name] += 1
    drawn = sorted(sizes, key=lambda name: ids.digest("split", [seed, name]))
    dealt = [(name, share) for name, share in zip(SPLIT_NAMES, shares, strict=True) if share]
    place: dict[str, str] = {}
    while len(dealt) > 1:
        split, share = dealt.pop()
        taken = _take(drawn, sizes, share * len(groups), most=len(drawn) - len(dealt))
        place.update(dict.fromkeys(drawn[:taken], split))
        del drawn[:taken]
    place.update(dict.fromkeys(drawn, dealt[0][0]))
    return [place[name] for name in groups]


def _take(drawn: list[str], sizes: dict[str, int], rows: float, most: int) -> int:
    """How many groups from the front come nearest to so many rows: one at least, if it may."""
    taken, have = 0, 0
    while taken < most:
        size = sizes[drawn[taken]]
        if taken and abs(have + size - rows) >= abs(have - rows):
            break
        taken, have = taken + 1, have + size
    return taken
