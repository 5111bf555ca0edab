"""Export: what counts as decided, the gate, the formats, and files written whole or not at all."""

from __future__ import annotations

from store.exporting.formats import FORMATS, summaries
from store.exporting.options import (
    SPLIT_NAMES,
    ExportOptions,
    UsageProblem,
    is_file_target,
    parse_split,
)
from store.exporting.plan import ExportPlan, plan
from store.exporting.reasons import ALLOWABLE, EXPLAINED, Reason
from store.exporting.write import WrittenExport, write

__all__ = [
    "ALLOWABLE",
    "EXPLAINED",
    "FORMATS",
    "SPLIT_NAMES",
    "ExportOptions",
    "ExportPlan",
    "Reason",
    "UsageProblem",
    "WrittenExport",
    "is_file_target",
    "parse_split",
    "plan",
    "summaries",
    "write",
]
