"""The YAML at the head of a data set card, with the fields that the Hugging Face hub reads."""

from __future__ import annotations

import json
from typing import Final

from store.exporting.plan import ExportPlan

_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
)
_LARGEST: Final = "n>1M"
_BY_PEOPLE: Final = ("consensus", "majority", "decisions")


def front_matter(plan: ExportPlan, files: dict[str, int]) -> str:
    """The head, between its two lines of dashes.

    Args:
        plan: what goes out.
        files: rows of each split's file, by file name. A file without a row is not named: a
            loader cannot tell its columns.
    """
    options, rows = plan.options, sum(files.values())
    named = {name: n for name, n in files.items() if n}
    lines = ["---", f"license: {options.license}"]
    if options.languages:
        lines += ["language:", *(f"- {code}" for code in options.languages)]
    lines += ["task_categories:", "- text-generation", "size_categories:", f"- {_size(rows)}"]
    lines += ["tags:", *(f"- {tag}" for tag in _tags(plan))]
    lines.append(f"pretty_name: {json.dumps(f'Preference data, {rows} rows ({plan.format.name})')}")
    if named:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        for name in named:
            lines += [f"  - split: {_split(name)}", f"    path: {name}"]
        lines += ["dataset_info:", "  config_name: default", "  splits:"]
        for name, n in named.items():
            lines += [f"  - name: {_split(name)}", f"    num_examples: {n}"]
    return "\n".join([*lines, "---", ""])


def _tags(plan: ExportPlan) -> list[str]:
    source = plan.options.from_
    whose = "human-feedback" if source in _BY_PEOPLE or source.startswith("by:") else ""
    feedback = "ai-feedback" if plan.options.by_models else whose
    return ["preference-data", *([feedback] if feedback else []), "pairlab"]


def _size(rows: int) -> str:
    return next((name for below, name in _SIZES if rows < below), _LARGEST)


def _split(file: str) -> str:
    return file.partition(".")[0]
