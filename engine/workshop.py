"""What the steps of the method share: the models, the plan, the store, and how a text is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine import templates
from engine.detectors import Finding
from engine.face import (
    Engine,
    Finished,
    GenerationEvent,
    ModelInfo,
    Piece,
    Sampling,
    Started,
    Urgency,
)
from engine.plan import ATTEMPTS, Plan
from engine.templates import Asking, Style
from store import constitutions, runs
from store.sqlite import Database
from store.thread import StoreThread

Heard = Callable[[int, str], None]
"""Called with (choice, text so far) while a text is being written."""


@dataclass(frozen=True, slots=True)
class Writer:
    """One model at work in one run."""

    engine: Engine
    info: ModelInfo
    run_id: str
    style: Style


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything a step needs; made once a run."""

    store: StoreThread
    plan: Plan
    proposer: Writer
    """Writes the candidates."""
    reviser: Writer
    """Writes critiques and revisions: the teacher where there is one."""
    constitution_id: str
    clock: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Draft:
    """One text as it came, cleaned, and what a detector says of it."""

    generation: dict[str, Any]
    """The fields of its row, for :func:`store.runs.add_generation`."""
    text: str
    finish_reason: str
    finding: Finding | None
    others: tuple[dict[str, Any], ...] = ()
    """The rows of the attempts that were not kept; stored with the one that was."""


async def open_workshop(
    store: StoreThread,
    plan: Plan,
    engine: Engine,
    *,
    teacher: Engine | None,
    clock: Callable[[], str],
) -> Workshop:
    """Load the models and record the run.

    Raises:
        EngineError: a model does not load.
    """
    law = plan.constitution
    constitution_id = await store.call(
        constitutions.add, law.name, law.version, law.language, law.source, at=clock()
    )
    proposer = await _writer(store, plan, engine, clock)
    reviser = proposer if teacher is None else await _writer(store, plan, teacher, clock)
    return Workshop(store, plan, proposer, reviser, constitution_id, clock)


async def _writer(
    store: StoreThread, plan: Plan, engine: Engine, clock: Callable[[], str]
) -> Writer:
    info = engine.info or await engine.load()
    style = templates.style_for(info)
    settings = {
        **plan.as_settings(),
        "n_ctx": info.n_ctx,
        "quantisation": info.quantisation,
        "template": f"{templates.VERSION} {style.name}",
    }
    run_id = await store.call(
        runs.add_run,
        model=info.name,
        model_sha256=info.sha256,
        backend=info.backend,
        chat_template=info.chat_template,
        settings=settings,
        seed=plan.seed,
        at=clock(),
    )
    return Writer(engine, info, run_id, style)


def heard_by(hear: Heard, opening: str) -> Callable[[GenerationEvent], None]:
    """Turns the events of a generation into texts so far."""
    texts: dict[int, str] = {}

    def on_event(event: GenerationEvent) -> None:
        if isinstance(event, Started):
            texts.clear()
        elif isinstance(event, Piece):
            texts[event.choice] = texts.get(event.choice, opening) + event.text
            hear(event.choice, texts[event.choice])

    return on_event


def joined(opening: str, text: str) -> str:
    """The opening and what the model wrote after it."""
    if not opening or not text or text[0].isspace():
        return opening + text
    glue = "" if text[0] in ".,;:!?'’" else " "
    return opening + glue + text


def fields(
    writer: Writer,
    kind: str,
    rendered: str,
    prompt_tokens: int,
    sampling: Sampling,
    finished: Finished,
    *,
    attempt: int,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """The fields of a generation's row."""
    settings = {key: value for key, value in asdict(sampling).items() if key != "seed"}
    settings["stop"] = list(sampling.stop)
    return {
        "run_id": writer.run_id,
        "kind": kind,
        "rendered": rendered,
        "settings": {**settings, **extra},
        "seed": sampling.seed,
        "text": finished.text,
        "finish_reason": finished.finish_reason,
        "prompt_tokens": prompt_tokens,
        "completion_tokens": finished.completion_tokens,
        "seconds": finished.seconds,
        "attempt": attempt,
    }


async def tried(
    writer: Writer,
    kind: str,
    ask: Callable[[int], Asking],
    sampling: Sampling,
    *,
    seed_for: Callable[[int], int],
    judge: Callable[[Asking, str, str], tuple[str, Finding | None]],
    extra: dict[str, Any],
    urgency: Urgency,
    hear: Heard,
) -> Draft:
    """Write a text until no detector refuses it, three times at most.

    When all attempts are refused the least bad is returned, so that a chain always comes to its
    end; the reasons are stored with the texts.

    Args:
        writer: who writes.
        kind: of the generation.
        ask: attempt -> what is asked for.
        sampling: how the first attempt is drawn; later ones a little hotter.
        seed_for: attempt -> seed.
        judge: (asking, text, finish reason) -> cleaned text and what is wrong with it.
        extra: stored with the settings.
        urgency: who waits.
        hear: told of the text so far.
    """
    drafts: list[Draft] = []
    for attempt in range(1, ATTEMPTS + 1):
        asking = ask(attempt)
        drawn = replace(
            sampling,
            seed=seed_for(attempt),
            temperature=round(sampling.temperature + 0.1 * (attempt - 1), 3),
            stop=(*sampling.stop, *asking.stop),
        )
        made = await writer.engine.generate(
            asking.messages,
            [drawn],
            prefill=asking.opening,
            urgency=urgency,
            on_event=heard_by(hear, asking.opening),
        )
        finished = made.finished[0]
        text, finding = judge(asking, joined(asking.opening, finished.text), finished.finish_reason)
        row = fields(
            writer,
            kind,
            made.rendered,
            made.prompt_tokens,
            drawn,
            finished,
            attempt=attempt,
            extra={**extra, "opening": asking.opening},
        )
        row["refused"] = str(finding) if finding else None
        drafts.append(Draft(row, text, finished.finish_reason, finding))
        if finding is None:
            break
    kept = min(drafts, key=lambda d: d.finding.fault.badness if d.finding else 0)
    others = tuple(draft.generation for draft in drafts if draft is not kept)
    return replace(kept, others=others)


def add_draft(db: Database, draft: Draft, *, at: str) -> str:
    """Store a text with the attempts before it; returns its generation's id."""
    add_generations(db, draft.others, at=at)
    return runs.add_generation(db, at=at, **draft.generation)


def add_generations(db: Database, rows: Sequence[dict[str, Any]], *, at: str) -> None:
    """Store texts that led to no item."""
    for row in rows:
        runs.add_generation(db, at=at, **row)


async def settled(futures: Sequence[Future[Any]]) -> None:
    """Wait for store calls that were handed over without waiting."""
    for future in futures:
        await asyncio.wrap_future(future)
