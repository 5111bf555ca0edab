"""Where a project file lies: kind of file system, sync folders, rights, room on the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from store.db.sqlite import StrPath

NETWORK: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "9p",
        "drvfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "vboxsf",
        "virtiofs",
        "prl_fs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "davfs",
        "davfs2",
        "fuse.davfs2",
        "fuse.vmhgfs-fuse",
        "orangefs",
        "beegfs",
        "coda",
    }
)
"""File systems where two machines do not share memory, which WAL needs."""

_SYNCED = (
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("mobile documents", "iCloud"),
    ("com~apple~clouddocs", "iCloud"),
    ("icloud", "iCloud"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("box sync", "Box"),
    ("pclouddrive", "pCloud"),
)
_MOUNTS = Path("/proc/self/mountinfo")


def file_system(path: StrPath, mounts: Path = _MOUNTS) -> str | None:
    """The kind of file system a path lies on, for example ``ext4``; None where not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    here = Path(path).absolute().resolve()
    best: tuple[int, str] | None = None
    for line in lines:
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _unescaped(fields[4])
        # of several mounts on one point the last one counts
        if here.is_relative_to(point) and (best is None or len(point) >= best[0]):
            best = (len(point), right.split(" ")[0])
    return None if best is None else best[1]


def sync_folder(path: StrPath) -> str | None:
    """The service that copies this folder elsewhere behind our back, or None."""
    here = Path(path).absolute()
    for part in here.parts:
        for start, service in _SYNCED:
            if part.casefold().startswith(start):
                return service
    if any((folder / ".stfolder").exists() for folder in here.parents):
        return "Syncthing"
    return None


def open_to_others(path: StrPath) -> list[str]:
    """Which of the project's files others on this machine may read or write."""
    if os.name != "posix":
        return []
    return [
        name
        for name in (f"{os.fspath(path)}{ending}" for ending in ("", "-wal", "-shm"))
        if Path(name).exists() and Path(name).stat().st_mode & 0o077
    ]


def _unescaped(field: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        field = field.replace(code, character)
    return field
