"""Attack styles: templates that dress up a harmful prompt, shipped and the user's own."""

from __future__ import annotations

import base64
import codecs
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import constitutions
from engine.errors import BadRequest
from store.names import find, hint
from store.records import Message

ALL: Final = "all"
"""Stands for every style."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PLACE: Final = re.compile(r"\{(\w+)\}")
_ROLES: Final = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class AttackStyle:
    """One way to dress up a prompt."""

    name: str
    title: str
    template: str
    """The user's turn: ``{prompt}``, or what was made of it, stands in it."""
    turns: tuple[Message, ...] = ()
    """A chat before it."""

    def wrap(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The prompt in this style; of a conversation the last turn is wrapped."""
        *before, last = messages
        said = _PLACE.sub(lambda found: _MADE[found[1]](last.content), self.template)
        return (*before, *self.turns, Message(last.role, said))


def load(path: Path | None = None) -> tuple[AttackStyle, ...]:
    """The shipped styles, or those of a file.

    Raises:
        BadRequest: the file cannot be read, or a style in it cannot be used.
    """
    if path is None:
        return _parsed(constitutions.ATTACKS.read_text("utf-8"), "attacks.toml")
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is not UTF-8: save it as such") from error
    return _parsed(text, str(path))


def chosen(names: Iterable[str], path: Path | None = None) -> tuple[AttackStyle, ...]:
    """Some styles by name, ``all`` for every one.

    A file's own styles stand beside the shipped ones, in place of those of the same name; a file
    without a name behind it means all that are in it.

    Raises:
        BadRequest: there is no such style, or the file cannot be used.
    """
    asked = list(dict.fromkeys(names))
    own = load(path) if path is not None else ()
    if own and not asked:
        return own
    known = {style.name: style for style in (*load(), *own)}
    if ALL in asked:
        return tuple(known.values())
    asked = [find(name, known) or name for name in asked]
    for name in asked:
        if name not in known:
            raise BadRequest(f"there is no attack style {name}{hint(name, known)}")
    return tuple(known[name] for name in asked)


def _parsed(text: str, where: str) -> tuple[AttackStyle, ...]:
    try:
        rows = tomllib.loads(text).get("style")
    except tomllib.TOMLDecodeError as error:
        raise BadRequest(f"{where} is not TOML: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise BadRequest(f"{where} has no [[style]]")
    styles = [_style(row, f"{where}: style {number}") for number, row in enumerate(rows, start=1)]
    names = [style.name for style in styles]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadRequest(f"{where}: there are two styles {twice}")
    return tuple(styles)


def _style(row: Any, where: str) -> AttackStyle:
    if not isinstance(row, dict):
        raise BadRequest(f"{where} is no table")
    if unknown := sorted(set(row) - {"name", "title", "template", "turns"}):
        raise BadRequest(f"{where} has {unknown[0]}; known are name, title, template, turns")
    name, template = row.get("name"), row.get("template")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == ALL:
        raise BadRequest(f"{where} needs a name of small letters, digits, - and _, not {ALL}")
    if not isinstance(template, str):
        raise BadRequest(f"{where} ({name}) needs a template")
    places = set(_PLACE.findall(template))
    if wrong := sorted(places - set(_MADE)):
        made = ", ".join(f"{{{place}}}" for place in _MADE)
        raise BadRequest(f"{where} ({name}): {{{wrong[0]}}} is none of {made}")
    if places.isdisjoint({"prompt", "base64", "rot13"}) and not {"first", "second"} <= places:
        raise BadRequest(f"{where} ({name}): the prompt does not stand in its template")
    title = row.get("title", name)
    turns = row.get("turns", [])
    if not isinstance(title, str) or not isinstance(turns, list):
        raise BadRequest(f"{where} ({name}): its title or its turns cannot be used")
    return AttackStyle(name, title, template, tuple(_turn(turn, where) for turn in turns))


def _turn(row: Any, where: str) -> Message:
    if not isinstance(row, dict) or set(row) != {"role", "content"}:
        raise BadRequest(f"{where}: a turn has a role and a content")
    role, content = row["role"], row["content"]
    if role not in _ROLES or not isinstance(content, str):
        raise BadRequest(f"{where}: a turn is of the user or the assistant, and has a text")
    return Message(role, content)


def _halves(text: str) -> tuple[str, str]:
    """A text in two, at the white space nearest to its middle; a single word between letters."""
    middle = len(text) // 2
    gaps = [found.start() for found in re.finditer(r"\s+", text.rstrip())]
    at = min(gaps, key=lambda gap: abs(gap - middle)) if gaps else middle
    return text[:at].strip(), text[at:].strip()


_MADE: Final[dict[str, Callable[[str], str]]] = {
    "prompt": lambda text: text,
    "first": lambda text: _halves(text)[0],
    "second": lambda text: _halves(text)[1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
}
"""What can stand in a template, and how it is made of the prompt."""
