"""Changing one line of a person's configuration; the rest of the file stays to the letter."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from store.db import leftovers
from store.errors import StoreError
from tui.configuration import Configuration, checked


class ConfigurationRefused(StoreError):
    """A line cannot be written to the configuration; it is as it was."""


def put(file: Path, name: str, value: str | float | None, *, table: str = "") -> Configuration:
    """Write one line of the configuration, or take it out, and read it again.

    Everything else in the file, comments too, stays to the letter. The file is replaced whole.

    Args:
        file: the configuration; made where there is none.
        name: of the line.
        value: what it is to say; None takes the line out.
        table: the table it stands in; empty for the lines above all tables.

    Raises:
        ConfigurationRefused: the file cannot be written, or is laid out so that the line cannot
            be found; or the line says what cannot be used.
    """
    file = file.resolve()  # a link into a folder of one's own stays one
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        before = tomllib.loads(text)
        changed = _with_line(text, name, value, table)
        if tomllib.loads(changed) != _with_value(before, name, value, table):
            raise ConfigurationRefused(f"{file} is laid out in another way: change {name} by hand")
        new = checked(tomllib.loads(changed))
        if odd := [each for each in new.refused if each not in checked(before).refused]:
            raise ConfigurationRefused(odd[0].removeprefix("keys: "))
        _replace(file, changed)
    except (OSError, ValueError) as error:
        raise ConfigurationRefused(f"{file} cannot be changed: {error}") from error
    return new


def _with_line(text: str, name: str, value: str | float | None, table: str) -> str:
    """The text with one line more, less, or other."""
    lines = text.splitlines()
    heads = [n for n, line in enumerate(lines) if line.lstrip().startswith("[")]
    if table:
        head = next((n for n in heads if lines[n].strip().startswith(f"[{table}]")), None)
        if head is None and value is not None:
            lines += [*([""] if lines else []), f"[{table}]"]
            head = len(lines) - 1
        first = len(lines) if head is None else head + 1
    else:
        first = 0
    last = next((n for n in heads if n >= first), len(lines))
    key = re.compile(rf"""\s*(?:"{re.escape(name)}"|'{re.escape(name)}'|{re.escape(name)})\s*=""")
    own = next((n for n in range(first, last) if key.match(lines[n])), None)
    written = f"{json.dumps(name) if '.' in name else name} = {json.dumps(value)}"
    if own is None:
        while last > first and not lines[last - 1].strip():
            last -= 1
        lines[last:last] = [] if value is None else [written]
    else:
        remark = re.search(r"\s+#[^\"']*$", lines[own])
        lines[own : own + 1] = [] if value is None else [written + (remark[0] if remark else "")]
    return "\n".join(lines) + "\n"


def _with_value(
    given: dict[str, Any], name: str, value: str | float | None, table: str
) -> dict[str, Any]:
    inner = dict(given.get(table, {}) if table else given)
    inner.pop(name, None)
    if value is not None:
        inner[name] = value
    return (given | {table: inner}) if table and (inner or table in given) else inner


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = leftovers.beside(file)
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
