"""The options that say what is made and by which model: for ``run``, ``propose``, ``revise``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Making:
    """What ``run`` and its single steps were asked for."""

    candidates: int
    temperature: tuple[float, float]
    rounds: int
    constitution: str
    pick: str
    model: str | None
    teacher: str | None
    max_tokens: int
    seed: int
    limit: int | None
    revise_all: bool
    threads: int | None
    n_ctx: int | None
    gpu_layers: int | None
    endpoint: str | None
    allow_remote: bool


def _temperatures(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        return float(low), float(high or low)
    except ValueError:
        raise click.BadParameter(f"want LO:HI, as in 0.7:1.1, not '{text}'") from None


_OPTIONS = (
    click.option(
        "--candidates",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        metavar="K",
        help="Answers proposed to each prompt; the first is criticised and revised.",
    ),
    click.option(
        "--temperature",
        callback=_temperatures,
        default="0.7:1.1",
        show_default=True,
        metavar="LO:HI",
        help="The candidates' temperatures are spread over this range, the first the warmest.",
    ),
    click.option(
        "--rounds",
        type=click.IntRange(0, 16),
        default=1,
        show_default=True,
        metavar="N",
        help="Rounds of critique and revision.",
    ),
    click.option(
        "--constitution",
        default="harmlessness",
        show_default=True,
        metavar="NAME",
        help="A shipped constitution by name, or a TOML file.",
    ),
    click.option(
        "--pick",
        default="random",
        show_default=True,
        metavar="random|ordered|PRINCIPLE",
        help="One random principle a round, all in order, or always the same.",
    ),
    click.option(
        "--model", metavar="GGUF", help="[default: $PAIRLAB_MODEL, the last used, the starter]"
    ),
    click.option(
        "--teacher",
        metavar="GGUF",
        help="A second model, which writes the critiques and the revisions.",
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(1),
        default=384,
        show_default=True,
        metavar="N",
        help="Of one answer; longer ones are cut off and stay out of exports.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, metavar="N"),
    click.option(
        "--limit",
        type=click.IntRange(1),
        metavar="N",
        help="The first N prompts in project order, done or not.  [default: all]",
    ),
    click.option("--revise-all", is_flag=True, help="Revise every candidate, not the first alone."),
    click.option("--threads", type=click.IntRange(1), metavar="N", help="[default: the cores]"),
    click.option(
        "--context",
        "n_ctx",
        type=click.IntRange(256),
        metavar="N",
        help="Tokens a prompt and its answer may have together.",
    ),
    click.option(
        "--gpu-layers",
        type=click.IntRange(0),
        metavar="N",
        help="Layers on the GPU.  [default: all that fit]",
    ),
    click.option(
        "--endpoint",
        metavar="URL",
        help="Let an OpenAI-compatible server write; --model is then its model's name.",
    ),
    click.option(
        "--allow-remote", is_flag=True, help="Let --endpoint be another machine than this one."
    ),
)


def making_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options and hand them over as one :class:`Making`."""

    @functools.wraps(command)
    def packed(*args: Any, **kwargs: Any) -> None:
        given = {field.name: kwargs.pop(field.name) for field in fields(Making)}
        command(*args, Making(**given), **kwargs)

    for option in reversed(_OPTIONS):
        packed = option(packed)
    return packed
