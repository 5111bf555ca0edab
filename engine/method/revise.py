"""One round of the method: a critique under one principle, and the revision made from it.

Or a revision without a critique, by the principle alone (Bai et al. 2022, figure 7): the ablation
that tells whether the critique earns its tokens with a model.

Bai et al. 2022, section 3.1: the next round starts from the prompt and the revised answer alone;
earlier critiques are not carried along.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.api import Urgency
from engine.method import detectors, remarks, templates
from engine.method.attempts import Attempt, Heard, add_draft, tried
from engine.method.constitution import Principle, parse
from engine.method.context import RunContext
from engine.method.detectors import Detection
from engine.method.templates import TextRequest
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import candidates, constitutions, critiques, pairs
from store.judgements import settings
from store.records import Candidate, Critique, Origin, Prompt


@dataclass(frozen=True, slots=True)
class Subject:
    """The candidate a round works on."""

    prompt: Prompt
    original_id: str
    """Where the chain starts."""
    candidate: Candidate
    """What is criticised: the original, or the revision of the round before."""
    round: int
    """From 1."""
    branch: int = 0
    """How many critiques the candidate had before this one: 0 unless a person asked for more."""
    chosen: bool = False
    """A person chose the principle."""


async def criticise(
    context: RunContext,
    subject: Subject,
    principle: Principle,
    *,
    urgency: Urgency = Urgency.BATCH,
    hear: Heard = lambda _choice, _text: None,
) -> Critique:
    """Write and store a critique; ``found`` is False where the model finds nothing.

    Raises:
        EngineError: the model failed; nothing is stored.
        NothingUsable: every attempt was refused; the attempts are stored.
    """
    plan, writer = context.plan, context.reviser

    def ask(attempt: int) -> TextRequest:
        answer = subject.candidate.text
        return templates.critique(
            plan.constitution, principle, subject.prompt, answer, writer.style, attempt
        )

    def judge(asking: TextRequest, text: str, finish_reason: str) -> tuple[str, Detection | None]:
        kept = detectors.cleaned_critique(text, finish_reason)
        if remarks.nothing_to_criticise(kept):
            return kept, None
        return kept, detectors.critique_fault(
            kept,
            prompt=subject.prompt.text,
            response=subject.candidate.text,
            instructions=asking.instructions,
            opening=asking.opening,
            finish_reason=finish_reason,
        )

    draft = await tried(
        context,
        "critique",
        ask,
        replace(writer.style.critique, thinking_tokens=plan.thinking_tokens),
        place=_place(subject),
        judge=judge,
        extra=_extra(context, subject, principle),
        urgency=urgency,
        hear=hear,
    )
    return await context.store.write(
        _add_critique,
        draft,
        candidate_id=subject.candidate.id,
        round_number=subject.round,
        constitution_id=context.constitution_id,
        principle_id=principle.id,
        at=context.clock(),
    )


async def revise(
    context: RunContext,
    subject: Subject,
    critique: Critique | Principle,
    *,
    urgency: Urgency = Urgency.BATCH,
    hear: Heard = lambda _choice, _text: None,
) -> Candidate:
    """Write and store the revision a critique leads to, or a principle where there is no critique.

    The last round makes the pair as well.

    Raises:
        EngineError: the model failed; nothing is stored.
        NothingUsable: every attempt was refused; the attempts are stored.
        ConstitutionError: the critique's constitution does not have its principle.
    """
    plan, writer = context.plan, context.reviser
    constitution = plan.constitution
    criticism: str | None = None
    if isinstance(critique, Principle):
        principle = critique
    else:
        criticism = critique.text
        if critique.constitution_id != context.constitution_id:
            row = await context.store.call(constitutions.get, critique.constitution_id)
            constitution = parse(row.source, row.name)
        principle = constitution.principle(critique.principle_id)
    extra = _extra(context, subject, principle)
    if criticism is None:
        extra |= {"critique": False, "constitution_id": context.constitution_id}

    def ask(attempt: int) -> TextRequest:
        return templates.revision(
            constitution,
            principle,
            subject.prompt,
            subject.candidate.text,
            criticism,
            writer.style,
            attempt,
        )

    def judge(asking: TextRequest, text: str, finish_reason: str) -> tuple[str, Detection | None]:
        kept = remarks.cleaned_revision(text)
        return kept, detectors.revision_fault(
            kept,
            prompt=subject.prompt.text,
            original=subject.candidate.text,
            critique=criticism or "",
            instructions=asking.instructions,
            opening=asking.opening,
            finish_reason=finish_reason,
        )

    sampling = writer.style.revision
    draft = await tried(
        context,
        "revise",
        ask,
        replace(
            sampling,
            max_tokens=min(sampling.max_tokens, plan.max_tokens),
            thinking_tokens=plan.thinking_tokens,
        ),
        place=(*_place(subject), *(("direct",) if criticism is None else ())),
        judge=judge,
        extra=extra,
        urgency=urgency,
        hear=hear,
    )
    return await context.store.write(
        _add_revision,
        draft,
        subject,
        critique_id=critique.id if isinstance(critique, Critique) else None,
        author=writer.info.name,
        makes_pair=subject.round >= plan.rounds,
        at=context.clock(),
    )


def pick_place(subject: Subject) -> tuple[str | int, ...]:
    """What the drawing of a principle depends on."""
    return (subject.prompt.id, subject.candidate.slot, subject.branch, subject.round)


def _place(subject: Subject) -> tuple[str | int, ...]:
    """What the seeds of a step depend on."""
    return (subject.prompt.id, subject.candidate.slot, subject.round, subject.branch)


def _extra(context: RunContext, subject: Subject, principle: Principle) -> dict[str, Any]:
    """What is stored with the settings of a critique or a revision."""
    plan = context.plan
    return {
        "principle": principle.id,
        "pick": "chosen" if subject.chosen else plan.pick,
        "pick_seed": None if subject.chosen else plan.pick_seed(*pick_place(subject)),
        "round": subject.round,
        "branch": subject.branch,
        "template": f"{templates.VERSION} {context.reviser.style.name}",
    }


def _add_critique(
    db: Database,
    draft: Attempt,
    *,
    candidate_id: str,
    round_number: int,
    constitution_id: str,
    principle_id: str,
    at: str,
) -> Critique:
    """A critique with its generation, in one transaction."""
    with immediate(db):
        critique_id = critiques.add(
            db,
            Critique(
                candidate_id=candidate_id,
                round=round_number,
                constitution_id=constitution_id,
                principle_id=principle_id,
                text=draft.text,
                found=not remarks.nothing_to_criticise(draft.text),
                generation_id=add_draft(db, draft, at=at),
                created_at=at,
            ),
        )
        return critiques.get(db, critique_id)


def _add_revision(
    db: Database,
    draft: Attempt,
    subject: Subject,
    *,
    critique_id: str | None,
    author: str,
    makes_pair: bool,
    at: str,
) -> Candidate:
    """A revision with its generation and, at the end of a chain, its pair, in one transaction."""
    with immediate(db):
        revision_id = candidates.add(
            db,
            Candidate(
                prompt_id=subject.prompt.id,
                origin=Origin.REVISION,
                text=draft.text,
                parent_id=subject.candidate.id,
                critique_id=critique_id,
                generation_id=add_draft(db, draft, at=at),
                author=author,
                round=subject.round,
                slot=subject.candidate.slot,
                finish_reason=draft.finish_reason,
                created_at=at,
            ),
        )
        if makes_pair and settings.pairs_by_run(db, settings.ORIGINAL_LAST):
            pairs.make_revision_pair(db, subject.original_id, revision_id, at=at)
        return candidates.get(db, revision_id)
