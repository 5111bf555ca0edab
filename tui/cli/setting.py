"""``pairlab setting``: what holds for everybody who labels in the project."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.one_of import FiniteRange, OneOf
from tui.formatting import share

_QUEUES = {
    False: "project order",
    True: "useful pairs first; figures of agreement are over a random {} of the pairs",
}


@click.command("setting")
@click.option(
    "--strength",
    type=OneOf(["on", "off"]),
    help="Ask how much better the better answer is, with the keys 1 to 4.",
)
@click.option(
    "--repeats",
    type=click.IntRange(0),
    metavar="N",
    help="Show one hidden repeat, sides swapped, for every N labels; 0 for none.",
)
@click.option(
    "--minimum-seconds",
    type=FiniteRange(0, 10),
    metavar="S",
    help="Seconds an item must have been on the screen before a key decides on it (.4).",
)
@click.option(
    "--pairs",
    metavar="RULES",
    help="What `run`, `judge` and the app pair by themselves: original-last (each chain's answer"
    " with its last revision), best-worst (the two proposed answers that the judge sets furthest"
    " apart, once it has judged pairs of a prompt's proposed answers: see `pair`), both with a"
    " comma, or none.",
)
@click.option(
    "--queue",
    type=OneOf(["project", "useful"]),
    help="Pairs in project order, or first those where judge and people may differ most.",
)
@click.option(
    "--random-share",
    type=FiniteRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Share of the pairs that --queue useful leaves to chance (.3): figures are over these.",
)
@click.option(
    "--judge-margin",
    type=FiniteRange(0, 0.5, max_open=True),
    metavar="M",
    help="A judge's probability within M of one half is a tie (0); also judge --margin.",
)
@click.option(
    "--backups",
    type=click.IntRange(0, 100),
    metavar="N",
    help="Write a backup whenever the project is opened in the app, and keep the latest N (0).",
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    strength: str | None,
    repeats: int | None,
    minimum_seconds: float | None,
    pairs: str | None,
    queue: str | None,
    random_share: float | None,
    judge_margin: float | None,
    backups: int | None,
    *,
    as_json: bool,
) -> None:
    """Show the project's settings, or change them; who changed what is recorded."""
    from store import clock
    from store.judgements import settings
    from store.views import project_settings

    wanted = {
        settings.STRENGTH: None if strength is None else strength == "on",
        settings.REPEATS: repeats,
        settings.MINIMUM: minimum_seconds,
        settings.RUN_PAIRS: None if pairs is None else rules(pairs),
        settings.QUEUE: queue,
        settings.RANDOM_SHARE: random_share,
        settings.JUDGE_MARGIN: judge_margin,
        settings.BACKUPS: backups,
    }
    with context.open() as database:
        for key, value in wanted.items():
            if value is not None:
                settings.set(database, key, value, context.annotator, clock.now())
        found = project_settings.in_force(database)
    if as_json:
        put_json(found)
        return
    useful = found[settings.QUEUE] == settings.USEFUL
    put(f"strength  {'on' if found[settings.STRENGTH] else 'off'}")
    put(f"repeats   {found[settings.REPEATS] or 'none'}")
    put(f"minimum   {found[settings.MINIMUM]:g} s on an item before a key decides on it")
    put(
        f"pairs     {', '.join(found[settings.RUN_PAIRS]) or 'none'},"
        " made by `run`, `judge` and the app"
    )
    put(f"queue     {_QUEUES[useful].format(share(found[settings.RANDOM_SHARE]))}")
    put(f"margin    {found[settings.JUDGE_MARGIN]:g} from one half, still a tie of a judge's")
    put(f"backups   {found[settings.BACKUPS] or 'none'} kept, one written when the app is opened")
    if any(value is not None for value in wanted.values()):
        say("This holds for everybody who labels in the project, from the next pair on.")


def rules(text: str) -> list[str]:
    """The rules in a list of words.

    Raises:
        click.UsageError: one of them is none.
    """
    from store.judgements.settings import RULES
    from store.names import NoSuchName, resolve

    rules = [] if text == "none" else text.split(",")
    try:
        return [resolve(rule, RULES, "rule") for rule in rules]
    except NoSuchName as wrong:
        raise click.UsageError(f"--pairs: {wrong}") from None
