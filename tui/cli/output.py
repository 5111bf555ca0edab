"""The one door for everything the command line prints.

Names of files, items, people, models and columns come from the command line, from other people's
files and from models. Printed as they are, they could move the cursor, fill the clipboard or show
a text in another order than it has. What passes here has marks in place of such characters
(:mod:`tui.visible`); JSON has its own escapes, so that nothing is lost. Files that commands write
are not printed: they keep every byte.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from io import StringIO
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click

from tui.cli import suggested

if TYPE_CHECKING:  # rich: heavy, and not needed for --help
    from rich.console import Console

_SELDOM = 2.0
"""Seconds between two lines about one work."""


def put(line: str = "") -> None:
    """One line of data on stdout."""
    _print(line)


def put_text(text: str) -> None:
    """Several lines of data on stdout."""
    for line in text.split("\n"):
        put(line)


def put_json(value: Any) -> None:
    """One JSON document on stdout."""
    from tui.visible import clean_json

    _write(clean_json(json.dumps(value, ensure_ascii=False, indent=2)), err=False)


def say(line: str) -> None:
    """Narrate: one line on stderr."""
    _print(suggested.working(line), err=True)


def say_meanwhile(line: str) -> None:
    """Narrate what is being done, for somebody who waits at a terminal."""
    if can_tell():
        say(line)


def seldom(tell: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but for words that come too soon after others."""
    last = time.monotonic()

    def told(words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _SELDOM:
            last = time.monotonic()
            tell(words)

    return told


def fail(line: str) -> NoReturn:
    """End with status 1 and one line on stderr."""
    say(f"pairlab: {' '.join(line.split())}")
    raise click.exceptions.Exit(1)


def say_refused(error: click.ClickException) -> None:
    """Wrong usage, in click's words: how it is used, what is wrong."""
    told = StringIO()
    error.show(file=told)
    for line in told.getvalue().rstrip("\n").split("\n"):
        say(line)


def say_crashed() -> None:
    """An error nobody foresaw, while it is handled: one line; the trace goes into a file."""
    from store import clock
    from tui.cli.log import log_file
    from tui.crash import keep

    kept = keep(log_file(), clock.now(), traceback.format_exc())
    say(f"pairlab: stopped by an error of its own; what was stored stays stored. {kept}")


def stdout_console() -> Console:
    """The rich console for tables of results."""
    return _console(err=False)


def stderr_console() -> Console:
    """The rich console for progress; plain where stderr is no terminal or NO_COLOR is set."""
    return _console(err=True)


def at_terminal() -> bool:
    """Whether somebody types and reads here."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def standard_input() -> BinaryIO:
    """What is piped in; where nothing can be, the command ends with the reason."""
    if sys.stdin is None:  # closed by who started us
        fail("stdin is closed; nothing was read")
    return sys.stdin.buffer


def can_tell() -> bool:
    """Whether somebody reads what is said on stderr."""
    return sys.stderr.isatty()


def must_agree(question: str) -> None:
    """Ask whoever types here; anything but yes ends the command, as Ctrl-C does."""
    from tui.visible import clean

    click.confirm(clean(question), abort=True, err=True)


def close_stdout() -> None:
    """Nobody reads any more (``pairlab show ... | head``): what is still to come goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def take_over() -> None:
    """Let what Python and its libraries print by themselves pass here too; for a whole process."""
    sys.excepthook = _say_trace
    for module, hook in ((threading, "excepthook"), (sys, "unraisablehook")):
        setattr(
            module, hook, lambda told: _say_trace(told.exc_type, told.exc_value, told.exc_traceback)
        )
    warnings.showwarning = lambda message, category, *_where, **_more: say(
        f"pairlab: {category.__name__}: {message}"
    )
    logging.lastResort = _Door(logging.WARNING)


class _Door(logging.Handler):
    """Prints what libraries log where nobody else listens."""

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).split("\n"):
            say(line)


def _say_trace(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    told: Iterable[str] = traceback.format_exception(kind, error, trace)
    for line in "".join(told).rstrip("\n").split("\n"):
        say(line)


def _print(line: str, *, err: bool = False) -> None:
    from tui.visible import clean

    _write(clean(line).replace("\n", "\u240a"), err=err)


def _write(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    # a terminal of another encoding gets the number of a character it has not
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)


def _console(*, err: bool) -> Console:
    from tui.cli.console import CleanConsole

    return CleanConsole(stderr=err, highlight=False, markup=False, emoji=False)
