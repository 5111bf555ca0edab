"""The command line as its user meets it: arguments in, stdout, stderr and exit status out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.llama.settings import AS_USUAL, HostSettings
from engine.scripted import ScriptedEngine
from tui.cli import main, unattended

Pairlab = Callable[..., Result]


@pytest.fixture
def pairlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pairlab:
    """Runs ``pairlab`` in an empty folder, as annotator ``first``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAIRLAB_AS", "first")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("PAIRLAB_DB", "PAIRLAB_MODEL", "PAIRLAB_MODELS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="pairlab")

    return run


@pytest.fixture
def project(pairlab: Pairlab) -> Pairlab:
    """The same, with an empty project."""
    assert pairlab("new").exit_code == 0
    return pairlab


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ScriptedEngine]:
    """What commands with a model run on instead of one: the engines in the list, then new ones.

    Those that were used stay in the list, in the order in which they were.
    """
    (tmp_path / "model.gguf").touch()
    monkeypatch.setenv("PAIRLAB_MODEL", str(tmp_path / "model.gguf"))
    offered: list[ScriptedEngine] = []
    taken = iter(range(1_000))

    def engine(model: Path, settings: HostSettings = AS_USUAL) -> ScriptedEngine:
        number = next(taken)
        if number == len(offered):
            offered.append(ScriptedEngine(name=model.name))
        made = offered[number]
        made._offered = replace(made._offered, loaded_with=settings.told())
        return made

    monkeypatch.setattr(unattended, "host_engine", engine)
    return offered


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A JSONL file of these rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
