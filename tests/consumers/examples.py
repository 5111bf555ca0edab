"""Writes an export of each format for :mod:`tests.consumers.train`, of texts hard to carry.

python -m tests.consumers.examples FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from store.db.connection import create
from store.exporting import FORMATS, ExportOptions, plan, write
from store.judgements import labels
from store.records import Message
from tests.store.building import AT
from tests.store.exporting_study import pair

TURNS: list[list[Message]] = [
    [Message("user", "What is a pipe?")],
    [Message("system", "Be brief."), Message("user", "Name a river in Peru.")],
    [Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "And in French?")],
    [Message("user", "用一句话解释什么是管道。")],
    [Message("user", "ما هو النهر؟ \u200fאיך אומרים?")],
    [Message("user", 'Fix <b>this</b>: `a < b && c`\n\n\tindented & "quoted"')],
]
ANSWERS = [
    ("A tube that carries a fluid.", "A tube that carries it."),
    ("The Ucayali.", "The Rhine, I think."),
    ("Bonjour.", "Bon soir, non?"),
    ("管道是输送流体的管子。", "管道是管。"),
    ("مجرى ماء طبيعي.", "ماء."),
    ("<b>this</b> | a &lt; b", "```html\n<b>this</b>\n```"),
]


def main(folder: Path) -> None:
    """Write them all."""
    folder.mkdir(parents=True, exist_ok=True)
    project = folder / "project.db"
    project.unlink(missing_ok=True)
    db = create(project, at=AT)
    for turns, (good, poor) in zip(TURNS, ANSWERS, strict=True):
        labels.give(db, pair(db, turns, good, poor), "ann", "a", strength=2, at=AT)
    for name, format_ in FORMATS.items():
        if name == "ranked":  # rankings, which no trainer reads
            continue
        ending = ".json" if format_.document else ".jsonl"
        options = ExportOptions(format=name, force=True)
        write(plan(db, options), folder / f"{name}{ending}")
    db.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
