"""Hostile project files, made on the spot: each has right hashes and something no pairlab writes.

The ids are worked out here, from docs/database.md, and not by the code under test.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

AT = "2026-01-02T03:04:05.678Z"


class Ids(NamedTuple):
    """What the file that is made hostile holds."""

    pair: str
    prompt: str
    candidate: str
    other_candidate: str
    """Of the other prompt."""
    revision: str
    replica: str
    """Under which the honest file writes."""


Poison = Callable[[sqlite3.Connection, Ids], None]


def digest(kind: str, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(kind.encode() + b"\0" + text.encode("utf-8", "surrogatepass")).hexdigest()


def add_event(
    db: sqlite3.Connection, item: str, *, text: str | None = None, value: Any = None, **given: Any
) -> str:
    """Write an event whose id is right; ``text`` is its value as it is spelled in the file."""
    row = {
        "replica": digest("replica", [item, text, repr(value), repr(given)])[:32],
        "seq": 1,
        "item": item,
        "annotator": "mallory",
        "kind": "label",
        "phase": "first" if given.get("kind", "label") in ("label", "clear") else "",
        "value": json.loads(text) if text is not None else value,
        "lamport": 1,
        "at": AT,
    } | given
    names = ("replica", "seq", "item", "annotator", "kind", "phase", "value", "lamport", "at")
    identity = digest("event", [row[name] for name in names])
    columns = {"id": identity} | row
    columns["value"] = json.dumps(row["value"]) if text is None else text
    _insert(db, "event", columns)
    return identity


def _insert(db: sqlite3.Connection, table: str, columns: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(columns))
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values())
    )


def label(**given: Any) -> Poison:
    """A label of the pair with something wrong about it."""
    value = {"verdict": "a"} | given.pop("said", {})
    return lambda db, ids: void(add_event(db, ids.pair, **{"value": value} | given))


def spelled(text: str, **given: Any) -> Poison:
    return lambda db, ids: void(add_event(db, ids.pair, text=text, **given))


def event(kind: str, item: str, value: Any, **given: Any) -> Poison:
    """``item`` names a field of :class:`Ids`, or is the item itself."""
    return lambda db, ids: void(
        add_event(db, getattr(ids, item, item), kind=kind, value=value, **given)
    )


def void(_: Any) -> None:
    return None


def round_event(annotator: str = "mallory", **changed: Any) -> Poison:
    def poison(db: sqlite3.Connection, ids: Ids) -> None:
        value = {
            "name": "r1",
            "annotators": ["ann", "bob"],
            "seal": "sealed",
            "overlap": 1.0,
            "seed": "1",
            "assigned": {"ann": [ids.pair], "bob": [ids.pair]},
        } | changed
        value = {key: each for key, each in value.items() if each is not None}
        item = digest("round", [value, AT])
        add_event(db, item, kind="round", value=value, annotator=annotator)

    return poison


def candidate(
    prompt: str = "prompt", parent: str | None = None, origin: str = "imported", **changed: Any
) -> Poison:
    def poison(db: sqlite3.Connection, ids: Ids) -> None:
        row = {
            "prompt_id": getattr(ids, prompt),
            "origin": origin,
            "text": "theirs",
            "parent_id": None if parent is None else getattr(ids, parent),
            "critique_id": None,
            "generation_id": None,
            "author": None,
            "round": 0,
            "slot": 0,
        } | changed
        identity = digest("candidate", list(row.values()))
        _insert(db, "candidate", {"id": identity} | row | {"created_at": AT})

    return poison


def prompt(messages: Any, created_at: str = AT) -> Poison:
    def poison(db: sqlite3.Connection, _ids: Ids) -> None:
        try:
            identity = digest("prompt", [[turn["role"], turn["content"]] for turn in messages])
        except (TypeError, KeyError):
            identity = digest("prompt", messages)
        row = {"id": identity, "messages": json.dumps(messages), "text": "x", "category": "c"}
        _insert(db, "prompt", row | {"source": "s", "created_at": created_at})

    return poison


def pair_of_two_prompts(db: sqlite3.Connection, ids: Ids) -> None:
    texts = [
        db.execute("SELECT text FROM candidate WHERE id = ?", [each]).fetchone()[0]
        for each in (ids.candidate, ids.other_candidate)
    ]
    identity = digest("pair", [ids.prompt, *texts, None])
    row = {"id": identity, "prompt_id": ids.prompt, "a_id": ids.candidate}
    row |= {"b_id": ids.other_candidate, "kind": "imported", "source": "s", "created_at": AT}
    _insert(db, "pair", row)


def run(settings: str, seed: Any = 1) -> Poison:
    def poison(db: sqlite3.Connection, _ids: Ids) -> None:
        row = ["m", None, "scripted", None, settings, seed, AT]
        names = ("model", "model_sha256", "backend", "chat_template", "settings", "seed")
        columns = dict(zip((*names, "started_at"), row, strict=True))
        _insert(db, "run", {"id": digest("run", row)} | columns)

    return poison


def many(count: int) -> Poison:
    """As many events as one likes, all of one cell, of a kind nobody knows."""

    def poison(db: sqlite3.Connection, ids: Ids) -> None:
        for n in range(1, count + 1):
            add_event(db, ids.pair, kind="telepathy", value={"n": n}, seq=n, lamport=n)

    return poison


def as_own_replica(db: sqlite3.Connection, ids: Ids) -> None:
    """A number that leaves the honest file none of its own."""
    add_event(
        db, ids.pair, value={"verdict": "a"}, replica=ids.replica, seq=2**53 - 1, annotator="zed"
    )


EVENTS: dict[str, Poison] = {
    "round without seal": round_event(seal=None),
    "round with a seal nobody knows": round_event(seal="glass"),
    "round with a seal that is a list": round_event(seal=["sealed"]),
    "round of one": round_event(annotators=["bob"]),
    "round whose pairs are a number": round_event(assigned={"ann": 3, "bob": []}),
    "round with a pair that is not there": round_event(assigned={"ann": ["0" * 64], "bob": []}),
    "round with an overlap that is text": round_event(overlap="all"),
    "round whose id is not its own": event(
        "round", "rr", {"name": "r", "annotators": ["a", "b"], "seal": "open", "assigned": {}}
    ),
    "seal that is none": event("round_seal", "pair", {"seal": 3}),
    "end without a state": event("round_end", "pair", {"reason": "x"}),
    "lamport 2**53 - 1": label(annotator="bob", lamport=2**53 - 1),
    "lamport 2**31 - 1": label(annotator="bob", lamport=2**31 - 1),
    "lamport 0": label(annotator="bob", lamport=0),
    "lamport below 0": label(annotator="bob", lamport=-5),
    "number 2**63 - 1": label(seq=2**63 - 1),
    "number below 0": label(seq=-1),
    "strength true": label(said={"strength": True}),
    "strength of a tie": label(said={"verdict": "tie", "strength": 2}),
    "verdict that is a list": label(said={"verdict": ["a"]}),
    "verdict nobody knows": label(said={"verdict": "c"}),
    "informed 1": label(said={"informed": 1}),
    "seconds true": label(said={"seconds": True}),
    "seconds below 0": label(said={"seconds": -1.5}),
    "undoes a list": label(said={"undoes": []}),
    "given at no time": label(said={"given_at": "yesterday"}),
    "phase nobody knows": label(phase="second"),
    "phase of a note": event("note", "pair", {"text": "x"}, phase="first"),
    "value that is a list": spelled('["verdict"]'),
    "value that is null": spelled("null"),
    "seconds without end": spelled('{"verdict":"a","seconds":1e999}'),
    "an integer of 200 digits": spelled('{"verdict":"a","seconds":' + "9" * 200 + "}"),
    "half a character": spelled('{"verdict":"a","note":"\\ud800"}'),
    "nested 500 deep": spelled('{"verdict":"a","x":' + "[" * 500 + "]" * 500 + "}"),
    "a note of 2 MiB": label(said={"note": "x" * 2**21}),
    "annotator ai:": label(annotator="ai:"),
    "annotator without a name": label(annotator=""),
    "annotator with spaces around": label(annotator=" bob "),
    "annotator of 10,000 characters": label(annotator="x" * 10_000),
    "annotator with an escape sequence": label(annotator="\x1b]52;c;aGk=\x07"),
    "annotator with NUL": label(annotator="bob\0"),
    "replica of 10,000 characters": label(replica="r" * 10_000),
    "label of a pair that is not there": event("label", "0" * 64, {"verdict": "a"}, phase="first"),
    "label of a prompt": event("label", "prompt", {"verdict": "a"}, phase="first"),
    "decision on an original": event("decision", "candidate", {"choice": "accept"}),
    "edit without a text": event("decision", "revision", {"choice": "edit"}),
    "edit of a text that is not there": event(
        "decision", "revision", {"choice": "edit", "edited_id": "0" * 64}
    ),
    "ruling skip": event("ruling", "pair", {"verdict": "skip"}),
    "ruling with a cause nobody knows": event("ruling", "pair", {"verdict": "a", "cause": "moon"}),
    "cleared yes": event("flag", "pair", {"cleared": "yes"}),
    "flag 1": event("flag", "pair", {"on": 1}),
    "guideline cleared": event("guideline", "guideline", {"cleared": True}),
    "guideline under another id": event("guideline", "guideline", {"id": "x", "text": "y"}),
    "setting that is text": event("setting", "repeats", {"value": "many"}),
    "setting without a value": event("setting", "repeats", {}),
    "setting of 10**400": spelled(
        '{"value":1' + "0" * 400 + "}", kind="setting", phase="", lamport=2
    ),
    "attribute that is an object": event("attribute", "language", {"text": {}, "value": {}}),
    "a time in the year 9999": label(at="9999-12-31T23:59:59.999Z"),
    "a time that is none": label(at="2026-13-45T99:99:99.999Z"),
    "a time without a zone": label(at="2026-01-02T03:04:05"),
    "kind nobody knows": event("telepathy", "pair", {"seal": 1}),
    "a hundred of a kind nobody knows": many(100),
    "kind with an escape sequence": event("\x1b[2J", "pair", {}),
}
"""Files whose events cannot be used; all else in them is honest."""

HARMLESS: dict[str, Poison] = {
    "the same key twice": spelled('{"verdict":"b","verdict":"a"}'),
    "spaces in the JSON": spelled('{ "verdict" :\n"a" }'),
    "an entry nobody knows": label(said={"mood": "good"}),
    "a number under the honest file's own name": as_own_replica,
    "the same round under another name": round_event(annotator="zed"),
}
"""Files that look odd and can be used."""

ITEMS: dict[str, Poison] = {
    "prompt without messages": prompt([]),
    "prompt whose content is a number": prompt([{"role": "user", "content": 3}]),
    "prompt of a role nobody knows": prompt([{"role": "root", "content": "x"}]),
    "prompt that is a text": prompt("hello"),
    "prompt in the year 9999": prompt(
        [{"role": "user", "content": "new"}], "9999-12-31T23:59:59.999Z"
    ),
    "candidate of round -1": candidate(round=-1),
    "candidate of slot 2**62": candidate(slot=2**62),
    "candidate made from one of another prompt": candidate(
        parent="other_candidate", origin="edited"
    ),
    "revision of nothing": candidate(origin="revision"),
    "pair of two prompts": pair_of_two_prompts,
    "run whose settings are a list": run("[1]"),
}
"""Files with items that cannot be used: refused as a whole."""


def poison(path: Path, ids: Ids, how: Poison) -> None:
    """Make an honest project file hostile."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA foreign_keys=OFF")
        how(db, ids)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()
