"""Every command: what it prints, what it leaves in the project, how it ends."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from store.clock import now
from store.db.connection import open_store
from store.judgements import labels, rulings
from tests.cli.conftest import Pairlab, write_lines
from tui.cli import COMMANDS, main
from tui.cli.manual import page

PAIRS = [
    {"id": "p1", "prompt": "How tall is the Eiffel Tower?", "a": "330 metres.", "b": "Very."},
    {"id": "p2", "prompt": "Name a prime.", "a": "Four.", "b": "Seven."},
    {"id": "p3", "prompt": "Say hello.", "a": "Hello.", "b": "Hi there."},
]


@pytest.fixture
def pairs(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with three imported pairs."""
    write_lines(tmp_path / "pairs.jsonl", PAIRS)
    assert project("import", "pairs.jsonl").exit_code == 0
    return project


def labels_of(annotator: str) -> dict[str, str]:
    """The annotator's verdicts by imported id, read with plain SQLite."""
    with closing(sqlite3.connect("pairlab.db")) as db:
        return dict(
            db.execute(
                "SELECT pair.external_id, verdict FROM labels_current"
                " JOIN pair ON pair.id = pair_id WHERE annotator = ?",
                [annotator],
            ).fetchall()
        )


def test_new_leaves_an_existing_file_untouched(pairlab: Pairlab, tmp_path: Path) -> None:
    (tmp_path / "pairlab.db").write_bytes(b"something of mine")
    done = pairlab("new")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "pairlab.db").read_bytes() == b"something of mine"


@pytest.mark.parametrize(
    "command",
    [("import", "x.jsonl"), ("label", "abcd", "a"), ("agree",), ("show", "abcd"), ("export", "o")],
)
def test_a_missing_project_names_new(pairlab: Pairlab, command: tuple[str, ...]) -> None:
    done = pairlab(*command)
    assert done.exit_code == 1
    assert "new" in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_new_starter_brings_prompts_constitutions_and_guideline(pairlab: Pairlab) -> None:
    assert pairlab("new", "--starter").exit_code == 0
    with closing(sqlite3.connect("pairlab.db")) as db:
        categories = dict(
            db.execute("SELECT category, count(*) FROM prompt GROUP BY category").fetchall()
        )
        names = {row[0] for row in db.execute("SELECT name FROM constitution")}
        (guidelines,) = db.execute("SELECT count(*) FROM event WHERE kind = 'guideline'").fetchone()
    assert set(categories) == {
        "harmful",
        "benign_lookalike",
        "sycophancy",
        "length_trap",
        "helpful",
    }
    assert sum(categories.values()) >= 60
    assert names >= {"harmlessness", "honesty", "concision"}
    assert guidelines == 1


def test_import_reports_each_row_and_is_idempotent(project: Pairlab, tmp_path: Path) -> None:
    rows = [*PAIRS, {"id": "p4", "prompt": "Empty?", "a": "", "b": "No."}, {"prompt": "only"}]
    write_lines(tmp_path / "pairs.jsonl", rows)
    done = project("import", "pairs.jsonl", "--kind", "pairs", "--json")
    assert done.exit_code == 3
    (report,) = json.loads(done.stdout)["files"]
    assert (report["read"], report["added"], report["duplicates"], report["rejected"]) == (
        5,
        4,
        0,
        1,
    )
    kept = {(p["line"], p["field"], p["kept"]) for p in report["problems"]}
    assert (4, "a", True) in kept
    assert any(line == 5 and not was_kept for line, _, was_kept in kept)
    again = project("import", "pairs.jsonl", "--kind", "pairs", "--json")
    (report,) = json.loads(again.stdout)["files"]
    assert (report["added"], report["duplicates"]) == (0, 4)


