"""Events that another program wrote: their heads are made when the file is opened."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.db import connection, meta
from store.items import pairs
from store.log import current_state, event_kinds, set_aside
from tests.store.building import AT, a_chain
from tests.store.deciding import head_rows, some_pairs, ticking
from tests.store.exporting.test_rule_from_events import ACTION, act


def put_back(db: Database, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    for table, held in rows.items():
        db.execute(f"DELETE FROM {table}")
        for row in held:
            columns = [each.name for each in db[table].columns]
            marks = ", ".join("?" * len(columns))
            db.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row[: len(columns)]
            )


@given(before=st.lists(ACTION, max_size=8), after=st.lists(ACTION, min_size=1, max_size=15))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_came_in_the_heads_are_those_of_all_events(
    tmp_path_factory: pytest.TempPathFactory, before: list[Any], after: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("came") / "one.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(set_aside, "_MANY", 3)
        patch.setattr(current_state, "_TOGETHER", 2)
        db = connection.create(path, seed="s", at=AT)
        db.execute("PRAGMA synchronous=OFF")
        made, chain, now = some_pairs(db, 5), a_chain(db, "a chain"), ticking()
        made.append(pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)[0])
        for step in before:
            act(db, made, chain.revisions[0], step, now)
        seen = db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0]
        old = head_rows(db)
        for step in after:
            act(db, made, chain.revisions[0], step, now)
        wanted = head_rows(db)
        put_back(db, old)  # what came after was written by a program that knows no heads
        meta.put(db, "kinds", f"{event_kinds.FINGERPRINT}:{seen}")
        db.close()
        again = connection.open_store(path)
        try:
            assert head_rows(again) == wanted
            assert current_state.equal_to_rebuild(again)
            assert set_aside.reasons(again) == set_aside.examined(again)
        finally:
            again.close()
