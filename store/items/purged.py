"""What is left of a prompt whose texts were taken out of the file for good.

Its rows stay, so that whatever names them stays whole; where the texts stood there is
:data:`GONE`. Their ids are still the hashes of what they were: a merge or an import knows them,
and does not bring the texts back. The event that says so is the prompt's removal, with a mark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlite_utils import Database

GONE: Final = "[purged]"
"""In the place of each text."""

BLANKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "prompt": {
        "messages": json.dumps([{"role": "user", "content": GONE}]),
        "tags": "[]",
        "external_id": None,
    },
    "candidate": {"text": GONE},
    "critique": {"text": GONE},
    "generation": {"rendered": GONE, "text": GONE, "reasoning": None},
    "pair": {"external_id": None},
}
"""What the cells of such a row hold, by table."""

_TOLD: Final = """
SELECT said.item FROM head AS said JOIN prompt ON prompt.id = said.item
WHERE said.kind = 'removed' AND json_extract(said.value, '$.purged')
AND (prompt.text = ?) = ? ORDER BY 1
"""


def is_blank(table: str, cells: Mapping[str, Any]) -> bool:
    """Whether a row is what a purge leaves of one; of a pair its answers have to be asked."""
    blanks = BLANKS.get(table)
    return blanks is not None and all(cells[name] == cell for name, cell in blanks.items())


def here(db: Database) -> list[str]:
    """The prompts that were purged from this file."""
    return [str(row[0]) for row in db.execute(_TOLD, [GONE, True])]


def elsewhere(db: Database) -> list[str]:
    """The prompts that were purged from another file, and of which the texts are still here."""
    return [str(row[0]) for row in db.execute(_TOLD, [GONE, False])]
