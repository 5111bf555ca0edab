"""``pairlab certificate``: whether a model's judgement of the pairs can be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json
from tui.cli.listing import figure, list_option, show_pairs

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.judge.certificate import Certificate


@click.command("certificate")
@click.argument("judge", required=False)
@click.option(
    "--person",
    "people",
    metavar="NAME",
    multiple=True,
    help="Hold it against this person's labels alone; may be given again.  [default: everybody's]",
)
@list_option("the two orders conflict")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    judge: str | None,
    people: tuple[str, ...],
    listed: str | None,
    *,
    as_json: bool,
) -> None:
    """Say whether JUDGE (ai:NAME, or NAME) can judge these pairs; without JUDGE, each one.

    Order conflict, consistency, agreement with people and their own as the ceiling, accuracy,
    calibration, length and self-preference, each with n, interval and the reason where it is
    undefined. JSON is one object for JUDGE, else a list. Without JUDGE, --list takes
    FIGURE:JUDGE.
    """
    from store.agreement import warm_up
    from store.agreement.judge.certificate import certificate, judges
    from tui.cli.certificate_text import show
    from tui.cli.progress import counting

    with context.open() as database:
        names = judges(database) if judge is None else [judge]
        if not names:
            fail("no model has judged a pair yet: `pairlab judge` lets one")
        with counting("working out the figures", None):
            warm_up()
            found = [certificate(database, each, people=people or None) for each in names]
        if listed:
            pairs = figure(_figures(found, alone=judge is not None), listed)
            show_pairs(context, database, pairs, as_json=as_json)
            return
    if as_json:
        put_json([each.as_json() for each in found] if judge is None else found[0].as_json())
        return
    for place, each in enumerate(found):
        if place:
            put()
        show(each)


def _figures(found: Sequence[Certificate], *, alone: bool) -> dict[str, Sequence[str]]:
    """The pairs behind each figure by its name, with the judge's where there may be several."""
    from store.agreement.judge.lines import lines

    return {
        line.name if alone else f"{line.name}:{each.judge}": line.figure.pairs
        for each in found
        for line in lines(each)
    }
