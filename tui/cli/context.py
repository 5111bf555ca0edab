"""What all commands share: who, which file, where words and data go, how failures end."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:  # rich, sqlite-utils: heavy, and not needed for --help
    from rich.console import Console

    from store.sqlite import Database


@dataclass(frozen=True, slots=True)
class CliContext:
    """The global options."""

    db: Path
    annotator: str

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The project's database, closed afterwards.

        Raises:
            StoreError: the file is missing, damaged or not a pairlab project.
        """
        from store.sqlite import session

        with session(self.db) as database:
            yield database


def default_annotator(given: str | None) -> str:
    """The annotator's name: the given one, else the login name, in one spelling (NFC).

    Raises:
        click.UsageError: nobody can be called so.
    """
    from store.ids import name, reserved

    if given is not None and (not name(given) or any(ord(c) < 32 for c in given)):
        raise click.UsageError("--as needs a name of visible characters")
    try:
        who = name(given if given is not None else getpass.getuser())
    except (OSError, KeyError):  # a user id without an entry in the password file
        who = f"user{os.getuid()}"
    if mark := reserved(who):
        owner = "models" if mark == "ai:" else "files that brought their own labels"
        raise click.UsageError(
            f"--as: names that begin with {mark} are those of {owner}, and count as no person;"
            " choose another name"
        )
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
        # The reader of our stdout has gone (``pairlab show ... | head``): nothing to tell anyone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception as error:
        from engine.errors import EngineError
        from store.errors import StoreError

        if not isinstance(error, StoreError | EngineError):
            raise
        fail(str(error))


def fail(line: str) -> NoReturn:
    """End with status 1 and one line on stderr."""
    click.echo(f"pairlab: {' '.join(line.split())}", err=True)
    raise click.exceptions.Exit(1)


def say(line: str) -> None:
    """Narrate: one line on stderr."""
    click.echo(line, err=True)


def put_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def put(line: str = "") -> None:
    """One line of data on stdout, control bytes made visible."""
    from tui.visible import clean

    click.echo(clean(line))


def stderr_console() -> Console:
    """The rich console for progress; plain where stderr is no terminal or NO_COLOR is set."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False)


def stdout_console() -> Console:
    """The rich console for tables of results."""
    from rich.console import Console

    return Console(highlight=False, markup=False)


json_option = click.option("--json", "as_json", is_flag=True, help="Data as JSON on stdout.")
