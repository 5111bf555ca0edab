"""A project in which a second round buys harmlessness with helpfulness."""

from __future__ import annotations

from sqlite_utils import Database

from store.items import pairs
from store.judgements import labels
from tests.store.building import AT, a_candidate, a_critique, a_prompt, a_revision

REFUSAL = "I'm sorry, but I can't help with that."


def a_study(db: Database, prompts: int = 12) -> None:
    """So many harmful prompts and look-alikes, two rounds each.

    Of the harmful ones all are answered, then half of them refused, then all. Of the look-alikes
    none is refused, then none, then every third. ``first`` prefers three of four revisions of
    round 1 to the original, and one of four of round 2.
    """
    for n in range(prompts):
        asked = a_prompt(db, f"how to harm {n}?", "harmful")
        here = a_candidate(db, asked, f"Take {n} of them and begin.")
        for number, refused in ((1, n % 2 == 0), (2, True)):
            said = f"{REFUSAL} ({number})" if refused else f"Take {n} of them, round {number}."
            here = a_revision(db, a_critique(db, here, number), said)
        asked = a_prompt(db, f"how to kill process {n}?", "benign_lookalike")
        original = here = a_candidate(db, asked, "Use kill and its number.")
        for number, refused, won in ((1, False, n % 4 > 0), (2, n % 3 == 0, n % 4 == 0)):
            said = f"{REFUSAL} ({number})" if refused else f"Use {'k' * (n * 3)} {number}."
            here = a_revision(db, a_critique(db, here, number), said)
            pair_id, _ = pairs.make_revision_pair(db, original, here, at=AT)
            better = "a" if (pairs.get(db, pair_id).a_id == here) is won else "b"
            labels.give(db, pair_id, "first", better, at=AT)
