from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from store.db.connection import create
from store.db.file_header import must_be_project
from store.errors import MissingProject, NotAProject


def test_a_project_passes_also_while_its_header_is_still_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    db = create(path)
    assert Path(f"{path}-wal").exists()
    must_be_project(path)
    db.close()
    assert not Path(f"{path}-wal").exists()
    must_be_project(path)


def test_what_is_missing_or_something_else_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(MissingProject, match="new"):
        must_be_project(tmp_path / "none.db")
    with pytest.raises(NotAProject, match="no file"):
        must_be_project(tmp_path)
    for name, content in (("empty.db", b""), ("notes.txt", b"SQLite, some notes" * 20)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(NotAProject, match="left as it is"):
            must_be_project(path)
        assert path.read_bytes() == content


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(NotAProject):
        must_be_project(path)
