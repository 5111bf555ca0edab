"""No way out to a network, for this process and all it starts.

On Linux a seccomp filter has the kernel refuse every socket but those between processes of this
machine (AF_UNIX), also to code that does not ask Python: llama.cpp, SQLite, a library's extension.
It cannot be taken off again, and children inherit it. io_uring would open sockets past the filter,
and pidfd_getfd would borrow one from another process, so neither is let through. Elsewhere an
audit hook watches what Python itself opens.
"""

from __future__ import annotations

import ctypes
import ipaddress
import platform
import socket
import struct
import sys
from enum import StrEnum
from typing import Any, Final, NamedTuple


class Network(StrEnum):
    """How the way to a network is closed; the word that is shown."""

    LOCKED = "locked by the kernel"
    WATCHED = "watched"
    OPEN = "not locked"


class _Machine(NamedTuple):
    """Numbers of the kernel's interface (linux/audit.h, asm/unistd.h)."""

    audit_arch: int
    socket: int
    socketpair: int
    seccomp: int


_MACHINES: Final = {
    "x86_64": _Machine(0xC000003E, socket=41, socketpair=53, seccomp=317),
    "aarch64": _Machine(0xC00000B7, socket=198, socketpair=199, seccomp=277),
}
_IO_URING_SETUP: Final = 425
_PIDFD_GETFD: Final = 438
_OTHER_ABI: Final = 0x40000000
"""Set in the number of a call of the x32 interface, which has sockets of its own."""
_AF_UNIX: Final = 1

_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_SET_MODE_FILTER: Final = 1
_SECCOMP_FILTER_FLAG_TSYNC: Final = 1
"""For the threads that run already, too."""
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | 13  # SECCOMP_RET_ERRNO with EACCES

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
"""Where these stand in ``struct seccomp_data``."""

_state = Network.OPEN
_postponed = 0
"""Processes that are to be started before it falls."""


def state() -> Network:
    """How the way to a network is closed for this process."""
    return _state


def lock() -> Network:
    """Close it for good; call before anything is started that is to be behind the lock."""
    global _state
    if _state is Network.OPEN:
        _state = Network.LOCKED if _filter() else _watch()
    return _state


def postpone() -> None:
    """Leave the way open until the one process that needs it is started."""
    expect(1)


def expect(processes: int) -> None:
    """So many processes will need the way; with none it is closed now. No word once it is."""
    global _postponed
    _postponed = processes
    if not processes:
        lock()


def postponed() -> bool:
    """Whether it is to be closed later."""
    return _postponed > 0


def lock_postponed() -> None:
    """A process that needs the way is there; lock, where this was postponed for it alone."""
    if _postponed:
        expect(_postponed - 1)


def _filter() -> bool:
    """Set the seccomp filter; False where the kernel has none."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.byteorder != "little":
        return False
    if sys.maxsize <= 2**32:  # a 32-bit program on a 64-bit kernel has other numbers
        return False
    code = _program(machine)
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("first", ctypes.c_void_p)]

    program = Program(len(code) // 8, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    done = libc.syscall(
        ctypes.c_long(machine.seccomp),
        ctypes.c_uint(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_uint(_SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(program),
    )
    return bool(done == 0)


def _program(machine: _Machine) -> bytes:
    """The filter in the kernel's classic BPF: code, jump if true, jump if false, value."""
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 0, 9, machine.audit_arch),  # another interface of the processor: refuse
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 7, 0, _OTHER_ABI),
        (_EQUAL, 6, 0, _IO_URING_SETUP),
        (_EQUAL, 5, 0, _PIDFD_GETFD),
        (_EQUAL, 1, 0, machine.socket),
        (_EQUAL, 0, 2, machine.socketpair),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_EQUAL, 0, 1, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _watch() -> Network:
    sys.addaudithook(_refuse_far)
    return Network.WATCHED


def _refuse_far(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: names are not looked up, and only this machine is talked to."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        far = isinstance(address, tuple) and not _is_here(address[0])
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        far = not _is_here(arguments[0])
    else:
        return
    if far:
        raise PermissionError(13, "pairlab keeps this process off the network")


def _is_here(host: object) -> bool:
    if not isinstance(host, str):
        return host is None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "", socket.gethostname()}
