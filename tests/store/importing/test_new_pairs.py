"""Pairs written together come to the same file as pairs written one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store import importing
from store.db import connection
from store.importing import files
from store.importing.rows import Row
from store.importing.writer import Writer
from store.log import current_state, events, set_aside
from tests.store.conftest import AT

_word = st.sampled_from(["one", "two", "three"])
_who = st.sampled_from(["ann", "bob", "ai:m", " ann "])
_pair = st.fixed_dictionaries(
    {"prompt": _word, "a": _word, "b": _word},
    optional={
        "id": _word,
        "category": st.sampled_from(["x", "y"]),
        "labels": st.dictionaries(_who, st.sampled_from(["a", "b", "tie", "skip"]), max_size=2),
        "notes": st.dictionaries(_who, _word, max_size=1),
    },
)
_ranked = st.fixed_dictionaries({"prompt": _word, "chosen": _word, "rejected": _word})
_prompt = st.fixed_dictionaries({"prompt": _word}, optional={"category": _word})
_label = st.fixed_dictionaries(
    {"id": _word, "labels": st.dictionaries(_who, st.sampled_from(["a", "b"]), min_size=1)}
)
_rows = st.lists(st.one_of(_pair, _ranked, _prompt, _label), max_size=8)


def _held(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """What is in the file, whichever event was numbered first."""
    columns = {
        "prompt": "position, id, messages, text, category, tags, source, external_id",
        "candidate": "id, prompt_id, origin, text, author",
        "pair": "position, id, prompt_id, a_id, b_id, kind, external_id, a_role, b_role, source",
        "event": "lamport, annotator, kind, item, phase, value",
        "label_head": "pair_id, annotator, phase, verdict, note, informed, round_id, answer",
        "head": "kind, item, annotator, phase, value",
        "meta": "key, value",
        "set_aside": "event_id, reason",
    }
    return {
        table: sorted(
            row
            for row in db.execute(f"SELECT {names} FROM {table}").fetchall()
            if table != "meta" or str(row[0]).startswith("asked:")
        )
        for table, names in columns.items()
    }


def _one_by_one(writer: Writer, rows: Sequence[Row]) -> list[Any]:
    return [writer.write(row) for row in rows]


@settings(max_examples=15, deadline=None)
@given(first=_rows, second=_rows, size=st.integers(1, 9))
def test_writing_together_is_writing_one_by_one(
    first: list[dict[str, Any]], second: list[dict[str, Any]], size: int
) -> None:
    held = []
    for write_all in (_one_by_one, Writer.write_all):
        with pytest.MonkeyPatch.context() as patched, TemporaryDirectory() as folder:
            patched.setattr(Writer, "write_all", write_all)
            patched.setattr(files, "BATCH", size)
            db = connection.create(Path(folder) / "p.db", seed="s", at=AT)
            reports = [
                importing.run(db, io.BytesIO(text), at=AT).as_json()
                for lines in (first, second)
                if (text := "\n".join(map(json.dumps, lines)).encode())
            ]
            assert current_state.equal_to_rebuild(db)
            assert set_aside.is_up_to_date(db)
            assert events.changed(db) == 0
            held.append((reports, _held(db)))
            db.close()
    assert held[0] == held[1]


def test_a_file_of_new_pairs_costs_statements_by_the_batch(db: Database) -> None:
    rows = [
        {"prompt": f"p{n}", "a": "yes", "b": "no", "labels": {"ann": "a", "bob": "b"}}
        for n in range(50)
    ]
    with db.tracer(lambda sql, _: seen.append(sql)):
        seen: list[str] = []
        importing.run(db, io.BytesIO("\n".join(map(json.dumps, rows)).encode()), at=AT)
    assert len(seen) < 30
    assert db.execute("SELECT count(*) FROM label_head").fetchone()[0] == 100
