"""The manual page, made from the commands' own help: ``python -m tui.cli.manual FILE``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from tui.cli import main
from tui.cli.examples import EXAMPLES

_ENDS = (
    ("0", "done"),
    ("1", "the work could not be done; one line on stderr says why"),
    ("2", "wrong usage"),
    ("3", "done, but some input rows were refused"),
)


def page() -> str:
    """The page ``pairlab(1)`` in roff."""
    context = click.Context(main, info_name="pairlab")
    lines = [
        f'.TH PAIRLAB 1 "" "pairlab {version("pairlab")}" "User Commands"',
        ".SH NAME",
        "pairlab \\- preference data made at the keyboard, offline",
        ".SH SYNOPSIS",
        ".B pairlab",
        _text("[--db FILE] [--as NAME] [COMMAND]"),
        ".SH DESCRIPTION",
        *_paragraphs(main.help),
        ".SH OPTIONS",
        *_options(main, context),
        ".SH COMMANDS",
    ]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        lines += _command(command, f"pairlab {name}", context)
    lines.append(".SH EXIT STATUS")
    for status, means in _ENDS:
        lines += [".TP", f".B {status}", _text(means)]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name.rpartition(" ")[2])
    usage = " ".join(piece for piece in command.collect_usage_pieces(context))
    yield f'.SS "{_text(name)} {_text(usage)}"'
    yield from _paragraphs(command.help)
    yield from _options(command, context)
    if lines := EXAMPLES.get(name.removeprefix("pairlab ")):
        yield from (".PP", "Examples:", ".nf", *(_text(f"pairlab {line}") for line in lines), ".fi")
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from _command(inner, f"{name} {each}", context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None and "--help" not in option.opts:
            yield from (".TP", f".B {_text(record[0])}", _text(record[1]) or "\\&")


def _paragraphs(help_: str | None) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(help_ or "").replace("\b\n", "")):
        if paragraph.strip():
            yield from (".PP", _text(paragraph))


def _text(words: str) -> str:
    """Words as roff takes them: no command at a line's beginning, hyphens that can be copied."""
    plain = " ".join(words.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(), encoding="utf-8")
