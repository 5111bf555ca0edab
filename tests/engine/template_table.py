"""The table of docs/models.md, from llama.cpp's own collection of chat templates.

    python -m tests.engine.template_table

prints it. The collection is kept beside the wheel when that is built from source
(``.ci/llama-wheel``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from store import reasoning
from store.records import Message
from tests.engine.vocabulary import template

COLLECTION: Final = Path(__file__).parents[2] / ".build" / "templates"
HEAD: Final = (
    "| template | thinks | `--think on`, `off` | system role | tested |\n|---|---|---|---|---|"
)
_ASKED: Final = [Message("user", "Hi")]


def sources() -> dict[str, str]:
    """The collection by name; empty where the wheel was not built here."""
    return {path.stem: path.read_text() for path in sorted(COLLECTION.glob("*.jinja"))}


@cache
def rows() -> tuple[str, ...]:
    """One line of the table for each template."""
    return tuple(_rows())


def _rows() -> Iterator[str]:
    for name, source in sources().items():
        made = template(source)
        as_it_is, on, off = (_rendered(source, think) for think in (None, True, False))
        opens = reasoning.opened(as_it_is) is not None
        thinking = (
            "opened by the template" if opens else "if the model does" if made.thinks else "–"
        )
        told = "–" if not made.thinks else "obeyed" if on != off else "no switch"
        system = "own turn" if made.system_turns else "opens the first user turn"
        yield f"| {name} | {thinking} | {told} | {system} | template |"


def _rendered(source: str, think: bool | None) -> str:
    return template(source, think=think).prompt(_ASKED, "", answers_at_once=False)[0]


if __name__ == "__main__":
    sys.stdout.write("\n".join([HEAD, *rows(), ""]))
