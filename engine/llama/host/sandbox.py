"""Jinja as transformers sets it up for chat templates, behind a pipe: ``rendering`` starts it.

    python -m engine.llama.host.sandbox SECONDS BYTES

A line of JSON in, ``template`` and the ``names`` it may use; a line of JSON out, ``text`` or
``error``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import sys
import time
from datetime import datetime
from typing import Any, Final

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine import netlock
from engine.privacy import leave_no_traces

_LONGEST: Final = 64 << 20
"""Characters of a rendering: more than any context holds."""


class _Generation(jinja2.ext.Extension):
    """``{% generation %}``, which marks the model's own words for training, changes nothing."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Generation, jinja2.ext.loopcontrols],
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _now
    return environment


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


@functools.lru_cache(maxsize=8)
def _read(template: str) -> jinja2.Template:
    return _environment().from_string(template)


def _answer(template: str, names: dict[str, Any]) -> dict[str, Any]:
    """What the other end is told.

    A template is a program of somebody else's: reading and running it may fail in any way.
    """
    try:
        read = _read(template)
    except Exception as error:  # noqa: BLE001 - of any kind
        return {"error": _said(error), "unreadable": True}
    try:
        text = read.render(names)
        if len(text) > _LONGEST:
            raise MemoryError
    except Exception as error:  # noqa: BLE001 - of any kind
        return {"error": _said(error), "unreadable": False}
    return {"text": text}


def _said(error: Exception) -> str:
    """One line of an error, with its kind where it says nothing."""
    if isinstance(error, MemoryError):
        return "it takes too much memory"
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    said = " ".join(str(error).split())[:200]
    return said or type(error).__name__


def _limit(what: str, most: int) -> None:
    """Have the kernel hold this process to it; macOS and Windows lack the one or the other."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        kind = getattr(resource, what)
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most, hard))


def main() -> None:
    """Answer line by line until stdin ends."""
    seconds, memory = map(int, sys.argv[1:])
    leave_no_traces()
    netlock.lock()
    _limit("RLIMIT_AS", memory)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        # from now on; also where the parent, which waits no longer either, is gone
        _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)
        sys.stdout.write(json.dumps(_answer(asked["template"], asked["names"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