def test_import_reads_stdin(project: Pairlab) -> None:
    done = project("import", "-", "--kind", "prompts", "--json", stdin='{"prompt": "Hello?"}\n')
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["added"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "x", "--map", "prompt"),
        ("import", "x", "--map", "nothing=column"),
        ("import", "x", "--format", "nothing"),
        ("import",),
        ("label", "p1", "left"),
        ("export", "out.jsonl", "--split", "0.5,0.5,0"),
        ("export", "out", "--allow", "disagreement"),
        ("export", "out", "--format", "nothing"),
        ("nothing",),
        ("--model", "other.gguf", "show", "p1"),
    ],
)
def test_wrong_usage_ends_with_2(project: Pairlab, arguments: tuple[str, ...]) -> None:
    done = project(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["p1", "id", "prefix"])
def test_label_takes_an_imported_id_an_id_or_its_beginning(pairs: Pairlab, name: str) -> None:
    with closing(sqlite3.connect("pairlab.db")) as db:
        (full,) = db.execute("SELECT id FROM pair WHERE external_id = 'p1'").fetchone()
    given = {"p1": "p1", "id": full, "prefix": full[:8]}[name]
    assert pairs("label", given, "a", "--note", "short").exit_code == 0
    assert labels_of("first") == {"p1": "a"}


def test_a_second_verdict_supersedes_the_first(pairs: Pairlab) -> None:
    pairs("label", "p1", "a")
    done = pairs("label", "p1", "tie", "--json")
    assert json.loads(done.stdout)["superseded"] == "a"
    assert labels_of("first") == {"p1": "tie"}


def test_label_of_an_unknown_pair_says_so(pairs: Pairlab) -> None:
    done = pairs("label", "nowhere", "a")
    assert done.exit_code == 1
    assert "nowhere" in done.stderr


def test_show_withholds_others_labels_until_one_has_labelled(pairs: Pairlab) -> None:
    pairs("--as", "second", "label", "p1", "both_bad", "--note", "neither will do")
    hidden = pairs("show", "p1")
    assert "Eiffel" in hidden.stdout
    assert "both_bad" not in hidden.stdout
    assert "neither" not in hidden.stdout
    pairs("label", "p1", "a")
    shown = pairs("show", "p1")
    assert "second: both_bad" in shown.stdout
    assert "neither will do" in shown.stdout


def test_show_tells_ruling_seconds_notes_and_each_text_once(pairs: Pairlab) -> None:
    with closing(open_store(Path("pairlab.db"))) as db:
        (pair,) = db.execute("SELECT id FROM pair WHERE external_id = 'p1'").fetchone()
        labels.give(db, pair, "first", "a", seconds=21, note="kinder", at=now())
        rulings.rule(
            db, pair, "second", "b", reason="dose", cause="slip", confidence="sure", at=now()
        )
        labels.note(db, pair, "third", "read again", now())
        text = next(iter(db.execute("SELECT a FROM pairs_readable WHERE id = ?", [pair])))[0]
    shown = pairs("show", "p1").stdout
    assert "first: a · 21 s · kinder" in shown
    assert "second: b · slip · sure · dose" in shown
    assert "third: read again" in shown
    assert shown.count(text) == 1
    assert "dose" not in pairs("--as", "third", "show", "p1").stdout


def test_a_label_after_reveal_is_left_out_of_agreement(pairs: Pairlab) -> None:
    for pair in ("p1", "p2"):
        pairs("--as", "second", "label", pair, "a")
    assert "second: a" in pairs("show", "p1", "--reveal").stdout
    for pair in ("p1", "p2"):
        pairs("label", pair, "a")
    assert json.loads(pairs("agree", "--json").stdout)["n"] == 1


def test_agree_has_every_key_and_says_what_is_undefined(pairs: Pairlab) -> None:
    pairs("label", "p1", "a")
    alone = pairs("agree", "--json")
    assert alone.exit_code == 1
    assert "first" in alone.stderr
    pairs("--as", "second", "label", "p1", "a")
    result = json.loads(pairs("agree", "--json").stdout)
    assert list(result) == [
        "annotators",
        "n",
        "only_first",
        "only_second",
        "labels",
        "table",
        "p_o",
        "p_e",
        "kappa",
        "ci95",
        "kappa_max",
        "q",
        "pabak",
        "ac1",
        "alpha",
        "band",
        "advice",
        "undefined",
        "slices",
        "power",
    ]
    assert result["kappa"] is None
    assert result["ci95"] is None
    assert "kappa" in result["undefined"]
    assert result["labels"] == ["a", "b", "tie", "both_bad"]


