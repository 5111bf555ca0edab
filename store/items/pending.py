"""What `run` still has to do, worked out from rows alone, so that any kill can be gone on from.

A text that is in the store is done, whatever was going on when its process ended; a text that
is not there is pending. Nothing else is remembered.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from sqlite_utils import Database

from store.items import answered_prompts, chain_branches, pairs
from store.judgements import settings
from store.records import Category

Part = Literal["propose", "revise", "direct", "pad", "pad_all", "judge"]
"""A part of the method: ``revise`` criticises, revises and makes the pairs; ``direct`` does it
without critiques, in its place; ``pad`` writes a long and useless answer beside a short one to the
length traps, and ``pad_all`` to every prompt."""

SHORT: Final = 400
"""A longer answer (characters) is no short one that a long one could be set against."""

_CHOSEN = f"""
WITH bare AS (
    SELECT position FROM kept_prompt AS prompt
    WHERE id NOT IN (SELECT prompt_id FROM attack) AND NOT {answered_prompts.CAME_WITH_PAIRS}
    ORDER BY position LIMIT ?
)
SELECT position FROM kept_prompt AS prompt
WHERE position IN bare OR id IN (
    SELECT attack.prompt_id FROM attack JOIN prompt AS base ON base.id = base_id
    WHERE base.position IN bare
)
ORDER BY position
"""  # noqa: S608 - the text of the condition


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

        Prompts that came with finished pairs and were not asked for do not count, and wrapped
        ones go with their base.
        """

    @property
    def revise_all(self) -> bool:
        """Every candidate is revised, not the first alone."""


@dataclass(frozen=True, slots=True)
class Work:
    """One step that can be taken now."""

    step: Literal["propose", "critique", "revise", "pair", "pad", "judge"]
    prompt_id: str
    slots: tuple[int, ...] = ()
    """For ``propose``: the candidates that are missing."""
    original_id: str | None = None
    """The chain, for the steps of a chain."""
    candidate_id: str | None = None
    """What is criticised or revised; for ``pair`` the last revision, for ``pad`` a short answer."""
    critique_id: str | None = None
    """For ``revise``: the critique it starts from; None revises without one."""
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
    length: int
    """Characters of its text."""


class _Verdict(NamedTuple):
    id: str
    candidate_id: str
    found: bool


@dataclass(slots=True)
class _PromptRows:
    """The rows of one prompt, without their texts."""

    prompt_id: str
    category: str = ""
    padded: bool = False
    """It has a long and useless answer."""
    originals: dict[int, list[_Node]] = field(default_factory=lambda: defaultdict(list))
    revised: dict[str, list[_Node]] = field(default_factory=lambda: defaultdict(list))
    criticised: dict[str, list[_Verdict]] = field(default_factory=lambda: defaultdict(list))


def pending(
    db: Database,
    plan: PlanLike,
    prompt_id: str | None = None,
    *,
    only: Collection[str] | None = None,
) -> list[Work]:
    """The steps of writing that can be taken now, first prompt first.

    Within a prompt the first candidate is proposed, criticised and revised before the others
    are proposed. A step that waits for another (the revision for its critique) is not listed
    until that one is stored.

    Args:
        db: the project.
        plan: how much there is to do.
        prompt_id: only this prompt, inside the plan's limit or not.
        only: of the prompts inside the limit only these.
    """
    states = _states(db, plan, only) if prompt_id is None else _loaded(db, [prompt_id])
    return [work for state in states for work in _works(db, state, plan)]


def pending_at(db: Database, plan: PlanLike, positions: Sequence[int]) -> list[Work]:
    """The same, of the prompts at some :func:`positions`."""
    states = _loaded(db, _ids(db, positions))
    return [work for state in states for work in _works(db, state, plan)]


def complete(
    db: Database, plan: PlanLike, *, only: Collection[str] | None = None
) -> tuple[int, int]:
    """How many of the plan's prompts have all their texts and pairs, and how many there are.

    A plan that proposes nothing has no part in a prompt without candidates.
    """
    done = whole = 0
    for state in _states(db, plan, only):
        if _size(state, plan):
            whole += 1
            done += not any(_works(db, state, plan))
    return done, whole


