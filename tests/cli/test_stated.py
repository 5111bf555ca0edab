"""Agreement by what annotators state of themselves, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Pairlab


def labelled(project: Pairlab, tmp_path: Path) -> None:
    """Four pairs; two annotators agree on three of them, a third labels them too."""
    rows = [
        {"prompt": f"question {n}", "a": f"one {n}", "b": f"two {n}", "id": f"p{n}"}
        for n in range(4)
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert project("import", "pairs.jsonl").exit_code == 0
    for name, verdicts in {"ann": "abab", "bob": "abaa", "cleo": "baba"}.items():
        for n, verdict in enumerate(verdicts):
            done = project("--as", name, "label", f"p{n}", verdict)
            assert done.exit_code == 0, done.stderr


def test_groups_that_state_the_same(project: Pairlab, tmp_path: Path) -> None:
    labelled(project, tmp_path)
    for name, language in (("ann", "Basque"), ("bob", "Basque"), ("cleo", "Wolof")):
        assert project("--as", name, "attribute", f"language={language}").exit_code == 0
    found = json.loads(project("agree", "--stated", "language", "--json").stdout)["stated"]
    assert found["by"] == "language"
    basque, wolof = found["groups"]
    # aa bb aa ba: D_o 1/4; totals a 5, b 3 of 8: D_e = 2*15/56; 1 - 14/30.
    assert (basque["annotators"], basque["n"]) == (["ann", "bob"], 4)
    assert abs(basque["alpha"] - 16 / 30) < 1e-12
    assert (wolof["n"], wolof["alpha"], bool(wolof["undefined"])) == (0, None, True)
    shown = project("agree", "--by", "language").stdout
    assert "Basque" in shown
    assert "ann, bob" in shown


def test_what_nobody_states_is_wrong_usage(project: Pairlab, tmp_path: Path) -> None:
    labelled(project, tmp_path)
    assert project("agree").exit_code == 0
    done = project("agree", "--by", "culture")
    assert done.exit_code == 2
    assert "culture" in done.stderr
    assert project("--as", "ann", "attribute", "language=Basque").exit_code == 0
    assert "language" in project("agree", "--stated", "culture").stderr