def test_agree_sets_people_and_models_apart(pairs: Pairlab, tmp_path: Path) -> None:
    said = {"first": "aab", "ai:m.gguf": "abb"}
    rows = [
        row | {"labels": {who: verdicts[place] for who, verdicts in said.items()}}
        for place, row in enumerate(PAIRS)
    ]
    write_lines(tmp_path / "judged.jsonl", rows)
    assert pairs("import", "judged.jsonl").exit_code == 0
    assert "--between first ai:m.gguf" in pairs("agree").stderr
    for pair in ("p1", "p2"):
        pairs("--as", "second", "label", pair, "a")
    result = json.loads(pairs("agree", "--json").stdout)
    assert result["annotators"] == ["first", "second"]
    assert result["n"] == 2
    found = result.pop("human_ai")
    assert [(two["annotators"], two["n"]) for two in found] == [
        (["first", "ai:m.gguf"], 3),
        (["second", "ai:m.gguf"], 2),
    ]
    assert [set(two) for two in found] == [set(result) - {"crowd"}] * 2
    # first a a b, the model a b b: p_o 2/3, p_e (2*1 + 1*2)/9, kappa (6 - 4)/(9 - 4)
    assert found[0]["p_o"] == pytest.approx(2 / 3)
    assert found[0]["kappa"] == pytest.approx(0.4)
    asked = json.loads(pairs("agree", "--between", "first", "ai:m.gguf", "--json").stdout)
    assert asked == found[0]
    told = pairs("agree").stdout
    assert "human and AI" in told
    assert re.search(r"first +ai:m.gguf +3 +.40 .* 67 % +too few", told)
    for pair in ("p1", "p2", "p3"):
        pairs("--as", "third", "label", pair, "b")
    everybody = json.loads(pairs("agree", "--json").stdout)
    assert everybody["annotators"] == ["first", "second", "third"]
    assert [two["annotators"][0] for two in everybody["human_ai"]] == ["first", "second", "third"]


def test_three_people_with_few_pairs_are_told_that_it_tells_little(pairs: Pairlab) -> None:
    for who, verdicts in (("first", "aa"), ("second", "ab"), ("third", "ab")):
        for pair, verdict in zip(("p1", "p2"), verdicts, strict=True):
            pairs("--as", who, "label", pair, verdict)
    words = " ".join(pairs("agree").stdout.split())
    assert words.count("too few to tell") == 3
    assert [each["q"] for each in json.loads(pairs("agree", "--json").stdout)["pairs"]] == [2] * 3
    two = pairs("agree", "--between", "first", "second").stdout
    assert "(2 verdicts)" in two
    assert "-0.000" not in two


def test_agree_for_people_prints_the_table(pairs: Pairlab) -> None:
    for who, verdicts in (("first", "aab"), ("second", "abb")):
        for pair, verdict in zip(("p1", "p2", "p3"), verdicts, strict=True):
            pairs("--as", who, "label", pair, verdict)
    done = pairs("agree", "--by", "category")
    assert "first and second · 3 common" in done.stdout
    assert "too few to tell" in done.stdout


