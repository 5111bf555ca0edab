"""``pairlab certificate`` and ``principles``."""

from __future__ import annotations

import json
from pathlib import Path

from store.db.connection import open_store
from store.items import constitutions
from store.records import StoredConstitution
from tests.cli.conftest import Pairlab
from tests.store.agreement.judge.project import JUDGE, ask, judged
from tests.store.building import AT


def test_the_commands(project: Pairlab, tmp_path: Path) -> None:
    assert project("certificate").stderr == (
        "pairlab: no model has judged a pair yet: `pairlab judge` lets one\n"
    )
    assert project("principles").exit_code == 1
    db = open_store(tmp_path / "pairlab.db")
    constitution = constitutions.add(
        db,
        StoredConstitution(
            name="kind", version="2", language="en", source="name = 'kind'", created_at=AT
        ),
    )
    made = judged(db, 20)
    ask(db, made[0], 0.9, 0.9, judge="ai:first", constitution=constitution)
    db.close()
    told = project("certificate", "m")
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith(
        f"{JUDGE}: not certified: only 20 pairs have a person's verdict\n"
    )
    assert "right by people " in told.stdout
    assert "┃" in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 80
    whole = json.loads(project("certificate", "--json").stdout)
    assert [each["judge"] for each in whole] == ["ai:first", JUDGE]
    assert whole[1]["accuracy"]["decided"]["n"] == 20
    votes = project("principles")
    assert "H1 kind 2" in votes.stdout
    told_votes = json.loads(project("principles", "m", "--json").stdout)[0]["principles"]
    assert told_votes[0]["votes"] == {"a": 8, "b": 12, "none": 0}
    assert project("certificate", "nobody").exit_code == 1
