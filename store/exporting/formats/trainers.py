"""The formats of other trainers and services, each as its own documentation shows it."""

from __future__ import annotations

from store.exporting.formats.base import NOT_FOR_TRL, ExportFormat, Line, answer, each, turns
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow

_SHAREGPT = {"user": "human", "assistant": "gpt"}


def _openai(row: ExportRow) -> Line:
    return {
        "input": {"messages": turns(row.messages), "tools": [], "parallel_tool_calls": True},
        "preferred_output": [answer(row.chosen.text)],
        "non_preferred_output": [answer(row.rejected.text)],
    }


def _axolotl(row: ExportRow) -> Line:
    return {
        "messages": turns(row.messages),
        "chosen": answer(row.chosen.text),
        "rejected": answer(row.rejected.text),
    }


def _llama_factory(row: ExportRow) -> Line:
    system = [m.content for m in row.messages if m.role == "system"]
    line: Line = {
        "conversations": [
            {"from": _SHAREGPT[message.role], "value": message.content}
            for message in row.messages
            if message.role != "system"
        ],
        "chosen": {"from": "gpt", "value": row.chosen.text},
        "rejected": {"from": "gpt", "value": row.rejected.text},
        "system": system[0] if system else "",
    }
    return line


def _turn_about(row: ExportRow) -> Reason | None:
    """Refuses what is not: at most one system message, then user and assistant in turn."""
    roles = [message.role for message in row.messages]
    if roles[:1] == ["system"]:
        del roles[0]
    wanted = ["assistant" if i % 2 else "user" for i in range(len(roles))]
    return None if len(roles) % 2 and roles == wanted else Reason.NOT_EXPRESSIBLE


def _openrlhf(row: ExportRow) -> Line:
    return {
        "prompt": turns(row.messages),
        "chosen": [answer(row.chosen.text)],
        "rejected": [answer(row.rejected.text)],
    }


def _ultrafeedback(row: ExportRow) -> Line:
    chosen = [*turns(row.messages), answer(row.chosen.text)]
    return {
        "prompt": row.messages[-1].content,
        "prompt_id": row.pair.prompt_id,
        "chosen": chosen,
        "rejected": [*turns(row.messages), answer(row.rejected.text)],
        "messages": chosen,
        "score_chosen": 1.0 if row.soft is None else row.soft.p,
        "score_rejected": 0.0 if row.soft is None else 1 - row.soft.p,
    }


OPENAI = ExportFormat(
    "openai", "OpenAI preference fine-tuning, and services that copy it", each(_openai)
)
AXOLOTL = ExportFormat("axolotl", "Axolotl `rl: dpo`, type `chat_template.default`", each(_axolotl))
LLAMA_FACTORY = ExportFormat(
    "llama-factory",
    "LLaMA-Factory: sharegpt preference data",
    each(_llama_factory),
    _turn_about,
    note='In dataset_info.json: `{"pairlab": {"file_name": "train.jsonl", "formatting": "sharegpt",'
    ' "ranking": true, "columns": {"messages": "conversations", "chosen": "chosen", "rejected":'
    ' "rejected", "system": "system"}}}`.',
)
OPENRLHF = ExportFormat(
    "openrlhf",
    "OpenRLHF with a chat template",
    each(_openrlhf),
    note="Flags: `--data.prompt_key prompt --data.chosen_key chosen --data.rejected_key rejected"
    " --data.apply_chat_template`.",
)
ULTRAFEEDBACK = ExportFormat(
    "ultrafeedback",
    "ultrafeedback_binarized: prompt, chosen, rejected, messages, scores; not for TRL",
    each(_ultrafeedback),
    warning=NOT_FOR_TRL,
    note="The scores are a model's probabilities where one judged; else they say which answer was"
    " chosen (1.0) and nothing more: nobody rated the answers.",
)
