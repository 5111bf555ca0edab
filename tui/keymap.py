"""Which key does what: the bindings as they are given, and what a person wants elsewhere."""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import Keys, format_key

from tui.keys.common import COMMON, ITEM_ACTIONS
from tui.keys.deciding import JUDGE, LABEL, REVISE
from tui.keys.home import HOME
from tui.keys.looking import BROWSE, EXPORT, KAPPA, MODEL
from tui.keys.ranking import RANKING
from tui.keys.texts import EDITOR, GUIDELINE, GUIDELINE_EDITOR
from tui.keys.whole_app import APP
from tui.modes.registry import MODES

if TYPE_CHECKING:
    from tui.app import PairlabApp

_MODE_KEYS: dict[str, list[BindingType]] = {
    "revise": REVISE,
    "label": LABEL,
    "kappa": KAPPA,
    "judge": JUDGE,
    "browse": BROWSE,
    "export": EXPORT,
    "model": MODEL,
    "home": HOME,
}

_TAKEN = frozenset({"ctrl+c", "ctrl+p", "ctrl+q"})
"""Keys that Textual or the terminal has: copying, the palette, leaving."""

_SAME_BYTE = {"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+h": "backspace", "ctrl+j": "newline"}
"""Keys that terminals send as another one."""

_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "meta", "hyper"})


def _name(character: str) -> str:
    """The key that writes a character, as Textual names it."""
    return next(iter(Binding.make_bindings([Binding(character, "")]))).key


_PUNCTUATION = {_name(each): each for each in string.punctuation if each != ","} | {"comma": ","}

_NAMES = frozenset(each.value for each in Keys) | _PUNCTUATION.keys()
"""Every key that has a name."""

_ALTERNATIVES: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (
        frozenset({"label.left", "label.right"}),
        frozenset(
            {"label.much_left", "label.rather_left", "label.rather_right", "label.much_right"}
        ),
    ),
    (frozenset({"export.write"}), frozenset({"export.items"})),
)
"""Two groups of which only one works at a time: without and with a strength, and so on."""

_NAMED = re.compile(r"\{([a-z]+\.[a-z_]+)\}")


class KeyContext(NamedTuple):
    """Where keys work together: a mode, the guideline, a text that is being written."""

    name: str
    bindings: tuple[Binding, ...]
    """One for each key; in the order in which help shows them."""
    writes: bool = False
    """Letters go into a text here."""

    def keys(self, keymap: Mapping[str, str]) -> Iterator[tuple[str, Binding]]:
        """Each key with what it does, under a keymap."""
        seen = set()
        for binding in self.bindings:
            wanted = keymap.get(binding.id or "")
            if wanted is None:
                yield binding.key, binding
            elif binding.id not in seen:
                seen.add(binding.id)
                yield from ((key, binding) for key in wanted.split(","))


def _place(name: str, *layers: list[BindingType], writes: bool = False) -> KeyContext:
    """Bindings as they work together: a later layer takes a key from those before it."""
    taken: set[str] = set()
    kept: list[Binding] = []
    for layer in reversed(layers):
        given = list(Binding.make_bindings(layer))
        kept += [each for each in given if each.key not in taken]
        taken |= {each.key for each in given}
    return KeyContext(name, tuple(kept), writes)


def _common(*, has_items: bool) -> list[BindingType]:
    return [
        each
        for each in COMMON
        if has_items or not isinstance(each, Binding) or each.action not in ITEM_ACTIONS
    ]


PLACES = (
    *(
        _place(mode.name, APP, _common(has_items=mode.has_items), _MODE_KEYS[mode.id])
        for mode in MODES
    ),
    _place("Ranking", RANKING),
    _place("Guideline", GUIDELINE),
    _place("Text", EDITOR, writes=True),
    _place("Guideline text", GUIDELINE_EDITOR, writes=True),
)
"""Everywhere that keys with an id work."""


def _by_id() -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    for place in PLACES:
        for binding in place.bindings:
            if binding.id is not None:
                found.setdefault(binding.id, binding)
    return found


BY_ID = _by_id()
"""The first binding of each id, with the key it has by itself."""


def display(key: str) -> str:
    """A key as it is named everywhere: ``ctrl+s``, ``esc``, ``↓``."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, last if last == "enter" else format_key(last)])


def spelled(key: str) -> str:
    """A key as one writes it in the configuration."""
    return _PUNCTUATION.get(key, key)


def key_for(binding_id: str, keymap: Mapping[str, str]) -> str:
    """The first key that a binding has under a keymap."""
    return keymap.get(binding_id, BY_ID[binding_id].key).split(",")[0]


def key_of(node: DOMNode, binding_id: str) -> str:
    """The key of a binding, as it is shown."""
    return display(key_name(node, binding_id))


def key_name(node: DOMNode, binding_id: str) -> str:
    """The key of a binding, as Textual names it."""
    app = cast("PairlabApp", node.app)
    return key_for(binding_id, app.services.configuration.keymap)


def with_keys(words: str, shown: Callable[[str], str]) -> str:
    """Words of our own in which ids in braces have become their keys.

    Args:
        words: no text of a person's: braces in it would be replaced.
        shown: the key of an id, as it is shown.
    """
    return _NAMED.sub(lambda match: shown(match[1]), words)


# What a person wants


class Checked(NamedTuple):
    """A person's keys: what is used, and why the rest is not."""

    keymap: dict[str, str]
    """For ``App.set_keymap``."""
    refused: tuple[str, ...]
    """One line each."""


