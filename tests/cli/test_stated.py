"""Agreement by what annotators state of themselves, from the command line."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from store.db.connection import open_store
from tests.cli.conftest import Pairlab
from tests.store.asking import ask


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


def test_people_and_judges_side_by_side(project: Pairlab, tmp_path: Path) -> None:
    assert project("compare").exit_code == 1
    labelled(project, tmp_path)
    db = open_store(tmp_path / "pairlab.db")
    for row in db.execute("SELECT id FROM pair ORDER BY position").fetchall():
        ask(db, row[0], 0.9, 0.2, seconds=1.5)
    db.close()
    told = json.loads(project("compare", "--json", "--machine-hour", "3600").stdout)
    judge = told["raters"][-1]
    assert (judge["kind"], judge["items"], judge["cost"]["money"]) == ("ai", 4, 6.0)
    assert judge["consistency"]["order"]["undefined"]
    assert judge["first_place"]["n"] == 8
    words = project("compare").stdout
    assert "m.gguf (AI)" in words
    assert "people: too few to tell" in " ".join(words.split())
    assert "-0.0" not in words
    assert project("compare", "--list", "first_place:ai:m.gguf").stdout == ""
    ann = partial(project, "--as", "ann")  # who has labelled them, and may see whose they are
    listed = json.loads(ann("compare", "--list", "first_place:ai:m.gguf", "--json").stdout)
    assert len({each["item"] for each in listed}) == 4
    wrong = project("compare", "--list", "first_place:nobody")
    assert (wrong.exit_code, "did you mean first_place:ai:m.gguf?" in wrong.stderr) == (2, True)
    one = json.loads(ann("certificate", "m.gguf", "--list", "says a", "--json").stdout)
    both = json.loads(ann("certificate", "--list", "Says a:ai:m.gguf", "--json").stdout)
    assert one == both == listed
    weighed = json.loads(project("agree", "--json").stdout)["crowd"]
    assert [each["name"] for each in weighed["raters"]] == ["ann", "bob", "cleo"]
    assert project("report", "report.md").exit_code == 0
    report = (tmp_path / "report.md").read_text()
    assert "## Human and AI feedback" in report
    assert "## All raters together" in report


def test_the_queue_and_its_share_are_settings_and_told(project: Pairlab, tmp_path: Path) -> None:
    assert project("setting", "--queue", "useful", "--random-share", "0").exit_code == 2
    said = project("setting", "--queue", "useful", "--random-share", ".5", "--json")
    assert {**json.loads(said.stdout)}["random_share"] == 0.5
    labelled(project, tmp_path)
    told = json.loads(project("agree", "--json").stdout)
    assert told["queue"]["order"] == "useful"
    assert told["queue"]["left_out"] == 3 * (4 - told["pairs"][0]["n"])
    assert "random 50 %" in " ".join(project("agree").stdout.split())
    project("setting", "--queue", "project")
    assert json.loads(project("agree", "--json").stdout)["queue"]["order"] == "project"
