"""No module needs, directly or by others, a module that needs it.

Imports inside of functions count: a circle that is closed only when a function is called is a
circle. Those for the type checker alone do not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("tui", "engine", "store")


def modules(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """Every module by its dotted name."""
    found = {}
    for package in packages:
        for path in (root / package).rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(node: ast.AST) -> Iterator[str]:
    """The names a module imports when it runs; for ``from a import b`` both ``a`` and ``a.b``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (each.name for each in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            submodules = [f"{child.module}.{each.name}" for each in child.names]
            yield from (child.module, *submodules)
        yield from imports(child)


def graph(root: Path, packages: tuple[str, ...]) -> dict[str, set[str]]:
    """What each module imports of these packages."""
    known = modules(root, packages)
    return {
        name: {
            each
            for each in imports(ast.parse(path.read_text("utf-8")))
            if each in known and each != name and not name.startswith(f"{each}.")
        }
        for name, path in known.items()
    }


def cycle(needed: dict[str, set[str]]) -> list[str]:
    """One circle, in its order; empty where there is none."""
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle() -> None:
    assert cycle(graph(ROOT, PACKAGES)) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    """The oracle bites, also inside of functions; imports for the type checker are left out."""
    (tmp_path / "tui").mkdir()
    (tmp_path / "tui" / "a.py").write_text("def f():\n    from tui import b\n")
    (tmp_path / "tui" / "b.py").write_text("import tui.a\n")
    assert set(cycle(graph(tmp_path, ("tui",)))) == {"tui.a", "tui.b"}
    (tmp_path / "tui" / "b.py").write_text("if TYPE_CHECKING:\n    import tui.a\n")
    assert cycle(graph(tmp_path, ("tui",))) == []
