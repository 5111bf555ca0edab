"""The two lines below everything: what is going on, and the keys that work here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tui.keymap import key_of, with_keys
from tui.text import one_line
from tui.widgets.header import WIDE

if TYPE_CHECKING:
    from textual.screen import Screen


LEAST = 16
"""Columns below which nothing is said of what goes on."""
_ADDRESS = 40
"""Columns for the server that is open; mode M shows the whole address."""


class StatusLine(Widget):
    """What is going on at the left, what was just done at the right."""

    DEFAULT_CSS = """
    StatusLine { height: auto; padding: 0 1; color: $muted; }
    """

    ALLOW_SELECT = False

    doing: reactive[str] = reactive("")
    """What the app and the model are doing."""
    told: reactive[str] = reactive("")
    """What was just done, or went wrong."""
    wrong: reactive[bool] = reactive(default=False)
    """What is told is an error; it stands alone then."""
    dropped: reactive[str] = reactive("")
    """Which key did not count, and why."""
    unsaved: reactive[bool] = reactive(default=False)
    """The last verdict is not yet on disk."""
    server: reactive[str] = reactive("")
    """Addresses of the servers prompts are sent to; empty where they stay with this process."""
    network: reactive[str] = reactive("")
    """How the way to a network is closed; shown where there is room."""
    doubt: reactive[str] = reactive("")
    """What of the project file is not what it was; stands in the place of the network."""

    def watch_wrong(self) -> None:
        """An error may take a second row."""
        self.refresh(layout=True)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """One row; two for an error that is longer."""
        return 2 if self.wrong and cell_len(self.told) > width else 1

    def render(self) -> Content:
        """The line, exactly as wide as the widget."""
        width = self.content_size.width
        if self.wrong:
            return Content.styled(one_line(self.told, 2 * width), "bold $error")
        mark = "saving" if self.unsaved else ""
        first, *others = self.server.split(", ")
        more = f" and {len(others)} more" if others else ""
        opened = "network: only" if self.network else "open:"
        server = f"{opened} {first.partition('://')[2]}" if first else ""
        server = one_line(server, _ADDRESS - len(more)) + more
        told = one_line(self.told, max(width - cell_len(server), 0))
        dropped = one_line(self.dropped, max(width - cell_len(told) - cell_len(server) - 4, 0))
        right = "  ".join(part for part in (told, dropped, mark, server) if part)
        closed = f"network: {self.network}" if self.network and not server else ""
        if self.doubt:
            closed = one_line(f"{self.doubt}: pairlab doctor", width // 2)
        taken = sum(map(cell_len, (one_line(self.doing), right, closed)))
        if closed and taken + 4 <= width:
            right = "  ".join(part for part in (right, closed) if part)
        if right == told and not self.doing:
            # nothing else is going on: no need to look for it at the other end
            return Content.styled(told, "$foreground")
        free = max(width - cell_len(right) - 2, 0)
        left = one_line(self.doing, free) if free >= LEAST or not right else ""
        gap = " " * max(width - cell_len(left) - cell_len(right), 0)
        return Content.assemble((left, ""), gap, (right, "$foreground"))


Entry = tuple[str, Binding, bool]
"""A key as it is shown, its binding, and whether it is enabled."""


class _KeysRow(NamedTuple):
    """Keys that stand side by side, and the cells between them."""

    entries: list[Entry]
    gap: int


def shown_keys(screen: Screen[Any], *, every: bool = False) -> list[Entry]:
    """The keys that work on a screen now, its own first.

    Remapped keys are shown as they are; a binding with two keys is shown once;
    help and leaving come last. Where nothing is shown yet, what cannot be done is not told.

    Args:
        screen: whose keys.
        every: those that are not told as well.
    """
    nothing_here = not every and getattr(screen, "nothing_here", False)
    seen: dict[str, Entry] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        letters = binding.id == "all.quit" and getattr(screen, "open_text", None) is not None
        works = active.enabled and binding.id != "move.next_pane"
        told = binding.show and not letters and (works or not nothing_here)
        if told and binding.action not in seen:
            key = screen.app.get_key_display(binding)
            seen[binding.action] = (key, worded(screen, binding), active.enabled)
    places = own_places(screen)
    behind = max(places.values(), default=-1) + 1  # an id with two bindings counts twice

    def place(entry: Entry) -> int:
        binding = entry[1]
        last = behind + 1 + _LAST.index(_kind(binding)) if _is_last(binding) else behind
        return places.get(binding.id or "", last)

    return sorted(seen.values(), key=place)


def worded(screen: Screen[Any], binding: Binding) -> Binding:
    """A binding in the words of its screen, which may know better where things stand."""
    words = getattr(screen, "worded", None)
    binding = words(binding) if words is not None else binding
    tooltip = with_keys(binding.tooltip, partial(key_of, screen))
    return binding if tooltip == binding.tooltip else replace(binding, tooltip=tooltip)


def own_places(screen: Screen[Any]) -> dict[str, int]:
    """The mode's own bindings in the order in which the mode gives them, by id.

    The order in which Textual merges bindings would put a key first that a mode only redefines.
    """
    own = f"{getattr(screen, 'MODE', '')}."
    given = [each.id for each in type(screen).BINDINGS if isinstance(each, Binding)]
    return {name: place for place, name in enumerate(given) if name and name.startswith(own)}


_LAST = ("all.help", "close", "all.quit")
"""Keys that come last, and are never left out: by id, or by action where they have none."""


def _kind(binding: Binding) -> str:
    return binding.id or binding.action


def _is_last(binding: Binding) -> bool:
    return _kind(binding) in _LAST


LOW = 20
"""Screens with fewer rows give the keys one of them."""


class KeysLine(Widget):
    """The keys, made from the screen's bindings; a click works like the key.

    One row, or two where one is not enough. A screen that has had two keeps them at its width, so
    that nothing above moves as keys come and go.
    """

    DEFAULT_CSS = """
    KeysLine { height: auto; padding: 0 1; color: $muted; }
    """

    ALLOW_SELECT = False

    _most: tuple[int, int] = (0, 1)
    """A width, and the rows that were needed there."""

    def on_mount(self) -> None:
        """Follow what may be pressed."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[Any]) -> None:
        needed = self._needed(self.content_size.width)
        self.refresh(layout=needed > self.content_size.height)

    def on_click(self, event: Click) -> None:
        """A click on a key is that key."""
        key = event.style.meta.get("key")
        if key is not None:
            self.app.simulate_key(key)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """One row or two."""
        return self._needed(width)

    def _needed(self, width: int) -> int:
        if self.app.size.height < LOW:
            return 1
        rows = len(self._rows(shown_keys(self.screen, every=True), width)) or 1
        at, most = self._most
        self._most = (width, max(min(rows, 2), most if at == width else 1))
        return self._most[1]

    def _rows(self, entries: Sequence[Entry], width: int) -> list[_KeysRow]:
        """One row where they fit; else the mode's own keys above the common ones; else filled."""
        places = own_places(self.screen)
        own = sum(binding.id in places for _, binding, _ in entries)
        gaps = (3, 2, 1) if width >= WIDE - 2 else (2, 1)
        for gap in gaps[:2]:
            if len(rows := _rows(entries, width, gap)) <= 1:
                return rows
        for gap in gaps if own else ():
            rows = [*_rows(entries[:own], width, gap), *_rows(entries[own:], width, gap)]
            if len(rows) == 2:
                return rows
        wide = _rows(entries, width, gaps[0])
        return wide if len(wide) == 2 else _rows(entries, width, 1)

    def render(self) -> Content:
        """Every key with its word; where there is no room, help tells how many more there are."""
        width, height = self.content_size
        entries = shown_keys(self.screen)
        if not entries:
            return Content("")
        rows = self._rows(entries, width)
        left_out = 0
        while len(rows) > height and len(entries) > left_out + 2:
            left_out += 1
            rows = _rows(_without(entries, left_out), width, 1)
        drawn = [_drawn(row).truncate(width, ellipsis=True) for row in rows[:height]]
        return Content("\n").join(drawn)


