"""Making an engine from what the command line says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.log import log_file
from tui.cli.output import say

if TYPE_CHECKING:  # what the app loads once its first screen is there
    from engine.api import Engine


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the model is to be run; None leaves it to the host."""

    n_ctx: int | None = None
    n_threads: int | None = None
    gpu_layers: int | None = None
    think: bool | None = None
    """Whether a reasoning model is to think; None leaves it to its chat template."""
    lora: Path | None = None
    """An adapter to apply to the weights."""


def host_engine(
    model: Path,
    options: EngineOptions | None = None,
    *,
    beside_a_person: bool = False,
    as_it_is: bool = False,
) -> Engine:
    """An engine over a llama.cpp host of its own; nothing is started before it is loaded.

    The starter model is converted first where that was not done yet: a second or two.

    Args:
        model: the GGUF file.
        options: how to run it.
        beside_a_person: give way to the screen: a key must not wait for a model that has all
            cores busy.
        as_it_is: load this very file: what is not to write gains nothing by another.
    """
    from engine.llama import conversion
    from engine.llama.client import COMMAND, HostEngine, HostSettings

    used = conversion.WeightsInUse(model) if as_it_is else conversion.in_use(model)
    if used.words and not beside_a_person:
        say(used.words)
    given = options or EngineOptions()
    polite = shutil.which("nice") if beside_a_person else None
    return HostEngine(
        used.path,
        HostSettings(
            n_ctx=given.n_ctx,
            n_threads=given.n_threads,
            gpu_layers=given.gpu_layers,
            think=given.think,
            lora=str(given.lora.absolute()) if given.lora else None,
        ),
        log=log_file(),
        command=(polite, "-n", "10", *COMMAND) if polite else COMMAND,
        trouble=(used.words or None) if used.path == model else None,
    )


def server_engine(
    url: str,
    *,
    model: str | None = None,
    allow_remote: bool = False,
    think: bool | None = None,
) -> Engine:
    """An engine over an OpenAI-compatible server; nothing is sent before it is loaded.

    Args:
        url: what ``--endpoint`` names.
        model: which of the server's models; None takes the only one.
        allow_remote: whether the server may be another machine.
        think: whether a reasoning model is to think; None leaves it to the server.

    Raises:
        EndpointError: ``url`` is no address of a server.
    """
    from engine.endpoint.client import endpoint_engine

    return endpoint_engine(
        url, model=model, allow_remote=allow_remote, think=think, log_path=log_file()
    )
