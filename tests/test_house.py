"""What a newcomer may rely on when looking for something by its name."""

from __future__ import annotations

import ast
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
