"""The doctor's findings and the safe copy."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from store import importing
from store.db import doctor, file_system, rolling
from store.db.backup import backup
from store.db.connection import open_store
from store.db.doctor import Severity, examine
from store.db.session import session
from store.errors import Damaged, ProjectExists, StoreError
from store.judgements import labels, settings
from store.log import current_state
from tests.store.conftest import AT, Project
from tests.store.deciding import head_rows, some_pairs


def severities(path: Path) -> dict[str, Severity]:
    return {finding.subject: finding.severity for finding in examine(path)}


def test_a_sound_project_has_nothing_to_do(project: Project) -> None:
    labels.give(project.db, some_pairs(project.db)[0], "first", "a", at=AT)
    before = project.path.read_bytes()
    told = severities(project.path)
    told.pop("file system")  # the tests may run anywhere
    told.pop("sync folder")
    told.pop("room")
    told.pop("encryption")
    told.pop("sqlite")
    assert told.pop("backups") is Severity.NOTE  # off, which is worth knowing
    assert set(told) == {
        "tables",
        "rights",
        "leftovers",
        "integrity",
        "journal",
        "items",
        "events",
        "set aside",
        "labels",
        "replica",
    }
    assert set(told.values()) == {Severity.OK}
    assert project.path.read_bytes() == before


def test_a_missing_or_foreign_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    assert severities(path)["project"] is Severity.NOTE
    path.write_text("dear reader")
    assert severities(path)["project"] is Severity.BROKEN
    assert path.read_text() == "dear reader"


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX rights")
def test_files_open_to_others_are_told(project: Project) -> None:
    project.path.chmod(0o644)
    assert severities(project.path)["rights"] is Severity.WARNING


def test_tampering_is_told(project: Project) -> None:
    db = project.db
    labels.give(db, some_pairs(db)[0], "first", "a", at=AT)
    db.execute("UPDATE label_head SET verdict = 'b'")
    assert severities(project.path)["labels"] is Severity.BROKEN
    db.execute("DROP TRIGGER event_no_update")
    db.execute("UPDATE event SET value = replace(value, ':\"a\"', ':\"b\"')")
    assert severities(project.path)["events"] is Severity.BROKEN


def test_damage_is_told(project: Project) -> None:
    some_pairs(project.db, 200)
    project.db.close()
    data = bytearray(project.path.read_bytes())
    data[4096 * 20 : 4096 * 60] = b"\xff" * (4096 * 40)
    project.path.write_bytes(data)
    found = [finding for finding in examine(project.path) if finding.severity is Severity.BROKEN]
    assert found
    assert all(finding.words and finding.remedy for finding in found)


def test_a_copy_is_told_and_opening_it_settles_it(project: Project, tmp_path: Path) -> None:
    copied = backup(project.db, tmp_path / "copy.db").path
    assert severities(copied)["replica"] is Severity.NOTE
    open_store(copied).close()
    assert severities(copied)["replica"] is Severity.OK


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ((3, 40, 1), Severity.WARNING),
        ((3, 51, 2), Severity.WARNING),
        ((3, 51, 3), Severity.OK),
        ((3, 53, 4), Severity.OK),
    ],
)
def test_the_wal_reset_bug_goes_by_version(version: tuple[int, ...], severity: Severity) -> None:
    assert doctor.sqlite_version(version).severity is severity


def test_the_longest_mount_says_the_kind_of_file_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    share = tmp_path / "my share"
    share.mkdir()
    escaped = str(share).replace(" ", r"\040")
    mounts.write_text(
        "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"30 21 0:50 / {escaped} rw shared:2 - nfs4 server:/x rw\n"
        "broken line\n"
    )
    assert file_system.file_system(share / "study.db", mounts) == "nfs4"
    assert file_system.file_system(tmp_path / "study.db", mounts) == "ext4"
    assert file_system.file_system(share, tmp_path / "nothing") is None


def test_an_encrypted_disk_is_known_also_under_a_volume(tmp_path: Path) -> None:
    number = tmp_path.stat().st_dev
    devices = tmp_path / "devices"
    own = devices / f"{os.major(number)}:{os.minor(number)}"
    below = own / "slaves" / "sda3"
    (below / "dm").mkdir(parents=True)
    (own / "dm").mkdir()
    (own / "dm" / "uuid").write_text("LVM-x")
    assert not file_system.is_encrypted(tmp_path / "study.db", devices)
    (below / "dm" / "uuid").write_text("CRYPT-LUKS2-x")
    assert file_system.is_encrypted(tmp_path / "study.db", devices)
    assert not file_system.is_encrypted(tmp_path / "study.db", tmp_path / "none")


def test_sync_folders_are_known_by_name_or_mark(tmp_path: Path) -> None:
    assert file_system.sync_folder(tmp_path / "study.db") is None
    assert file_system.sync_folder("/home/x/Dropbox (Lab)/study.db") == "Dropbox"
    assert file_system.sync_folder("/home/x/OneDrive - Lab/a/study.db") == "OneDrive"
    assert file_system.sync_folder("/home/x/dropbox-study/Dropbox") is None
    (tmp_path / ".stfolder").mkdir()
    assert file_system.sync_folder(tmp_path / "deep" / "study.db") == "Syncthing"


def test_a_backup_of_a_file_in_use_holds_everything(project: Project, tmp_path: Path) -> None:
    pairs = some_pairs(project.db, 20)
    for pair in pairs:
        labels.give(project.db, pair, "first", "a", at=AT)  # still in the -wal file
    out = tmp_path / "copies"
    out.mkdir()
    copied = backup(project.db, out / "copy.db")
    assert [file.name for file in out.iterdir()] == ["copy.db"]
    assert copied.path.stat().st_mode & 0o777 == 0o600
    assert copied.events == 20
    with session(copied.path) as db:
        assert head_rows(db) == head_rows(project.db)
        assert labels.annotators(db) == ["first"]


def test_a_backup_replaces_nothing_and_leaves_nothing(project: Project, tmp_path: Path) -> None:
    there = tmp_path / "letter.txt"
    there.write_text("dear reader")
    with pytest.raises(ProjectExists):
        backup(project.db, there)
    assert there.read_text() == "dear reader"
    with pytest.raises(StoreError, match="the project is untouched"):
        backup(project.db, tmp_path / "nowhere" / "copy.db")
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"letter.txt", "study.db", "study.db-wal", "study.db-shm"}


def test_a_backup_mends_tables_changed_by_hand(project: Project, tmp_path: Path) -> None:
    labels.give(project.db, some_pairs(project.db)[0], "first", "a", at=AT)
    before = head_rows(project.db)
    project.db.execute("UPDATE label_head SET verdict = 'b'")
    copied = backup(project.db, tmp_path / "copy.db")
    with session(copied.path) as db:
        assert current_state.equal_to_rebuild(db)
        assert head_rows(db) == before


def test_pairs_from_before_sides_were_drawn_are_told(project: Project) -> None:
    project.db.execute("DELETE FROM meta WHERE key = 'sides_from_content'")  # as older releases
    old = "SELECT count(*) FROM pair WHERE kind = 'imported'"
    some_pairs(project.db)
    many = project.db.execute(old).fetchone()[0]
    told = [each for each in examine(project.path) if each.subject == "sides"]
    assert many
    assert [each.severity for each in told] == [Severity.NOTE]
    assert told[0].words.startswith(f"{many} imported pairs")
    row = b'{"prompt": "new", "chosen": "x", "rejected": "y"}\n'
    importing.run(project.db, io.BytesIO(row), at=AT)
    (later,) = [each for each in examine(project.path) if each.subject == "sides"]
    assert later.words.startswith(f"{many} imported pairs"), "the new pair is none of them"


def test_rolling_backups_keep_the_latest_and_are_written_only_for_something_new(
    project: Project,
) -> None:
    db = project.db
    pair = some_pairs(db)[0]
    assert rolling.roll(db, project.path, AT).written is None  # off until somebody turns it on
    assert "off" in {each.subject: each.words for each in examine(project.path)}["backups"]
    settings.set(db, settings.BACKUPS, 2, "first", AT)
    written = []
    for verdict in ("a", "b", "tie"):
        labels.give(db, pair, "first", verdict, at=AT)
        for _ in range(2):
            done = rolling.roll(db, project.path, AT)
            written += [done.written] if done.written else []
    assert len(written) == 3
    assert rolling.existing(project.path) == written[:0:-1]  # the two latest
    with session(written[-1]) as copy:
        assert labels.of_pair(copy, pair)[0].verdict == "tie"
    assert (
        "2 are kept; there are 2" in {e.subject: e.words for e in examine(project.path)}["backups"]
    )


def test_a_rolling_backup_of_what_is_not_whole_pushes_no_good_one_out(project: Project) -> None:
    db = project.db
    pair = some_pairs(db)[0]
    settings.set(db, settings.BACKUPS, 1, "first", AT)
    good = rolling.roll(db, project.path, AT).written
    labels.give(db, pair, "first", "a", at=AT)
    db.execute("DROP TRIGGER candidate_no_update")
    db.execute("UPDATE candidate SET text = text || ' '")
    with pytest.raises(Damaged):
        rolling.roll(db, project.path, AT)
    assert rolling.existing(project.path) == [good]
