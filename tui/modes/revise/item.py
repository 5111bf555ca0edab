"""What the Revise screen shows of one chain, read in one go on the store thread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import ConstitutionError
from store import find
from store.db import meta
from store.items import candidates, chains, constitutions, prompts, runs
from store.items.chains import Chain, RevisionRound
from store.judgements import decisions, labels
from store.records import Candidate, Choice, Origin, Prompt
from store.rounds import queue
from tui.formatting import category

if TYPE_CHECKING:
    from engine.method.plan import Plan
    from store.db.sqlite import Database


class RevisionItem(NamedTuple):
    """A prompt and, once its first candidate is stored, one chain of it."""

    prompt: Prompt
    prompts: int
    """How many prompts the project has."""
    chain: Chain | None = None
    slots: int = 1
    """How many candidates the prompt has, or will have."""
    answers: int = 1
    """How many of them are there."""
    temperature: float | None = None
    """The original was drawn at this temperature."""
    titles: Mapping[str, str] = MappingProxyType({})
    """Titles of the principles used, by id."""
    thoughts: Mapping[str, str] = MappingProxyType({})
    """What the model thought before each of its texts, by generation."""
    flagged: bool = False
    """Somebody set the original aside."""
    noted: bool = False
    """Somebody wrote a note on it."""

    @property
    def original_id(self) -> str | None:
        """The chain's id: that of its original."""
        return self.chain.original.id if self.chain else None

    @property
    def finished(self) -> tuple[RevisionRound, ...]:
        """The rounds that have a revision."""
        return tuple(r for r in self.chain.rounds if r.revision) if self.chain else ()

    @property
    def used(self) -> frozenset[str]:
        """Ids of the principles the chain has been criticised under."""
        rounds = self.chain.rounds if self.chain else ()
        return frozenset(step.critique.principle_id for step in rounds if step.critique)

    @property
    def place(self) -> str:
        """``Prompt 17 of 63 · benign look-alike · flagged``."""
        parts = [
            f"Prompt {self.prompt.position} of {self.prompts}",
            category(self.prompt.category),
            "flagged" if self.flagged else "",
            "noted" if self.noted else "",
        ]
        return " · ".join(part for part in parts if part)

    @property
    def candidate_title(self) -> str:
        """``Candidate 2 of 4 · T 1.1``."""
        if self.chain is None:
            return "Candidate"
        original = self.chain.original
        if original.origin is Origin.IMPORTED:
            return "Candidate · imported"
        warmth = "" if self.temperature is None else f" · T {self.temperature:.2g}"
        return f"Candidate {original.slot + 1} of {max(self.slots, original.slot + 1)}{warmth}"

    def principle(self, principle_id: str) -> str:
        """``H7 Helps with what is harmless``."""
        return f"{principle_id} {self.titles.get(principle_id, '')}".strip()


def of_prompt(db: Database, prompt_id: str) -> RevisionItem:
    """A prompt with the chain of its first candidate, as far as that is written."""
    first = next((one for one in candidates.of_prompt(db, prompt_id) if not one.parent_id), None)
    if first is not None:
        return of_chain(db, first.id)
    return RevisionItem(prompts.get(db, prompt_id), prompts.count(db))


def sibling(db: Database, item: RevisionItem, step: int) -> RevisionItem | None:
    """The chain of another answer to the same prompt, from the last on to the first again."""
    roots = [one.id for one in candidates.of_prompt(db, item.prompt.id) if not one.parent_id]
    if item.original_id not in roots or len(roots) < 2:
        return None
    return of_chain(db, roots[(roots.index(item.original_id) + step) % len(roots)])


def of_item(db: Database, item_id: str) -> RevisionItem:
    """The chain an answer belongs to, or a prompt with its first one.

    Raises:
        WrongId: there is no such item.
    """
    found = find.anything(db, item_id)
    return of_prompt(db, found.id) if found.kind == "prompt" else of_chain(db, found.id)


