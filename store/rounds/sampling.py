"""Which pairs a formal round is made of: everything still open to its annotators, or a sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.errors import BadInput
from store.items import prompts
from store.judgements import decisions
from store.names import resolve
from store.rounds import presence

_PAIRS = (
    "SELECT pair.id FROM kept_pair AS pair JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id"
    " WHERE ?1 IS NULL OR prompt.category = ?1 ORDER BY pair.position"
)
_NOT_BLIND = (
    "SELECT pair_id FROM kept_label AS label_head WHERE phase = 'first'"
    "  AND annotator IN (SELECT value FROM json_each(?1))"
    " UNION SELECT item FROM head WHERE kind = 'shown'"
    "  AND annotator IN (SELECT value FROM json_each(?1))"
)
_IN_ROUNDS = (
    "SELECT pair_id FROM kept_place AS round_pair JOIN round_now USING (round_id)"
    " WHERE annotator IN (SELECT value FROM json_each(?)) AND ended IS NULL"
)


class Drawn(NamedTuple):
    """The pairs of a round to be."""

    pair_ids: tuple[str, ...]
    known: int
    """Left out: one of the annotators has labelled the pair or seen others' labels of it."""
    taken: int
    """Left out: in another round of one of them that is still going on."""


def draw(
    db: Database,
    annotators: Sequence[str],
    *,
    category: str | None = None,
    sample: int | None = None,
    seed: str | int,
) -> Drawn:
    """The pairs that all of these annotators can still label blind, withdrawn edits apart.

    Args:
        db: the project.
        annotators: names.
        category: only prompts of this category.
        sample: so many, drawn at random; all when None.
        seed: draws the sample.

    Raises:
        BadInput: there are fewer pairs than asked for, or none; no prompt has the category.
    """
    names = json.dumps(presence.all_spelled(db, annotators))
    if category is not None:
        category = resolve(category, prompts.categories(db), "category")
    withdrawn = decisions.withdrawn_pairs(db)
    rows = db.execute(_PAIRS, [category]).fetchall()
    found = [row[0] for row in rows if row[0] not in withdrawn]
    known = {row[0] for row in db.execute(_NOT_BLIND, [names]).fetchall()}
    taken = {row[0] for row in db.execute(_IN_ROUNDS, [names]).fetchall()} - known
    open_ = [pair for pair in found if pair not in known and pair not in taken]
    out = Drawn(tuple(open_), len(known.intersection(found)), len(taken.intersection(found)))
    if not open_ or (sample or 0) > len(open_):
        raise BadInput(_too_few(out, category, sample))
    if sample is None:
        return out
    chosen = set(sorted(open_, key=lambda pair: ids.digest("round sample", [seed, pair]))[:sample])
    return out._replace(pair_ids=tuple(pair for pair in open_ if pair in chosen))


def _too_few(drawn: Drawn, category: str | None, sample: int | None) -> str:
    where = f" in category '{category}'" if category is not None else ""
    wanted = f", {sample} were asked for" if sample is not None else ""
    return (
        f"{len(drawn.pair_ids)} pairs{where} can still be labelled blind by all of them{wanted}"
        f" ({drawn.known} labelled or seen already, {drawn.taken} in another round);"
        " no round was made"
    )
