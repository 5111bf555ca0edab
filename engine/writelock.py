"""A process that can change no file: for those that only read, and speak through their pipes.

Landlock (Linux 5.13 and newer) has the kernel refuse writing, making, renaming and removing, but
for what is open already and for devices that keep nothing. It cannot be taken off, and children
inherit it. The app itself is not locked so: where it exports, backs up or makes a project is said
while it runs.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Final

# The same numbers on every processor but alpha (asm-generic/unistd.h).
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

_WRITE: Final = 1 << 1
_REMOVE_AND_MAKE: Final = sum(1 << bit for bit in range(4, 13))
_REFER: Final = 1 << 13
"""Moving into another folder; since version 2 of the interface."""
_TRUNCATE: Final = 1 << 14
"""Since version 3."""
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
"""Not all of /dev: files can be written in /dev/shm."""


def available() -> bool:
    """Whether this kernel has such a lock."""
    return _version() > 0


def lock() -> bool:
    """Set it for this thread and all it starts; False where the kernel has none.

    Call before other threads are started.
    """
    version = _version()
    if version < 1:
        return False
    rights = _WRITE | _REMOVE_AND_MAKE
    rights |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    libc = _libc()
    handled = struct.pack("=Q", rights)
    ruleset = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    try:
        if not all(_allow(ruleset, rights & (_WRITE | _TRUNCATE), name) for name in _DEVICES):
            return False
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, rights: int, name: str) -> bool:
    """Leave a file its rights; one that is not there needs none."""
    try:
        file = os.open(name, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        rule = struct.pack("=Qi", rights, file)
        return bool(_libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(file)


def _version() -> int:
    """Version of the kernel's interface; 0 or less where there is none, or it is turned off."""
    if sys.platform != "linux":
        return 0
    return int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION))


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