def texts(db: Database, plan: PlanLike, *, only: Collection[str] | None = None) -> tuple[int, int]:
    """How many of the plan's candidates, critiques and revisions are written, and of how many.

    A chain that ended because nothing was found counts as written to its end.
    """
    done = total = 0
    for state in _states(db, plan, only):
        total += _size(state, plan)
        if "propose" in plan.parts:
            done += sum(bool(state.originals.get(slot)) for slot in range(plan.candidates))
        for slot in _revised_slots(state, plan):
            if originals := state.originals.get(slot):
                done += _written(state, _furthest(state, originals, plan), plan)
        done += state.padded and _pads(state, plan)
    return done, total


def by_step(db: Database, plan: PlanLike, *, only: Collection[str] | None = None) -> Counter[str]:
    """How many texts of each step are not written yet, as far as can be known before."""
    left: Counter[str] = Counter()
    for state in _states(db, plan, only):
        if "propose" in plan.parts:
            left["propose"] += sum(not state.originals.get(slot) for slot in range(plan.candidates))
        for slot in _revised_slots(state, plan):
            originals = state.originals.get(slot)
            steps = _path(state, _furthest(state, originals, plan).id, plan) if originals else []
            if steps and steps[-1][0] is not None and not steps[-1][0].found:
                continue
            left["revise"] += max(0, plan.rounds - sum(made is not None for _, made in steps))
            if "direct" not in plan.parts:
                left["critique"] += max(0, plan.rounds - len(steps))
        left["pad"] += _pads(state, plan) and not state.padded
    return +left


def chosen(db: Database, limit: int | None) -> list[str]:
    """Ids of the first so many prompts of :attr:`PlanLike.limit`, in project order."""
    return _ids(db, positions(db, limit))


def positions(db: Database, limit: int | None) -> array[int]:
    """Where these prompts stand: a tenth of the memory that their ids take."""
    rows = db.execute(_CHOSEN, (-1 if limit is None else limit,))
    return array("q", (position for (position,) in rows))


def _ids(db: Database, positions: Sequence[int]) -> list[str]:
    asked = json.dumps(list(positions))
    rows = db.execute(
        "SELECT id FROM prompt WHERE position IN (SELECT value FROM json_each(?))"
        " ORDER BY position",
        (asked,),
    )
    return [row[0] for row in rows]


def _states(db: Database, plan: PlanLike, only: Collection[str] | None) -> Iterator[_PromptRows]:
    wanted = positions(db, plan.limit)
    # A page at a time: a project of many thousand prompts must not be held in memory whole.
    for start in range(0, len(wanted), 200):
        page = _ids(db, wanted[start : start + 200])
        yield from _loaded(db, [each for each in page if only is None or each in only])


def _loaded(db: Database, prompt_ids: Sequence[str]) -> Collection[_PromptRows]:
    page = {one: _PromptRows(one) for one in prompt_ids}
    _load(db, page)
    return page.values()


def _load(db: Database, page: dict[str, _PromptRows]) -> None:
    for one, state in page.items():
        rows = db.execute(
            "SELECT candidate.id, parent_id, critique_id, slot, length(candidate.text), origin,"
            " category FROM candidate JOIN kept_prompt AS prompt ON prompt.id = prompt_id"
            " WHERE prompt_id = ? AND origin IN ('proposed', 'revision')"
            " ORDER BY candidate.created_at, candidate.rowid",
            (one,),
        )
        for *columns, origin, category in rows:
            node, state.category = _Node(*columns), category
            if origin == "revision":
                made = chain_branches.made_from(node.critique_id, node.parent_id)
                state.revised[made].append(node)
            elif node.parent_id is None:
                state.originals[node.slot].append(node)
            else:
                state.padded = True
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
    if _pads(state, plan) and not state.padded and not missing:
        original, last = _answer(state, plan)
        if original.slot not in _revised_slots(state, plan) or not any(
            _chain_work(db, state, original.slot, plan)
        ):
            yield Work("pad", state.prompt_id, original_id=original.id, candidate_id=last.id)


