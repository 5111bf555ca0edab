"""``pairlab report``: agreement, rulings, counts, as a document."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, put, say, tell_plain


@click.command("report")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--pseudonyms", is_flag=True, help="Call the annotators A1, A2 ... in the report.")
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
@click.pass_obj
def command(context: CliContext, out: Path, *, pseudonyms: bool, force: bool) -> None:
    """Write OUT, a document with what a paper's appendix needs.

    OUT.md is Markdown, OUT.html one page with the pictures in it, which needs nothing from the net.

    Annotators, rounds, every figure with its interval and table, slices, rulings with their
    reasons, the guideline's history.
    """
    from store.agreement import warm_up
    from store.reporting import report
    from tui.cli.progress import counting

    form = report.form_of(out)
    warm_up()
    with context.open() as database, counting("composing the report", None):
        text = report.compose(database, pseudonyms=pseudonyms, form=form)
        report.write(text, out, force=force)
        tell_plain(database)
    if pseudonyms:
        say("Notes and reasons were not searched for names: read them before you publish.")
    put(str(out))
