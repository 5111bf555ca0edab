"""The options that say how a model file is loaded: of ``run``, its steps, ``judge`` and the app."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from engine.errors import BadRequest
from engine.llama.settings import CACHE_BITS, SPLIT_MODES, SWITCH, HostSettings
from tui.cli.one_of import OneOf

_OPTIONS = {
    "n_threads": click.option(
        "--threads", "n_threads", type=click.IntRange(1), metavar="N", help="[default: the cores]"
    ),
    "n_ctx": click.option(
        "--context",
        "n_ctx",
        type=click.IntRange(256),
        metavar="N",
        help="Tokens a prompt and its answer may have together.",
    ),
    "slots": click.option(
        "--slots",
        type=click.IntRange(1, 240),
        metavar="N",
        help="Texts written at once.  [default: 16; on a GPU up to 128]",
    ),
    "cache_type": click.option(
        "--cache-type",
        type=OneOf(CACHE_BITS),
        default="f16",
        show_default=True,
        help="How keys and values are kept: q8_0 takes half the memory and q4_0 a quarter, and both"
        " need flash attention.",
    ),
    "flash_attention": click.option(
        "--flash-attention",
        type=OneOf(SWITCH),
        default="auto",
        show_default=True,
        help="auto: where the processor or GPU has it.",
    ),
    "gpu_layers": click.option(
        "--gpu-layers",
        type=click.IntRange(0),
        metavar="N",
        help="Layers on the GPU.  [default: all that fit]",
    ),
    "split_mode": click.option(
        "--split-mode",
        type=OneOf(SPLIT_MODES),
        help="What several GPUs share: nothing, whole layers, or rows of each.  [default: layer]",
    ),
    "main_gpu": click.option(
        "--main-gpu",
        type=click.IntRange(0),
        metavar="N",
        help="The GPU, from 0, that computes alone, or with --split-mode row has what is not"
        " split.",
    ),
    "lora": click.option(
        "--lora",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        metavar="FILE",
        help="A LoRA adapter (GGUF) to apply to --model; name and fingerprint of both are kept.",
    ),
}
"""By field of :class:`HostSettings`, in the order ``--help`` shows them."""


def loading_options(*left_out: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options and hand them over as one :class:`HostSettings`, named ``loading``."""
    offered = [name for name in _OPTIONS if name not in left_out]

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def packed(*args: Any, **kwargs: Any) -> None:
            given = {name: kwargs.pop(name) for name in offered}
            if given.get("lora") is not None:
                given["lora"] = str(given["lora"].absolute())
            try:
                loading = HostSettings(**given)
            except BadRequest as error:
                raise click.UsageError(str(error)) from error
            command(*args, loading=loading, **kwargs)

        made: Callable[..., None] = packed
        for name in reversed(offered):
            made = _OPTIONS[name](made)
        return made

    return add


def refuse_for_servers(loading: HostSettings) -> None:
    """Refuse what changes a model file that is not there.

    Raises:
        click.UsageError: such a thing is asked for.
    """
    if loading.lora is not None:
        raise click.UsageError("--lora changes a model file; a server loads its adapters itself")
    if told := loading.told():
        raise click.UsageError(f"{told} is for a model file; a server is set where it runs")