def _size(state: _PromptRows, plan: PlanLike) -> int:
    """How many texts the plan wants of a prompt."""
    proposals = plan.candidates if "propose" in plan.parts else 0
    each = 1 if "direct" in plan.parts else 2
    revisions = each * plan.rounds * len(_revised_slots(state, plan))
    return proposals + revisions + _pads(state, plan)


def _pads(state: _PromptRows, plan: PlanLike) -> bool:
    """Whether the plan wants a long and useless answer beside a short one of the prompt."""
    wanted = "pad_all" in plan.parts or (
        "pad" in plan.parts and state.category == Category.LENGTH_TRAP
    )
    return wanted and bool(state.originals) and _answer(state, plan)[1].length <= SHORT


def _answer(state: _PromptRows, plan: PlanLike) -> tuple[_Node, _Node]:
    """The first candidate that is there, and the last revision of it."""
    original = _furthest(state, state.originals[min(state.originals)], plan)
    revisions = [revision for _, revision in _path(state, original.id, plan) if revision]
    return original, revisions[-1] if revisions else original


def _path(
    state: _PromptRows, original_id: str, plan: PlanLike
) -> list[tuple[_Verdict | None, _Node | None]]:
    """The rounds of a chain that the plan goes on with."""
    direct = True if "direct" in plan.parts else False if "revise" in plan.parts else None
    return chain_branches.path(original_id, state.criticised, state.revised, direct=direct)


def _revised_slots(state: _PromptRows, plan: PlanLike) -> tuple[int, ...]:
    """The candidates a plan revises: of those it wants, or else of those that are there."""
    if plan.parts.isdisjoint({"revise", "direct"}) or plan.rounds < 1:
        return ()
    wanted = range(plan.candidates) if "propose" in plan.parts else sorted(state.originals)
    return tuple(wanted if plan.revise_all else wanted[:1])


def _chain_work(db: Database, state: _PromptRows, slot: int, plan: PlanLike) -> Iterator[Work]:
    originals = state.originals.get(slot)
    if not originals:
        return
    original = _furthest(state, originals, plan)
    steps = _path(state, original.id, plan)
    revisions = [revision for _, revision in steps if revision]
    last = revisions[-1].id if revisions else original.id
    work = _next(state, original.id, steps, last, plan)
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
    steps: list[tuple[_Verdict | None, _Node | None]],
    last: str,
    plan: PlanLike,
) -> Work | None:
    if steps and steps[-1][1] is None:
        critique = steps[-1][0]
        if critique is None or not critique.found or len(steps) > plan.rounds:
            return None
        return Work("revise", state.prompt_id, (), original_id, last, critique.id, round=len(steps))
    if len(steps) >= plan.rounds:
        return None
    step: Literal["critique", "revise"] = "revise" if "direct" in plan.parts else "critique"
    return Work(step, state.prompt_id, (), original_id, last, round=len(steps) + 1)


def _furthest(state: _PromptRows, originals: list[_Node], plan: PlanLike) -> _Node:
    """Of several candidates of one slot (two files merged), the one with the longest chain."""
    return max(originals, key=lambda node: len(_path(state, node.id, plan)))


def _written(state: _PromptRows, original: _Node, plan: PlanLike) -> int:
    steps = _path(state, original.id, plan)
    whole = plan.rounds * (1 if "direct" in plan.parts else 2)
    if steps and steps[-1][0] is not None and not steps[-1][0].found:
        return whole
    made = sum((critique is not None) + (revision is not None) for critique, revision in steps)
    return min(made, whole)


def _paired(db: Database, original_id: str, revision_id: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM pair WHERE (a_id = ?1 AND b_id = ?2) OR (a_id = ?2 AND b_id = ?1)",
        (original_id, revision_id),
    ).fetchone()
    return row is not None or pairs.twin(db, original_id, revision_id) is not None
