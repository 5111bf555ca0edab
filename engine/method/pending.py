"""What a plan has left to do, read from the rows before every step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from engine.method.plan import Plan
from store.db.sqlite import Database
from store.items import pending
from store.items.pending import Work
from store.judgements import pending_judgements
from store.judgements.pending_judgements import Wanted

Portion = Sequence[int]
"""Some items, as the work they are of tells them apart."""
_PORTION: Final = 1000


class PendingWork(Protocol):
    """The work of a plan, item by item; an item is a prompt, or a pair that is judged."""

    def left(self, db: Database, item_id: str | None = None) -> list[Work]:
        """The steps that can be taken now, of all items or of one."""

    def portions(self, db: Database, /) -> Iterator[Portion]:
        """All items in their order, some at a time: what many have left takes memory."""

    def left_of(self, db: Database, portion: Portion, /) -> list[Work]:
        """The steps that can be taken now, of the items of a portion."""

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
        return pending.pending(db, self.plan, item_id, only=self.plan.only)

    def portions(self, db: Database) -> Iterator[Portion]:
        """The positions of prompts."""
        whole = pending.positions(db, self.plan.limit)
        return (whole[at : at + _PORTION] for at in range(0, len(whole), _PORTION))

    def left_of(self, db: Database, portion: Portion) -> list[Work]:
        """The texts that can be written now for these prompts."""
        works = pending.pending_at(db, self.plan, portion)
        only = self.plan.only
        return [work for work in works if only is None or work.prompt_id in only]

    def texts(self, db: Database) -> tuple[int, int]:
        """Texts written, and of how many."""
        return pending.texts(db, self.plan, only=self.plan.only)

    def complete(self, db: Database) -> tuple[int, int]:
        """Prompts with all their texts and pairs, and of how many."""
        return pending.complete(db, self.plan, only=self.plan.only)


@dataclass(frozen=True, slots=True)
class PendingVerdicts:
    """One judge's askings, pair by pair."""

    judge: str = ""
    """The name they stand under; empty while the model is not known."""
    wanted: Wanted = lambda _pair: ("",)
    """The askings a pair is to have."""
    limit: int | None = None
    """Only pairs of the first so many prompts."""

    def left(self, db: Database, item_id: str | None = None) -> list[Work]:
        """The pairs to judge."""
        return pending_judgements.pending(
            db, self.judge, self.wanted, limit=self.limit, pair_id=item_id
        )

    def portions(self, _db: Database) -> Iterator[Portion]:
        """All in one: what a judge was asked is read as a whole."""
        return iter(((),))

    def left_of(self, db: Database, _portion: Portion) -> list[Work]:
        """The pairs to judge."""
        return self.left(db)

    def texts(self, db: Database) -> tuple[int, int]:
        """Pairs with all their askings, and of how many."""
        return pending_judgements.counted(db, self.judge, self.wanted, limit=self.limit)

    def complete(self, db: Database) -> tuple[int, int]:
        """The same: a pair is complete with its askings."""
        return self.texts(db)


def pending_work(plan: Plan) -> PendingWork:
    """What this plan has to do; whose verdicts it means is known once a judge is open."""
    return PendingVerdicts(limit=plan.limit) if "judge" in plan.parts else PendingTexts(plan)
