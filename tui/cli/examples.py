"""What stands under Examples in the help of the commands."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "new": ("new --starter", "--db study.db new"),
    "import": (
        "import my-prompts.txt --category helpful",
        "import pairs.csv --map prompt=question --map a=left --map b=right --dry-run",
    ),
    "remove": ("remove --import pairs.jsonl --dry-run", "remove --filter 'category:harmful hasty'"),
    "category": ("category helpful p17", "category benign_lookalike --filter 'knife kind:prompt'"),
    "purge": ("purge 3f2a9c",),
    "run": ("run --limit 5", "run --model my.gguf --candidates 2 --pick H7", "run --dry-run"),
    "propose": ("propose --limit 20 --candidates 8",),
    "revise": ("revise --rounds 2 --pick ordered",),
    "judge": ("judge --model my.gguf", "judge --principles all --few-shot rulings:4"),
    "pair": ("pair --rule all --limit 10", "pair --rounds 0:2"),
    "label": ("label p17 a", "label 3f2a9c both_bad --note 'neither answers'"),
    "show": ("show p17", "show 3f2a9c --json"),
    "agree": (
        "agree --by category",
        "agree --between ann bob --ties merge",
        "agree --between ann ai:my.gguf --json",
    ),
    "scores": ("scores --of principle", "scores --of answer --prompt 3f2a9c --from ann"),
    "certificate": ("certificate my.gguf", "certificate --person ann --list 'says tie'"),
    "principles": ("principles my.gguf",),
    "compare": ("compare --person-hour 30 --machine-hour 0.4",),
    "evaluate": ("evaluate --by principle", "evaluate --sample 50"),
    "check": ("check", "check --from by:ann --against test-set.jsonl"),
    "export": (
        "export triplets.jsonl",
        "export dpo --format trl --split 0.9,0.05,0.05 --license cc-by-4.0",
        "export mine.jsonl --from by:ann --filter 'category:harmful -hasty'",
    ),
    "attribute": ("attribute language=Dutch field=law", "attribute field="),
    "merge": ("merge from-bob.db --dry-run", "merge from-bob.db"),
    "report": ("report appendix.md --pseudonyms", "report report.html"),
    "setting": ("setting --repeats 10 --strength on",),
    "backup": ("backup study-monday.db",),
    "restore": ("restore study-monday.db",),
    "rescue": ("--db damaged.db rescue whole.db",),
    "doctor": ("doctor", "doctor --repair"),
}
"""By command, without the name of the program."""


def epilog(name: str) -> str | None:
    """The end of a command's help; None where it is plain how it is used."""
    if name not in EXAMPLES:
        return None
    return "\n".join(["\b", "Examples:", *(f"  pairlab {line}" for line in EXAMPLES[name])])
