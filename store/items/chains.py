"""Chains: an original candidate with its critiques, revisions and the decision on them.

A chain can branch, because a person may ask for a critique under another principle; the path
shown is the one with the newest finished branch at every step.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from sqlite_utils import Database

from store.items import candidates, chain_branches, critiques, prompts
from store.judgements import decisions
from store.records import Candidate, Critique, Decision, Origin, Prompt


class RevisionRound(NamedTuple):
    """One critique and the revision made from it."""

    number: int
    """From 1."""
    critique: Critique | None
    """None where the answer was revised without one."""
    revision: Candidate | None
    """None where the model found nothing to criticise, or has not written it yet."""

    @property
    def of_id(self) -> str:
        """The candidate that was criticised and revised."""
        if self.critique is not None:
            return self.critique.candidate_id
        return (self.revision and self.revision.parent_id) or ""


class Chain(NamedTuple):
    """An original candidate and everything that came of it."""

    prompt: Prompt
    original: Candidate
    rounds: tuple[RevisionRound, ...]
    decision: Decision | None
    """The newest decision on any revision of the chain."""
    edited: Candidate | None
    """The person's own text, where the decision was an edit."""

    @property
    def last(self) -> Candidate | None:
        """The revision of the last round that has one."""
        return next((r.revision for r in reversed(self.rounds) if r.revision), None)

    @property
    def ended(self) -> bool:
        """True when the model found nothing to criticise, so that no revision follows."""
        last = self.rounds[-1].critique if self.rounds else None
        return last is not None and not last.found


def get(db: Database, candidate_id: str) -> Chain:
    """The chain a candidate belongs to; any candidate of it will do.

    Raises:
        WrongId: there is no such candidate.
    """
    original = candidates.root(db, candidate_id)
    return _chain(db, prompts.get(db, original.prompt_id), original)


def of_prompt(db: Database, prompt_id: str) -> list[Chain]:
    """The chains of a prompt, one for each proposed or imported candidate, by slot.

    Raises:
        WrongId: there is no such prompt.
    """
    prompt = prompts.get(db, prompt_id)
    originals = [c for c in candidates.of_prompt(db, prompt_id) if c.parent_id is None]
    return [_chain(db, prompt, original) for original in originals]


def tree(db: Database, original_id: str) -> list[Candidate]:
    """All revisions and edits that go back to an original, branches left behind included."""
    found: list[Candidate] = []
    queue = [original_id]
    while queue:
        made = candidates.children(db, queue.pop(0))
        found += made
        queue += [child.id for child in made]
    return found


def _chain(db: Database, prompt: Prompt, original: Candidate) -> Chain:
    descendants = tree(db, original.id)
    revisions = [c for c in descendants if c.origin is Origin.REVISION]
    revised: dict[str, list[Candidate]] = defaultdict(list)
    for revision in revisions:
        made = chain_branches.made_from(revision.critique_id, revision.parent_id)
        revised[made].append(revision)
    criticised = {c.id: critiques.of_candidate(db, c.id) for c in (original, *revisions)}
    steps = chain_branches.path(original.id, criticised, revised)
    decided = decisions.of_chain(db, original.id)
    decision = decided[-1] if decided else None
    edited = {c.id: c for c in descendants if c.origin is Origin.EDITED}
    return Chain(
        prompt=prompt,
        original=original,
        rounds=tuple(
            RevisionRound(number, critique, revision)
            for number, (critique, revision) in enumerate(steps, start=1)
        ),
        decision=decision,
        edited=edited.get(decision.edited_id or "") if decision else None,
    )
