"""What encryption asks of the store: locks, damage, and one library for one file."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.db import cipher, doctor, encrypting, exclusive
from store.db.connection import create, open_readonly, open_store
from store.db.project_database import immediate
from store.db.salvage import salvage
from store.db.session import session
from store.errors import Damaged, StoreError
from store.judgements import labels
from tests.encrypted import KEY
from tests.store.deciding import some_pairs

pytest.importorskip("sqlcipher3", reason="no sqlcipher3 for this platform")

AT = "2026-01-02T03:04:05.678Z"
PAGE = 4096
WRITER = """
import sys
from store.db import cipher
from store.db.connection import open_store
from store.db.project_database import immediate
from tests.encrypted import KEY

cipher.hold(KEY)
db = open_store(sys.argv[1], timeout=0.1)
with immediate(db):
    pass
"""


@pytest.fixture(params=["plain", "encrypted"])
def key(request: pytest.FixtureRequest) -> cipher.Key | None:
    return cipher.hold(KEY) if request.param == "encrypted" else None


@pytest.fixture
def study(tmp_path: Path, key: cipher.Key | None) -> Path:
    path = tmp_path / "study.db"
    with closing(create(path, key=key)) as db:
        for pair in some_pairs(db, 40):
            labels.give(db, pair, "ann", "a", at=AT)
    return path


def test_finding_out_the_kind_of_an_open_file_drops_none_of_its_locks(study: Path) -> None:
    with closing(open_store(study)) as db, immediate(db):
        with closing(open_readonly(study)) as again:
            again.execute("SELECT count(*) FROM event").fetchone()
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(study)], capture_output=True, text=True, timeout=120
        )
    assert "keeps" in done.stderr
    assert "locked" in done.stderr
    assert done.returncode == 1


def test_of_a_damaged_encrypted_file_what_can_be_read_comes_out_whole(
    tmp_path: Path,
) -> None:
    cipher.hold(KEY)
    path, out = tmp_path / "study.db", tmp_path / "out.db"
    with closing(create(path, key=KEY)) as db:
        for pair in some_pairs(db, 200):
            labels.give(db, pair, "ann", "a", at=AT)
        (first,) = db.execute(
            "SELECT min(rootpage) FROM sqlite_schema WHERE name IN ('event', 'pair', 'candidate')"
        ).fetchone()
        had = db.execute("SELECT count(*) FROM event").fetchone()[0]
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE
    for page in range(max(first, 70), pages, 11):
        data[page * PAGE + 100] ^= 1
    path.write_bytes(data)
    told = {each.subject: each.severity for each in doctor.examine(path)}
    assert doctor.Severity.BROKEN in told.values()
    with pytest.raises(StoreError):
        encrypting.change(path, None)
    assert cipher.is_encrypted(path)
    done = salvage(path, out, AT)
    assert not done.whole
    assert cipher.is_encrypted(out)
    with session(out) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        has = db.execute("SELECT count(*) FROM event").fetchone()[0]
    assert had // 4 < has < had


def test_a_change_that_goes_wrong_leaves_the_project_and_nothing_else(
    study: Path, key: cipher.Key | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = events(study)
    monkeypatch.setattr(exclusive, "put_in_place", _full_disk)
    with pytest.raises(StoreError, match="it is as it was"):
        encrypting.change(study, None if key else cipher.hold(KEY))
    assert events(study) == before
    assert [each.name for each in study.parent.iterdir()] == ["study.db"]
    monkeypatch.setattr(encrypting, "_content", lambda _connection, of: of)
    with pytest.raises(Damaged, match="not copied whole"):
        encrypting.change(study, None if key else cipher.hold(KEY))
    assert events(study) == before
    assert cipher.is_encrypted(study) == (key is not None)


def events(path: Path) -> list[str]:
    with session(path) as db:
        return [row[0] for row in db.execute("SELECT id FROM event ORDER BY id")]


def _full_disk(_made: Path, _project: Path) -> None:
    raise OSError(28, "No space left on device")
