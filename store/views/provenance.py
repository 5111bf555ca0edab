"""The whole chain behind a prompt, a candidate or a pair, as plain nested dictionaries.

What `pairlab show` prints and the audit export writes: every text, who or what wrote it, the
exact text the model was given, settings, seeds, model file and everything people decided.
"""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from store import find, ids
from store.items import attacks, candidates, categories, chains, critiques, prompts, removal
from store.items import pairs as pair_rows
from store.judgements import decisions, labels, rulings
from store.judgements.rulings import Ruling
from store.log import current_state
from store.records import Candidate, Critique, Decision, Label, Origin, Pair, Prompt
from store.views import closed
from store.views.origins import Origins

Tree = dict[str, Any]


def item(db: Database, text: str, *, viewer: str | None = None) -> Tree:
    """What is behind the item that an id, a unique beginning of one or an imported id names.

    Args:
        db: the project.
        text: what the user typed.
        viewer: leave out what others say about pairs that this annotator has not labelled, or
            that a round hides; None leaves nothing out.

    Raises:
        WrongId: nothing answers to it, or several items do.
    """
    found = find.anything(db, text)
    by_kind = {"prompt": prompt, "candidate": candidate, "pair": pair}
    return by_kind[found.kind](db, found.id, viewer=viewer)


def prompt(db: Database, prompt_id: str, *, viewer: str | None = None) -> Tree:
    """A prompt, its chains and its pairs.

    Raises:
        WrongId: there is no such prompt.
    """
    return {
        "kind": "prompt",
        "id": prompt_id,
        "prompt": _prompt(db, prompts.get(db, prompt_id)),
        "chains": [_chain(db, chain) for chain in chains.of_prompt(db, prompt_id)],
        "pairs": [_pair(db, each, viewer) for each in pair_rows.of_prompt(db, prompt_id)],
    }


def candidate(db: Database, candidate_id: str, *, viewer: str | None = None) -> Tree:
    """A candidate: its prompt, its chain and the pairs it is in.

    Raises:
        WrongId: there is no such candidate.
    """
    chain = chains.get(db, candidate_id)
    return {
        "kind": "candidate",
        "id": candidate_id,
        "prompt": _prompt(db, chain.prompt),
        "chains": [_chain(db, chain)],
        "pairs": [_pair(db, each, viewer) for each in pair_rows.of_candidate(db, candidate_id)],
    }


def pair(db: Database, pair_id: str, *, viewer: str | None = None) -> Tree:
    """A pair: its prompt, what was decided on it, and the chains of both its sides.

    Raises:
        WrongId: there is no such pair.
    """
    found = pair_rows.get(db, pair_id)
    roots = dict.fromkeys(candidates.root(db, side).id for side in (found.a_id, found.b_id))
    return {
        "kind": "pair",
        "id": pair_id,
        "prompt": _prompt(db, prompts.get(db, found.prompt_id)),
        "pair": _pair(db, found, viewer),
        "chains": [_chain(db, chains.get(db, root)) for root in roots],
    }


def _prompt(db: Database, found: Prompt) -> Tree:
    made = attacks.of_prompt(db, found.id)
    return {
        "id": found.id,
        "messages": [message._asdict() for message in found.messages],
        "category": found.category,
        "category_history": [each._asdict() for each in categories.history(db, found.id)],
        "tags": list(found.tags),
        "source": found.source,
        "external_id": found.external_id,
        "position": found.position,
        "removed": _removed(db, found.id),
        "made_from": made and {"base": made.base_id, "style": made.style},
    }


def _removed(db: Database, item: str) -> Tree | None:
    found = removal.of_item(db, item)
    return found and found._asdict()


def _chain(db: Database, chain: chains.Chain) -> Tree:
    made = Origins(db)
    on_path = {r.critique.id for r in chain.rounds if r.critique}
    shown = {r.revision.id for r in chain.rounds if r.revision}
    written = [chain.original, *chains.tree(db, chain.original.id)]
    revisions = {c.critique_id: c for c in written if c.critique_id}
    others = [
        _round(made, critique, revisions.get(critique.id))
        for each in written
        for critique in critiques.of_candidate(db, each.id)
        if critique.id not in on_path
    ]
    others += [
        _round(made, None, each)
        for each in written
        if each.origin is Origin.REVISION and each.critique_id is None and each.id not in shown
    ]
    return {
        "original": _candidate(made, chain.original.id),
        "rounds": [_round(made, r.critique, r.revision) for r in chain.rounds],
        "other_rounds": others,
        "decisions": [_decision(d) for d in decisions.of_chain(db, chain.original.id)],
        "edited": [_candidate(made, c.id) for c in written if c.origin is Origin.EDITED],
        "padded": [_candidate(made, c.id) for c in written[1:] if c.origin is Origin.PROPOSED],
    }