def check(wanted: Mapping[str, object]) -> Checked:
    """Keys by id as a person wrote them; what cannot be used keeps the key it had."""
    keys: dict[str, str] = {}
    refused: list[str] = []
    for name, value in wanted.items():
        found = _read(name, value)
        if isinstance(found, _Refusal):
            refused.append(found.words)
        else:
            keys[name] = found
    while clash := _clash(keys, list(wanted)):
        name, words = clash
        del keys[name]
        refused.append(words)
    return Checked(_closed(keys), tuple(refused))


def nearest(name: str, known: Iterable[str]) -> str:
    """``; the nearest is NAME``, or nothing where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f"; the nearest is {near[0]}" if near else ""


class _Refusal(NamedTuple):
    words: str


def _read(name: str, value: object) -> str | _Refusal:
    """The keys of one line of the configuration, as Textual names them."""
    if name not in BY_ID:
        return _Refusal(f"keys: there is no {name}{nearest(name, BY_ID)}")
    if not isinstance(value, str) or not value:
        return _Refusal(f'keys: {name}: a key is written in quotes, "z" or "f5" or "z, f5"')
    keys = []
    for part in [value] if value == "," else value.split(","):
        key = _key(part.strip())
        if key is None:
            return _Refusal(f"keys: {name}: {part.strip()} is no key{nearest(part, _NAMES)}")
        if key in _SAME_BYTE:
            return _Refusal(f"keys: {name}: terminals send {key} as {_SAME_BYTE[key]}")
        if key in _TAKEN:
            return _Refusal(f"keys: {name}: {key} cannot be moved to something else")
        keys.append(key)
    return ",".join(keys)


def _key(written: str) -> str | None:
    """The name Textual has for a key; None where no keyboard has it."""
    if len(written) == 1:
        return _name(written) if written.isprintable() and not written.isspace() else None
    if written in _NAMES:
        return written
    *modifiers, last = written.split("+")
    if not modifiers or not _MODIFIERS.issuperset(modifiers):
        return None
    return written if last in _NAMES or (len(last) == 1 and last.isalnum()) else None


def _writes(key: str) -> bool:
    """Whether a text that is open takes the key for itself."""
    return len(key) == 1 or key in _PUNCTUATION or key in {"space", "enter", "tab", "backspace"}


def _clash(keys: Mapping[str, str], order: list[str]) -> tuple[str, str] | None:
    """The first wanted key that something else has in the same place; the later line yields."""
    for place in PLACES:
        held: dict[str, list[Binding]] = {}
        for key, binding in place.keys(keys):
            if place.writes and binding.id in keys and _writes(key):
                return binding.id or "", f"keys: {binding.id}: {display(key)} is taken by the text"
            for other in held.get(key, ()):
                if other.action == binding.action or _never_together(other, binding):
                    continue
                moved = [each for each in (other, binding) if each.id in keys]
                if not moved:
                    continue
                yields = max(moved, key=lambda each: order.index(each.id or ""))
                stays = binding if yields is other else other
                words = f"{display(key)} is {stays.description} in {place.name}"
                return yields.id or "", f"keys: {yields.id}: {words}"
            held.setdefault(key, []).append(binding)
    return None


def _never_together(one: Binding, other: Binding) -> bool:
    """Whether only one of two works at a time, so that they may share a key."""
    ids = {one.id, other.id}
    return any(ids & first and ids & second for first, second in _ALTERNATIVES)


def _closed(keys: dict[str, str]) -> dict[str, str]:
    """The keymap with all that stands on a key that is moved or taken.

    Textual takes a key away from everything that shares it with a binding that moves; what is named
    in the keymap comes back.
    """
    whole = dict(keys)
    for place in PLACES:
        moved = [each for each in place.bindings if each.id in keys]
        touched = {each.key for each in moved}
        touched |= {key for each in moved for key in keys[each.id or ""].split(",")}
        for binding in place.bindings:
            if binding.id is not None and binding.id not in keys and binding.key in touched:
                whole[binding.id] = ",".join(_default_keys(binding.id))
    return whole


def listed(keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Every key that can be moved: where it works, id, keys as shown, what it does.

    What works in every mode, or in several, is listed once, first.
    """

    def shown(binding_id: str) -> str:
        return display(key_for(binding_id, keymap))

    places = [("All modes", _ids_of(APP)), ("All modes", _ids_of(COMMON))]
    places += [(mode.name, _ids_of(_MODE_KEYS[mode.id])) for mode in MODES]
    places += [(place.name, [each.id or "" for each in place.bindings]) for place in PLACES[-3:]]
    told = set()
    for name, every in places:
        for binding_id in every:
            if binding_id and binding_id not in told:
                told.add(binding_id)
                binding = BY_ID[binding_id]
                keys = keymap.get(binding_id) or ",".join(_default_keys(binding_id))
                does = with_keys(binding.tooltip or binding.description.lower(), shown)
                yield name, binding_id, " ".join(map(spelled, keys.split(","))), does


def _ids_of(bindings: list[BindingType]) -> list[str]:
    return [each.id or "" for each in bindings if isinstance(each, Binding)]


def _default_keys(binding_id: str) -> list[str]:
    for place in PLACES:
        if keys := [each.key for each in place.bindings if each.id == binding_id]:
            return list(dict.fromkeys(keys))
    return []
