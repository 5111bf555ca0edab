"""What all commands share: who, which file, how failures end, and the door for what they print."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.output import (
    close_stdout,
    fail,
    put,
    put_json,
    put_text,
    say,
    say_meanwhile,
    seldom,
    stderr_console,
    stdout_console,
)

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.db.sqlite import Database

__all__ = [
    "CliContext",
    "default_annotator",
    "fail",
    "json_option",
    "put",
    "put_json",
    "put_text",
    "report_failures",
    "say",
    "stderr_console",
    "stdout_console",
    "tell_plain",
]


@dataclass(slots=True)
class CliContext:
    """The global options."""

    db: Path
    annotator: str
    """Who works; in the spelling the project knows once it is open."""
    key_files: tuple[Path, ...] = ()
    """Where passphrases are; the first is that of a new project."""

    @property
    def key_file(self) -> Path | None:
        """Where the passphrase of a new project is; None where it is typed."""
        return self.key_files[0] if self.key_files else None

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The project's database, closed afterwards.

        Where somebody is known here whose name looks the same, that is who works.

        Raises:
            StoreError: the file is missing, damaged or not a pairlab project.
        """
        from store.db import waiting
        from store.db.session import session
        from store.rounds import presence

        waiting.listen(seldom(say_meanwhile))
        with session(self.db) as database:
            known = presence.spelled(database, self.annotator)
            if known != self.annotator:
                say(f"You are known here as {known}, and go on as {known}.")
                self.annotator = known
            yield database


def tell_plain(database: Database) -> None:
    """Say of a file that was written from an encrypted project that it is not encrypted."""
    from store.db.sqlite import key_of

    if key_of(database) is not None:
        say("  plain, unlike the project: whoever can read this file can read its texts")


def default_annotator(given: str | None) -> str:
    """The annotator's name: the given one, else the login name, in one spelling (NFC).

    Raises:
        click.UsageError: nobody can be called so.
    """
    from store.ids import name
    from store.names import problem

    try:
        who = name(given if given is not None else getpass.getuser())
    except (OSError, KeyError):  # a user id without an entry in the password file
        who = f"user{os.getuid()}"
    if wrong := problem(who):
        raise click.UsageError(f"--as: a name {wrong}; choose another name")
    return who


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn what the layers below raise into one line on stderr and exit status 1."""
    try:
        yield
    except click.exceptions.Exit:
        raise
    except click.ClickException:
        raise
    except (KeyboardInterrupt, click.Abort):
        fail("stopped; what was stored stays stored")
    except BrokenPipeError:
        close_stdout()
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception as error:
        from engine.errors import EngineError
        from store.errors import StoreError

        if not isinstance(error, StoreError | EngineError):
            raise
        fail(str(error))


json_option = click.option("--json", "as_json", is_flag=True, help="Data as JSON on stdout.")
