"""One step of LLaMA-Factory, preference and reward, over the export that is meant for it.

    python tests/consumers/factory.py FOLDER

Needs llamafactory, which wants other versions than TRL's newest: an environment of its own.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

from llamafactory.train.tuner import run_exp
from train import model_in, tokenizer_in
from transformers import LlamaForCausalLM

COLUMNS = {
    "messages": "conversations",
    "chosen": "chosen",
    "rejected": "rejected",
    "system": "system",
}


def main(folder: Path) -> int:
    """Try both; returns how many failed."""
    described = {
        "file_name": "llama-factory.jsonl",
        "formatting": "sharegpt",
        "ranking": True,
        "columns": COLUMNS,
    }
    (folder / "dataset_info.json").write_text(json.dumps({"pairlab": described}))
    failed = 0
    for stage in ("dpo", "rm"):
        out = folder / f"factory-{stage}"
        run_exp(
            {
                "stage": stage,
                "do_train": True,
                "model_name_or_path": model_in(
                    folder / "model-factory", tokenizer_in(folder / "tokenizer"), LlamaForCausalLM
                ),
                "dataset": "pairlab",
                "dataset_dir": os.fspath(folder),
                "template": "chatml",
                "finetuning_type": "full",
                "output_dir": os.fspath(out),
                "max_steps": 1,
                "per_device_train_batch_size": 2,
                "report_to": "none",
                "use_cpu": True,
                "overwrite_cache": True,
                "save_strategy": "no",
            }
        )
        loss = json.loads((out / "train_results.json").read_text())["train_loss"]
        failed += not math.isfinite(loss)
        print(
            f"{'ok  ' if math.isfinite(loss) else 'FAIL'} LLaMA-Factory {stage}: {loss}", flush=True
        )
    print(f"{2 - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
