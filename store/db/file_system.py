"""Where a project file lies: kind of file system, sync folders, rights, room on the disk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from store.db.sqlite import StrPath
from store.errors import StoreError

NETWORK: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "davfs",
        "davfs2",
        "fuse.davfs2",
        "orangefs",
        "beegfs",
        "coda",
    }
)
"""File systems where two machines do not share memory, which WAL needs."""

SHARED: Final = frozenset({"9p", "drvfs", "vboxsf", "virtiofs", "prl_fs", "fuse.vmhgfs-fuse"})
"""Folders of the machine around a virtual one: right while only one of the two works there."""

ALLOWED: Final = "PAIRLAB_ANY_FOLDER"
"""Variable of the environment by which somebody who knows why works in any folder: ``1``."""

_SYNCED: Final = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "mobile documents": "iCloud",
    "com~apple~clouddocs": "iCloud",
    "icloud drive": "iCloud",
    "iclouddrive": "iCloud",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "box sync": "Box",
    "pclouddrive": "pCloud",
    "pcloud drive": "pCloud",
    "megasync": "MEGA",
    "seadrive": "Seafile",
}
"""Folders that such a service makes; behind the name may stand an account: ``Dropbox (Work)``."""

_MARKED: Final = {
    ".stfolder": "Syncthing",
    ".dropbox.cache": "Dropbox",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
}
"""What such a service leaves in the folder it copies."""

_ACCOUNT = re.compile(r"( - | \().*")
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
    here = Path(path).absolute().resolve()
    for part in here.parts[:-1]:
        if service := _SYNCED.get(_ACCOUNT.sub("", part.casefold())):
            return service
    marks = (
        _MARKED[name] for folder in here.parents for name in _MARKED if (folder / name).exists()
    )
    return next(marks, None)


def is_allowed() -> bool:
    """Whether this process works in any folder."""
    return os.environ.get(ALLOWED) == "1"


def must_be_local(path: StrPath) -> None:
    """Refuse a place where a project that is written to would be damaged.

    Raises:
        StoreError: it is a network file system or a folder that is copied elsewhere; names the
            ways out.
    """
    if is_allowed():
        return
    kind = file_system(path)
    if kind in NETWORK:
        place = f"on a network file system ({kind}), where two machines that write would damage it"
    elif service := sync_folder(path):
        place = f"in a folder that {service} copies, also in the middle of a write"
    else:
        return
    raise StoreError(
        f"{path} lies {place}: keep it on a local disk, and exchange work with pairlab merge (or"
        f" allow it here with {ALLOWED}=1)"
    )


def is_encrypted(path: StrPath, devices: Path = Path("/sys/dev/block")) -> bool:
    """Whether the disk below is known to be encrypted, also under a volume of LVM."""
    try:
        number = Path(path).absolute().parent.stat().st_dev
    except OSError:
        return False
    waiting = [devices / f"{os.major(number)}:{os.minor(number)}"] if os.name == "posix" else []
    for device in waiting:
        try:
            if (device / "dm" / "uuid").read_text(encoding="ascii").startswith("CRYPT-"):
                return True
            waiting += sorted((device / "slaves").iterdir())
        except OSError:
            continue
    return False


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
