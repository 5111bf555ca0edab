"""A file that fixes everything about a run, to be read before the night and kept with the run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from click.core import ParameterSource

from engine.errors import BadRequest, ConstitutionError
from tui.cli.making import Making

_META: Final = "pairlab.policy"
_SHOWN: Final = 40
"""Characters of a wrong value that are shown."""
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
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{path} is no TOML: it is not UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise click.BadParameter(f"{path} is no TOML: {error}") from error
    judge, pairs = told.pop("judge", None), told.pop("pairs", None)
    reader = _PolicyReader(ctx, path, source)
    defaults = reader.options(ctx.command, told, also=("pairs", "judge"))
    if pairs is not None:
        from tui.cli.setting import rules

        if not isinstance(pairs, str):
            reader.refuse("", "pairs", "want a text, as `setting --pairs` takes it")
        reader.checked("", "pairs", lambda: rules(pairs))
    if judge is not None:
        from tui.cli.judge import command as judging

        if not isinstance(judge, dict):
            reader.refuse("", "judge", "want a table of options, [judge]")
        reader.options(judging, judge, table="judge")
    taken = _SHARED if "endpoint" in (judge or {}) else _SHARED | _OF_A_FILE
    shared = {key: value for key, value in told.items() if key in taken}
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    options = None if judge is None else tuple(_arguments(shared | judge))
    ctx.meta[_META] = Policy(source, frozenset(defaults), pairs, options)


@dataclass(frozen=True, slots=True)
class _PolicyReader:
    """Holds what the file says against the options of a command; each refusal names its line."""

    ctx: click.Context
    path: Path
    source: str

    def options(
        self,
        command: click.Command,
        told: dict[str, Any],
        *,
        table: str = "",
        also: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The values by the names of the parameters.

        Args:
            command: whose options they are.
            told: what the file says in one table.
            table: its name; none is the head of the file.
            also: keys of the table that are no options.

        Raises:
            click.BadParameter: there is no such option, or the value is none for it.
        """
        names = _names(command)
        found: dict[str, Any] = {}
        for key, value in told.items():
            if key not in names:
                from store.names import hint

                meant = hint(key, [*sorted(names), *also])
                self.refuse(table, key, f"there is no option {key}{meant}")
            param = names[key]
            if not _suits(param, value):
                self.refuse(table, key, f"{_shown(value)} is no value for it; {_wanted(param)}")
            several = param.multiple and not isinstance(value, list)
            taken = [value] if several else _value(value)
            switched = param.flag_value if value is True and not param.is_flag else taken
            self.checked(table, key, partial(param.process_value, self.ctx, switched))
            found[str(param.name)] = taken
        self._principles(table, told)
        return found

    def _principles(self, table: str, told: dict[str, Any]) -> None:
        """Whether there is such a constitution, and such a principle in it."""
        if told.keys() & {"constitution", "pick"}:
            from engine.method.constitution import load
            from engine.method.plan import Plan

            name = told.get("constitution", Making().constitution)
            self.checked(table, "constitution", lambda: load(name))
            pick = told.get("pick", Making().pick)
            self.checked(table, "pick", lambda: Plan(constitution=load(name), pick=pick))

    def checked(self, table: str, key: str, take: Callable[[], object]) -> None:
        """Try a value."""
        try:
            take()
        except click.UsageError as error:
            self.refuse(table, key, error.message)
        except (BadRequest, ConstitutionError) as error:
            self.refuse(table, key, str(error))

    def refuse(self, table: str, key: str, reason: str) -> NoReturn:
        """Say what is wrong, and where."""
        raise click.BadParameter(f"{self.path}, line {self._line(table, key)}: {key}: {reason}")

    def _line(self, table: str, key: str) -> int:
        """Where a key of a table stands, from 1."""
        within, spelt = "", rf"[\"']?{re.escape(key)}[\"']?"
        lines = self.source.splitlines()
        for number, line in enumerate(lines, 1):
            if header := re.match(r"\s*\[+\s*[\"']?([^\"'\].]+)", line):
                within = header[1].strip()
                if not table and within == key:
                    return number
            elif within == table and re.match(rf"\s*{spelt}\s*[=.]", line):
                return number
        inline = (n for n, line in enumerate(lines, 1) if re.search(rf"{spelt}\s*=", line))
        return next(inline, 1)


def _suits(param: click.Option, value: Any) -> bool:
    """Whether a value has a type that an option can take."""
    if param.is_flag:
        return isinstance(value, bool)
    if isinstance(value, bool):  # an option that takes a value or none
        return bool(param._flag_needs_value)
    kind = param.type
    if isinstance(kind, type(click.FLOAT)):
        return isinstance(value, int | float)
    if isinstance(kind, type(click.INT)):
        return isinstance(value, int)
    if param.multiple:
        return all(isinstance(one, str) for one in (value if isinstance(value, list) else [value]))
    if param.callback is None:
        return isinstance(value, str)
    numbers = isinstance(value, list) and all(isinstance(one, int | float) for one in value)
    return numbers or isinstance(value, str | int | float)


def _wanted(param: click.Option) -> str:
    if param.is_flag:
        return "want true or false"
    if isinstance(param.type, type(click.FLOAT)):
        return "want a number"
    return "want a whole number" if isinstance(param.type, type(click.INT)) else "want a text"


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


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
    if isinstance(value, list) and value and all(isinstance(each, int | float) for each in value):
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
