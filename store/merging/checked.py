"""Every row of another file, looked at: its id must be the hash of its content.

What the hash does not cover (a category, a time, a role) is checked for its form. A row that
fails refuses the whole merge: the file was damaged or tampered with, and nobody can say how far.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from store import candidates, clock, critiques, events, ids, runs
from store.errors import BadInput, NotAProject
from store.merging.incoming import COLUMNS
from store.records import Candidate, Choice, Critique, Event, Message, Origin, Phase, Verdict

Row = tuple[Any, ...]

_ROLES: Final = frozenset({"system", "user", "assistant"})
_GREATEST: Final = 2**53
"""Numbers beyond this are not exact in JSON everywhere."""


class Tampered(NotAProject):
    """A row of another file is not what its id says."""


def row(table: str, values: Row) -> Row:
    """The row as it may be written into a project.

    Args:
        table: one of :data:`store.merging.incoming.COLUMNS`.
        values: its columns in that order.

    Raises:
        Tampered: id and content do not belong together, or a field cannot be what it says.
    """
    try:
        return _CHECKS[table](values)
    except (BadInput, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise Tampered(f"{table} {str(values[0])[:12]}: {error}") from error


def _prompt(values: Row) -> Row:
    prompt_id, text, category, tags, source, external_id, created_at = values
    turns = [Message(_text(m["role"]), _text(m["content"])) for m in json.loads(text)]
    _demand(bool(turns) and {m.role for m in turns} <= _ROLES, "it holds no conversation")
    _same(prompt_id, ids.prompt_id(turns))
    words = json.loads(tags)
    _demand(
        isinstance(words, list) and all(isinstance(w, str) for w in words), "its tags are no words"
    )
    messages = json.dumps([m._asdict() for m in turns], ensure_ascii=False)
    labels = json.dumps(words, ensure_ascii=False)
    return prompt_id, messages, category, labels, source, external_id, _time(created_at)


def _constitution(values: Row) -> Row:
    _same(values[0], hashlib.sha256(values[4].encode()).hexdigest())
    _time(values[5])
    return values


def _run(values: Row) -> Row:
    run_id, *content = values
    json.loads(content[4])
    _same(run_id, ids.digest("run", content))
    _time(content[-1])
    return values


def _generation(values: Row) -> Row:
    generation_id, *content = values
    json.loads(content[3])
    _same(generation_id, runs.generation_identity(content))
    _time(content[-2])
    return values


def _candidate(values: Row) -> Row:
    candidate_id, prompt_id, origin, *rest = values
    made = Candidate(candidate_id, prompt_id, Origin(origin), *rest)
    _same(candidate_id, candidates.identity(made))
    _time(made.created_at)
    return values


def _critique(values: Row) -> Row:
    critique_id, candidate_id, number, constitution_id, principle_id, text, found, *rest = values
    made = Critique(
        critique_id, candidate_id, number, constitution_id, principle_id, text, bool(found), *rest
    )
    _same(critique_id, critiques.identity(made))
    _time(made.created_at)
    return values


def _pair(values: Row) -> Row:
    """Its id covers the two texts, which :mod:`store.merge` has at hand."""
    _time(values[-1])
    return values


def event(values: Row) -> Event:
    """The event in a row whose id has been checked.

    Raises:
        Tampered: it is not what its id says, or says what no pairlab would write.
    """
    try:
        made = as_event(values)
        _same(made.id, events.identity(made))
        _demand(
            1 <= made.seq < _GREATEST and 1 <= made.lamport < _GREATEST,
            "its number is out of bounds",
        )
        _demand(
            made.annotator == ids.name(made.annotator) != "", "its annotator has no proper name"
        )
        _time(made.at)
        _demand(isinstance(made.value, dict), "its value is no object")
        if not made.value.get("cleared"):
            _VALUES.get(made.kind, _anything)(made)
    except (BadInput, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise Tampered(f"event {str(values[0])[:12]}: {error}") from error
    return made


def as_event(values: Row) -> Event:
    """The event in a row, by the columns of the table."""
    fields = dict(zip(COLUMNS["event"], values, strict=True))
    return Event(**fields | {"value": json.loads(fields["value"])})


def _event(values: Row) -> Row:
    made = event(values)
    return (*values[:-1], ids.json_text(made.value))


def _label(made: Event) -> None:
    value = made.value
    Phase(made.phase)
    Verdict(value["verdict"])
    _demand(value.get("strength") in (None, 1, 2), "its strength is none")
    _demand(value.get("left") in (None, "a", "b"), "its sides are none")
    seconds = value.get("seconds")
    _demand(seconds is None or type(seconds) in (int, float), "its seconds are no number")
    _demand(isinstance(value.get("informed", False), bool), "its mark is neither true nor false")
    _texts(value, "note", "guideline_id", "round_id", "restores", "given_at")


def _decision(made: Event) -> None:
    choice = Choice(made.value["choice"])
    _texts(made.value, "edited_id")
    _demand(
        (choice is Choice.EDIT) == (made.value.get("edited_id") is not None),
        "an edit and its text do not belong together",
    )


def _ruling(made: Event) -> None:
    Verdict(made.value["verdict"])
    _texts(made.value, "reason", "cause", "confidence", "adopted_from")


def _guideline(made: Event) -> None:
    _same(made.value["id"], ids.digest("guideline", _text(made.value["text"])))


def _round(made: Event) -> None:
    for annotator, pairs in made.value["assigned"].items():
        _text(annotator)
        _demand(
            isinstance(pairs, list) and all(isinstance(p, str) for p in pairs),
            "its pairs are no list of ids",
        )
    _text(made.value["name"])
    for name in made.value["annotators"]:
        _text(name)


def _note(made: Event) -> None:
    _text(made.value["text"])


def _flag(made: Event) -> None:
    _demand(isinstance(made.value["on"], bool), "its mark is neither true nor false")


def _anything(made: Event) -> None:
    """Kinds whose value is used as it is, and kinds of a later pairlab."""


def _texts(value: dict[str, Any], *keys: str) -> None:
    for key in keys:
        _demand(value.get(key) is None or isinstance(value[key], str), f"its {key} is no text")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is no text")
    return value


def _time(value: str) -> str:
    clock.parse(value)
    return value


def _same(told: str, computed: str) -> None:
    _demand(told == computed, "its content does not belong to its id")


def _demand(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise ValueError(otherwise)


_CHECKS: Final[dict[str, Callable[[Row], Row]]] = {
    "prompt": _prompt,
    "constitution": _constitution,
    "run": _run,
    "generation": _generation,
    "candidate": _candidate,
    "critique": _critique,
    "pair": _pair,
    "event": _event,
}
_VALUES: Final[dict[str, Callable[[Event], None]]] = {
    "label": _label,
    "decision": _decision,
    "ruling": _ruling,
    "guideline": _guideline,
    "round": _round,
    "note": _note,
    "flag": _flag,
}
