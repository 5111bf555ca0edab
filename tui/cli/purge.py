"""``pairlab purge``: the texts of prompts leave the file for good."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, fail, json_option, put_json, say
from tui.cli.output import at_terminal, must_agree
from tui.formatting import counted


@click.command("purge")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody is at a terminal.")
@json_option
@click.pass_obj
def command(context: CliContext, identifiers: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Take prompts with all answers, critiques, labels and notes out of the file for good.

    ID names a prompt, or a pair or an answer of it. What stays says only that there was something;
    a merge or an import does not bring the texts back. Copies beside the project that hold them
    are named; copies elsewhere, and what was exported, stay as they are.
    """
    from store import clock
    from store.db.purge import purge, with_what_was_made_of_them
    from store.items import removal
    from tui.cli.progress import counting
    from tui.visible import clean

    with context.open() as database:
        named = removal.prompts_of(database, identifiers)
        prompts = with_what_was_made_of_them(database, named)
        if not prompts:
            fail("all of that was purged already; the project stays as it is")
        concerned = removal.concerned(database, prompts)
    told = (
        f"{counted(concerned.prompts, 'prompt')} and {counted(concerned.pairs, 'pair')} with"
        f" {counted(concerned.labels, 'label')}"
    )
    if not (yes or at_terminal()):
        raise click.UsageError(f"this concerns {told}, for good: it needs --yes here")
    if not yes:
        must_agree(f"Purge {told}? Nothing brings them back.")
    with counting("comparing and rewriting", None):
        done = purge(context.db, prompts, context.annotator, clock.now())
    if as_json:
        put_json(done.as_json())
        return
    say(f"{told} purged; {counted(done.events, 'decision')} about them went along.")
    if done.same_words:
        names = ", ".join(each[:12] for each in done.same_words[:5])
        say(f"The same words also stand in {counted(len(done.same_words), 'other text')}: {names}.")
    for path in done.copies:
        say(clean(f"{path} still holds the texts: delete it, or purge it with --db"))
