"""The formats of TRL's trainers: conversational, so that the model's chat template is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.exporting.formats.base import ExportFormat, Line, answer, each, turns
from store.exporting.rows import ExportRow, SoftChoice


def _dpo(row: ExportRow) -> Line:
    line: Line = {
        "prompt": turns(row.messages),
        "chosen": [answer(row.chosen.text)],
        "rejected": [answer(row.rejected.text)],
    }
    return line | (_soft_label(row.soft) if row.soft_columns else {})


def _soft_label(soft: SoftChoice | None) -> Line:
    """Columns that DPOTrainer passes over: a model's probability of the chosen answer."""
    return {
        "soft_label": None if soft is None else soft.p,
        "soft_label_shown_first": None if soft is None else soft.shown_first,
        "soft_label_shown_second": None if soft is None else soft.shown_second,
    }


def _kto(rows: Iterable[ExportRow]) -> Iterator[Line]:
    for row in rows:
        for side, label in ((row.chosen, True), (row.rejected, False)):
            yield {
                "prompt": turns(row.messages),
                "completion": [answer(side.text)],
                "label": label,
            }


def _reward(row: ExportRow) -> Line:
    line: Line = {
        "chosen": [*turns(row.messages), answer(row.chosen.text)],
        "rejected": [*turns(row.messages), answer(row.rejected.text)],
    }
    # RewardTrainer takes the margin into its loss; 0 is the loss without one
    margin = 0.0 if row.soft is None else max(0.0, 2 * row.soft.p - 1)
    return line | ({"margin": margin} if row.soft_columns else {})


def _sft(rows: Iterable[ExportRow]) -> Iterator[Line]:
    seen: set[tuple[object, str]] = set()
    for row in rows:
        content = (row.messages, row.chosen.text)
        if content not in seen:
            seen.add(content)
            yield {"messages": [*turns(row.messages), answer(row.chosen.text)]}


TRL = ExportFormat("trl", "TRL DPOTrainer: conversations with an explicit prompt", each(_dpo))
KTO = ExportFormat(
    "kto",
    "TRL KTOTrainer: one answer a line with label true or false",
    _kto,
    note="Each pair makes two lines, the chosen answer (true) before the rejected one (false).",
)
REWARD = ExportFormat(
    "reward", "TRL RewardTrainer: whole conversations, implicit prompt", each(_reward)
)
SFT = ExportFormat(
    "sft",
    "TRL SFTTrainer: conversations that end with the chosen answer",
    _sft,
    note="An answer that was chosen in several pairs is written once.",
)
