"""Constitutions: read from TOML, checked strictly, told apart by the hash of their text."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import constitutions
from engine.errors import ConstitutionError
from store import names

DEFAULT: Final = "harmlessness"
"""The constitution of a project that names none."""

_TOP: Final = ("name", "version", "language", "description")
_PRINCIPLE: Final = ("id", "title", "critique", "revision", "comparison")
_OPENINGS: Final = ("critique_opening", "revision_opening")
_EXAMPLE: Final = ("prompt", "response", "critique", "revision")


class Principle(NamedTuple):
    """One rule: what to look for, what to make better, how to compare."""

    id: str
    title: str
    critique: str
    """Asks the model what an answer lacks."""
    revision: str
    """Asks the model for the better answer."""
    comparison: str
    """Asks which of two answers is better."""
    categories: tuple[str, ...] = ()
    """Prompts it is used for; empty means all. See :meth:`Constitution.applying`."""
    critique_opening: str = ""
    """Words a small model's critique begins with."""
    revision_opening: str = ""
    """Words a small model's revision begins with."""


class Example(NamedTuple):
    """One worked critique and revision, shown to the model before the real one."""

    prompt: str
    response: str
    critique: str
    revision: str
    principle: str | None = None
    """Id of the principle it illustrates; None goes with every principle."""


class Constitution(NamedTuple):
    """A named, versioned list of principles."""

    name: str
    version: str
    language: str
    description: str
    principles: tuple[Principle, ...]
    examples: tuple[Example, ...]
    sha256: str
    """Of the TOML text, in hex: its id in the store."""
    source: str
    """The TOML text."""

    def principle(self, principle_id: str) -> Principle:
        """The principle of this id.

        Raises:
            ConstitutionError: there is none; names the nearest.
        """
        known = {principle.id: principle for principle in self.principles}
        found = names.find(principle_id, known)
        if found is None:
            hint = names.hint(principle_id, known)
            raise ConstitutionError(
                f"constitution {self.name} has no principle {principle_id}{hint}"
            )
        return known[found]

    def applying(self, category: str) -> tuple[Principle, ...]:
        """The principles used for prompts of a category, in the constitution's order.

        A category that no principle names (a project's own, or none) gets all of them: the
        constitution cannot tell what such a prompt is.
        """
        if not any(category in p.categories for p in self.principles):
            return self.principles
        return tuple(p for p in self.principles if not p.categories or category in p.categories)

    def examples_of(self, category: str) -> tuple[Example, ...]:
        """The examples of no principle and of those used for a category, in the file's order."""
        used = {p.id for p in self.applying(category)}
        return tuple(e for e in self.examples if e.principle is None or e.principle in used)

    def examples_for(self, principle: Principle, category: str) -> tuple[Example, ...]:
        """The examples that fit a principle and a category.

        Those of the principle itself come last, next to the real case, where they are copied
        best; then those of no principle, then those of another one used for the category.
        """

        def nearness(example: Example) -> int:
            if example.principle == principle.id:
                return 2
            return 1 if example.principle is None else 0

        return tuple(sorted(self.examples_of(category), key=nearness))


def shipped_names() -> tuple[str, ...]:
    """The names of the constitutions that come with pairlab."""
    entries = [entry.name for entry in constitutions.FOLDER.iterdir()]
    return tuple(sorted(name[: -len(".toml")] for name in entries if name.endswith(".toml")))


@cache
def shipped(name: str) -> Constitution:
    """A constitution that comes with pairlab.

    Raises:
        ConstitutionError: there is none of this name.
    """
    known = shipped_names()
    found = names.find(name, known)
    if found is None:
        raise ConstitutionError(f"there is no constitution {name}{names.hint(name, known)}")
    text = (constitutions.FOLDER / f"{found}.toml").read_text("utf-8")
    return parse(text, f"{found}.toml")


def load(path_or_name: str) -> Constitution:
    """A constitution by the name of a shipped one or the path of a TOML file.

    Raises:
        ConstitutionError: neither is there, or the file is not a constitution.
    """
    path = Path(path_or_name).expanduser()
    if path.suffix != ".toml" and not path.is_file():
        return shipped(path_or_name)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConstitutionError(f"the constitution {path} cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise ConstitutionError(f"the constitution {path} is not UTF-8: save it as such") from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Constitution:
    """Read a constitution.

    Args:
        text: the TOML text.
        file: the name errors are told with.

    Raises:
        ConstitutionError: naming file, place and key, with the nearest known name.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConstitutionError(f"{file}: no valid TOML: {error}") from error
    place = _SourcePosition(file, "")
    place.only_known(data, (*_TOP, "principle", "example"))
    named = {key: place.text(data, key) for key in _TOP}
    principles = tuple(
        _principle(row, _SourcePosition(file, f"principle {n}"))
        for n, row in enumerate(place.tables(data, "principle"), 1)
    )
    if not principles:
        place.refuse("it has no [[principle]]")
    ids = [p.id for p in principles]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        place.refuse(f"two principles have the id {twice[0]}")
    examples = tuple(
        _example(row, ids, _SourcePosition(file, f"example {n}"))
        for n, row in enumerate(place.tables(data, "example"), 1)
    )
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Constitution(
        **named, principles=principles, examples=examples, sha256=sha256, source=text
    )


@dataclass(frozen=True, slots=True)
class _SourcePosition:
    """Where in which file something stands, for errors."""

    file: str
    where: str

    def refuse(self, reason: str) -> NoReturn:
        head = f"{self.file}: {self.where}: " if self.where else f"{self.file}: "
        raise ConstitutionError(head + reason)

    def only_known(self, row: Mapping[str, Any], known: Iterable[str]) -> None:
        allowed = tuple(known)
        for key in row:
            if key not in allowed:
                self.refuse(f"unknown key {key}{names.hint(key, allowed)}")

    def text(self, row: Mapping[str, Any], key: str) -> str:
        value = row.get(key)
        if value is None:
            self.refuse(f"{key} is missing")
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"{key} must be a text that is not empty")
        return value.strip()

    def tables(self, row: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        value = row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.refuse(f"{key} must be written as [[{key}]]")
        return value


def _principle(row: Mapping[str, Any], place: _SourcePosition) -> Principle:
    place.only_known(row, (*_PRINCIPLE, "categories", *_OPENINGS))
    categories = row.get("categories", [])
    if not isinstance(categories, list) or not all(isinstance(c, str) and c for c in categories):
        place.refuse('categories must be a list of texts, such as ["harmful"]')
    texts = {key: place.text(row, key) for key in _PRINCIPLE}
    openings = {key: place.text(row, key) for key in _OPENINGS if key in row}
    return Principle(**texts, **openings, categories=tuple(categories))


def _example(row: Mapping[str, Any], ids: list[str], place: _SourcePosition) -> Example:
    place.only_known(row, (*_EXAMPLE, "principle"))
    principle = row.get("principle")
    if principle is not None and principle not in ids:
        place.refuse(f"principle {principle} is not in this file{names.hint(str(principle), ids)}")
    return Example(**{key: place.text(row, key) for key in _EXAMPLE}, principle=principle)
