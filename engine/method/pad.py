"""Long answers that are no better: the rejected side against reward for length alone.

A model trained on pairs in which the better answer is mostly the longer one learns length. The
remedy is pairs of a short, sufficient answer and one that is long and says no more. The long one
is marked: a proposed candidate that was made from another, with the role ``padded``.
"""

from __future__ import annotations

from engine.api import Sampling, Urgency
from engine.method import detectors, templates
from engine.method.attempts import Attempt, Heard, add_draft, tried
from engine.method.context import RunContext
from engine.method.detectors import Detection
from engine.method.templates import TextRequest
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import candidates, pairs
from store.records import Candidate, Origin, Prompt


async def pad(
    context: RunContext,
    prompt: Prompt,
    short: Candidate,
    *,
    urgency: Urgency = Urgency.BATCH,
    hear: Heard = lambda _choice, _text: None,
) -> None:
    """Write and store a long and useless answer beside a short one, with their pair.

    Raises:
        EngineError: the model failed; nothing is stored.
        NothingUsable: every attempt was refused, most often as too short; they are stored.
    """
    plan, writer = context.plan, context.reviser

    def judge(asking: TextRequest, text: str, finish_reason: str) -> tuple[str, Detection | None]:
        text = text.strip()
        kept = detectors.whole_sentences(text) if finish_reason == "length" else text
        fault = detectors.padding_fault(kept, short=short.text, instructions=asking.instructions)
        return kept, fault

    draft = await tried(
        context,
        "propose",
        lambda _attempt: templates.padding(prompt, short.text, writer.style),
        Sampling(
            temperature=writer.style.revision.temperature,
            max_tokens=plan.max_tokens,
            thinking_tokens=plan.thinking_tokens,
        ),
        place=("padded", prompt.id),
        judge=judge,
        extra={"padded": True, "template": f"{templates.VERSION} {writer.style.name}"},
        urgency=urgency,
        hear=hear,
    )
    await context.store.write(_add, draft, short, author=writer.info.name, at=context.clock())


def _add(db: Database, draft: Attempt, short: Candidate, *, author: str, at: str) -> str:
    """The answer with its generation and its pair, in one transaction."""
    with immediate(db):
        padded = Candidate(
            prompt_id=short.prompt_id,
            origin=Origin.PROPOSED,
            text=draft.text,
            parent_id=short.id,
            generation_id=add_draft(db, draft, at=at),
            author=author,
            round=short.round,
            slot=short.slot,
            # cut back to its last whole sentence, it ends where it may
            finish_reason="stop",
            created_at=at,
        )
        padded_id = candidates.add(db, padded)
        pairs.make_padded_pair(db, short.id, padded_id, at=at)
        return padded_id
