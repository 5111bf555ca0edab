"""What `run` still has to do, worked out from rows alone, so that any kill can be gone on from.

A text that is in the store is done, whatever was going on when its process ended; a text that
is not there is pending. Nothing else is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from sqlite_utils import Database

from store.items import answered_prompts, chain_branches, pairs
from store.judgements import settings

Part = Literal["propose", "revise", "judge"]
"""A part of the method; ``revise`` criticises, revises and makes the pairs."""

_PROMPTS = "SELECT id FROM prompt WHERE NOT "
_CHOSEN = f"{_PROMPTS}{answered_prompts.CAME_WITH_PAIRS} ORDER BY position LIMIT ?"


class PlanLike(Protocol):
    """The part of a plan that says how much there is to write."""

    @property
    def parts(self) -> frozenset[Part]:
        """The parts of the method that are carried out; the others are left as they are."""

    @property
    def candidates(self) -> int:
        """How many candidates a prompt gets."""

    @property
    def rounds(self) -> int:
        """How many rounds of critique and revision a chain gets."""

    @property
    def limit(self) -> int | None:
        """The first so many prompts in project order, done or not; None for all.

        Prompts that came with finished pairs and were not asked for do not count.
        """

    @property
    def revise_all(self) -> bool:
        """Every candidate is revised, not the first alone."""


@dataclass(frozen=True, slots=True)
class Work:
    """One step that can be taken now."""

    step: Literal["propose", "critique", "revise", "pair", "judge"]
    prompt_id: str
    slots: tuple[int, ...] = ()
    """For ``propose``: the candidates that are missing."""
    original_id: str | None = None
    """The chain, for the steps of a chain."""
    candidate_id: str | None = None
    """What is criticised or revised; for ``pair`` the last revision."""
    critique_id: str | None = None
    """For ``revise``: the critique it starts from."""
    round: int = 0
    """From 1 in a chain, else 0."""
    pair_id: str | None = None
    """For ``judge``: what is judged."""

    @property
    def item_id(self) -> str:
        """What is worked on as a whole and may fail: a prompt, or a pair that is judged."""
        return self.pair_id or self.prompt_id


class _Node(NamedTuple):
    id: str
    parent_id: str | None
    critique_id: str | None
    slot: int


class _Verdict(NamedTuple):
    id: str
    candidate_id: str
    found: bool


@dataclass(slots=True)
class _PromptRows:
    """The rows of one prompt, without their texts."""

    prompt_id: str
    originals: dict[int, list[_Node]] = field(default_factory=lambda: defaultdict(list))
    revised: dict[str, list[_Node]] = field(default_factory=lambda: defaultdict(list))
    criticised: dict[str, list[_Verdict]] = field(default_factory=lambda: defaultdict(list))


def pending(db: Database, plan: PlanLike, prompt_id: str | None = None) -> list[Work]:
    """The steps of writing that can be taken now, first prompt first.

    Within a prompt the first candidate is proposed, criticised and revised before the others
    are proposed. A step that waits for another (the revision for its critique) is not listed
    until that one is stored.

    Args:
        db: the project.
        plan: how much there is to do.
        prompt_id: only this prompt, inside the plan's limit or not.
    """
    return [work for state in _states(db, plan, prompt_id) for work in _works(db, state, plan)]


def complete(db: Database, plan: PlanLike) -> tuple[int, int]:
    """How many of the plan's prompts have all their texts and pairs, and how many there are.

    A plan that proposes nothing has no part in a prompt without candidates.
    """
    states = [state for state in _states(db, plan) if _size(state, plan)]
    return sum(not any(_works(db, state, plan)) for state in states), len(states)


def texts(db: Database, plan: PlanLike) -> tuple[int, int]:
    """How many of the plan's candidates, critiques and revisions are written, and of how many.

    A chain that ended because nothing was found counts as written to its end.
    """
    done = total = 0
    for state in _states(db, plan):
        total += _size(state, plan)
        if "propose" in plan.parts:
            done += sum(bool(state.originals.get(slot)) for slot in range(plan.candidates))
        for slot in _revised_slots(state, plan):
            if originals := state.originals.get(slot):
                done += _written(state, _furthest(state, originals), plan.rounds)
    return done, total


def _states(db: Database, plan: PlanLike, prompt_id: str | None = None) -> Iterator[_PromptRows]:
    if prompt_id is None:
        chosen = [
            row[0] for row in db.execute(_CHOSEN, (-1 if plan.limit is None else plan.limit,))
        ]
    else:
        chosen = [prompt_id]
    # A page at a time: a project of many thousand prompts must not be held in memory whole.
    for start in range(0, len(chosen), 200):
        page = {one: _PromptRows(one) for one in chosen[start : start + 200]}
        _load(db, page)
        yield from page.values()


def _load(db: Database, page: dict[str, _PromptRows]) -> None:
    for one, state in page.items():
        rows = db.execute(
            "SELECT id, parent_id, critique_id, slot, origin FROM candidate"
            " WHERE prompt_id = ? AND origin IN ('proposed', 'revision')"
            " ORDER BY created_at, rowid",
            (one,),
        )
        for *columns, origin in rows:
            node = _Node(*columns)
            if origin == "proposed":
                state.originals[node.slot].append(node)
            else:
                state.revised[node.critique_id or ""].append(node)
        rows = db.execute(
            "SELECT critique.id, candidate_id, found FROM candidate"
            " JOIN critique ON critique.candidate_id = candidate.id"
            " WHERE candidate.prompt_id = ? ORDER BY critique.created_at, critique.rowid",
            (one,),
        )
        for critique_id, candidate_id, found in rows:
            state.criticised[candidate_id].append(_Verdict(critique_id, candidate_id, bool(found)))


def _works(db: Database, state: _PromptRows, plan: PlanLike) -> Iterator[Work]:
    missing = [
        slot
        for slot in range(plan.candidates)
        if "propose" in plan.parts and not state.originals.get(slot)
    ]
    first, *others = _revised_slots(state, plan) or (None,)
    if first in missing:
        # alone, so that its chain need not wait for the others
        yield Work("propose", state.prompt_id, slots=(first,))
        missing.remove(first)
    if first is not None:
        yield from _chain_work(db, state, first, plan)
    if missing:
        yield Work("propose", state.prompt_id, slots=tuple(missing))
    for slot in others:
        if slot is not None:
            yield from _chain_work(db, state, slot, plan)


def _size(state: _PromptRows, plan: PlanLike) -> int:
    """How many texts the plan wants of a prompt."""
    proposals = plan.candidates if "propose" in plan.parts else 0
    return proposals + 2 * plan.rounds * len(_revised_slots(state, plan))


def _revised_slots(state: _PromptRows, plan: PlanLike) -> tuple[int, ...]:
    """The candidates a plan revises: of those it wants, or else of those that are there."""
    if "revise" not in plan.parts or plan.rounds < 1:
        return ()
    wanted = range(plan.candidates) if "propose" in plan.parts else sorted(state.originals)
    return tuple(wanted if plan.revise_all else wanted[:1])


def _chain_work(db: Database, state: _PromptRows, slot: int, plan: PlanLike) -> Iterator[Work]:
    originals = state.originals.get(slot)
    if not originals:
        return
    original = _furthest(state, originals)
    steps = chain_branches.path(original.id, state.criticised, state.revised)
    revisions = [revision for _, revision in steps if revision]
    last = revisions[-1].id if revisions else original.id
    work = _next(state, original.id, steps, last, plan.rounds)
    if work:
        yield work
    elif (
        revisions
        and not _paired(db, original.id, last)
        and settings.pairs_by_run(db, settings.ORIGINAL_LAST)
    ):
        yield Work(
            "pair",
            state.prompt_id,
            original_id=original.id,
            candidate_id=last,
            round=len(revisions),
        )


def _next(
    state: _PromptRows,
    original_id: str,
    steps: list[tuple[_Verdict, _Node | None]],
    last: str,
    rounds: int,
) -> Work | None:
    if steps and steps[-1][1] is None:
        critique = steps[-1][0]
        if not critique.found or len(steps) > rounds:
            return None
        return Work("revise", state.prompt_id, (), original_id, last, critique.id, round=len(steps))
    if len(steps) >= rounds:
        return None
    return Work("critique", state.prompt_id, (), original_id, last, round=len(steps) + 1)


def _furthest(state: _PromptRows, originals: list[_Node]) -> _Node:
    """Of several candidates of one slot (two files merged), the one with the longest chain."""
    return max(
        originals,
        key=lambda node: len(chain_branches.path(node.id, state.criticised, state.revised)),
    )


def _written(state: _PromptRows, original: _Node, rounds: int) -> int:
    steps = chain_branches.path(original.id, state.criticised, state.revised)
    if steps and not steps[-1][0].found:
        return 2 * rounds
    return min(sum(1 + (revision is not None) for _, revision in steps), 2 * rounds)


def _paired(db: Database, original_id: str, revision_id: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM pair WHERE (a_id = ?1 AND b_id = ?2) OR (a_id = ?2 AND b_id = ?1)",
        (original_id, revision_id),
    ).fetchone()
    return row is not None or pairs.twin(db, original_id, revision_id) is not None