def at_place(db: Database, number: int) -> RevisionItem | None:
    """The prompt at a place in the project, or the nearest there is; None without prompts."""
    prompt_id = prompts.at_place(db, number)
    return None if prompt_id is None else of_prompt(db, prompt_id)


def more_to_come(db: Database, plan: Plan) -> bool:
    """Whether the plan will bring another revision to decide on."""
    from store.items import pending  # not asked where there is an item

    return any(
        work.step in {"critique", "revise"} or 0 in work.slots for work in pending.pending(db, plan)
    )


def of_chain(db: Database, candidate_id: str, *, named: bool = True) -> RevisionItem:
    """The chain a candidate belongs to; any candidate of it will do.

    Args:
        db: the project.
        candidate_id: one of its texts.
        named: with the titles of its principles; else :func:`with_titles` adds them.
    """
    chain = chains.get(db, candidate_id)
    siblings = candidates.of_prompt(db, chain.prompt.id)
    answers = sum(one.parent_id is None for one in siblings)
    return RevisionItem(
        prompt=chain.prompt,
        prompts=prompts.count(db),
        chain=chain,
        slots=answers,
        answers=answers,
        temperature=_temperature(db, chain.original),
        titles=_titles(db, chain) if named else {},
        thoughts=runs.thoughts(db, _generations(chain)),
        flagged=labels.flagged(db, chain.original.id),
        noted=bool(labels.notes(db, chain.original.id)),
    )


def with_titles(db: Database, item: RevisionItem) -> RevisionItem:
    """The item with the titles of its principles."""
    return item._replace(titles=_titles(db, item.chain)) if item.chain else item


def resume(db: Database, annotator: str, *, named: bool = True) -> RevisionItem | None:
    """The chain to go on with: behind the one that was last skipped, or the first undecided."""
    after = meta.get(db, _skipped_key(annotator))
    return following(db, annotator, after or None, named=named)


def following(
    db: Database, annotator: str, after: str | None, *, named: bool = True
) -> RevisionItem | None:
    """The next chain that waits for this annotator's decision; None when none does."""
    original = queue.revise_next(db, annotator, after=after)
    return None if original is None else of_chain(db, original, named=named)


def decide(
    db: Database,
    item: RevisionItem,
    revision: Candidate,
    annotator: str,
    choice: Choice,
    *,
    edited_text: str | None,
    seconds: float,
    at: str,
) -> RevisionItem | None:
    """Put a decision on the disk, then hand over the next chain."""
    decisions.decide(
        db,
        revision.id,
        annotator,
        choice,
        edited_text=edited_text,
        seconds=seconds,
        at=at,
    )
    return following(db, annotator, item.original_id)


def skip(db: Database, item: RevisionItem, annotator: str) -> RevisionItem | None:
    """Remember that a chain was left for later, then hand over the next."""
    meta.put(db, _skipped_key(annotator), item.original_id or "")
    return following(db, annotator, item.original_id)


def _skipped_key(annotator: str) -> str:
    return f"revise skipped:{annotator}"


def _temperature(db: Database, original: Candidate) -> float | None:
    if original.generation_id is None:
        return None
    value = runs.get_generation(db, original.generation_id).settings.get("temperature")
    return float(value) if isinstance(value, int | float) else None


def _generations(chain: Chain) -> list[str]:
    made = [chain.original.generation_id]
    for step in chain.rounds:
        made += [each.generation_id for each in (step.critique, step.revision) if each]
    return [each for each in made if each]


def _titles(db: Database, chain: Chain) -> dict[str, str]:
    titles: dict[str, str] = {}
    for constitution_id in {r.critique.constitution_id for r in chain.rounds if r.critique}:
        stored = constitutions.get(db, constitution_id)
        titles |= _titles_in(stored.source, stored.name)
    return titles


@lru_cache(maxsize=8)
def _titles_in(source: str, name: str) -> Mapping[str, str]:
    from engine.method import constitution  # and its TOML: not needed for the first item

    try:
        return {one.id: one.title for one in constitution.parse(source, name).principles}
    except ConstitutionError:
        return {}  # written by another pairlab: the principle's id alone is shown
