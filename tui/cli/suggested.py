"""Commands that are suggested, so that they work from where one stands.

A message of any layer names a command as ``pairlab COMMAND``. What is printed names the project
file too where the command line named one, and the program as it was started where it is on no PATH.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

_WITHOUT_PROJECT = ("keys", "models")
_way: list[str] = []
_named = re.compile(r"(?!)")
_program = re.compile(r"\bpairlab(?= --db )")


def stand_at(commands: Iterable[str], project: Path | None) -> None:
    """Say where suggested commands are to work.

    Args:
        commands: the names there are.
        project: the file that ``--db`` named; None where a bare command finds the same one.
    """
    global _named
    _way[:] = [shlex.quote(_started_as())]
    if project is not None:
        _way.append(f"--db {shlex.quote(str(project))}")
    words = "|".join(commands)
    _named = re.compile(rf"\bpairlab (?=(?:{words})\b(?! --help))")


def working(line: str) -> str:
    """A line with each suggested command as it works here."""
    if not _way or _way == ["pairlab"]:
        return line
    line = _program.sub(lambda _found: _way[0], line)
    return _named.sub(lambda found: _before(line[found.end() :]), line)


def _before(rest: str) -> str:
    way = _way[:1] if rest.startswith(_WITHOUT_PROJECT) else _way
    return f"{' '.join(way)} "


def _started_as() -> str:
    """The program as the shell found it: by name, else by the path it was given."""
    given = sys.argv[0]
    if shutil.which("pairlab") or Path(given).name != "pairlab":
        return "pairlab"
    return given
