"""Where a project stands for one person, in a few numbers: what Home tells."""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.items import answered_prompts, prompts
from store.judgements import labels
from store.rounds import presence, queue

_REVISIONS = (
    "FROM candidate JOIN kept_prompt ON kept_prompt.id = prompt_id WHERE origin = 'revision'"
)
_ONLY_OTHERS = """
SELECT EXISTS (SELECT 1 FROM head WHERE kind = 'decision' AND annotator <> :who)
    AND NOT EXISTS (SELECT 1 FROM head WHERE kind = 'decision' AND annotator = :who)
"""
_DONE = (
    "SELECT annotator, kind, count(*) FROM head WHERE kind IN ('decision', 'ruling')"
    " AND coalesce(json_extract(value, '$.choice'), json_extract(value, '$.verdict')) IS NOT NULL"
    " GROUP BY annotator, kind"
)


class PersonStanding(NamedTuple):
    """How far one person is; no more than progress."""

    name: str
    labelled: int
    decided: int
    ruled: int


class Standing(NamedTuple):
    """The numbers."""

    prompts: int
    to_write_for: int
    """Prompts that answers are wanted to."""
    revisions: int
    to_decide: int
    """Chains that wait for this person's decision."""
    pairs: int
    labelled: int
    """Pairs with a verdict of this person."""
    names: tuple[str, ...]
    """All people who have ever worked here."""
    people: tuple[PersonStanding, ...] = ()
    """Those of them who have done something."""


def first_mode(db: Database, annotator: str) -> str:
    """The mode in which a person's work is: its id; ``home`` where there is nothing yet.

    Where others decide on the revisions, who has decided on none comes to label: the chain on the
    screen would tell which answer is the revision.
    """
    if db.execute(f"SELECT EXISTS (SELECT 1 {_REVISIONS})").fetchone()[0]:
        only_others = db.execute(_ONLY_OTHERS, {"who": ids.name(annotator)}).fetchone()[0]
        to_label = bool(only_others) and queue.total(db) > labels.count_by(db, annotator)
        return "label" if to_label else "revise"
    if db.execute("SELECT EXISTS (SELECT 1 FROM kept_pair)").fetchone()[0]:
        return "label"
    return "revise" if prompts.count(db) else "home"


def standing(db: Database, annotator: str) -> Standing:
    """Where the project stands for an annotator."""
    of_prompts = prompts.count(db)
    names = tuple(presence.people(db))
    done = {(who, kind): int(n) for who, kind, n in db.execute(_DONE)}
    people = (
        PersonStanding(
            name,
            labels.count_by(db, name),
            done.get((name, "decision"), 0),
            done.get((name, "ruling"), 0),
        )
        for name in names
    )
    return Standing(
        prompts=of_prompts,
        to_write_for=of_prompts - answered_prompts.count(db),
        revisions=int(db.execute(f"SELECT count(*) {_REVISIONS}").fetchone()[0]),
        to_decide=queue.revise_ready(db, annotator),
        pairs=queue.total(db),
        labelled=labels.count_by(db, annotator),
        names=names,
        people=tuple(each for each in people if any(each[1:])),
    )
