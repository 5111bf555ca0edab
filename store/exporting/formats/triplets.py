"""``triplets``: prompt, chosen, rejected as bare strings, as the method's literature has them."""

from __future__ import annotations

from store.exporting.formats.base import Format, Line, each, one_message
from store.exporting.rows import Row


def _line(row: Row) -> Line:
    return {
        "prompt": row.messages[0].content,
        "chosen": row.chosen.text,
        "rejected": row.rejected.text,
    }


TRIPLETS = Format(
    "triplets",
    "bare strings prompt, chosen, rejected; one-message prompts",
    each(_line),
    one_message,
    note="The texts are bare. A trainer that applies no chat template to strings (TRL joins prompt"
    " and answer as they are) wants the format `trl` instead.",
)
