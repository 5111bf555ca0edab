"""A list of lines to choose from, for the keyboard first."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widgets import OptionList

from tui.keys.common import LINES


class Lines(OptionList, inherit_bindings=False):
    """An option list without a frame, one line an option; ``j`` and ``k`` move as arrows do.

    It has no ``enter`` of its own: the screen says in its footer what enter does there, and calls
    :meth:`action_select`.
    """

    DEFAULT_CSS = """
    Lines {
        border: none; padding: 0; background: $background; height: auto; max-height: 100%;
        text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1;
    }
    Lines:focus { border: none; background-tint: $background 0%; }
    Lines > .option-list--option { padding: 0 1; }
    Lines > .option-list--option-disabled { color: $foreground; }
    """

    BINDINGS = LINES

    def render_line(self, y: int) -> Strip:
        """Under the cursor all is in the cursor's colour: dim words could not be read there."""
        strip = super().render_line(y)
        if self.scroll_offset.y + y != self.highlighted:
            return strip
        shown = self.get_visual_style("option-list--option", "option-list--option-highlighted")
        over = Style(color=shown.rich_style.color, dim=False)
        return Strip(
            [Segment(text, (style or Style()) + over, control) for text, style, control in strip],
            strip.cell_length,
        )

    def on_focus(self) -> None:
        """The cursor is somewhere from the start, so that enter does something."""
        if self.highlighted is None and self.option_count:
            self.highlighted = 0
