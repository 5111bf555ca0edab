"""A file that fixes everything about a run, to be read before the night and kept with the run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

_META: Final = "pairlab.policy"
_SHARED: Final = frozenset(
    {
        "model",
        "endpoint",
        "allow_remote",
        "api_key_file",
        "constitution",
        "seed",
        "limit",
    }
)
"""Options that the judge takes over from the run where its own table does not name them."""
_OF_A_FILE: Final = frozenset(
    {
        "threads",
        "context",
        "slots",
        "cache_type",
        "flash_attention",
        "gpu_layers",
        "split_mode",
        "main_gpu",
        "lora",
    }
)
"""The same, unless a server judges."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the file says."""

    source: str
    """As it is kept with the run."""
    fixed: frozenset[str]
    """Names of the parameters it fixes."""
    pairs: str | None
    """What `run` pairs, as `setting --pairs` takes it."""
    judge: tuple[str, ...] | None
    """Options of ``judge``; None where nobody judges."""


def policy_option(command: Callable[..., None]) -> Callable[..., None]:
    """``--policy FILE.toml``; what it says counts as if it stood on the command line."""
    return click.option(
        "--policy",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        is_eager=True,
        expose_value=False,
        callback=_read,
        metavar="FILE.toml",
        help="Options by their names (candidates = 4), pairs as `setting --pairs` has them, and a"
        " table [judge] with options of `judge`, which then follows. The file is kept with the"
        " run; what it fixes cannot be given beside it.",
    )(command)


def given(ctx: click.Context) -> Policy | None:
    """The policy of this command, once all its options are read.

    Raises:
        click.UsageError: an option was given that the policy fixes.
    """
    policy: Policy | None = ctx.meta.get(_META)
    for param in ctx.command.params:
        name = str(param.name)
        by_hand = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if by_hand and policy and name in policy.fixed:
            fixed = _key(param.opts[0])
            raise click.UsageError(f"the policy fixes {fixed}: leave the option out")
    return policy


def _read(ctx: click.Context, _param: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    try:
        source = path.read_text(encoding="utf-8")
        told = tomllib.loads(source)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"{path} is no TOML: {error}") from error
    judge, pairs = told.pop("judge", None), told.pop("pairs", None)
    names = _names(ctx.command)
    defaults = {}
    for key, value in told.items():
        if key not in names:
            from store.names import hint

            meant = hint(key, [*sorted(names), "pairs", "judge"])
            raise click.BadParameter(f"{path}: there is no option {key}{meant}")
        param = names[key]
        several = param.multiple and not isinstance(value, list)
        defaults[str(param.name)] = [value] if several else _value(value)
    if pairs is not None and not isinstance(pairs, str):
        raise click.BadParameter(f"{path}: pairs is a text, as `setting --pairs` takes it")
    if judge is not None and not isinstance(judge, dict):
        raise click.BadParameter(f"{path}: judge is a table of options")
    taken = _SHARED if "endpoint" in (judge or {}) else _SHARED | _OF_A_FILE
    shared = {key: value for key, value in told.items() if key in taken}
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    options = None if judge is None else tuple(_arguments(shared | judge))
    ctx.meta[_META] = Policy(source, frozenset(defaults), pairs, options)


def _key(option: str) -> str:
    """As the file spells it."""
    return option.removeprefix("--").replace("-", "_")


def _names(command: click.Command) -> dict[str, click.Option]:
    """Options by their names, as TOML writes them."""
    return {
        _key(option): param
        for param in command.params
        if isinstance(param, click.Option)
        for option in param.opts
        if param.name not in {"policy", "as_json", "dry_run"}
    }


def _value(value: Any) -> Any:
    """A list of two numbers is LO:HI; other lists are options given several times."""
    if isinstance(value, list) and all(isinstance(each, int | float) for each in value):
        return ":".join(map(str, value))
    return value


def _arguments(table: dict[str, Any]) -> list[str]:
    words = []
    for key, value in table.items():
        option = f"--{key.replace('_', '-')}"
        told = _value(value)
        values = [
            each for each in (told if isinstance(told, list) else [told]) if each is not False
        ]
        # one word: --reasoned takes a number or none
        words += [option if each is True else f"{option}={each}" for each in values]
    return words
