"""``make mutants``: are the tests of what must not be wrong able to see that it is wrong?

mutmut changes one thing of a module at a time and runs the tests that reach it; a change no test
notices has survived. Each part has modules and tests of its own, and runs in a folder of its own,
which stays for ``mutmut show NAME`` until the part runs again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".build" / "mutants"
CARRIED = ("store", "engine", "tui", "constitutions", "tests", "docs", "README.md")


@dataclass(frozen=True, slots=True)
class Part:
    """Modules, and the tests that belong to them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "agreement": Part(
        tuple(
            f"store/agreement/{name}.py"
            for name in ("kappa", "counts", "tables", "bands", "intervals")
        ),
        ("tests/store/agreement",),
    ),
    "labels": Part(
        ("store/judgements/labels.py", "store/log/standing_label.py"),
        ("tests/store/judgements/test_labels_undo.py", "tests/store/log"),
    ),
    "gate": Part(("store/exporting/gate.py",), ("tests/store/exporting/test_gate.py",)),
    "scheduler": Part(
        ("engine/llama/host/scheduler.py", "engine/llama/host/runs.py"),
        ("tests/engine/test_scheduler.py",),
    ),
}


def main() -> int:
    """Run the parts named, or all, and print what survived and how many."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := sorted(set(wanted) - set(PARTS)):
        print(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    table = Table("part", "mutants", "killed", "survived", "no test", "score", box=None)
    failed = False
    for name in wanted:
        print(f"{name}: running the tests on each mutant ...", file=sys.stderr, flush=True)
        counts = _run(name)
        if counts is None:
            failed = True
            continue
        table.add_row(name, *_figures(counts))
    Console().print(table)
    return int(failed)


def _run(name: str) -> dict[str, int] | None:
    """Make and run the mutants of a part; None, and a word, when mutmut could not."""
    folder = _prepared(name)
    log = folder / "mutmut.log"
    # its spinner repaints one line some ten times a second, whatever it writes to
    with log.open("w") as written:
        status = _mutmut(folder, "run", "--max-children", "2", stdout=written).returncode
    if status == 0:
        status = _mutmut(folder, "export-cicd-stats", stdout=subprocess.DEVNULL).returncode
    if status != 0:
        print(f"{name}: mutmut ended with {status}; see {log}", file=sys.stderr)
        return None
    print(_mutmut(folder, "results", stdout=subprocess.PIPE).stdout.rstrip(), flush=True)
    counts: dict[str, int] = json.loads((folder / "mutants/mutmut-cicd-stats.json").read_text())
    return counts


def _prepared(name: str) -> Path:
    """A folder with links to the tree and a configuration of mutmut for the part."""
    part = PARTS[name]
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for carried in CARRIED:
        (folder / carried).symlink_to(ROOT / carried)
    settings = {
        "source_paths": ["store/", "engine/", "tui/"],
        "only_mutate": list(part.modules),
        "pytest_add_cli_args_test_selection": list(part.tests),
        # the same examples for each mutant, and for each run
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "--hypothesis-seed=0"],
        "also_copy": ["constitutions", "docs", "README.md"],
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    configuration = "\n".join([(ROOT / "pyproject.toml").read_text(), "[tool.mutmut]", *lines, ""])
    (folder / "pyproject.toml").write_text(configuration)
    return folder


def _mutmut(folder: Path, *words: str, stdout: object) -> subprocess.CompletedProcess[str]:
    """Run mutmut in a folder; it finds the modules to import by itself."""
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *words],
        cwd=folder,
        env=surroundings,
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _figures(counts: dict[str, int]) -> list[str]:
    """The cells of a part's row; a mutant that hung or crashed was noticed."""
    total, survived, untested = counts["total"], counts["survived"], counts["no_tests"]
    killed = total - survived - untested - counts["skipped"]
    score = f"{killed / total:.0%}" if total else "-"
    return [str(number) for number in (total, killed, survived, untested)] + [score]


if __name__ == "__main__":
    sys.exit(main())
