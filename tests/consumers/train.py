"""One step of each trainer over the exports that are meant for it, on a tiny model made here.

    python tests/consumers/train.py FOLDER

Needs torch, transformers, trl and datasets, and nothing of pairlab; no weights are fetched. What
the trainer has made of each row is decoded again: every answer has to be in it, to the letter.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}

import trl
from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WITH = {
    "trl": "DPO",
    "openrlhf": "DPO",
    "rationale": "DPO",
    "triplets": "DPO",
    "kto": "KTO",
    "reward": "Reward",
    "sft": "SFT",
}
"""The trainer that reads each format; the formats of other tools are read by those."""


def tokenizer_in(folder: Path) -> Any:
    """A tokenizer of bytes, with a chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
    bare = Tokenizer(models.BPE({each: n for n, each in enumerate(alphabet)}, []))
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    bare.add_special_tokens(special)
    made = PreTrainedTokenizerFast(
        tokenizer_object=bare, pad_token=special[0], eos_token=special[2], chat_template=TEMPLATE
    )
    made.save_pretrained(folder)
    return made


def model_in(folder: Path, tokenizer: Any, kind: Any) -> str:
    """A model of a few thousand weights, all random."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=1,
    )
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return os.fspath(folder)


def step(name: str, path: Path, work: Path) -> str:
    """Train one step; returns what is wrong, or nothing."""
    kind = WITH[name]
    rewarding = kind == "Reward"
    tokenizer = tokenizer_in(work / "tokenizer")
    model = LlamaForSequenceClassification if rewarding else LlamaForCausalLM
    rows = load_dataset("json", data_files=os.fspath(path), cache_dir=os.fspath(work / "cache"))
    config: Callable[..., Any] = getattr(trl, f"{kind}Config")
    trainer = getattr(trl, f"{kind}Trainer")(
        model=model_in(work / f"model-{rewarding}", tokenizer, model),
        args=config(
            output_dir=os.fspath(work / "out"),
            max_steps=1,
            per_device_train_batch_size=2,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            disable_tqdm=True,
            gradient_checkpointing=False,
        ),
        train_dataset=rows["train"],
        processing_class=tokenizer,
    )
    loss = trainer.train().training_loss
    if not math.isfinite(loss):
        return f"the loss is {loss}"
    seen = [
        tokenizer.decode(ids)
        for row in trainer.train_dataset
        for ids in row.values()
        if isinstance(ids, list) and ids and isinstance(ids[0], int)
    ]
    if not seen:
        return "what the trainer made of the rows is not to be seen"
    lost = [text for text in texts(path) if not any(text in each for each in seen)]
    return f"{len(lost)} texts are not what the trainer sees: {lost[0]!r}" if lost else ""


def texts(path: Path) -> list[str]:
    """Every prompt and answer of a file."""

    def of(value: Any) -> list[str]:
        if isinstance(value, list):
            return [text for each in value for text in of(each)]
        return [value["content"]] if isinstance(value, dict) else [value]

    names = ("prompt", "chosen", "rejected", "completion", "messages")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [text for line in lines for key in names for text in of(json.loads(line).get(key, []))]


def main(folder: Path) -> int:
    """Try all; returns how many failed."""
    failed = 0
    for name in WITH:
        try:
            wrong = step(name, folder / f"{name}.jsonl", folder)
        except Exception as error:  # noqa: BLE001 - whatever a trainer says is the result
            wrong = f"{type(error).__name__}: {error}"
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {WITH[name]:7}{name:10} {wrong[:300]}", flush=True)
    print(f"{len(WITH) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
