"""What takes long in the store says how far it is, to whoever listens meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.db import waiting
from store.db.connection import create
from store.db.salvage import salvage
from store.log import current_state, set_aside
from tests.store.agreement.labelling import AT, columns


def test_long_work_is_told_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_STEP", 3)
    db = create(tmp_path / "study.db")
    columns(db, first="a b t x", second="b b")
    before: list[str] = []
    meanwhile: list[str] = []
    with waiting.heard(before.append):
        with waiting.heard(meanwhile.append):
            current_state.rebuild(db)
            set_aside.rebuild(db)
            db.close()
            salvage(tmp_path / "study.db", tmp_path / "new.db", AT)
        assert before == []
        waiting.say("again")
    waiting.say("to nobody")
    assert before == ["again"]
    assert {
        "working out current labels: 3 of 6",
        "looking at all events: 3 of 6",
        "reading rows of pair: 3",
        "taking events: 3",
    } <= set(meanwhile)
