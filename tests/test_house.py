"""What a newcomer may rely on when looking for something by its name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_class_name_stands_for_two_things() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for layer in ("store", "engine", "tui"):
        for file in sorted((ROOT / layer).rglob("*.py")):
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    where[node.name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_the_root_of_the_store_stays_small() -> None:
    assert len(list((ROOT / "store").glob("*.py"))) <= 10


LABEL_TABLE = {
    "store/db/doctor.py": "counts what an old file holds",
    "store/db/schema.py": "fills what a migration adds",
    "store/db/views.py": "makes the views",
    "store/items/removal.py": "counts what a removal would take away",
    "store/judgements/labels.py": "gives labels, to a pair that it has found",
    "store/judgements/pairing.py": "asks whether a model has judged a pair, removed or not",
    "store/log/current_state.py": "keeps the table",
    "store/merging/people.py": "compares what two files hold",
    "store/rounds/presence.py": "asks whether a name is known here",
    "store/views/browse.py": "of pairs that are on the screen",
    "store/views/conditions.py": "of pairs that another table has kept",
    "store/views/search_index.py": "indexes notes of removed pairs as well",
}
"""Who may read labels past the view that leaves out removed pairs, and why."""


def test_figures_read_labels_through_the_view_without_removed_pairs() -> None:
    raw = re.compile(r"(?:FROM|JOIN)\s+label_head\b")
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "store").rglob("*.py")
        if raw.search(file.read_text("utf-8"))
    }
    assert found == set(LABEL_TABLE)
