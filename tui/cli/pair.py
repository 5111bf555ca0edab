"""``pairlab pair``: any two answers of a prompt, or any two rounds, as a pair to label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.one_of import OneOf

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.db.sqlite import Database
    from store.judgements.pairing import Proposal

RULES = ("original-last", "all", "best-worst", "neighbours", "random", "bad-teacher")


class _Rounds(click.ParamType[tuple[int, int]]):
    """Two numbers of rounds, as ``0:2``."""

    name = "rounds"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        parts = str(value).split(":")
        if len(parts) != 2 or not all(map(str.isdecimal, parts)) or int(parts[0]) == int(parts[1]):
            self.fail("want two different rounds, as in 0:2 (0 is the answer itself)", param, ctx)
        return int(parts[0]), int(parts[1])


@click.command("pair")
@click.argument("answers", nargs=-1, metavar="[A B]")
@click.option("--rule", type=OneOf(RULES), help="Which two answers of each prompt.")
@click.option(
    "--rounds", type=_Rounds(), metavar="I:J", help="In each chain, round I with round J."
)
@click.option("--prompt", metavar="ID", help="Only of this prompt.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only of the first N prompts.")
@click.option("--dry-run", is_flag=True, help="Say what would be paired; write nothing.")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    answers: tuple[str, ...],
    rule: str | None,
    rounds: tuple[int, int] | None,
    prompt: str | None,
    limit: int | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make pairs: of the answers A and B, or by a rule over the answers of each prompt.

    \b
    original-last  each answer with its last revision
    all            each two answers
    best-worst     the two answers that the judges' words put furthest apart
    neighbours     each answer with the next one
    random         two answers drawn by the project's seed
    bad-teacher    the first answer, plausible and bad, with what a teacher made of it

    An answer is a proposed or imported one; A and B may be revisions too. Not paired, and counted,
    are texts that are empty, the same, or degenerate (loops, chat-template text). Which of a pair
    is called a is drawn. Exit status 1: A and B make no pair. 0 where there is one already.
    """  # noqa: D301 - click wants the character itself
    if sum((bool(answers), rule is not None, rounds is not None)) != 1:
        raise click.UsageError("want two answers A B, or --rule, or --rounds I:J")
    if answers and (len(answers) != 2 or prompt or limit):
        raise click.UsageError("want two answers A B, without --prompt and --limit")
    from store import clock
    from store.judgements import pairing

    with context.open() as database:
        wanted = _wanted(database, answers, rule, rounds, prompt, limit)
        done = pairing.make(database, wanted, at=clock.now(), dry_run=dry_run)
    left = Counter(str(each.left) for each in done.left)
    if as_json:
        told = [
            {"prompt": e.prompt_id, "a": e.one, "b": e.other, "reason": str(e.left)}
            for e in done.left
        ]
        put_json(
            {
                "dry_run": dry_run,
                "made": len(done.made),
                "pairs": [] if dry_run else done.made,
                "left": dict(left),
                "left_out": told,
            }
        )
    else:
        for pair_id in [] if dry_run else done.made:
            put(pair_id)
        noun = "pair" if len(done.made) == 1 else "pairs"
        say(f"{'Would make' if dry_run else 'Made'} {len(done.made):,} {noun}.")
        for reason, times in left.most_common():
            say(f"{times:,} not: {reason}")
    if answers and any(each.left is not pairing.Left.THERE for each in done.left):
        raise click.exceptions.Exit(1)


def _wanted(
    db: Database,
    answers: tuple[str, ...],
    rule: str | None,
    rounds: tuple[int, int] | None,
    prompt: str | None,
    limit: int | None,
) -> Iterator[Proposal]:
    from store import find
    from store.errors import WrongId
    from store.items import prompts
    from store.judgements import pairing

    def named(text: str) -> str:
        found = find.anything(db, text)
        if found.kind != "candidate":
            raise WrongId(text, "candidate")
        return found.id

    if answers:
        one, other = map(named, answers)
        yield pairing.of_two(db, one, other)
        return
    chosen = [find.prompt_id(db, prompt)] if prompt else [each.id for each in prompts.ordered(db)]
    for prompt_id in chosen[:limit]:
        if rounds is not None:
            yield from pairing.by_rounds(db, prompt_id, *rounds)
        elif rule is not None:
            yield from pairing.by_rule(db, prompt_id, pairing.PairingRule(rule))
