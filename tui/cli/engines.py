"""Making an engine from what the command line says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.llama.settings import AS_USUAL, HostSettings
from tui.cli.log import log_file
from tui.cli.output import say

if TYPE_CHECKING:  # what the app loads once its first screen is there
    from engine.api import Engine
    from engine.endpoint.budget import Budget


class ServerChoice(NamedTuple):
    """The servers that write, as the command line says; without addresses there are none."""

    urls: tuple[str, ...] = ()
    allow_remote: bool = False
    """Whether they may be other machines."""
    key_file: Path | None = None


def host_engine(
    model: Path,
    settings: HostSettings = AS_USUAL,
    *,
    beside_a_person: bool = False,
    as_it_is: bool = False,
) -> Engine:
    """An engine over a llama.cpp host of its own; nothing is started before it is loaded.

    The starter model is converted first where that was not done yet: a second or two.

    Args:
        model: the GGUF file.
        settings: how to load it.
        beside_a_person: give way to the screen: a key must not wait for a model that has all
            cores busy.
        as_it_is: load this very file: what is not to write gains nothing by another.
    """
    from engine.llama import conversion
    from engine.llama.client import HostEngine
    from engine.llama.supervisor import COMMAND

    used = conversion.WeightsInUse(model) if as_it_is else conversion.in_use(model)
    if used.words and not beside_a_person:
        say(used.words)
    polite = shutil.which("nice") if beside_a_person else None
    return HostEngine(
        used.path,
        settings,
        log=log_file(),
        command=(polite, "-n", "10", *COMMAND) if polite else COMMAND,
        trouble=(used.words or None) if used.path == model else None,
    )


def server_engine(
    choice: ServerChoice,
    *,
    model: str | None = None,
    think: bool | None = None,
    budget: Budget | None = None,
) -> Engine:
    """An engine over OpenAI-compatible servers; nothing is sent before it is loaded.

    Args:
        choice: the servers.
        model: which of their models; None takes the only one.
        think: whether a reasoning model is to think; None leaves it to the server.
        budget: what the servers may take; None lets them take all.

    Raises:
        EndpointError: one of the addresses is none, or the key cannot be used.
    """
    from engine.endpoint.client import EndpointEngine
    from engine.endpoint.http.key import key_in_file

    if choice.key_file is not None:
        key_in_file(choice.key_file)  # what is wrong with it is told before anything starts
    return EndpointEngine(
        *choice.urls,
        model=model,
        allow_remote=choice.allow_remote,
        key_file=choice.key_file,
        budget=budget,
        think=think,
        log_path=log_file(),
    )
