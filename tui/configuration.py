"""What one person wants otherwise, on this machine: keys, colours, the least time on an item.

A TOML file of its owner's, which the app changes line by line; whatever cannot be used is told and
changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tui.themes import THEMES

COLOURS = {theme.name.removeprefix("pairlab-"): theme.name for theme in THEMES}
"""The words for the themes."""

SETTINGS = ("keys", "theme", "minimum_seconds", "shield")
SHIELDS = ("off", "harmful")
LONGEST = 60.0
"""Seconds an item may at most have to be on the screen before a key decides."""


class Configuration(NamedTuple):
    """What was read and can be used."""

    keymap: Mapping[str, str] = MappingProxyType({})
    """Keys by the id of their binding, as ``App.set_keymap`` takes them."""
    theme: str | None = None
    """This person's colours."""
    minimum_seconds: float = 0.0
    """How long an item must have been on the screen before a key decides on it; the project's own
    time where that is longer."""
    shields_harmful: bool = False
    """Answers to harmful prompts, and what one has flagged, are hidden until asked for."""
    refused: tuple[str, ...] = ()
    """What was not used and why, one line each."""


def path() -> Path:
    """``$XDG_CONFIG_HOME/pairlab/config.toml``, else ``~/.config/pairlab/config.toml``."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if Path(base).is_absolute() else Path("~/.config").expanduser()
    return home / "pairlab" / "config.toml"


def read(file: Path) -> Configuration:
    """The configuration; an empty one where there is no file, or none that can be read."""
    try:
        written = file.read_text(encoding="utf-8")
        import tomllib  # most people have no such file

        given = tomllib.loads(written)
    except FileNotFoundError:
        return Configuration()
    except OSError as error:
        return Configuration(refused=(f"cannot be read: {error.strerror or error}",))
    except ValueError as error:  # not UTF-8, or no TOML
        return Configuration(refused=(f"is no TOML, nothing of it is used: {error}",))
    return checked(given)


def checked(given: dict[str, Any]) -> Configuration:
    """What of a parsed file can be used."""
    from tui import keymap  # every key there is: needed where there is such a file only

    refused = [
        f"there is no {name}{keymap.nearest(name, SETTINGS)}"
        for name in given
        if name not in SETTINGS
    ]
    keys = given.get("keys", {})
    if not isinstance(keys, dict):
        refused.append("keys is a table: [keys], then one line for each key")
        keys = {}
    moved = keymap.check(_flat(keys))
    refused += moved.refused
    theme = given.get("theme")
    if theme is not None and theme not in COLOURS:
        refused.append(f"theme is one of {', '.join(COLOURS)}")
    seconds = given.get("minimum_seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        seconds = -1
    if not 0 <= seconds <= LONGEST:
        refused.append(f"minimum_seconds is a number from 0 to {LONGEST:g}")
        seconds = 0
    shield = given.get("shield", "off")
    if shield not in SHIELDS:
        refused.append(f"shield is one of {', '.join(SHIELDS)}")
    return Configuration(
        keymap=moved.keymap,
        theme=COLOURS.get(theme) if isinstance(theme, str) else None,
        minimum_seconds=float(seconds),
        shields_harmful=shield == "harmful",
        refused=tuple(refused),
    )


def _flat(keys: dict[str, Any], before: str = "") -> dict[str, Any]:
    """``label.left = "z"`` is a table in a table for TOML, ``"label.left" = "z"`` is not."""
    flat: dict[str, Any] = {}
    for name, value in keys.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[before + name] = value
    return flat
