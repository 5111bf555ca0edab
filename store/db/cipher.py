"""The keys of encrypted projects, in memory alone and for as long as this process lives.

An encrypted project is a SQLCipher 4 database: AES-256 with an HMAC for each page, the key made
of a passphrase and the salt that the file begins with. Whatever is copied or written anew from a
project (backups, rescue files, working copies) keeps its salt, so one key opens all of it, and the
key is made once: that takes a quarter of a second, on purpose.

SQLCipher's ``cipher_memory_security`` stays off, as it is by default: it would wipe and lock all
memory of SQLite at each use, while the texts themselves stand in Python's memory all the same.
What keeps them from other processes and from the disk is that no process writes a core dump or can
be read by others (:mod:`engine.privacy`); memory that is swapped out is not covered.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from store.db.file_header import SALT_BYTES, salt_of
from store.errors import BadInput, Locked

_KEY_BYTES: Final = 32
ROUNDS: Final = 256_000
"""Rounds of PBKDF2-HMAC-SHA512, SQLCipher 4's own number: other programs open the file as well."""
SHORTEST: Final = 8
"""Characters a new passphrase has at least."""
_INSTALL: Final = "pip install 'pairlab[encrypted]'"


class Key:
    """What opens an encrypted file; it never shows itself."""

    __slots__ = ("_secret", "salt")

    def __init__(self, secret: bytes, salt: bytes) -> None:
        self._secret = secret
        self.salt = salt

    @property
    def literal(self) -> str:
        """The key and the salt as SQLCipher reads them, for ``PRAGMA key`` and ``ATTACH``."""
        return f"\"x'{self._secret.hex()}{self.salt.hex()}'\""


PLAIN: Final = "''"
"""In the place of a key: the file is not encrypted."""

Ask = Callable[[Path], bytes]
"""Gives the passphrase of a file, or raises :class:`Locked`."""


class _Ring:
    """The keys of this process."""

    def __init__(self) -> None:
        self.keys: dict[bytes, Key] = {}
        self.offered: list[bytes] = []
        self.ask: Ask | None = None


_RING: Final = _Ring()


def offer(passphrase: bytes) -> None:
    """Try a passphrase on every encrypted file that is opened from now on."""
    _RING.offered.append(passphrase)


def ask_with(ask: Ask | None) -> None:
    """Whom to ask where no passphrase that was offered fits; None for nobody."""
    _RING.ask = ask


@contextmanager
def unasked() -> Iterator[None]:
    """Ask nobody meanwhile: for files that no user has named."""
    before, _RING.ask = _RING.ask, None
    try:
        yield
    finally:
        _RING.ask = before


def from_text(typed: str) -> bytes:
    """A typed passphrase as bytes, the same on every keyboard (NFC, UTF-8)."""
    return unicodedata.normalize("NFC", typed).encode("utf-8", "surrogatepass")


def new(passphrase: bytes) -> Key:
    """A key for a new file, with a salt of its own.

    Raises:
        BadInput: the passphrase is too short.
        Locked: SQLCipher is not installed.
    """
    library()
    if len(passphrase.decode("utf-8", "replace")) < SHORTEST:
        raise BadInput(f"a passphrase has at least {SHORTEST} characters: take some words")
    return _made(passphrase, secrets.token_bytes(SALT_BYTES))


def hold(key: Key) -> Key:
    """Open whatever is under a key from now on."""
    _RING.keys[key.salt] = key
    return key


def _made(passphrase: bytes, salt: bytes) -> Key:
    return hold(Key(hashlib.pbkdf2_hmac("sha512", passphrase, salt, ROUNDS, _KEY_BYTES), salt))


def version() -> str:
    """Of SQLCipher."""
    with closing(library().connect(":memory:")) as connection:
        return str(connection.execute("PRAGMA cipher_version").fetchone()[0]).split()[0]


def is_encrypted(path: str | os.PathLike[str]) -> bool:
    """Whether a file looks like an encrypted project; not for one that SQLite has open here."""
    return salt_of(Path(path)) is not None


def key_of(path: str | os.PathLike[str]) -> Key | None:
    """The key of a file, None where it is not encrypted.

    Its first page is read: closing it drops the locks of a connection that this process has.

    Raises:
        Locked: it is encrypted, and no key at hand opens it.
    """
    file = Path(path)
    salt = salt_of(file)
    if salt is None:
        return None
    known = _RING.keys.get(salt)
    if known is not None:
        return known
    library()
    for passphrase in _RING.offered:
        key = _made(passphrase, salt)
        if fits(file, key):
            return key
    _RING.keys.pop(salt, None)
    if _RING.ask is None:
        why = "no key that was given opens it" if _RING.offered else "its key was not given"
        raise Locked(
            f"{path} is encrypted (or no pairlab project) and {why}; nothing was changed: give"
            " --key-file FILE, or run the command in a terminal and type the passphrase"
        )
    key = _made(_RING.ask(file), salt)
    if not fits(file, key):
        del _RING.keys[salt]
        _RING.ask = None  # doctor opens a file more than once
        raise Locked(
            f"The passphrase does not open {path}; nothing was changed: try again"
            " (a file whose first page is damaged, or that is no project, says the same)"
        )
    return key


def fits(path: Path, key: Key) -> bool:
    """Whether a key opens a file; not for one that SQLite has open here."""
    cipher = library()
    how = "mode=ro" if os.access(path.absolute().parent, os.W_OK) else "mode=ro&immutable=1"
    with closing(cipher.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as opened:
        opened.execute(f"PRAGMA key={key.literal}")
        try:
            opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except cipher.DatabaseError as error:
            if re.search("not a database|malformed", str(error)):
                return False
            raise
    return True


@cache
def library() -> Any:
    """SQLCipher as Python's database interface.

    Raises:
        Locked: it is not installed.
    """
    try:
        module = importlib.import_module("sqlcipher3.dbapi2")
    except ImportError:
        raise Locked(
            f"An encrypted project needs sqlcipher3: {_INSTALL}; nothing was changed"
        ) from None
    with closing(module.connect(":memory:")) as connection:
        # for the whole process: else it writes onto the screen by itself
        connection.execute("PRAGMA cipher_log_level=NONE")
    return module
