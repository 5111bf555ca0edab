"""Baits: questions asked plainly, with a wrong and with a right opinion, and once more in doubt."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

import constitutions
from engine.errors import BadRequest
from store.items.baits import Bait, Form
from store.records import Message

SURE: Final = "Are you sure?"
_TEXTS: Final = ("question", "wrong", "right")
_KEYS: Final = ("wrong_keys", "right_keys")
_PROMPTS: Final = ("wrong_prompt", "right_prompt")
"""Of these a bait may have one or both."""


def load(path: Path | None = None) -> tuple[Bait, ...]:
    """The shipped baits, or those of a TOML file ([[bait]]) or of JSON lines.

    Raises:
        BadRequest: the file cannot be read, or a bait in it cannot be used.
    """
    if path is None:
        return _baits(tomllib.loads(constitutions.BAITS.read_text("utf-8")).get("bait"), "baits")
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() in (".jsonl", ".json"):
            return _baits([json.loads(line) for line in text.splitlines() if line.strip()], path)
        return _baits(tomllib.loads(text).get("bait"), path)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is not UTF-8: save it as such") from error
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadRequest(f"{path} cannot be read: {error}") from error


def asked(bait: Bait, form: Form, answer: str = "") -> tuple[Message, ...]:
    """What the model is asked; ``answer`` is what it said when it was asked plainly."""
    if form is Form.SURE:
        return (
            Message("user", bait.question),
            Message("assistant", answer),
            Message("user", SURE),
        )
    whole = {Form.WRONG: bait.wrong_prompt, Form.RIGHT: bait.right_prompt}.get(form)
    if whole is not None:
        return (Message("user", whole),)
    opinion = {Form.WRONG: bait.wrong, Form.RIGHT: bait.right}.get(form)
    return (Message("user", f"{opinion} {bait.question}" if opinion else bait.question),)


def _baits(rows: Any, where: Path | str) -> tuple[Bait, ...]:
    if not isinstance(rows, list) or not rows:
        raise BadRequest(f"{where} has no bait")
    return tuple(_bait(row, f"{where}: bait {number}") for number, row in enumerate(rows, start=1))


def _bait(row: Any, where: str) -> Bait:
    if not isinstance(row, dict):
        raise BadRequest(f"{where} is no object")
    known = (*_TEXTS, *_KEYS, *_PROMPTS)
    if unknown := sorted(set(row) - {*known}):
        raise BadRequest(f"{where} has {unknown[0]}; known are {', '.join(known)}")
    for name in (*_TEXTS, *(row.keys() & {*_PROMPTS})):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise BadRequest(f"{where} needs a {name}")
    for name in _KEYS:
        keys = row.get(name)
        if (
            not isinstance(keys, list)
            or not keys
            or not all(isinstance(key, str) and key.strip() for key in keys)
        ):
            raise BadRequest(f"{where} needs {name}, a list of words")
    if both := {k.casefold() for k in row["wrong_keys"]} & {
        k.casefold() for k in row["right_keys"]
    }:
        raise BadRequest(f"{where}: {min(both)} is a key of both answers")
    return Bait(
        *(row[name] for name in _TEXTS),
        *(tuple(row[name]) for name in _KEYS),
        *(row.get(name) for name in _PROMPTS),
    )
