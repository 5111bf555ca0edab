"""``pairlab remove``: takes prompts and pairs out of the project again."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, fail, json_option, put_json, say
from tui.cli.output import at_terminal, must_agree
from tui.formatting import counted


@click.command("remove")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--import", "source", metavar="FILE", help="All that the import of FILE brought.")
@click.option(
    "--filter",
    "search",
    metavar="SEARCH",
    help="The pairs a search of mode B finds (with kind:prompt the prompts).",
)
@click.option("--undo", is_flag=True, help="Bring back what was removed.")
@click.option("--dry-run", is_flag=True, help="Say what it concerns, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody is at a terminal.")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    identifiers: tuple[str, ...],
    source: str | None,
    search: str | None,
    *,
    undo: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take prompts or pairs out: by ID, by the file they came from, or by a search.

    A prompt takes its pairs along. What is out is in no queue, figure, check or export. All texts
    and labels stay in the file; --undo brings them back, a new import of the same file does not.
    """
    from store import clock
    from store.items import removal
    from store.views.query import SearchTarget
    from tui.cli.searching import searched

    if (bool(identifiers), source is not None, search is not None).count(True) != 1:
        raise click.UsageError("say what: IDs, --import FILE or --filter SEARCH (one of them)")
    with context.open() as database:
        if search is not None:
            asked = f"{search} status:removed" if undo else search
            query, found = searched(database, context.annotator, asked)
            if query.kind is SearchTarget.ANSWER:
                fail(
                    "--filter: only prompts and pairs are removed; ask for kind:pair or kind:prompt"
                )
        elif source is not None:
            found = removal.of_import(database, source, removed=undo)
        else:
            found = removal.named(database, identifiers)
            for item in found if undo else ():
                out = removal.of_item(database, item)
                if out is not None and out.item != item:
                    fail(f"{item[:12]} went with its prompt: bring {out.item[:12]} back")
        items = removal.changing(database, found, removed=not undo)
        if not found:
            fail("nothing answers to that; the project stays as it is")
        concerned = removal.concerned(database, items)
        told = (
            f"{counted(concerned.prompts, 'prompt')} and {counted(concerned.pairs, 'pair')} with"
            f" {counted(concerned.labels, 'label')}"
        )
        if items and not dry_run:
            if not (yes or at_terminal()):
                raise click.UsageError(f"this concerns {told}: it needs --yes here")
            if not yes:
                must_agree(f"{'Bring back' if undo else 'Remove'} {told}?")
            do = removal.bring_back if undo else removal.remove
            do(database, items, context.annotator, at=clock.now())
    if as_json:
        put_json({"undo": undo, "dry_run": dry_run, "items": items, **concerned._asdict()})
        return
    back = " Bring them back with --undo." if items and not (undo or dry_run) else ""
    if dry_run:
        would = "come back" if undo else "be removed"
        say(f"{told} would {would}; nothing was written.")
    else:
        say(f"{told} {'are back' if undo else 'removed'}.{back}")
