"""The formats of TRL's trainers: conversational, so that the model's chat template is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.exporting.formats.base import ExportFormat, Line, answer, each, turns
from store.exporting.margins import margin
from store.exporting.rows import ExportRow, SoftChoice, digest


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


def _reward(rows: Iterable[ExportRow]) -> Iterator[Line]:
    # the trainer takes a column that all rows have or none; 0 changes nothing of the loss
    known = any(row.soft_columns or margin(row) is not None for row in rows)
    for row in rows:
        yield {
            "chosen": [*turns(row.messages), answer(row.chosen.text)],
            "rejected": [*turns(row.messages), answer(row.rejected.text)],
            **({"margin": margin(row) or 0.0} if known else {}),
        }


def _sft(rows: Iterable[ExportRow]) -> Iterator[Line]:
    seen: set[bytes] = set()
    for row in rows:
        content = digest(row.messages, row.chosen.text)
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
    "reward",
    "TRL RewardTrainer: whole conversations, implicit prompt, margin where there is one",
    _reward,
    note="`margin` (0 to 1): the difference of ranks over k - 1 where answers were ranked, half the"
    " strength where one was given, the mean over those whose word it rests on. In a file where any"
    " row has one, 0 stands in the others, which changes nothing of the loss.",
)
SFT = ExportFormat(
    "sft",
    "TRL SFTTrainer: conversations that end with the chosen answer",
    _sft,
    note="An answer that was chosen in several pairs is written once.",
)
