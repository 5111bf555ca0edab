"""What can be read of a project goes into a new file, however large it is."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from store import importing
from store.db import salvage
from store.db.connection import open_store
from store.items import pairs
from tests.store.conftest import AT


def test_a_project_larger_than_its_log_is_taken_whole(db: Database, tmp_path: Path) -> None:
    long = "word " * 300  # more than a thousand pages, so that the log is moved into the file
    rows = [f'{{"prompt": "{n}", "a": "{n} {long}", "b": "{long} {n}"}}\n' for n in range(1_800)]
    source = tmp_path / "pairs.jsonl"
    source.write_text("".join(rows), encoding="utf-8")
    importing.run(db, source, at=AT)
    path = Path(str(db.execute("PRAGMA database_list").fetchone()[2]))
    out = tmp_path / "new.db"
    salvage.salvage(path, out, AT)
    with closing(open_store(out)) as new:
        assert pairs.count(new) == 1_800
