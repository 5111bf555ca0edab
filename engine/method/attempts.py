"""How a text is tried: written, looked at, written again, kept or given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from engine.api import Finished, GenerationEvent, Piece, Sampling, Started, Urgency
from engine.errors import NothingUsable
from engine.method.context import RunContext, RunModel
from engine.method.detectors import Detection, Fault
from engine.method.plan import ATTEMPTS
from engine.method.templates import TextRequest
from store.db.sqlite import Database
from store.items import runs
from store.records import Generation

WORDS: Final = {"propose": "candidate", "critique": "critique", "revise": "revision"}
"""What each step writes, for messages."""

Heard = Callable[[int, str], None]
"""Called with (choice, text so far) while a text is being written."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One text as it came, cleaned, and what a detector says of it."""

    generation: Generation
    """As it will be stored, but for the time."""
    text: str
    finish_reason: str
    finding: Detection | None
    others: tuple[Generation, ...] = ()
    """The attempts that were not kept; stored with the one that was."""


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


def generation_of(
    writer: RunModel,
    kind: str,
    rendered: str,
    prompt_tokens: int,
    sampling: Sampling,
    finished: Finished,
    *,
    attempt: int,
    extra: dict[str, Any],
    finding: Detection | None,
) -> Generation:
    """What is stored of a text; ``finding`` is why it was refused, ``extra`` goes into settings."""
    settings = {key: value for key, value in asdict(sampling).items() if key != "seed"}
    settings["stop"] = list(sampling.stop)
    return Generation(
        run_id=writer.run_id,
        kind=kind,
        rendered=rendered,
        settings={**settings, **extra},
        seed=sampling.seed,
        text=finished.text,
        finish_reason=finished.finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=finished.completion_tokens,
        seconds=finished.seconds,
        attempt=attempt,
        refused=str(finding) if finding else None,
        reasoning=finished.reasoning or None,
    )


def place_of(kind: str, *parts: str | int) -> str:
    """What a text is for, as its record tells it: a second run goes on counting its attempts."""
    return "/".join(map(str, (kind, *parts)))


def longer_thought(sampling: Sampling, finished: Finished, finding: Detection | None) -> Sampling:
    """How to draw again: with more room to think where thinking has left none for the answer."""
    if finding is None or finding.fault is not Fault.EMPTY or not finished.reasoning:
        return sampling
    return replace(sampling, thinking_tokens=2 * sampling.thinking_tokens)


def crowded_out(sampling: Sampling, finished: Finished) -> bool:
    """Whether thinking took room that was the answer's own.

    A server counts both together; it is given room to think once its model has been seen to.
    """
    return bool(finished.reasoning) and finished.completion_tokens <= sampling.max_tokens


def explained(finding: Detection | None, finished: Finished) -> Detection | None:
    """The same finding; an empty answer after some thinking says so."""
    if finding is None or finding.fault is not Fault.EMPTY or not finished.reasoning:
        return finding
    spent = finished.finish_reason == "length"
    why = "all of its tokens went into thinking" if spent else "nothing came after the thinking"
    return Detection(Fault.EMPTY, why)


def is_hopeless(findings: Sequence[Detection | None]) -> bool:
    """Whether the model has said nothing twice in a row: a third try says nothing either."""
    return len(findings) > 1 and all(f and f.fault is Fault.EMPTY for f in findings[-2:])


def given_up(what: str, findings: Sequence[Detection | None]) -> NothingUsable:
    """The error for a text that was refused at every attempt."""
    return NothingUsable(
        f"no usable {what} in {len(findings)} tries, nothing was paired ({findings[-1]})",
        worth_retrying=not is_hopeless(findings),
    )


async def tried(
    context: RunContext,
    kind: str,
    ask: Callable[[int], TextRequest],
    sampling: Sampling,
    *,
    place: tuple[str | int, ...],
    judge: Callable[[TextRequest, str, str], tuple[str, Detection | None]],
    extra: dict[str, Any],
    urgency: Urgency,
    hear: Heard,
) -> Attempt:
    """Write a text until no detector refuses it, three times at most.

    A text that is refused only because the token limit cut it off is kept in the end: the limit is
    the user's, and the export gate tells of such texts.

    Args:
        context: who writes.
        kind: of the generation.
        ask: attempt -> what is asked for.
        sampling: how the first attempt is drawn; later ones a little hotter.
        place: what the text is for: its seeds follow from it.
        judge: (asking, text, finish reason) -> cleaned text and what is wrong with it.
        extra: stored with the settings.
        urgency: who waits.
        hear: told of the text so far.

    Raises:
        EngineError: the model failed; nothing is stored.
        NothingUsable: all attempts were refused; they are stored.
    """
    writer, plan = context.reviser, context.plan
    mark = place_of(kind, *place)
    before = context.attempts.get(mark, 0)
    drafts: list[Attempt] = []
    for attempt in range(1, ATTEMPTS + 1):
        asking = ask(attempt)
        drawn = replace(
            sampling,
            seed=plan.seed_of(kind, *place, before + attempt),
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
        finding = explained(finding, finished)
        row = generation_of(
            writer,
            kind,
            made.rendered,
            made.prompt_tokens,
            drawn,
            finished,
            attempt=before + attempt,
            extra={**extra, "opening": asking.opening, "place": mark},
            finding=finding,
        )
        drafts.append(Attempt(row, text, finished.finish_reason, finding))
        sampling = longer_thought(sampling, finished, finding)
        if finding is None or is_hopeless([draft.finding for draft in drafts]):
            break
    kept = next((d for d in reversed(drafts) if d.finding is None or is_cut(d.finding)), None)
    if kept is None:
        context.attempts[mark] = before + len(drafts)
        rows = [draft.generation for draft in drafts]
        await context.store.write(add_generations, rows, at=context.clock())
        raise given_up(
            "long answer" if extra.get("padded") else WORDS[kind],
            [draft.finding for draft in drafts],
        )
    others = tuple(draft.generation for draft in drafts if draft is not kept)
    return replace(kept, generation=replace(kept.generation, refused=None), others=others)


def is_cut(finding: Detection) -> bool:
    """Whether nothing is wrong with a text but that the token limit ended it."""
    return finding.fault is Fault.CUT


def add_draft(db: Database, draft: Attempt, *, at: str) -> str:
    """Store a text with the attempts before it; returns its generation's id."""
    add_generations(db, draft.others, at=at)
    return runs.add_generation(db, replace(draft.generation, created_at=at))


def add_generations(db: Database, rows: Sequence[Generation], *, at: str) -> None:
    """Store texts that led to no item."""
    for row in rows:
        runs.add_generation(db, replace(row, created_at=at))


async def settled(futures: Sequence[Future[Any]]) -> None:
    """Wait for store calls that were handed over without waiting."""
    for future in futures:
        await asyncio.wrap_future(future)
