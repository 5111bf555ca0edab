"""What a plan has left to do, read from the rows before every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.method.plan import Plan
from store.db.sqlite import Database
from store.items import pending, pending_judgements
from store.items.pending import Work


class PendingWork(Protocol):
    """The work of a plan, item by item; an item is a prompt, or a pair that is judged."""

    def left(self, db: Database, item_id: str | None = None) -> list[Work]:
        """The steps that can be taken now, of all items or of one."""

    def texts(self, db: Database) -> tuple[int, int]:
        """How many texts or verdicts are there, and of how many."""

    def complete(self, db: Database) -> tuple[int, int]:
        """How many items are complete, and how many there are."""


@dataclass(frozen=True, slots=True)
class PendingTexts:
    """Candidates, critiques, revisions and their pairs, prompt by prompt."""

    plan: Plan

    def left(self, db: Database, item_id: str | None = None) -> list[Work]:
        """The texts that can be written now."""
        return pending.pending(db, self.plan, item_id)

    def texts(self, db: Database) -> tuple[int, int]:
        """Texts written, and of how many."""
        return pending.texts(db, self.plan)

    def complete(self, db: Database) -> tuple[int, int]:
        """Prompts with all their texts and pairs, and of how many."""
        return pending.complete(db, self.plan)


@dataclass(frozen=True, slots=True)
class PendingVerdicts:
    """One model's verdicts, pair by pair."""

    judge: str
    """The name the labels stand under; empty while the model is not known."""
    limit: int | None = None
    """Only pairs of the first so many prompts."""

    def left(self, db: Database, item_id: str | None = None) -> list[Work]:
        """The pairs to judge."""
        return pending_judgements.pending(db, self.judge, limit=self.limit, pair_id=item_id)

    def texts(self, db: Database) -> tuple[int, int]:
        """Verdicts given, and of how many."""
        return pending_judgements.counted(db, self.judge, limit=self.limit)

    def complete(self, db: Database) -> tuple[int, int]:
        """The same: a pair is complete with its verdict."""
        return self.texts(db)


def pending_work(plan: Plan, judge: str = "") -> PendingWork:
    """What this plan has to do.

    Args:
        plan: what is to be made.
        judge: the name a judging model's labels stand under.
    """
    return PendingVerdicts(judge, plan.limit) if "judge" in plan.parts else PendingTexts(plan)