def test_a_slice_is_pointed_at_for_its_disagreements_not_for_a_rare_verdict(
    project: Pairlab, tmp_path: Path
) -> None:
    rare = [("harmful", "a", "a")] * 59 + [("harmful", "a", "b")]
    split = [("helpful", "a", "a")] * 20 + [("helpful", "a", "b")] * 20
    rows = [
        {"prompt": f"q{n}", "a": "x", "b": "y", "category": category}
        | {"labels": {"first": one, "second": other}}
        for n, (category, one, other) in enumerate(rare + split)
    ]
    write_lines(tmp_path / "many.jsonl", rows)
    assert project("import", "many.jsonl").exit_code == 0
    told = {
        line.split()[0]: line.split()
        for line in project("agree", "--by", "category").stdout.splitlines()
        if line.startswith(("harmful", "helpful"))
    }
    # n, agree, AC1, kappa
    assert told["harmful"][1:5] == ["60", "98", "%", ".98"]
    assert "look" not in told["harmful"]
    assert told["helpful"][1:4] == ["40", "50", "%"]
    assert told["helpful"][-2:] == ["look", "here"]
    assert project("report", "r.md").exit_code == 0
    report = (tmp_path / "r.md").read_text()
    assert "| 1 of 60 |  |" in report
    assert "| 20 of 40 | look here |" in report


def test_check_tells_its_thresholds_and_what_it_had_nothing_to_look_at_for(
    pairs: Pairlab,
) -> None:
    nothing = pairs("check").stdout
    assert "0 decided pairs" in nothing
    assert "nothing is decided yet (unlabelled 3)" in nothing
    assert nothing.count("fine") == 1  # reasoning text, which is looked for in undecided pairs too
    pairs("label", "p2", "b")
    pairs("label", "p3", "a")
    told = pairs("check").stdout
    assert "2 decided pairs" in told
    findings = {
        each["id"]: each for each in json.loads(pairs("check", "--json").stdout)["findings"]
    }
    assert findings["length"]["level"] == "fine"
    assert findings["length"]["threshold"]
    assert findings["alike_answers"]["source"]
    assert findings["hasty_labels"]["level"] == "unknown"
    assert all(each["check"] == name for name, each in findings.items())


def test_export_writes_what_was_decided_and_counts_the_rest(pairs: Pairlab, tmp_path: Path) -> None:
    pairs("label", "p1", "a")
    pairs("label", "p2", "b")
    pairs("label", "p3", "tie")
    done = pairs("export", "out.jsonl", "--json")
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows == [
        {
            "prompt": "How tall is the Eiffel Tower?",
            "chosen": "330 metres.",
            "rejected": "Very.",
        },
        {"prompt": "Name a prime.", "chosen": "Seven.", "rejected": "Four."},
    ]
    told = json.loads(done.stdout)
    assert told["excluded"]["tie"] == 1
    again = pairs("export", "out.jsonl")
    assert again.exit_code == 1
    assert "--force" in again.stderr
    before = (tmp_path / "out.jsonl").read_bytes()
    assert pairs("export", "out.jsonl", "--force").exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_backup_holds_the_labels_a_plain_copy_would_miss(pairs: Pairlab, tmp_path: Path) -> None:
    pairs("label", "p1", "a")
    assert pairs("backup", "copy.db").exit_code == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert db.execute("SELECT verdict FROM labels_current").fetchall() == [("a",)]


def test_doctor_tells_of_a_file_that_is_no_project(pairlab: Pairlab, tmp_path: Path) -> None:
    (tmp_path / "pairlab.db").write_text("not a database, only a text")
    done = pairlab("doctor", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["ok"] is False


def test_the_app_needs_a_terminal(project: Pairlab) -> None:
    done = project()
    assert done.exit_code == 1
    assert "terminal" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--endpoint", "http://192.0.2.7:8000"), "--allow-remote"),
        (("--endpoint", "ftp://127.0.0.1"), "write http://127.0.0.1:8080"),
        (("--model", "missing.gguf"), "missing.gguf"),
    ],
)
def test_the_app_refuses_who_cannot_write_before_it_opens(
    project: Pairlab, arguments: tuple[str, ...], words: str
) -> None:
    said = project(*arguments)
    assert said.exit_code == 1
    assert words in said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "name",
    [
        "ai:m",
        "AI:m",
        " Ai:m",
        "\uff41\uff49\uff1am",
        "\uff21\uff29:m",
        "a\u200bi:m",
        "source:hh",
        "SOURCE:hh",
    ],
)
def test_nobody_works_under_the_name_of_a_model_or_a_file(pairs: Pairlab, name: str) -> None:
    for command in (("label", "p1", "a"), ("agree",), ("guideline", "relabel"), ("doctor",), ()):
        done = pairs("--as", name, *command)
        assert done.exit_code == 2
        assert "begin with" in done.stderr
    assert pairs("round", "new", "r", "--annotators", f"first,{name}").exit_code == 1
    with sqlite3.connect("pairlab.db") as rows:
        assert rows.execute("SELECT count(*) FROM event").fetchone() == (0,)


