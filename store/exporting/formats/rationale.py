"""``rationale``: preferences with the reason that people gave for them."""

from __future__ import annotations

from store.exporting.formats.base import ExportFormat, Line, answer, each, turns
from store.exporting.rows import ExportRow


def _line(row: ExportRow) -> Line:
    rationale = row.rationale
    return {
        "prompt": turns(row.messages),
        "chosen": [answer(row.chosen.text)],
        "rejected": [answer(row.rejected.text)],
        "rationale": rationale.text,
        "rationale_by": list(rationale.by),
        "basis": row.standing.basis,
    }


RATIONALE = ExportFormat(
    "rationale",
    "prompt, chosen, rejected with why: the ruling's reason, else the notes of its labels",
    each(_line),
    notes=True,
    note="`rationale` is empty where nobody wrote one; `rationale_by` names whose words it is. TRL"
    " reads the other columns as it does those of `trl`.",
)