def _round(made: Origins, critique: Critique | None, revision: Candidate | None) -> Tree:
    """A round; of one without a critique the principle stands with the revision's settings."""
    if critique is None:
        return {
            "number": revision and revision.round,
            "critique": None,
            "revision": revision and _candidate(made, revision.id),
        }
    row = made.critique(critique.id)
    return {
        "number": row["round"],
        "critique": {
            "id": row["id"],
            "of": row["candidate_id"],
            "constitution": {key: row["constitution"][key] for key in ("id", "name", "version")},
            "principle": row["principle_id"],
            "text": row["text"],
            "found": row["found"],
            "at": row["created_at"],
            "generation": _generation(row["generation"]),
        },
        "revision": None if revision is None else _candidate(made, revision.id),
    }


def _candidate(made: Origins, candidate_id: str) -> Tree:
    row = made.candidate(candidate_id)
    return {
        "id": row["id"],
        "origin": row["origin"],
        "text": row["text"],
        "author": row["author"],
        "round": row["round"],
        "slot": row["slot"],
        "parent": row["parent_id"],
        "finish_reason": row["finish_reason"],
        "at": row["created_at"],
        "generation": _generation(row["generation"]),
    }


_GENERATION = (
    "id",
    "rendered",
    "text",
    "settings",
    "seed",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "seconds",
    "attempt",
    "refused",
    "reasoning",
)


def _generation(row: Tree | None) -> Tree | None:
    if row is None:
        return None
    told = {key: row[key] for key in _GENERATION}
    return told | {"at": row["created_at"], "run": row["run"]}


def _decision(made: Decision) -> Tree:
    return {
        "revision": made.revision_id,
        "annotator": made.annotator,
        "choice": made.choice.value,
        "edited": made.edited_id,
        "seconds": made.seconds,
        "at": made.at,
    }


def _pair(db: Database, found: Pair, viewer: str | None) -> Tree:
    text = pair_rows.text(db, found.id)
    given = labels.of_pair(db, found.id)
    notes = labels.notes(db, found.id)
    ruled = [_ruling(each) for each in rulings.of_pair(db, found.id)]
    flagged: bool = labels.flagged(db, found.id)
    withheld = viewer is not None and closed.is_closed(db, found.id, viewer)
    if viewer is not None and withheld:
        who = ids.name(viewer)
        given = [label for label in given if label.annotator == who]
        notes = {name: note for name, note in notes.items() if name == who}
        ruled = [each for each in ruled if each["by"] == who]
        mine = current_state.value(db, current_state.Cell("flag", found.id, who, "")) or {}
        flagged = bool(mine.get("on"))
    return {
        "id": found.id,
        "kind": found.kind,
        "external_id": found.external_id,
        "position": found.position,
        "a": {"candidate": found.a_id, "role": found.a_role, "text": text.a},
        "b": {"candidate": found.b_id, "role": found.b_role, "text": text.b},
        "at": found.created_at,
        "flagged": flagged,
        "labels": [_label(label) for label in given],
        "notes": notes,
        "rulings": ruled,
        "removed": _removed(db, found.id),
        "withheld": withheld,
    }


def _ruling(made: Ruling) -> Tree:
    return {
        "by": made.by,
        "verdict": made.verdict.value,
        "reason": made.reason,
        "cause": made.cause and made.cause.value,
        "confidence": made.confidence and made.confidence.value,
        "adopted_from": made.adopted_from,
        "at": made.at,
    }


def _label(given: Label) -> Tree:
    return {
        "annotator": given.annotator,
        "phase": given.phase.value,
        "verdict": given.verdict.value,
        "strength": given.strength,
        "seconds": given.seconds,
        "left": given.left,
        "note": given.note,
        "informed": given.informed,
        "guideline": given.guideline_id,
        "round": given.round_id,
        "at": given.at,
    }
