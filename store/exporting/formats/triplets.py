"""``triplets``: prompt, chosen, rejected as bare strings, as the method's literature has them."""

from __future__ import annotations

from store.exporting.formats.base import ExportFormat, Line, each, one_message
from store.exporting.rows import ExportRow


def _line(row: ExportRow) -> Line:
    return {
        "prompt": row.messages[0].content,
        "chosen": row.chosen.text,
        "rejected": row.rejected.text,
    }


TRIPLETS = ExportFormat(
    "triplets",
    "bare strings prompt, chosen, rejected; one-message prompts",
    each(_line),
    one_message,
    note="The texts are bare. A trainer that applies no chat template to strings (TRL joins prompt"
    " and answer as they are) wants the format `trl` instead.",
)
