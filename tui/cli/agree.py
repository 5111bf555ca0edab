"""``pairlab agree``: agreement between annotators."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json
from tui.cli.one_of import FiniteRange, OneOf

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.attributes import Group
    from store.agreement.counts import Ties
    from store.agreement.report import Agreement, ManyAgreement
    from store.agreement.tables import By
    from store.db.sqlite import Database


@click.command("agree")
@click.option(
    "--between", nargs=2, metavar="A B", default=None, help="These two annotators.  [default: all]"
)
@click.option(
    "--by",
    metavar="WHAT",
    help="Slice the pairs by category, principle, origin or guideline as well; or tell alpha within"
    " each group of people who state the same of WHAT (see attribute).",
)
@click.option(
    "--stated",
    metavar="KEY",
    help="The same for a statement that is called like one of those four.",
)
@click.option(
    "--ties",
    type=OneOf(["separate", "merge", "drop"]),
    default="separate",
    show_default=True,
    help="Ties and both bad as own classes, as one, or left out with their pairs.",
)
@click.option(
    "--width",
    type=FiniteRange(0, 1, min_open=True),
    default=0.1,
    show_default=True,
    help="Tell how many more common pairs until kappa is known to plus or minus this.",
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    between: tuple[str, str] | None,
    by: str | None,
    ties: Ties,
    *,
    stated: str | None,
    width: float,
    as_json: bool,
) -> None:
    """Cohen's kappa with its interval, and everything that keeps it honest.

    Between two annotators, or, with more than two and no --between, over all of them. Where
    models have judged pairs of theirs, each person with each model stands apart (in JSON as
    human_ai, a list of objects like that of two people). JSON has, where there is something to
    tell, strength (weighted kappa), roles, trend, rankings, self (hidden repeats) and left (left
    picks) too.
    """
    from store.agreement import ManyAgreement, dawid_skene, warm_up, with_models
    from store.agreement.ranked import ranked_pairs
    from store.agreement.tables import BY
    from store.ids import is_ai
    from store.names import find
    from store.rounds import draws
    from tui.cli.progress import counting

    warm_up()
    sliced = next((each for each in BY if by and find(by, BY) == each), None)
    stated = stated or (None if sliced else by)
    with context.open() as database, counting("counting who agrees", None):
        result = _agreement(database, between, sliced, ties)
        asked = any(map(is_ai, result.annotators))
        beside = () if asked else with_models(database, result.annotators, ties=ties, by=sliced)
        order = draws.order(database)
        weighed = dawid_skene.crowd(database) if between is None else None
        groups = _groups(database, stated, result.annotators) if stated else []
        if as_json:
            more = {"crowd": weighed.as_json()} if weighed else {}
            told = {"stated": {"by": stated, "groups": [each.as_json() for each in groups]}}
            more |= told if stated else {}
            put_json(_as_json(database, result, beside, ties, width) | more)
            return
        behind = None
        if not isinstance(result, ManyAgreement):
            behind = ranked_pairs(database, *result.annotators, ties=ties)
    from tui.cli.agreement_tables import (
        show_crowd,
        show_groups,
        show_many,
        show_models,
        show_ranked,
        show_two,
    )

    if isinstance(result, ManyAgreement):
        show_many(result)
    else:
        show_two(result, width)
        if behind:
            show_ranked(behind)
    if order.told:
        put(order.words())
    if beside:
        show_models(beside)
    if weighed:
        show_crowd(weighed)
    if stated:
        show_groups(stated, groups)


def _groups(database: Database, stated: str, annotators: Sequence[str]) -> list[Group]:
    """Agreement by an attribute.

    Raises:
        click.UsageError: none of these annotators states it.
    """
    from store.agreement.attributes import by_attribute
    from store.agreement.tables import BY
    from store.judgements import attributes
    from store.names import hint
    from tui.visible import clean

    groups = by_attribute(database, stated, annotators)
    if not groups:
        told = hint(stated, [*BY, *attributes.keys(database)])
        raise click.UsageError(clean(f"--by: nobody here states {stated}{told}"))
    return groups


def _as_json(
    database: Database,
    result: Agreement | ManyAgreement,
    beside: Sequence[Agreement],
    ties: Ties,
    width: float,
) -> dict[str, Any]:
    from store.agreement import Agreement, further
    from store.rounds import draws

    def two(found: Agreement) -> dict[str, Any]:
        told = found.as_json() | {"power": found.power(width).as_json()}
        return told | further.of_two(database, *found.annotators, ties=ties)

    if isinstance(result, Agreement):
        told = two(result)
    else:
        told = result.as_json() | {"pairs": [two(found) for found in result.pairs]}
    told |= further.of_each(database, result.annotators)
    if (queue := draws.order(database)).told:
        told["queue"] = queue.as_json()
    return told | ({"human_ai": [two(found) for found in beside]} if beside else {})


def _agreement(
    database: Database, between: tuple[str, str] | None, by: By | None, ties: Ties
) -> Agreement | ManyAgreement:
    from store.agreement import agreement, agreement_many, annotators
    from store.names import resolve
    from store.rounds import presence, rounds
    from tui.visible import clean

    rounds.guard(database)
    if between is not None:
        known = presence.names(database)
        first, second = (resolve(each, known, "annotator") for each in between)
        if first == second:
            raise click.UsageError(clean(f"--between wants two people; both are {first} here"))
        return agreement(database, first, second, ties=ties, by=by)
    people = annotators(database)
    if len(people) > 2:
        return agreement_many(database, people, ties=ties, by=by)
    if len(people) < 2:
        who = f"only {people[0]} has labelled" if people else "nobody has labelled yet"
        models = annotators(database, ai=True) if people else []
        both = shlex.join([people[0], models[0]]) if models else ""
        hint = f"; with a model: --between {both}" if both else ""
        fail(clean(f"agreement needs two annotators; {who}{hint}"))
    return agreement(database, people[0], people[1], ties=ties, by=by)
