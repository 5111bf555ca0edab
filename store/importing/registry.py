"""Every format that is read, in one table: what is recognised, what is read and what help lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from store.importing import (
    continuations,
    hh,
    listed,
    names,
    own,
    preference,
    prompt,
    rated,
    shp,
    sides,
    tools,
)
from store.importing.fields import RowFields
from store.importing.rows import Made

Kind = Literal["prompts", "pairs", "labels"]
Layout = Literal["text", "json", "csv"]

KINDS: Final = ("auto", "prompts", "pairs", "labels")


class ImportFormat(NamedTuple):
    """One shape that rows may have."""

    name: str
    kind: Kind
    summary: str
    """One line: whose rows these are."""
    looks_like: Callable[[Mapping[str, Any]], bool]
    rows: Callable[[RowFields], Iterator[Made]]
    strict: bool = False
    """The reader takes rows that look like it alone; others tell what a row lacks."""


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: any(row.get(key) is not None for key in keys)


def _chosen_with(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: preference.looks_like(row) and any(key in row for key in keys)


def _is_llama_factory(row: Mapping[str, Any]) -> bool:
    return row.get("chosen") is not None and ("conversations" in row or "instruction" in row)


_PAIRS: Final = (
    ImportFormat(
        "audit",
        "pairs",
        "`pairlab export --format audit`: pairs with their whole history",
        own.is_audit,
        own.audit,
        strict=True,
    ),
    ImportFormat(
        "icai",
        "pairs",
        "annotated pairs of Inverse Constitutional AI (JSON)",
        own.is_comparison,
        own.comparison,
        strict=True,
    ),
    ImportFormat(
        "label-studio",
        "pairs",
        "Label Studio tasks with annotations",
        tools.is_label_studio,
        tools.label_studio,
        strict=True,
    ),
    ImportFormat(
        "argilla",
        "pairs",
        "flattened Argilla records",
        tools.is_argilla,
        tools.argilla,
        strict=True,
    ),
    ImportFormat(
        "prodigy",
        "pairs",
        "Prodigy tasks with options",
        tools.is_prodigy,
        tools.prodigy,
        strict=True,
    ),
    ImportFormat(
        "potato",
        "labels",
        "Potato: one annotator's label a row",
        tools.is_potato,
        tools.potato,
        strict=True,
    ),
    ImportFormat(
        "trace",
        "pairs",
        "critiques and revisions by Bai et al.",
        tools.is_trace,
        tools.trace,
        strict=True,
    ),
    ImportFormat(
        "shp",
        "pairs",
        "SHP: history with human_ref_A, human_ref_B and labels (1 for A, 0 for B)",
        shp.looks_like,
        shp.rows,
        strict=True,
    ),
    ImportFormat("hh", "pairs", "Anthropic HH: two whole transcripts", hh.looks_like, hh.rows),
    ImportFormat(
        "rationale",
        "pairs",
        "chosen and rejected with a rationale, which becomes the note of the file's preference",
        _chosen_with("rationale"),
        preference.rows,
    ),
    ImportFormat(
        "openai",
        "pairs",
        "OpenAI preference: preferred_output, non_preferred_output",
        _has("preferred_output", "non_preferred_output"),
        preference.rows,
    ),
    ImportFormat(
        "llama-factory",
        "pairs",
        "LLaMA-Factory: alpaca or sharegpt with chosen and rejected",
        _is_llama_factory,
        preference.rows,
    ),
    ImportFormat(
        "ultrafeedback",
        "pairs",
        "UltraFeedback, binarized: two conversations with scores",
        _chosen_with("score_chosen", "chosen-rating"),
        preference.rows,
    ),
    ImportFormat(
        "distilabel",
        "pairs",
        "distilabel: two conversations with ratings",
        _chosen_with("chosen_rating", "chosen_model"),
        preference.rows,
    ),
    ImportFormat(
        "axolotl",
        "pairs",
        "Axolotl: messages, input or question with chosen and rejected",
        _chosen_with("messages", "input", "question", "chosen_response"),
        preference.rows,
    ),
    ImportFormat(
        "kto", "pairs", "KTO: one answer a row, good or bad", rated.looks_like, rated.rows
    ),
    ImportFormat(
        "trl",
        "pairs",
        "TRL, OpenRLHF, triplets: chosen and rejected under any of their names",
        preference.looks_like,
        preference.rows,
    ),
    ImportFormat(
        "ultrafeedback-raw",
        "pairs",
        "UltraFeedback: completions with annotations",
        listed.is_rated,
        listed.rows,
    ),
    ImportFormat(
        "ranked",
        "pairs",
        "a list of answers, ranked, scored or neither; groups, best first, are kept as a ranking",
        listed.looks_like,
        listed.rows,
    ),
    ImportFormat(
        "helpsteer3",
        "pairs",
        "HelpSteer3: two responses with a preference from -3 to 3",
        sides.is_steered,
        sides.rows,
    ),
    ImportFormat(
        "pandalm",
        "pairs",
        "two numbered answers, annotator1 and so on beside them",
        sides.is_numbered,
        sides.rows,
    ),
    ImportFormat(
        "pairlab",
        "pairs",
        "a and b (or answer_a, text_b ...) with labels of several people",
        sides.looks_like,
        sides.rows,
    ),
)

_CONTINUATIONS: Final = ImportFormat(
    "continuations",
    "prompts",
    "RealToxicityPrompts: texts to be continued; the file's own continuation stays behind",
    continuations.looks_like,
    continuations.rows,
    strict=True,
)
_PROMPTS: Final = {
    "text": ImportFormat(
        "text", "prompts", "prompts: one a line, or a list in .md", _has(), prompt.rows
    ),
    "json": ImportFormat("jsonl", "prompts", "prompts as JSON, by many names", _has(), prompt.rows),
    "csv": ImportFormat("csv", "prompts", "prompts in a table", _has(), prompt.rows),
}

LAYOUTS: Final[Mapping[str, Layout]] = {"text": "text", "jsonl": "json", "csv": "csv"}
"""Names that say how a file is written; what its rows are is found out."""

FORMATS: Final = {each.name: each for each in (*_PROMPTS.values(), _CONTINUATIONS, *_PAIRS)}
"""All formats by name, as `--format` takes them."""


def summaries() -> dict[str, str]:
    """Every format by name, with one line about it."""
    return {name: format_.summary for name, format_ in FORMATS.items()}


def prompts_of(layout: Layout) -> ImportFormat:
    """Prompts in a file that is written this way."""
    return _PROMPTS[layout]


def of_row(row: Mapping[str, Any], layout: Layout) -> ImportFormat:
    """The format of one row: the first that looks like it, else prompts."""
    if layout != "text":
        for format_ in (_CONTINUATIONS, *_PAIRS):
            if format_.looks_like(row):
                return format_
    return _PROMPTS[layout]


def answers_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of three or more answers, which no format pairs."""
    return names.many(tuple(row))
