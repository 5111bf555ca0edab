"""``pairlab guideline``: the annotation rules, every version of them kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json, put_text, say
from tui.cli.output import standard_input

if TYPE_CHECKING:
    from store.records import Guideline


@click.group("guideline")
def command() -> None:
    """Read and change the annotation rules; labels know the version they were made under."""


@command.command("show")
@click.option("--version", type=click.IntRange(1), metavar="N", help="An older version.")
@json_option
@click.pass_obj
def show(context: CliContext, version: int | None, *, as_json: bool) -> None:
    """Print the guideline in force, or version N."""
    from store.judgements import guidelines

    with context.open() as database:
        history = guidelines.history(database)
        found = guidelines.current(database)
    if version is not None:
        found = next((each for each in history if each.version == version), None)
    if found is None:
        if history:
            fail(f"there is no version {version} of the guideline; there are 1 to {len(history)}")
        fail("there is no guideline yet; set one with: pairlab guideline set FILE")
    if as_json:
        put_json(_as_json(found) | {"text": found.text})
    else:
        put_text(found.text.rstrip("\n"))


@command.command("history")
@json_option
@click.pass_obj
def history(context: CliContext, *, as_json: bool) -> None:
    """List all versions, oldest first."""
    from store.judgements import guidelines

    with context.open() as database:
        found = guidelines.history(database)
        current = guidelines.current_id(database)
    if as_json:
        put_json({"current": current, "versions": [_as_json(each) for each in found]})
        return
    for each in found:
        force = " · in force" if each.id == current else ""
        put(f"v{each.version} · {each.author} · {each.at} · {each.id[:12]}{force}")


@command.command("set", short_help="Makes a Markdown file the guideline in force.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.pass_obj
def set_(context: CliContext, file: Path) -> None:
    """Make the text of FILE (Markdown, - is stdin) the guideline in force."""
    from store import clock
    from store.judgements import guidelines

    content = standard_input().read() if str(file) == "-" else file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fail(f"{file}: not UTF-8 text (byte {error.start}); the guideline was kept as it is")
    with context.open() as database:
        before = guidelines.current(database)
        now = guidelines.add_version(database, text, context.annotator, clock.now())
    if before is not None and before.id == now.id:
        say(f"The guideline is version {now.version} already, word for word.")
    else:
        say(f"The guideline is version {now.version} now.")


@command.command("relabel", short_help="Queues your labels under older versions again.")
@json_option
@click.pass_obj
def relabel_(context: CliContext, *, as_json: bool) -> None:
    """Queue your own labels made under older versions again; the old ones stay in the log."""
    from store import clock
    from store.rounds import relabel

    with context.open() as database:
        queued = relabel.again(database, context.annotator, clock.now())
    if as_json:
        put_json({"annotator": context.annotator, "queued": queued})
    else:
        say(f"{len(queued)} pairs are in the queue of {context.annotator} again.")


def _as_json(found: Guideline) -> dict[str, object]:
    return {
        "version": found.version,
        "id": found.id,
        "author": found.author,
        "at": found.at,
    }
