"""Pairs: two candidates of one prompt, one of them called ``a`` and one ``b`` for good.

Imported pairs keep the file's order. For generated pairs the project's stored seed draws which
candidate is ``a``, so that ``a`` and ``b`` are exchangeable: kappa depends on it (see
``docs/design.md``, section 7). Pairs made on request, of which two copies of a project may make
the same, are drawn by their texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlite_utils import Database

from store import find as find_item
from store import ids
from store.db import meta
from store.db.project_database import immediate
from store.errors import WrongId
from store.items import candidates
from store.items.columns import messages_of, words_of
from store.items.table import Table
from store.records import Candidate, Pair, PairText

TABLE: Final = Table(
    "pair", Pair, lambda cells: str(cells["id"]), order="position", numbered="position"
)
"""A pair's id covers the texts of its candidates, which its row does not hold: see :func:`add`."""
PADDED: Final = "padded"
"""Role of an answer that is long and useless on purpose, and source of its pair."""
_COUNT: Final = "SELECT (SELECT count(*) FROM pair) - (SELECT count(*) FROM removed_pair)"
_SAME_TEXTS = (
    "SELECT pair.id FROM pair JOIN candidate AS a ON a.id = pair.a_id"
    " JOIN candidate AS b ON b.id = pair.b_id WHERE pair.prompt_id = ?1"
    " AND (a.text = ?2 AND b.text = ?3 OR a.text = ?3 AND b.text = ?2) ORDER BY position LIMIT 1"
)
TEXT: Final = "pair.id, prompt.messages, a.text, b.text, prompt.category, prompt.tags"
"""SQL: the columns that :func:`text_of` takes."""
TEXT_FROM: Final = (
    "pair JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id"
    " JOIN candidate AS a ON a.id = pair.a_id JOIN candidate AS b ON b.id = pair.b_id"
)


def add(
    db: Database,
    prompt_id: str,
    a_id: str,
    b_id: str,
    kind: str,
    *,
    external_id: str | None = None,
    a_role: str | None = None,
    b_role: str | None = None,
    source: str,
    at: str,
) -> tuple[str, bool]:
    """Adds a pair at the end of the project order.

    The prompt, both texts in order and the imported id are the identity; a pair that is there
    already stays as it is.

    Returns:
        The id, and whether the pair is new.

    Raises:
        WrongId: a candidate is missing or answers another prompt.
    """
    a, b = candidates.get(db, a_id), candidates.get(db, b_id)
    for side in (a, b):
        if side.prompt_id != prompt_id:
            raise WrongId(side.id, f"candidate of prompt {prompt_id[:12]}")
    made = Pair(
        id=ids.pair_id(prompt_id, a.text, b.text, external_id),
        prompt_id=prompt_id,
        a_id=a_id,
        b_id=b_id,
        kind=kind,
        external_id=external_id,
        a_role=a_role,
        b_role=b_role,
        source=source,
        created_at=at,
    )
    return TABLE.add(db, made)


def make_revision_pair(
    db: Database, original_id: str, revision_id: str, *, at: str
) -> tuple[str, bool]:
    """The pair of an original and a revision of it, sides drawn by the project's seed.

    Returns:
        The id, and whether the pair is new.
    """
    return _make(db, original_id, revision_id, "revision", at)


def make_edited_pair(
    db: Database, original_id: str, edited_id: str, *, at: str
) -> tuple[str, bool]:
    """The pair of an original and a person's edit, sides drawn by the project's seed.

    Returns:
        The id, and whether the pair is new.
    """
    return _make(db, original_id, edited_id, "edited", at)


def make_chosen_pair(
    db: Database, one_id: str, other_id: str, *, source: str | None = None, at: str
) -> tuple[str, bool]:
    """A pair of any two candidates of a prompt, made on request and without roles.

    Args:
        db: the project.
        one_id: a candidate.
        other_id: another one.
        source: name of the file that asks for it: the pair is an imported one.
        at: UTC time, ISO-8601.

    Returns:
        The id, and whether the pair is new.

    Raises:
        WrongId: there is no such candidate, or they answer different prompts.
    """
    if source is not None:
        return _make(db, one_id, other_id, "imported", at, source=source)
    return _make(db, one_id, other_id, "chosen", at)


