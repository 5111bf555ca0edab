"""Texts that could be written into no project any more, kept in a file of their own.

Of a plain project they lie in a text file. Of an encrypted one in an encrypted file, under its key.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import Final

from store.db import copies
from store.db.cipher import Key
from store.db.file_header import must_exist
from store.db.sqlite import StrPath, connect, raised, translated
from store.errors import NotAProject

_ENCRYPTED: Final = ".texts.db"


def keep(folder: Path, stem: str, key: Key | None, text: str) -> Path:
    """Add a text to a file that its owner alone can read.

    Args:
        folder: where.
        stem: the beginning of its name.
        key: of the project that the text belongs to.
        text: what is kept; halves of characters become question marks.

    Raises:
        OSError: it cannot be written there.
    """
    whole = text.encode("utf-8", "replace").decode()
    if key is None:
        path = folder / f"{stem}.txt"
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
        with os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8") as file:
            file.write(whole + "\n")
        return path
    path = folder / f"{stem}{_ENCRYPTED}"
    if not path.exists():
        copies.new_file(path)
    try:
        with closing(connect(path, key=key)) as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS kept (text TEXT NOT NULL)")
            opened.execute("INSERT INTO kept VALUES (?)", [whole])
    except raised("Error") as error:
        raise OSError(str(error)) from error
    return path


def told(path: Path) -> str:
    """Where a text is kept, and how it is read where a text editor does not do."""
    how = f"; read it with: pairlab --db {quote(os.fspath(path))} rescue --texts"
    return f"{path}{how if path.name.endswith(_ENCRYPTED) else ''}"


def texts(path: StrPath) -> list[str]:
    """The texts in an encrypted file.

    Raises:
        MissingProject, Locked: it is not there, or cannot be opened.
        NotAProject: it holds none.
    """
    must_exist(path)
    with translated(path), closing(connect(path, "mode=ro")) as opened:
        if opened.execute("SELECT 1 FROM sqlite_schema WHERE name = 'kept'").fetchone() is None:
            raise NotAProject(f"{path} keeps no texts; NAME.rescue-TIME{_ENCRYPTED} does")
        return [str(row[0]) for row in opened.execute("SELECT text FROM kept ORDER BY rowid")]
