"""The published PandaLM labels through the front door: import, then agree."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Pairlab, write_lines

DATA = Path(
    os.environ.get("PAIRLAB_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
VERDICT = {1: "a", 2: "b", 0: "tie"}


@pytest.fixture
def pandalm(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with the 999 items and the labels of their three annotators."""
    source = DATA / "pandalm-testset-v1.json.gz"
    if not source.exists():
        pytest.skip("the PandaLM labels are not at hand (PAIRLAB_SHARED_DATA)")
    items = json.loads(gzip.decompress(source.read_bytes()))
    rows = [
        {
            "id": f"pandalm-{number}",
            "prompt": item["instruction"] + (f"\n\n{item['input']}" if item["input"] else ""),
            "a": item["response1"],
            "b": item["response2"],
            "labels": {
                name: VERDICT[item[name]] for name in ("annotator1", "annotator2", "annotator3")
            },
        }
        for number, item in enumerate(items)
    ]
    write_lines(tmp_path / "pandalm.jsonl", rows)
    done = project("import", "pandalm.jsonl", "--json")
    assert done.exit_code == 0, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    assert (report["read"], report["added"], report["rejected"]) == (999, 999, 0)
    assert report["kind"] == "labels"
    return project


def test_kappa_of_two_annotators(pandalm: Pairlab) -> None:
    done = pandalm("agree", "--between", "annotator1", "annotator2", "--json")
    result = json.loads(done.stdout)
    assert result["n"] == 999
    assert round(result["kappa"], 6) == 0.852023
    assert round(result["p_o"], 6) == 0.912913
    assert round(result["p_e"], 6) == 0.411484
    assert result["band"] == "golden"
    everybody = json.loads(pandalm("agree", "--json").stdout)
    assert set(everybody) == {"annotators", "alpha", "crowd", "fleiss", "fleiss_n", "pairs"}
    assert round(everybody["fleiss"], 4) == 0.8642
    assert round(everybody["alpha"], 6) == 0.864221
    assert everybody["fleiss_n"] == 999
    kappas = [round(two["kappa"], 6) for two in everybody["pairs"]]
    assert kappas == [0.852023, 0.878944, 0.861661]
