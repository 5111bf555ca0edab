"""Every export format in one table: what ``--help`` lists is what exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store import names
from store.exporting.formats import template
from store.exporting.formats.audit import AUDIT
from store.exporting.formats.base import ExportFormat
from store.exporting.formats.icai import ICAI
from store.exporting.formats.ranked import RANKED
from store.exporting.formats.rationale import RATIONALE
from store.exporting.formats.trainers import (
    AXOLOTL,
    LLAMA_FACTORY,
    OPENAI,
    OPENRLHF,
    ULTRAFEEDBACK,
)
from store.exporting.formats.transcripts import HH
from store.exporting.formats.triplets import TRIPLETS
from store.exporting.formats.trl import KTO, REWARD, SFT, TRL
from store.exporting.options import UsageProblem

FORMATS: dict[str, ExportFormat[Any]] = {
    format_.name: format_
    for format_ in (
        TRIPLETS,
        TRL,
        KTO,
        REWARD,
        HH,
        OPENAI,
        AXOLOTL,
        LLAMA_FACTORY,
        OPENRLHF,
        ULTRAFEEDBACK,
        ICAI,
        SFT,
        RATIONALE,
        RANKED,
        AUDIT,
    )
}


def summaries() -> dict[str, str]:
    """Every format by name, with one line about it."""
    return {name: format_.summary for name, format_ in FORMATS.items()}


def named(name: str) -> ExportFormat[Any]:
    """The format of this name, or the one that a TOML file of this name describes.

    Raises:
        UsageProblem: there is none, with the nearest name; or the file has mistakes.
    """
    if name in FORMATS:
        return FORMATS[name]
    if name.lower().endswith(template.ENDING):
        return template.read(Path(name))
    if found := names.find(name, FORMATS):
        return FORMATS[found]
    raise UsageProblem(
        f"--format {name}: no such format (FILE.toml is one of your own){names.hint(name, FORMATS)}"
    )
