"""``pairlab label``: one label without the app, for scripts."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json
from tui.cli.one_of import OneOf

VERDICTS = ("a", "b", "tie", "both_bad", "skip")


@click.command("label")
@click.argument("pair")
@click.argument("verdict", type=OneOf(VERDICTS))
@click.option("--note", metavar="T", help="A remark kept with the label.")
@json_option
@click.pass_obj
def command(
    context: CliContext, pair: str, verdict: str, note: str | None, *, as_json: bool
) -> None:
    """Give VERDICT on PAIR: an id, the beginning of one, or the imported id.

    a and b are the pair's own sides, as `show` prints them.
    """
    from store import clock
    from store.items import pairs
    from store.judgements import labels
    from store.records import Verdict

    with context.open() as database:
        found = pairs.find(database, pair)
        before = labels.mine(database, found.id, context.annotator)
        event = labels.give(
            database,
            found.id,
            context.annotator,
            Verdict(verdict),
            note=note,
            at=clock.now(),
        )
    previous = before.verdict.value if before is not None else None
    if as_json:
        put_json(
            {
                "pair": found.id,
                "annotator": context.annotator,
                "verdict": verdict,
                "superseded": previous,
                "event": event.id,
            }
        )
    else:
        instead = f" (was {previous})" if previous is not None else ""
        put(f"{found.id[:12]}  {context.annotator}: {verdict}{instead}")