@pytest.mark.parametrize("name", ["aida", "Ai", "sources", "mail: me", "ai"])
def test_a_name_that_only_resembles_one_is_a_name(pairs: Pairlab, name: str) -> None:
    assert pairs("--as", name, "label", "p1", "a").exit_code == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("lable",), "'label'"),
        (("round", "clsoe"), "'close'"),
        (("export", "--formt"), "'--format'"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(
    pairlab: Pairlab, typed: tuple[str, ...], meant: str
) -> None:
    refused = pairlab(*typed)
    assert refused.exit_code == 2
    assert meant in refused.stderr.partition("Did you mean ")[2]


def test_the_version_has_a_short_option_too(pairlab: Pairlab) -> None:
    assert pairlab("-V").stdout == pairlab("--version").stdout != ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ag", "agree"),
        ("export out --for", "--format"),
        ("export out --format ax", "axolotl"),
        ("export out --allow fl", "flagged"),
        ("import x --format pot", "potato"),
        ("run --constitution har", "harmlessness"),
        ("agree --ties mer", "merge"),
        ("round cl", "close"),
    ],
)
def test_tab_completes(shell: str, words: str, found: str) -> None:
    """What the shells' own functions ask of the program when tab is pressed."""
    line = f"pairlab {words}".split()
    number = line[-1] if shell == "fish" else str(len(line) - 1)
    asked = {"COMP_WORDS": " ".join(line), "COMP_CWORD": number}
    told = CliRunner().invoke(
        main, [], env={**asked, "_PAIRLAB_COMPLETE": f"{shell}_complete"}, prog_name="pairlab"
    )
    assert found in re.split(r"[\s,]+", told.stdout)
    script = CliRunner().invoke(
        main, [], env={"_PAIRLAB_COMPLETE": f"{shell}_source"}, prog_name="pairlab"
    )
    assert f"_PAIRLAB_COMPLETE={shell}_complete" in script.stdout


def test_a_suggested_command_works_from_where_one_stands(pairlab: Pairlab, tmp_path: Path) -> None:
    folder = tmp_path / "my study"
    folder.mkdir()
    told = pairlab("--db", "my study/a b.db", "agree").stderr
    command = told.strip().rpartition("with: ")[2]
    assert command == "pairlab --db 'my study/a b.db' new"
    assert pairlab(*shlex.split(command)[1:]).exit_code == 0
    told = pairlab("--db", "my study/a b.db", "run").stderr
    assert "`pairlab --db 'my study/a b.db' import FILE`" in told
    (tmp_path / "p.jsonl").write_text('{"prompt": "Why?", "a": "So.", "b": "No."}\n')
    assert pairlab("--db", "my study/a b.db", "import", "p.jsonl").exit_code == 0
    told = pairlab("--db", "my study/a b.db", "certificate").stderr
    assert "`pairlab --db 'my study/a b.db' judge` lets one" in told
    assert pairlab("new").exit_code == 0  # without --db the bare command finds the file
    assert "`pairlab import FILE`" in pairlab("run").stderr


def test_the_manual_page_has_every_command_and_its_examples() -> None:
    told = page().replace("\\-", "-")
    for name in COMMANDS:
        assert f'.SS "pairlab {name}' in told
    assert "\npairlab export triplets.jsonl\n" in told
