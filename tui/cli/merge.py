"""``pairlab merge``: brings the work in another project file into this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, json_option, put, put_json, say

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.merge import Merged

NOUNS = {
    "prompt": "prompts",
    "candidate": "answers",
    "critique": "critiques",
    "pair": "pairs",
    "event": "events",
}
"""How the rows worth telling are called."""


@click.command("merge")
@click.argument("other", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would come in, and write nothing.")
@click.option(
    "--adopt-fork",
    is_flag=True,
    help="Where OTHER is a copy of this file that was worked on: take its work over all the same.",
)
@json_option
@click.pass_obj
def command(
    context: CliContext, other: Path, *, dry_run: bool, adopt_fork: bool, as_json: bool
) -> None:
    """Bring the work in OTHER into this project; OTHER is not changed.

    Nothing is dropped: where the two files say different things both are kept in the log, and
    what stands is told. Merging again, or the other way round, changes nothing more.
    """
    from store.merge import merge
    from tui.cli.progress import counting

    with context.open() as database, counting("merging", None) as on_row:
        merged = merge(database, other, dry_run=dry_run, adopt_fork=adopt_fork, on_row=on_row)
    if as_json:
        put_json(merged.as_json())
    else:
        _tell(merged)


def _tell(merged: Merged) -> None:
    would = "would come in" if merged.dry_run else "came in"
    if not merged.anything:
        say(f"{merged.path} has nothing that is not here already.")
        return
    new = [f"{merged.added[table]} {noun}" for table, noun in NOUNS.items() if merged.added[table]]
    say(f"From {merged.path} {would}: {', '.join(new)}.")
    for annotator, count in merged.labels.items():
        say(f"  {count} labels of {annotator}")
    for replica, count in merged.adopted.items():
        say(f"  {count} events of a fork (replica {replica[:8]}), under a replica id of their own")
    for conflict in merged.conflicts:
        who = f" of {conflict.annotator}" if conflict.annotator else ""
        put(
            f"conflict · {conflict.what}{who} · {conflict.item[:12]}: here {conflict.ours[:60]},"
            f" there {conflict.theirs[:60]}; {_stands(conflict.stands)}"
        )


def _stands(which: str) -> str:
    return {
        "ours": "ours stands, theirs is in the log",
        "theirs": "theirs stands, ours is in the log",
    }.get(which, "both stand")