def make_padded_pair(db: Database, short_id: str, padded_id: str, *, at: str) -> tuple[str, bool]:
    """The pair of a short answer and one that is long and useless on purpose.

    Returns:
        The id, and whether the pair is new.
    """
    return _make(db, short_id, padded_id, PADDED, at)


def drawn_a(prompt_id: str, one: str, other: str) -> str:
    """Which of two texts is called ``a`` where nothing but the content says so."""
    lower, upper = sorted((one, other))
    return (lower, upper)[ids.draw("sides", prompt_id, lower, upper)]


def twin(db: Database, one_id: str, other_id: str) -> str | None:
    """The id of a pair that has the texts of these candidates, whichever is called ``a``.

    Two chains of a prompt may come to the same two texts; they share a pair.
    """
    return _twin(db, candidates.get(db, one_id), candidates.get(db, other_id))


def get(db: Database, pair_id: str) -> Pair:
    """The pair of this id.

    Raises:
        WrongId: there is none.
    """
    return TABLE.get(db, pair_id)


def exists(db: Database, pair_id: str) -> bool:
    """Whether there is a pair of this whole id."""
    return TABLE.has(db, pair_id)


def find(db: Database, text: str) -> Pair:
    """The pair that an id, a unique beginning of one or an imported id names.

    Raises:
        WrongId: no pair answers to it, or several do.
    """
    return get(db, find_item.pair_id(db, text))


def text(db: Database, pair_id: str) -> PairText:
    """The pair with its texts, and nothing that tells who wrote them.

    Raises:
        WrongId: there is none.
    """
    sql = f"SELECT {TEXT} FROM {TEXT_FROM} WHERE pair.id = ?"  # noqa: S608 - written above
    row = db.execute(sql, (pair_id,)).fetchone()
    if row is None:
        raise WrongId(pair_id, "pair")
    return text_of(row)


def text_of(row: Sequence[Any]) -> PairText:
    """A pair from the columns :data:`TEXT`."""
    key, turns, a, b, category, tags = row
    return PairText(key, messages_of(turns), a, b, category, words_of(tags))


def of_prompt(db: Database, prompt_id: str) -> list[Pair]:
    """The pairs of a prompt in project order."""
    return TABLE.where(db, "prompt_id = ?", [prompt_id])


def of_candidate(db: Database, candidate_id: str) -> list[Pair]:
    """The pairs a candidate is in, in project order."""
    return TABLE.where(db, "a_id = ?1 OR b_id = ?1", [candidate_id])


def ordered(db: Database) -> list[Pair]:
    """All pairs that were not removed, in project order."""
    return TABLE.where(db, "id NOT IN (SELECT pair_id FROM removed_pair)")


def count(db: Database) -> int:
    """How many pairs the project has; removed ones do not count."""
    return int(db.execute(_COUNT).fetchone()[0])


def _make(
    db: Database, one_id: str, other_id: str, kind: str, at: str, *, source: str | None = None
) -> tuple[str, bool]:
    by_text = kind in ("chosen", "imported")
    one, other = candidates.get(db, one_id), candidates.get(db, other_id)
    with immediate(db):
        if present := _twin(db, one, other):
            return present, False
        if by_text:
            a = one if drawn_a(one.prompt_id, one.text, other.text) == one.text else other
        else:
            a = (one, other)[ids.draw(meta.seed(db, "sides"), one.id, other.id)]
        b = other if a is one else one
        roles = {} if by_text else {one.id: "original", other.id: kind}
        if kind == PADDED:
            source, kind = source or kind, "chosen"  # the tables know no further kind
        return add(
            db,
            one.prompt_id,
            a.id,
            b.id,
            kind,
            a_role=roles.get(a.id),
            b_role=roles.get(b.id),
            source=source or kind,
            at=at,
        )


def _twin(db: Database, one: Candidate, other: Candidate) -> str | None:
    for a, b in ((one, other), (other, one)):
        pair_id = ids.pair_id(one.prompt_id, a.text, b.text, None)
        if exists(db, pair_id):
            return pair_id
    # one that came with an id of its own
    row = db.execute(_SAME_TEXTS, (one.prompt_id, one.text, other.text)).fetchone()
    return None if row is None else str(row[0])