def _rows(entries: Sequence[Entry], width: int, gap: int) -> list[_KeysRow]:
    """As many entries a row as there is room for."""
    rows: list[_KeysRow] = []
    taken = width
    for entry in entries:
        cells = cell_len(entry[0]) + 1 + cell_len(entry[1].description)
        if rows and taken + gap + cells <= width:
            rows[-1].entries.append(entry)
            taken += gap + cells
        else:
            rows.append(_KeysRow([entry], gap))
            taken = cells
    return rows


def _without(entries: Sequence[Entry], left_out: int) -> list[Entry]:
    """The entries less so many before help and leaving; help says how many."""
    behind = sum(_is_last(binding) for _, binding, _ in entries)
    first, last = list(entries[: len(entries) - behind]), entries[len(entries) - behind :]
    told = [
        (key, replace(binding, description=f"{binding.description}, {left_out} more"), enabled)
        if binding.id == "all.help"
        else (key, binding, enabled)
        for key, binding, enabled in last
    ]
    return [*first[: len(first) - left_out], *told]


def _drawn(row: _KeysRow) -> Content:
    return Content(" " * row.gap).join([_entry(*entry) for entry in row.entries])


def _entry(key: str, binding: Binding, enabled: bool) -> Content:
    shown = Content.assemble(
        (key, "bold $accent" if enabled else "$disabled"),
        (f" {binding.description}", "$foreground" if enabled else "$disabled"),
    )
    return shown.stylize(Style.from_meta({"key": binding.key})) if enabled else shown
