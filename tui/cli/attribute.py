"""``pairlab attribute``: what an annotator chooses to state of themselves."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json, say


@click.command("attribute")
@click.argument("statements", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
@click.pass_obj
def command(context: CliContext, statements: tuple[str, ...], *, as_json: bool) -> None:
    """State something of yourself: language, culture, field, or a word of your own.

    `pairlab agree --by KEY` tells agreement within each group that states the same, and the
    report tells what each annotator states. KEY= takes a statement back; without arguments the
    command lists what you have stated.
    """
    from store import clock
    from store.judgements import attributes

    parted = [each.partition("=") for each in statements]
    for key, equals, _ in parted:
        if not key.strip() or not equals:
            raise click.UsageError("each statement is KEY=VALUE, for example language=Dutch")
    with context.open() as database:
        for key, _, value in parted:
            attributes.state(database, context.annotator, key, value, clock.now())
        found = attributes.of_annotator(database, context.annotator)
    if as_json:
        put_json({"annotator": context.annotator, "attributes": found})
        return
    for key, value in found.items():
        put(f"{key}: {value}")
    if not found:
        wanted = ", ".join(f"{key}=..." for key in attributes.SUGGESTED)
        say(f"{context.annotator} has stated nothing; for example: {wanted}")
