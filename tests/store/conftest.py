"""Fresh project files for the tests of the store, closed whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlite_utils import Database

from store.db.connection import create

AT = "2026-01-02T03:04:05.678Z"


class Project(NamedTuple):
    path: Path
    db: Database


@pytest.fixture
def closing() -> Iterator[Callable[[Database], Database]]:
    """Hands a database through and closes it when the test ends."""
    opened: list[Database] = []

    def keep(db: Database) -> Database:
        opened.append(db)
        return db

    yield keep
    for db in opened:
        db.close()


@pytest.fixture
def project(tmp_path: Path, closing: Callable[[Database], Database]) -> Project:
    path = tmp_path / "study.db"
    return Project(path, closing(create(path, seed="0123456789abcdef", at=AT)))


@pytest.fixture
def db(project: Project) -> Database:
    return project.db
