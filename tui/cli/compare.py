"""``pairlab compare``: human against AI feedback, on this project's own data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, fail, json_option, put_json, stdout_console
from tui.cli.listing import figure, list_option, show_pairs
from tui.cli.one_of import FiniteRange

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.feedback_figures import FeedbackComparison


@click.command("compare")
@click.option(
    "--person-hour",
    type=FiniteRange(0),
    metavar="RATE",
    help="What an hour of a person costs, in any currency.",
)
@click.option(
    "--machine-hour",
    type=FiniteRange(0),
    metavar="RATE",
    help="What an hour of this machine costs, in the same.",
)
@list_option("longer:ann")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    person_hour: float | None,
    machine_hour: float | None,
    listed: str | None,
    *,
    as_json: bool,
) -> None:
    """People and judges side by side: cost, speed, consistency, bias, and who is to judge what.

    Consistency is kappa for both: a person's with their own hidden repeats, a judge's between its
    two orders and between two seeds.
    """
    from store.agreement import warm_up
    from store.agreement.feedback_comparison import compare
    from store.agreement.feedback_figures import Rates
    from store.reporting.comparison import figures
    from store.rounds import rounds
    from tui.cli.progress import counting

    with context.open() as database:
        rounds.guard(database)
        with counting("working out the figures", None):
            warm_up()
            found = compare(database, Rates(person_hour, machine_hour))
        if listed and found.raters:
            show_pairs(context, database, figure(figures(found), listed), as_json=as_json)
            return
    if not found.raters:
        fail("nobody has labelled and no model has judged yet; `pairlab judge` lets one judge")
    if as_json:
        put_json(found.as_json())
    else:
        _show(found)


def _show(found: FeedbackComparison) -> None:
    from rich.markup import escape

    from store.reporting.comparison import (
        EVERYBODY,
        NAMES,
        NOTE,
        SCENARIO,
        SPREAD,
        measures,
        scenario,
        spread,
        spread_title,
        spreads,
        weighed,
    )
    from tui.cli.agreement_tables import plain_table
    from tui.visible import clean

    console = stdout_console()
    crowd = weighed(found)
    for rater in found.raters:
        kind = "person" if rater.kind == "person" else "AI"
        console.print(f"{clean(rater.name)} ({kind})", markup=False)
        told = [*measures(rater), *(crowd[each] for each in (rater.name,) if each in crowd)]
        for each in told:
            console.print(f"  {each.name:<12}{each.words}", markup=False)
    if crowd:
        console.print(f"all raters weighed: {crowd[EVERYBODY].words}", markup=False)
    falls = (
        (spread_title(clean(who)), SPREAD, [spread(each) for each in parts])
        for who, parts in spreads(found).items()
    )
    advice = [scenario(each) for each in found.scenario]
    for title, head, rows in (("Who is to judge what", SCENARIO, advice), *falls):
        if rows:
            console.print(f"\n{title}", markup=False)
            shown = plain_table(*head, left=NAMES)
            for row in rows:
                shown.add_row(
                    *(escape(clean(each)) for each in row.cells), style="dim" if row.few else None
                )
            console.print(shown)
    console.print(f"\n{NOTE}")
