"""The options that say what is made and by which model: of ``run`` and its single steps."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from engine.llama.settings import AS_USUAL, HostSettings
from tui.cli import completion
from tui.cli.loading import loading_options
from tui.cli.one_of import OneOf, WholeNumber


@dataclass(frozen=True, slots=True)
class ThinkingOptions:
    """How a reasoning model is to think before it writes."""

    wanted: bool | None = None
    """None leaves it to the model's chat template or to the server."""
    tokens: int = 2048
    """How long it may."""


@dataclass(frozen=True, slots=True)
class Making:
    """What ``run`` or one of its single steps was asked for.

    A step has only the options that mean something to it; the others stay as they are here.
    """

    candidates: int = 4
    temperature: tuple[float, float] = (0.7, 1.1)
    rounds: int = 1
    constitution: str = "harmlessness"
    pick: str = "random"
    model: str | None = None
    teacher: str | None = None
    max_tokens: int = 384
    seed: int = 0
    limit: int | None = None
    with_pairs: bool = False
    revise_all: bool = False
    loading: HostSettings = AS_USUAL
    endpoint: tuple[str, ...] = ()
    allow_remote: bool = False
    api_key_file: Path | None = None
    max_tokens_total: int | None = None
    think: ThinkingOptions = ThinkingOptions()
    no_critique: bool = False
    long_rejected: str | None = None


_DEFAULT = Making()


def _temperatures(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        found = float(low), float(high or low)
    except ValueError:
        found = (-1.0, -1.0)
    if not 0 <= found[0] <= found[1] < math.inf:
        raise click.BadParameter(f"want LO:HI, as in 0.7:1.1, not '{text}'")
    return found


def _seed(_ctx: click.Context, _param: click.Parameter, seed: int) -> int:
    if not -(2**63) <= seed < 2**63:
        raise click.BadParameter(f"{seed} is too large")
    return seed


def _thinking(_ctx: click.Context, _param: click.Parameter, text: str | None) -> ThinkingOptions:
    if text is None:
        return ThinkingOptions()
    if text in ("on", "off"):
        return ThinkingOptions(text == "on")
    number = text.removeprefix("budget").lstrip(" :=")
    if number.isdecimal() and len(number) < 10 and int(number) > 0:
        return ThinkingOptions(wanted=True, tokens=int(number))
    raise click.BadParameter(f"want off, on or a number of tokens, not '{text}'")


_OPTIONS: dict[str, Callable[[Callable[..., None]], Callable[..., None]]] = {
    "candidates": click.option(
        "--candidates",
        type=click.IntRange(1, 64),
        default=_DEFAULT.candidates,
        show_default=True,
        metavar="K",
        help="Answers proposed to each prompt; the first is the one to be revised.",
    ),
    "temperature": click.option(
        "--temperature",
        callback=_temperatures,
        default=":".join(map(str, _DEFAULT.temperature)),
        show_default=True,
        metavar="LO:HI",
        help="The candidates' temperatures are spread over this range, the first the warmest.",
    ),
    "rounds": click.option(
        "--rounds",
        type=click.IntRange(0, 16),
        default=_DEFAULT.rounds,
        show_default=True,
        metavar="N",
        help="Rounds of critique and revision.",
    ),
    "constitution": click.option(
        "--constitution",
        default=_DEFAULT.constitution,
        show_default=True,
        metavar="NAME",
        shell_complete=completion.of(completion.constitutions),
        help="A shipped constitution by name, or a TOML file.",
    ),
    "pick": click.option(
        "--pick",
        default=_DEFAULT.pick,
        show_default=True,
        metavar="random|ordered|PRINCIPLE",
        help="One random principle each time, all in order, or always the same.",
    ),
    "model": click.option(
        "--model", metavar="GGUF", help="[default: $PAIRLAB_MODEL, the last used, the starter]"
    ),
    "teacher": click.option(
        "--teacher",
        metavar="GGUF",
        help="A second model, which writes the critiques and the revisions.",
    ),
    "max_tokens": click.option(
        "--max-tokens",
        type=WholeNumber(),
        default=_DEFAULT.max_tokens,
        show_default=True,
        metavar="N",
        help="Of one answer; longer ones are cut off and stay out of exports.",
    ),
    "seed": click.option(
        "--seed",
        type=int,
        callback=_seed,
        default=_DEFAULT.seed,
        show_default=True,
        metavar="N",
    ),
    "limit": click.option(
        "--limit",
        type=WholeNumber(),
        metavar="N",
        help="The first N prompts in project order, done or not.  [default: all]",
    ),
    "with_pairs": click.option(
        "--with-pairs",
        is_flag=True,
        help="Write for prompts too that came with finished pairs, from now on.",
    ),
    "revise_all": click.option(
        "--revise-all", is_flag=True, help="Revise every candidate, not the first alone."
    ),
    "loading": loading_options(),
    "endpoint": click.option(
        "--endpoint",
        metavar="URL",
        multiple=True,
        help="Let an OpenAI-compatible server be the model; --model is then its name there."
        " Several, each with its own --endpoint, share the work; one that fails is left out until"
        " it answers again.",
    ),
    "allow_remote": click.option(
        "--allow-remote", is_flag=True, help="Let --endpoint be another machine than this one."
    ),
    "api_key_file": click.option(
        "--api-key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Holds the key that --endpoint wants; readable by you alone (chmod 600)."
        "  [default: $PAIRLAB_API_KEY]",
    ),
    "max_tokens_total": click.option(
        "--max-tokens-total",
        type=click.IntRange(1),
        metavar="N",
        help="Stop before --endpoint has taken more than N tokens, prompts and answers together.",
    ),
    "think": click.option(
        "--think",
        callback=_thinking,
        metavar="off|on|[budget:]N",
        help="Whether a reasoning model thinks first, where its template or server can be told;"
        f" N: on, for N tokens at most (else {_DEFAULT.think.tokens}), which are no part of"
        " --max-tokens. What it thinks is kept apart and never part of a text."
        "  [default: as the model does]",
    ),
    "no_critique": click.option(
        "--no-critique",
        is_flag=True,
        help="Revise by the principle alone, without a critique: stands beside revisions with one,"
        " and `pairlab attack results` compares them.",
    ),
    "long_rejected": click.option(
        "--long-rejected",
        type=OneOf(["length_trap", "all"]),
        help="Also write a long and useless answer to set against a short one: to the prompts of"
        " category length_trap, or to all.",
    ),
}
"""By field of :class:`Making`, in the order ``--help`` shows them."""


def making_options(*left_out: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options and hand them over as one :class:`Making`.

    Args:
        left_out: fields of :class:`Making` the command has no option for.
    """
    offered = [field.name for field in fields(Making) if field.name not in left_out]

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def packed(*args: Any, **kwargs: Any) -> None:
            given = {name: kwargs.pop(name) for name in offered}
            command(*args, Making(**given), **kwargs)

        made: Callable[..., None] = packed
        for name in reversed(offered):
            made = _OPTIONS[name](made)
        return made

    return add
