"""Where everything in a chain came from: first what a reader asks, then what repeats it exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from store.db.sqlite import Database
from store.views.origins import Origins, Row
from tui.formatting import category, counted, seconds
from tui.modes.revise.item import RevisionItem

Line = tuple[str, str]
"""What, and the words for it; both empty between two groups."""

_ENDS: Final = {"stop": "ended by itself", "length": "cut off at the limit"}
_TOLD: Final = frozenset({"place", "principle", "round", "branch", "slot", "pick", "pick_seed"})
"""Settings that say where a text belongs, which its line tells."""


def lines(db: Database, item: RevisionItem) -> list[Line]:
    """The chain in the order it was made, the models once each, then ids, seeds and settings."""
    prompt = item.prompt
    about = [prompt.source or "unknown source", category(prompt.category), *prompt.tags]
    told, exact = [("prompt", " · ".join(about))], [("prompt", _begun(prompt.id))]
    models: dict[Line, None] = {}
    if item.chain is None:
        return [*told, ("", ""), *exact]
    made = Origins(db)

    def written(what: str, row: Row, words: str) -> None:
        generation = row["generation"]
        told.append((what, " · ".join(filter(None, (words, _how(generation))))))
        exact.append((what, _begun(row["id"])))
        if generation is not None:
            exact.append(("", _settings(generation)))
            models.update(dict.fromkeys(_model(generation["run"])))

    original = made.candidate(item.chain.original.id)
    written("candidate", original, f"{original['origin']} by {original['author'] or 'unknown'}")
    for step in item.chain.rounds:
        if step.critique:
            row = made.critique(step.critique.id)
            used = row["constitution"]
            under = f"{item.principle(row['principle_id'])} · {used['name']} {used['version']}"
            written(f"critique {step.number}", row, under)
        else:
            told.append((f"critique {step.number}", "none: revised without a critique"))
        if step.revision:
            row = made.candidate(step.revision.id)
            written(f"revision {step.number}", row, f"by {row['author'] or 'unknown'}")
    if decided := item.chain.decision:
        when = _minute(decided.at)
        told.append(("decision", f"{decided.choice.value} by {decided.annotator}, {when}"))
    return [*told, ("", ""), *models, ("", ""), ("To make it again:", ""), *exact]


def _how(made: Row | None) -> str:
    """``141 tokens in 35 s, ended by itself · 2026-11-27 16:46``."""
    if made is None:
        return ""
    ended = _ENDS.get(made["finish_reason"], f"ended by {made['finish_reason']}")
    tried = f", try {made['attempt']}" if made["attempt"] > 1 else ""
    tokens = counted(made["completion_tokens"], "token")
    return f"{tokens} in {seconds(made['seconds'])}, {ended}{tried} · {_minute(made['created_at'])}"


def _model(run: Row) -> Iterator[Line]:
    yield "model", f"{run['model']} · {run['backend']}"
    if run["model_sha256"]:
        yield "sha-256", _begun(run["model_sha256"])
    if original := run["settings"].get("converted_from"):
        yield "made from", original["name"]
        yield "sha-256", _begun(original["sha256"])


def _settings(made: Row) -> str:
    given = sorted((name, value) for name, value in made["settings"].items() if name not in _TOLD)
    kept = [(name.replace("_", " "), _value(value)) for name, value in given]
    return ", ".join(
        [f"seed {made['seed']}", *(f"{name} {value}" for name, value in kept if value)]
    )


def _value(value: Any) -> str:
    """As it is written everywhere; empty where nothing was set."""
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:g}".removeprefix("0") or "0"
        case list():
            return " ".join(_value(each) for each in value)
        case str():
            return repr(value)
        case _:
            return str(value)


def _begun(digest: str) -> str:
    """So much of an id or a hash that it tells which; ``pairlab show`` takes it, and has it all."""
    return f"{digest[:16]}…"


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")
