"""Project files of the tests, at less cost: kept in memory, their tables copied.

A disk that is waited for, tables that are made step by step for each of thousands of projects and
the header of the starter model, read at each call of ``doctor``, take longer than what is tested.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache, wraps
from pathlib import Path
from typing import Any

from engine.llama import gguf
from store.db import connection, definitions
from store.db.project_database import ProjectDatabase, immediate
from store.db.schema import migrations
from store.db.sqlite import StrPath

_LARGE = 10 * 2**20
"""Bytes of a file that no test writes anew."""
_MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30
_HERE = "PYTEST_DEBUG_TEMPROOT"
"""pytest's variable for where temporary folders are made."""


def keep_in_memory() -> None:
    """Make temporary folders where nothing waits for a disk, if there is such a place with room."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault(_HERE, str(_MEMORY))


def copy_tables() -> None:
    """Give each new project the tables that the migrations made for the first of this process."""
    make, connect = connection.create, connection._connect

    @cache
    def tables(key: Any) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tables.db"
            db = connect(path, 1.0, key)
            with immediate(db):
                migrations.apply(db)
            db.close()
            return path.read_bytes()

    def connect_filled(path: StrPath, timeout: float, key: Any) -> ProjectDatabase:
        if not Path(path).stat().st_size:
            Path(path).write_bytes(tables(key))
        return connect(path, timeout, key)

    @wraps(make)
    def create(path: StrPath, **more: Any) -> ProjectDatabase:
        connection._connect = connect_filled
        try:
            return make(path, **more)
        finally:
            connection._connect = connect

    connection.create = create


def read_once() -> None:
    """Keep what a step of the schema makes, and the header of a large model."""
    expected, read_header = definitions.expected, gguf.read_header
    made = cache(lambda steps: expected(steps and set(steps)))
    header = cache(lambda path, size, changed: read_header(path))

    def read(path: Path) -> gguf.GgufHeader:
        try:
            found = path.stat()
        except OSError:
            return read_header(path)
        if found.st_size < _LARGE:
            return read_header(path)
        return header(path, found.st_size, found.st_mtime_ns)

    definitions.expected = lambda steps: made(steps if steps is None else frozenset(steps))
    gguf.read_header = read
