"""Where a project stands for one person, in a few numbers: what Home tells."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from store.items import answered_prompts, prompts
from store.judgements import labels
from store.rounds import presence, queue

_REVISIONS = (
    "FROM candidate JOIN kept_prompt ON kept_prompt.id = prompt_id WHERE origin = 'revision'"
)


@dataclass(frozen=True, slots=True)
class Standing:
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
    """Everybody who has ever worked here."""


def first_mode(db: Database) -> str:
    """The mode in which the project's work is: its id; ``home`` where there is nothing yet."""
    if db.execute(f"SELECT EXISTS (SELECT 1 {_REVISIONS})").fetchone()[0]:
        return "revise"
    if db.execute("SELECT EXISTS (SELECT 1 FROM kept_pair)").fetchone()[0]:
        return "label"
    return "revise" if prompts.count(db) else "home"


def standing(db: Database, annotator: str) -> Standing:
    """Where the project stands for an annotator."""
    of_prompts = prompts.count(db)
    return Standing(
        prompts=of_prompts,
        to_write_for=of_prompts - answered_prompts.count(db),
        revisions=int(db.execute(f"SELECT count(*) {_REVISIONS}").fetchone()[0]),
        to_decide=queue.revise_ready(db, annotator),
        pairs=queue.total(db),
        labelled=labels.count_by(db, annotator),
        names=tuple(presence.names(db)),
    )
