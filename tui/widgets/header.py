"""The line above everything: project, modes, annotator, agreement."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tui.modes.registry import MODES, Mode
from tui.text import one_line

WIDE = 110
"""From this many columns on there is room for everything."""


class Header(Widget):
    """Where one is; a click on a mode's name opens it."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; padding: 0 1; color: $muted; }
    """

    ALLOW_SELECT = False

    mode: reactive[str] = reactive("")
    agreement: reactive[str] = reactive("")
    """``κ .76  n 124``; empty where it may not be shown or there is none."""

    def __init__(self, project: str, annotator: str, mode: str) -> None:
        super().__init__()
        self._project = project
        self._annotator = annotator
        self.set_reactive(Header.mode, mode)

    async def on_click(self, event: Click) -> None:
        """A mode's name was clicked."""
        mode = event.style.meta.get("mode")
        if mode is not None:
            await self.app.run_action(f"mode('{mode}')")

    def render(self) -> Content:
        """The line, exactly as wide as the widget."""
        width = self.content_size.width
        wide = width >= WIDE - 2
        modes = Content("   " if wide else " ").join(
            self._drawn(mode) for mode in MODES if wide or mode.in_header or mode.id == self.mode
        )
        gap = 3 if wide else 2
        figures = self.agreement
        room = width - modes.cell_length - (cell_len(figures) + gap if figures else 0)
        annotator = one_line(self._annotator, max(min(24, room // 3), 8))
        right = Content.assemble(
            ("as ", ""),
            (annotator, "$foreground"),
            (f"{' ' * gap}{figures}" if figures else "", "$foreground"),
        )
        brand = "pairlab  " if wide else ""
        left_room = width - modes.cell_length - right.cell_length - 2 * gap - len(brand)
        left = Content.assemble((brand, "bold $foreground"), one_line(self._project, left_room))
        free = width - left.cell_length - modes.cell_length - right.cell_length
        before = max((width - modes.cell_length) // 2 - left.cell_length, gap) if wide else gap
        before = max(min(before, free - gap), 1)
        return Content.assemble(
            left, " " * before, modes, " " * max(free - before, 1), right
        ).truncate(width)

    def _drawn(self, mode: Mode) -> Content:
        """A mode's name with its key marked."""
        current = mode.id == self.mode
        base = "bold $accent" if current else "$foreground"
        at = mode.name.upper().index(mode.key)
        name = Content.assemble(
            (mode.name[:at], base),
            (mode.name[at], f"{base} underline"),
            (mode.name[at + 1 :], base),
        )
        return name.stylize(Style.from_meta({"mode": mode.id}))
