"""Real labels: three people on the 999 pairs of the PandaLM test set, through the store."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.agreement import agreement, agreement_many, annotators
from store.agreement.live import LiveTable
from store.db.project_database import immediate
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin

AT = "2026-01-02T03:04:05.678Z"
VERDICT = {1: "a", 2: "b", 0: "tie"}
NAMES = ("annotator1", "annotator2", "annotator3")

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data"
_FILE = Path(os.environ.get("PAIRLAB_SHARED_DATA", _BESIDE)) / "pandalm-testset-v1.json.gz"


def _fill(db: Database) -> None:
    rows = json.loads(gzip.decompress(_FILE.read_bytes()))
    with immediate(db):
        for row in rows:
            asked = "\n\n".join(filter(None, (row["instruction"], row["input"])))
            prompt, _ = prompts.add(
                db, [Message("user", asked)], category="helpful", source="pandalm", at=AT
            )
            a, b = (
                candidates.add(
                    db,
                    Candidate(
                        prompt_id=prompt, origin=Origin.IMPORTED, text=str(row[side]), created_at=AT
                    ),
                )
                for side in ("response1", "response2")
            )
            pair, _ = pairs.add(
                db, prompt, a, b, "imported", external_id=str(row["idx"]), source="pandalm", at=AT
            )
            for name in NAMES:
                labels.give(db, pair, name, VERDICT[row[name]], at=AT)


@pytest.mark.skipif(not _FILE.exists(), reason=f"the shared data are not here: {_FILE}")
def test_pandalm(db: Database) -> None:
    _fill(db)
    assert annotators(db) == list(NAMES)
    said = agreement_many(db, NAMES).as_json()
    assert said["fleiss_n"] == 999
    assert said["fleiss"] == pytest.approx(0.8642, abs=5e-5)
    assert said["alpha"] == pytest.approx(0.864221, abs=5e-7)
    figures = [(p["n"], p["p_o"], p["p_e"], p["kappa"]) for p in said["pairs"]]
    assert figures == [
        (999, *(pytest.approx(x, abs=5e-7) for x in row))
        for row in (
            (0.912913, 0.411484, 0.852023),
            (0.928929, 0.412908, 0.878944),
            (0.917918, 0.406658, 0.861661),
        )
    ]
    # Both bad is allowed and never used: AC1 is over the three verdicts that were.
    assert said["pairs"][0]["ac1"] == pytest.approx(0.8766, abs=5e-5)
    assert said["pairs"][0]["q"] == 3
    merged = agreement(db, *NAMES[:2], ties="merge")
    assert merged.figures["ac1"].value == pytest.approx(0.8766, abs=5e-5)
    assert merged.band == "golden"
    assert LiveTable(db, *NAMES[:2]).counts == agreement(db, *NAMES[:2]).counts
