"""Passphrases of encrypted projects: typed without echo, or the content of a private file.

Never an argument and never a variable, which other programs can read.
"""

from __future__ import annotations

import getpass
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from engine.private_file import content
from store.db import cipher
from tui.cli.output import can_tell
from tui.visible import clean


def prepare(key_files: Sequence[Path]) -> None:
    """Have encrypted files opened with the keys in these files, or with what is typed."""
    for file in key_files:
        cipher.offer(in_file(file))
    if can_tell():
        cipher.ask_with(lambda path: _typed(f"Passphrase of {path}: "))


def unlock(project: Path, key_files: Sequence[Path]) -> None:
    """Find out a project's key now: nothing can be asked once the full screen is up."""
    prepare(key_files)
    cipher.key_of(project)
    cipher.ask_with(None)


def in_file(path: Path) -> bytes:
    """The passphrase a file holds: its bytes, without the end of the last line.

    Raises:
        EngineError: there is no such file, or others may read it.
    """
    return content(path).removesuffix(b"\n").removesuffix(b"\r")


def chosen(key_file: Path | None, option: str) -> bytes:
    """A new passphrase, from a file or typed twice.

    Args:
        key_file: the file, if one was named.
        option: what names it, for the message where nobody can type.
    """
    if key_file is not None:
        return in_file(key_file)
    if not can_tell():
        raise click.UsageError(f"no terminal to type a passphrase in: name a file with {option}")
    first = _typed("New passphrase: ")
    if _typed("The same again: ") != first:
        raise click.UsageError("the two passphrases differ; nothing was changed")
    return first


def _typed(prompt: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return cipher.from_text(getpass.getpass(clean(prompt)))
        except EOFError:
            raise click.Abort from None
        except getpass.GetPassWarning:
            raise click.UsageError(
                "this terminal would show what is typed: name a file with --key-file"
            ) from None
