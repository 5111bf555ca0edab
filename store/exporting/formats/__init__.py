"""Every export format in one table: what ``--help`` lists is what exists."""

from __future__ import annotations

from difflib import get_close_matches

from store.exporting.formats.base import Format
from store.exporting.formats.icai import ICAI
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

AUDIT = "audit"
"""The one format that is not made of decided rows: every pair with its whole chain."""

AUDIT_SUMMARY = "every pair with its whole chain: texts, critiques, settings, labels, rulings"

FORMATS: dict[str, Format] = {
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
    )
}


def summaries() -> dict[str, str]:
    """Every format by name, with one line about it."""
    return {name: format_.summary for name, format_ in FORMATS.items()} | {AUDIT: AUDIT_SUMMARY}


def known(name: str) -> str:
    """The name, if there is such a format.

    Raises:
        UsageProblem: there is none; with the nearest name.
    """
    names = summaries()
    if name in names:
        return name
    near = get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]})" if near else ""
    raise UsageProblem(f"--format {name}: no such format{hint}; there are {', '.join(names)}")
