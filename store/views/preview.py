"""What mode B shows of the row under the cursor: the texts, and what is known about them.

Of a closed pair that is what the labelling screen shows: the prompt, both answers on the sides
they stand on there, and the viewer's own words. Of a prompt with a closed pair the answers stand
in an order that tells nothing, without who wrote them and without what was held against them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.items import candidates, chains, constitutions, critiques, pairs, prompts
from store.judgements import decisions, labels, rulings
from store.records import Candidate, Label, Message, Origin, Verdict
from store.rounds import queue
from store.views import browse, closed, out
from store.views.query import SearchTarget
from store.views.sides import swapped


class Part(NamedTuple):
    """One text with what it is."""

    what: str
    """``first`` and ``second`` (of a pair), ``answer``, ``critique``, or an origin."""
    text: str
    about: tuple[str, ...] = ()
    """Author, principle, decisions: what may be told of it."""


class Verdicts(NamedTuple):
    """One annotator's label, on the sides as the viewer sees them."""

    label: Label
    verdict: Verdict


class Ruled(NamedTuple):
    """A ruling, on the sides as the viewer sees them."""

    by: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class ItemPreview:
    """An item to look at."""

    kind: SearchTarget
    id: str
    messages: tuple[Message, ...]
    parts: tuple[Part, ...]
    closed: bool
    """Whether others' words, or who wrote the answers, are kept from this viewer."""
    said: tuple[Verdicts, ...] = ()
    ruled: tuple[Ruled, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    flagged_by: tuple[str, ...] = ()
    out: str | None = None
    """Why an export leaves the pair out; empty when it goes out, None when that is not known."""
    pair_numbers: tuple[int, ...] = ()
    """Places of the pairs that close a prompt to this viewer."""


def preview(db: Database, viewer: str, kind: SearchTarget, item: str, *, at: str) -> ItemPreview:
    """The item of a row; that others' verdicts were shown is remembered.

    Raises:
        WrongId: there is no such item.
    """
    if kind is SearchTarget.PAIR:
        return _pair(db, viewer, item, at)
    if kind is SearchTarget.PROMPT:
        return _prompt(db, viewer, item)
    found = candidates.get(db, item)
    return _answer(db, viewer, found)


def _pair(db: Database, viewer: str, pair_id: str, at: str) -> ItemPreview:
    text = pairs.text(db, pair_id)
    shut = closed.is_closed(db, pair_id, viewer)
    left = queue.left_side(db, viewer, pair_id)
    first, second = (text.a, text.b) if left == "a" else (text.b, text.a)
    about: dict[str, tuple[str, ...]] = {"a": (), "b": ()}
    if not shut:
        browse.record(db, [pair_id], viewer, at)
        row = pairs.get(db, pair_id)
        sides = (("a", row.a_id, row.a_role), ("b", row.b_id, row.b_role))
        for side, item, role in sides:
            about[side] = _written(candidates.get(db, item), role)
    who = ids.name(viewer)
    return ItemPreview(
        kind=SearchTarget.PAIR,
        id=pair_id,
        messages=text.messages,
        parts=(
            Part("first", first, about[left]),
            Part("second", second, about["b" if left == "a" else "a"]),
        ),
        closed=shut,
        said=tuple(
            Verdicts(label, swapped(label.verdict, left))
            for label in labels.of_pair(db, pair_id)
            if not shut or label.annotator == who
        ),
        ruled=tuple(
            Ruled(each.by, swapped(each.verdict, left), each.reason)
            for each in rulings.of_pair(db, pair_id)
            if not shut or each.by == who
        ),
        notes=_own_or_open(labels.notes(db, pair_id), who, shut),
        flagged_by=_flags(db, [pair_id], who, shut),
        out=None if shut else out.reason(db, pair_id),
    )


def _prompt(db: Database, viewer: str, prompt_id: str) -> ItemPreview:
    prompt, who = prompts.get(db, prompt_id), ids.name(viewer)
    closing = _closing(db, prompt_id, viewer)
    written = candidates.of_prompt(db, prompt_id)
    if closing:
        ordered = sorted(written, key=lambda each: each.id)
        parts = [Part("answer", each.text) for each in ordered]
    else:
        parts = [part for chain in chains.of_prompt(db, prompt_id) for part in _chain(db, chain)]
    items = [prompt_id, *(each.id for each in written)]
    notes: dict[str, str] = {}
    for item in items:
        for name, note in _own_or_open(labels.notes(db, item), who, bool(closing)).items():
            notes[name] = f"{notes[name]}\n{note}" if name in notes else note
    return ItemPreview(
        kind=SearchTarget.PROMPT,
        id=prompt_id,
        messages=prompt.messages,
        parts=tuple(parts),
        closed=bool(closing),
        notes=notes,
        flagged_by=_flags(db, items, who, bool(closing)),
        pair_numbers=closing,
    )


def _answer(db: Database, viewer: str, found: Candidate) -> ItemPreview:
    closing = _closing(db, found.prompt_id, viewer)
    who, shut = ids.name(viewer), bool(closing)
    parts = [Part("answer", found.text)] if shut else [_candidate(db, found)]
    if not shut:
        parts += [
            _critique(db, each.principle_id, each.constitution_id, each.text)
            for each in critiques.of_candidate(db, found.id)
        ]
    return ItemPreview(
        kind=SearchTarget.ANSWER,
        id=found.id,
        messages=prompts.get(db, found.prompt_id).messages,
        parts=tuple(parts),
        closed=shut,
        notes={} if shut else labels.notes(db, found.id),
        flagged_by=() if shut else _flags(db, [found.id], who, shut),
        pair_numbers=closing,
    )


def _chain(db: Database, chain: chains.Chain) -> list[Part]:
    parts = [_candidate(db, chain.original)]
    for step in chain.rounds:
        if held := step.critique:
            parts.append(_critique(db, held.principle_id, held.constitution_id, held.text))
        if step.revision is not None:
            parts.append(_candidate(db, step.revision))
    parts += [
        _candidate(db, each)
        for each in chains.tree(db, chain.original.id)
        if each.origin is Origin.EDITED
    ]
    return parts


def _candidate(db: Database, found: Candidate) -> Part:
    decided = [
        f"{made.choice}ed by {made.annotator}"
        if made.choice != "accept"
        else f"accepted by {made.annotator}"
        for made in decisions.of_revision(db, found.id)
    ]
    return Part(found.origin.value, found.text, (*_written(found, None), *decided))


def _critique(db: Database, principle: str, constitution_id: str, text: str) -> Part:
    used = constitutions.get(db, constitution_id)
    return Part("critique", text, (principle, f"{used.name} {used.version}"))


def _written(found: Candidate, role: str | None) -> tuple[str, ...]:
    told = ""
    if found.origin is Origin.REVISION:
        told = f"round {found.round}" + ("" if found.critique_id else ", without a critique")
    elif candidates.is_padded(found):
        told = "long and useless on purpose"
    return tuple(part for part in (role or "", told, found.author or "") if part)


def _closing(db: Database, prompt_id: str, viewer: str) -> tuple[int, ...]:
    """Places of the pairs of a prompt that are closed to the viewer."""
    rows = db.execute(
        "SELECT position FROM kept_pair AS pair"
        f" WHERE prompt_id = :prompt AND {closed.PAIR} ORDER BY position",
        {**closed.parameters(db, viewer), "prompt": prompt_id},
    ).fetchall()
    return tuple(row[0] for row in rows)


def _own_or_open(notes: dict[str, str], who: str, shut: bool) -> dict[str, str]:
    return {name: note for name, note in notes.items() if not shut or name == who}


def _flags(db: Database, items: list[str], who: str, shut: bool) -> tuple[str, ...]:
    """Who has flagged any of some items, as far as the viewer may be told."""
    found = set()
    for item in items:
        rows = db.execute(
            "SELECT annotator FROM head WHERE kind = 'flag' AND item = ?"
            " AND json_extract(value, '$.on')",
            [item],
        ).fetchall()
        found |= {str(row[0]) for row in rows}
    return tuple(sorted(name for name in found if not shut or name == who))
