"""``pairlab agree``: agreement between annotators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tui.cli.context import CliContext, fail, json_option, put_json

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.attributes import Group
    from store.agreement.counts import Ties
    from store.agreement.report import Agreement, ManyAgreement
    from store.agreement.tables import By
    from store.db.connection import Database


@click.command("agree")
@click.option(
    "--between", nargs=2, metavar="A B", default=None, help="These two annotators.  [default: all]"
)
@click.option(
    "--by",
    type=click.Choice(["category", "principle", "origin", "guideline"]),
    help="Slice the pairs by this as well.",
)
@click.option(
    "--stated",
    metavar="KEY",
    help="Alpha within each group of people who state the same of KEY as well (see attribute).",
)
@click.option(
    "--ties",
    type=click.Choice(["separate", "merge", "drop"]),
    default="separate",
    show_default=True,
    help="Ties and both bad as own classes, as one, or left out with their pairs.",
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    between: tuple[str, str] | None,
    by: By | None,
    ties: Ties,
    *,
    stated: str | None,
    as_json: bool,
) -> None:
    """Cohen's kappa with its interval, and everything that keeps it honest.

    Between two annotators, or, with more than two and no --between, over all of them. Where
    models have judged pairs of theirs, each person with each model stands apart (in JSON as
    human_ai, a list of objects like that of two people). JSON has, where there is something to
    tell, strength (weighted kappa), roles, trend, rankings, self (hidden repeats) and left (left
    picks) too.
    """
    from store.agreement import ManyAgreement, warm_up, with_models
    from store.agreement.ranked import ranked_pairs
    from store.ids import is_ai

    warm_up()
    with context.open() as database:
        result = _agreement(database, between, by, ties)
        asked = any(map(is_ai, result.annotators))
        beside = () if asked else with_models(database, result.annotators, ties=ties, by=by)
        groups = _groups(database, stated, result.annotators) if stated else []
        if as_json:
            told = {"stated": {"by": stated, "groups": [each.as_json() for each in groups]}}
            put_json(_as_json(database, result, beside, ties) | (told if stated else {}))
            return
        behind = None
        if not isinstance(result, ManyAgreement):
            behind = ranked_pairs(database, *result.annotators, ties=ties)
    from tui.cli.agreement_tables import show_groups, show_many, show_models, show_ranked, show_two

    if isinstance(result, ManyAgreement):
        show_many(result)
    else:
        show_two(result)
        if behind:
            show_ranked(behind)
    if beside:
        show_models(beside)
    if stated:
        show_groups(stated, groups)


def _groups(database: Database, stated: str, annotators: Sequence[str]) -> list[Group]:
    """Agreement by an attribute.

    Raises:
        click.UsageError: none of these annotators states it.
    """
    from store.agreement.attributes import by_attribute
    from store.judgements import attributes
    from tui.visible import clean

    groups = by_attribute(database, stated, annotators)
    if not groups:
        known = ", ".join(attributes.keys(database))
        hint = f"stated here: {known}" if known else "pairlab attribute states something"
        raise click.UsageError(clean(f"--stated: nobody here states {stated}; {hint}"))
    return groups


def _as_json(
    database: Database, result: Agreement | ManyAgreement, beside: Sequence[Agreement], ties: Ties
) -> dict[str, Any]:
    from store.agreement import Agreement, further

    def two(found: Agreement) -> dict[str, Any]:
        return found.as_json() | further.of_two(database, *found.annotators, ties=ties)

    if isinstance(result, Agreement):
        told = two(result)
    else:
        told = result.as_json() | {"pairs": [two(found) for found in result.pairs]}
    told |= further.of_each(database, result.annotators)
    return told | ({"human_ai": [two(found) for found in beside]} if beside else {})


def _agreement(
    database: Database, between: tuple[str, str] | None, by: By | None, ties: Ties
) -> Agreement | ManyAgreement:
    from store.agreement import agreement, agreement_many, annotators
    from store.rounds import rounds
    from tui.visible import clean

    rounds.guard(database)
    if between is not None:
        return agreement(database, *between, ties=ties, by=by)
    people = annotators(database)
    if len(people) > 2:
        return agreement_many(database, people, ties=ties, by=by)
    if len(people) < 2:
        who = f"only {people[0]} has labelled" if people else "nobody has labelled yet"
        models = annotators(database, ai=True) if people else []
        hint = f"; with a model: --between '{people[0]}' '{models[0]}'" if models else ""
        fail(clean(f"agreement needs two annotators; {who}{hint}"))
    return agreement(database, people[0], people[1], ties=ties, by=by)
