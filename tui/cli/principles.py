"""``pairlab principles``: what each principle votes, and whose labels it explains."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, fail, json_option, put_json


@click.command("principles")
@click.argument("judge", required=False)
@json_option
@click.pass_obj
def command(context: CliContext, judge: str | None, *, as_json: bool) -> None:
    """Tell the votes that JUDGE (ai:NAME, or NAME) gave under each principle.

    A vote is a, b, or none where the two orders conflict. Beside it: on how many pairs the
    principle votes, how often it gives a person's verdict, how much more that is than always
    naming the person's more frequent side, and which constitution explains each person's labels
    better. Without JUDGE, each judge.
    """
    from store.agreement.judge.certificate import judges, named
    from store.agreement.judge.judged_pairs import load
    from store.agreement.judge.votes import of_constitutions, of_principles
    from store.items import constitutions
    from tui.cli.certificate_text import show_votes

    with context.open() as database:
        names = judges(database) if judge is None else [named(database, judge)]
        called = {c.id: f"{c.name} {c.version}" for c in constitutions.TABLE.where(database)}
        found = []
        for name in names:
            pairs = load(database, name)
            if votes := of_principles(pairs):
                found.append((name, votes, of_constitutions(pairs)))
    if not found:
        fail("no judge was asked under a principle yet: `pairlab judge` asks one")
    if as_json:
        from store.agreement.judge.certificate import as_json as told

        put_json(
            [
                {"judge": name, "principles": told(votes), "constitutions": told(comparisons)}
                for name, votes, comparisons in found
            ]
        )
        return
    for name, votes, comparisons in found:
        show_votes(name, votes, comparisons, called)
