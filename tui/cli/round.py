"""``pairlab round``: formal rounds, in which several people label the same pairs blind."""

from __future__ import annotations

import secrets
import shlex
from typing import TYPE_CHECKING, Any

import click

from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.one_of import FiniteRange, OneOf
from tui.formatting import share

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.db.sqlite import Database
    from store.rounds.rounds import Round

SHOWN = {
    "sealed": "only progress is told until all have finished",
    "blocks": "figures move by blocks of 10 common pairs",
    "open": "figures are live",
}
"""What may be told of a round while it goes on."""


@click.group("round")
def command() -> None:
    """Give a set of pairs to two or more annotators, each in an order of their own.

    A round is sealed by default: until all have finished, screens and commands tell progress
    and nothing else.
    """


@command.command("new", short_help="Begins a round with the pairs all its people can take.")
@click.argument("name")
@click.option("--annotators", required=True, metavar="A,B", help="Who labels; two names or more.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="N pairs at random.")
@click.option(
    "--overlap",
    type=FiniteRange(0, 100),
    default=100,
    show_default=True,
    metavar="P",
    help="Percent of the pairs that all of them get; the rest is dealt out, one annotator each.",
)
@click.option(
    "--show",
    type=OneOf(list(SHOWN)),
    default="sealed",
    show_default=True,
    help="What is told before all have finished; the choice is recorded.",
)
@click.option("--category", metavar="C", help="Only pairs of this category.")
@click.option("--seed", metavar="N", help="Draws the pairs and the orders.  [default: at random]")
@json_option
@click.pass_obj
def new(
    context: CliContext,
    name: str,
    annotators: str,
    sample: int | None,
    overlap: float,
    show: str,
    category: str | None,
    seed: str | None,
    *,
    as_json: bool,
) -> None:
    """Begin the round NAME with the pairs that all its annotators can still label blind."""
    from store import clock
    from store.rounds import rounds, sampling
    from tui.cli.progress import counting

    people = [each.strip() for each in annotators.split(",") if each.strip()]
    seed = seed if seed is not None else secrets.token_hex(4)
    with context.open() as database:
        with counting("drawing the pairs", None):
            drawn = sampling.draw(database, people, category=category, sample=sample, seed=seed)
        made = rounds.create(
            database,
            name,
            drawn.pair_ids,
            people,
            seal=show,
            overlap=overlap / 100,
            seed=seed,
            by=context.annotator,
            at=clock.now(),
        )
        told = _as_json(database, made)
    if as_json:
        put_json(told)
        return
    say(f"Round '{made.name}': {told['pairs']} pairs; {SHOWN[made.seal]}.")
    if drawn.known or drawn.taken:
        say(
            f"Left out: {drawn.known} pairs one of them has labelled or seen,"
            f" {drawn.taken} in another round."
        )
    for each in made.annotators:
        way = ["pairlab", "--db", str(context.db), "--as", each]
        say(f"  {each} labels with: {shlex.join(way)}")


@command.command("list", short_help="All rounds, with everybody's progress.")
@json_option
@click.pass_obj
def list_(context: CliContext, *, as_json: bool) -> None:
    """All rounds, with everybody's progress."""
    from store.rounds import rounds

    with context.open() as database:
        told = [_as_json(database, each) for each in rounds.ordered(database)]
    if as_json:
        put_json({"rounds": told})
    elif not told:
        say("There is no round yet; begin one with: pairlab round new NAME --annotators A,B")
    for each in [] if as_json else told:
        put(_line(each))


@command.command("show", short_help="How far everybody is, and how it was set up.")
@click.argument("name")
@json_option
@click.pass_obj
def show_(context: CliContext, name: str, *, as_json: bool) -> None:
    """How far everybody is in the round NAME, and how it was set up."""
    from store.rounds import rounds

    with context.open() as database:
        told = _as_json(database, rounds.get(database, name))
    if as_json:
        put_json(told)
        return
    put(_line(told))
    put(f"  begun by {told['by']}, {told['at']}; seed {told['seed']}")
    put(f"  {told['pairs']} pairs, {share(told['overlap'])} of them to everybody")
    if told["ended"] is None:
        put(f"  {told['show']}: {SHOWN[told['show']]}")


@command.command("open", short_help="Shows the figures before all have finished.")
@click.argument("name")
@click.option("--blocks", is_flag=True, help="Only by blocks of 10 new common pairs.")
@click.pass_obj
def open_(context: CliContext, name: str, *, blocks: bool) -> None:
    """Show the figures of the round NAME before all have finished; who chose so is recorded."""
    from store import clock
    from store.rounds import rounds

    with context.open() as database:
        found = rounds.get(database, name)
        seal = "blocks" if blocks else "open"
        rounds.unseal(database, found.id, seal, context.annotator, clock.now())
    say(f"Round '{found.name}': {SHOWN[seal]}. It will say so in the report.")


@command.command("close", short_help="Ends a round although not all have finished.")
@click.argument("name")
@click.option("--reason", required=True, metavar="T", help="Why; it goes into the report.")
@click.pass_obj
def close(context: CliContext, name: str, reason: str) -> None:
    """End the round NAME although not all have finished; all its labels are kept."""
    from store import clock
    from store.rounds import rounds

    with context.open() as database:
        found = rounds.get(database, name)
        rounds.close(database, found.id, context.annotator, reason, clock.now())
    say(f"Round '{found.name}' has ended. Labels given later are not part of it.")


def _as_json(database: Database, made: Round) -> dict[str, Any]:
    from store.rounds import rounds

    return {
        "id": made.id,
        "name": made.name,
        "show": made.seal.value,
        "ended": made.ended,
        "pairs": len(rounds.pairs_of(database, made.id)),
        "overlap": made.overlap,
        "seed": made.seed,
        "by": made.by,
        "at": made.at,
        "progress": [
            {"annotator": each.annotator, "done": each.done, "total": each.total}
            for each in rounds.progress(database, made.id)
        ],
    }


def _line(told: dict[str, Any]) -> str:
    people = ", ".join(f"{p['annotator']} {p['done']} of {p['total']}" for p in told["progress"])
    return f"{told['name']} · {told['ended'] or told['show']} · {people}"
