"""Import of real data sets, as they are, and an import killed in the middle."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store import importing
from store.db.connection import create, open_store
from store.exporting import ExportOptions, plan, write
from store.importing import FileReport
from store.items import pairs, prompts
from store.judgements import labels
from tests.store.building import AT

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("PAIRLAB_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
VERDICTS = {0: "tie", 1: "a", 2: "b"}


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data set {name} is not at hand (PAIRLAB_SHARED_DATA)")
    return path


def counts(report: FileReport) -> tuple[int, int, int, int]:
    return report.read, report.added, report.duplicates, report.rejected


def test_self_instruct(db: Database) -> None:
    path = real("self-instruct-user-oriented.jsonl")
    assert counts(importing.run(db, path, at=AT)) == (252, 252, 0, 0)
    assert counts(importing.run(db, path, at=AT)) == (252, 0, 252, 0)
    assert prompts.ordered(db, 1)[0].text.endswith(
        "\n\n"
        + json.loads(path.read_text(encoding="utf-8").splitlines()[0])["instances"][0]["input"]
    )


def test_simple_safety_tests(db: Database) -> None:
    report = importing.run(
        db,
        real("simple-safety-tests.csv"),
        at=AT,
        category="harmful",
    )
    assert (report.kind, report.format, counts(report)) == ("prompts", "csv", (100, 100, 0, 0))
    assert {p.category for p in prompts.ordered(db)} == {"harmful"}
    again = importing.run(db, real("simple-safety-tests.csv"), at=AT)
    assert counts(again) == (100, 0, 100, 0)


def test_transcripts_of_harmlessness(db: Database) -> None:
    path = real("hh-harmless-base-test.jsonl.gz")
    report = importing.run(db, path, at=AT)
    assert (report.kind, report.format) == ("pairs", "hh")
    assert counts(report) == (2312, 2307, 0, 5)
    reasons = [p.reason for p in report.problems]
    assert reasons.count("is empty") == 4
    refused = {p.line for p in report.problems if not p.kept}
    assert len(refused) == 5
    # Every row the data set's description names is in the report, refused or kept.
    lines = gzip.decompress(path.read_bytes()).decode().strip().split("\n")
    sides = [json.loads(line) for line in lines]
    told = {p.line for p in report.problems}
    for number, row in enumerate(sides, start=1):
        for text in row.values():
            pieces = text.replace("\n\nHuman:", "\0").replace("\n\nAssistant:", "\0")
            assert "Human:" not in pieces or number in told
    assert pairs.count(db) == 2307


def test_untouched_transcripts_go_out_byte_for_byte(db: Database, tmp_path: Path) -> None:
    """All that came in; what the gate alone would keep back is allowed here."""
    path = real("hh-harmless-base-test.jsonl.gz")
    refused = {each.line for each in importing.run(db, path, at=AT).problems if not each.kept}
    wanted = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    allow = frozenset({"empty", "identical", "degenerate", "duplicate"})
    options = ExportOptions(format="hh", from_="source:hh", allow=allow)
    write(plan(db, options), tmp_path / "out.jsonl")
    kept = [line for number, line in enumerate(wanted, 1) if number not in refused]
    assert (tmp_path / "out.jsonl").read_bytes() == b"".join(kept)


def test_pandalm_as_it_is(db: Database) -> None:
    report = importing.run(db, real("pandalm-testset-v1.json.gz"), at=AT)
    assert (report.kind, report.format, counts(report)) == ("labels", "pandalm", (999, 999, 0, 0))
    assert report.unread == {"motivation_app": 999, "cmp_key": 999}
    assert [labels.count_by(db, f"annotator{i}") for i in (1, 2, 3)] == [999] * 3


# By file: prompts without a pair, pairs, labels, refused rows, and the fields that were told of.
CASES = {
    "01/tasks.jsonl": (0, 0, 0, 3, "pos_answer"),
    "02/ranked.jsonl": (0, 4, 4, 0, "output"),
    "02/ranking.jsonl": (0, 3, 3, 0, "responses"),
    "02/several_rejected.jsonl": (0, 2, 2, 0, "rejected"),
    "04/packed.jsonl": (0, 0, 0, 1, "chosen[1].tool_calls"),
    "04/packed_with_prompt.jsonl": (0, 1, 1, 0, "chosen rejected"),
    "05/msgs.jsonl": (0, 2, 2, 4, "chosen[0].tool_calls prompt[1].tool_calls prompt[].name tools"),
    "08/bom.csv": (2, 0, 0, 0, ""),
    "08/cp1252.csv": (1, 0, 0, 1, ""),
    "08/semicolon.csv": (2, 0, 0, 0, ""),
    "08/semicolon_pairs.csv": (0, 1, 0, 0, ""),
    "08/sepline.csv": (1, 0, 0, 0, ""),
    "08/utf16.tsv": (1, 0, 0, 0, ""),
    "08/utf16nobom.csv": (1, 0, 0, 0, ""),
    "09/backslash.csv": (0, 0, 0, 2, ""),
    "09/cr.csv": (0, 1, 0, 1, ""),
    "09/midquote.csv": (0, 2, 0, 1, ""),
    "09/unclosed.csv": (0, 1, 0, 1, ""),
    "09/wide.csv": (0, 1, 0, 2, " b"),
    "11/list.json": (0, 1, 1, 0, ""),
    "11/plain.jsonl": (1, 0, 0, 0, "conversations"),
    "11/sg.jsonl": (0, 2, 2, 1, "conversations[1].from"),
    "15/records.jsonl": (0, 2, 2, 0, ""),
    "18/first_is_prompt.jsonl": (1, 2, 2, 0, ""),
    "18/mixed_prompt.jsonl": (0, 4, 4, 0, ""),
    "18/nulls_first.jsonl": (60, 1, 1, 0, ""),
    "18/pair_then_prompt.jsonl": (1, 1, 1, 0, ""),
    "20/scores.jsonl": (0, 1, 1, 0, "prompt_id"),
    "20/typo.jsonl": (0, 2, 0, 0, "catgory label"),
    "23/leak.jsonl": (0, 40, 40, 0, ""),
    "25/h4.jsonl": (0, 3, 3, 0, ""),
    "26/labels_wide.csv": (0, 2, 4, 0, ""),
    "26/pairs.csv": (0, 2, 0, 0, ""),
    "26/trl.csv": (0, 2, 2, 0, ""),
    "27/alpaca.jsonl": (0, 2, 2, 0, ""),
    "shapes/argilla.jsonl": (0, 1, 1, 0, "pref.responses pref.responses.users"),
    "shapes/axolotl_icr.jsonl": (0, 1, 1, 0, ""),
    "shapes/cai_hf.jsonl": (0, 1, 1, 0, "critic_prompt critic_response revision_prompt"),
    "shapes/distilabel.jsonl": (0, 1, 1, 0, "chosen_model prompt_id rejected_model"),
    "shapes/helpsteer3.jsonl": (0, 1, 1, 0, ""),
    "shapes/icai.json": (0, 1, 1, 0, "response_a.model response_b.model"),
    "shapes/labels_dotted.csv": (0, 1, 2, 0, ""),
    "shapes/labels_wide.csv": (0, 2, 4, 0, ""),
    "shapes/lf_alpaca.json": (0, 1, 1, 0, ""),
    "shapes/lf_kto.jsonl": (0, 0, 0, 1, "label"),
    "shapes/madison.jsonl": (0, 1, 0, 0, "cst[].critique cst[].cst_key cst[].cst_value"),
    "shapes/openai.jsonl": (0, 1, 1, 0, ""),
    "shapes/p.json": (1, 0, 0, 0, ""),
    "shapes/p.md": (2, 0, 0, 0, ""),
    "shapes/p.txt": (2, 0, 0, 0, ""),
    "shapes/pandalm.jsonl": (0, 1, 2, 0, ""),
    "shapes/ranked.jsonl": (0, 3, 3, 0, "responses"),
    "shapes/rtp.jsonl": (1, 0, 0, 0, "begin end filename"),
    "shapes/trl.csv": (0, 2, 2, 0, ""),
    "shapes/trl1_std.jsonl": (0, 1, 1, 0, ""),
    "shapes/trl4_conv_implicit.jsonl": (0, 1, 1, 0, ""),
    "shapes/uf_clean.jsonl": (0, 1, 1, 0, "chosen chosen-model rejected-model source"),
}


def test_every_shared_case_is_read_as_its_description_says(tmp_path: Path) -> None:
    folder = Path(os.environ.get("PAIRLAB_SHARED_CASES", DATA.parent / "cases" / "data"))
    if not folder.exists():
        pytest.skip("the shared cases are not at hand (PAIRLAB_SHARED_CASES)")
    found = {}
    for path in sorted(folder.glob("*/*")):
        if path.name == "README":
            continue
        name = f"{path.parent.name.split('-')[0]}/{path.name}"
        db = create(tmp_path / f"{len(found)}.db", at=AT)
        report = importing.run(db, path, at=AT)
        told = {each.field for each in report.problems} | set(report.unread)
        numbers = db.execute(
            "SELECT (SELECT count(*) FROM prompt WHERE id NOT IN (SELECT prompt_id FROM pair)),"
            " (SELECT count(*) FROM pair), (SELECT count(*) FROM label_head)"
        ).fetchone()
        found[name] = (*numbers, report.rejected, " ".join(sorted(told)))
        db.close()
    assert found == CASES


def panda(with_ids: bool) -> str:
    packed = real("pandalm-testset-v1.json.gz").read_bytes()
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(packed))
    return "".join(
        json.dumps(
            ({"id": str(row["idx"])} if with_ids else {})
            | {
                "prompt": row["instruction"] + (row["input"] and "\n\n" + row["input"]),
                "a": row["response1"],
                "b": row["response2"],
                "labels": {
                    name: VERDICTS[row[name]] for name in ("annotator1", "annotator2", "annotator3")
                },
            }
        )
        + "\n"
        for row in rows
    )


def test_pandalm_with_ids(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "panda.jsonl"
    path.write_text(panda(with_ids=True), encoding="utf-8")
    report = importing.run(db, path, at=AT)
    assert (report.kind, counts(report)) == ("labels", (999, 999, 0, 0))
    reasons = [p.reason for p in report.problems]
    assert reasons.count("is empty") == 54
    assert reasons.count("is the truth value true, kept as text") == 6
    assert [labels.count_by(db, f"annotator{i}") for i in (1, 2, 3)] == [999] * 3
    agreed = db.execute(
        "SELECT count(*) FROM label_head AS x JOIN label_head AS y USING (pair_id, phase)"
        " WHERE x.annotator = 'annotator1' AND y.annotator = 'annotator2'"
        " AND x.verdict = y.verdict"
    ).fetchone()[0]
    assert round(agreed / 999, 6) == 0.912913
    assert counts(importing.run(db, path, at=AT)) == (999, 0, 999, 0)


def test_pandalm_without_ids_is_fewer_pairs_and_still_settles(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "panda.jsonl"
    path.write_text(panda(with_ids=False), encoding="utf-8")
    importing.run(db, path, at=AT)
    assert pairs.count(db) == 900
    events = db.execute("SELECT count(*) FROM event").fetchone()
    assert counts(importing.run(db, path, at=AT)) == (999, 0, 999, 0)
    assert db.execute("SELECT count(*) FROM event").fetchone() == events


IMPORT_AND_TELL = """
import sys
from store import importing
from store.db.connection import create, open_store
from store.exporting import ExportOptions, plan, write
def told(read):
    print(read, flush=True)
    sys.stdin.readline()
importing.run(open_store(sys.argv[1]), sys.argv[2], at="2026-01-02T03:04:05.678Z", progress=told)
"""


def test_a_killed_import_is_completed_by_the_next(db: Database, tmp_path: Path) -> None:
    rows = [
        json.dumps({"prompt": f"p{i}", "a": "x", "b": "y", "labels": {"anna": "a"}}) + "\n"
        for i in range(1200)
    ]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(rows), encoding="utf-8")
    store = str(db.execute("PRAGMA database_list").fetchone()[2])
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORT_AND_TELL, store, str(path)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        written = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
    assert 0 < written < 1200
    reopened = open_store(store)
    assert pairs.count(reopened) == written
    report = importing.run(reopened, path, at=AT)
    assert counts(report) == (1200, 1200 - written, written, 0)
    assert pairs.count(reopened) == labels.count_by(reopened, "anna") == 1200
    reopened.close()
