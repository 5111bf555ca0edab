"""A title in the rule above its pane: ``Candidate 2 of 4 ────────── 12 more``."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.text import one_line


class Rule(Widget):
    """One line: a title, the rule, and dim words at its end."""

    DEFAULT_CSS = """
    Rule { height: 1; width: 1fr; color: $rule; padding: 0 1; }
    Rule.-picked { color: $accent; }
    """

    ALLOW_SELECT = False

    heading: reactive[str] = reactive("", layout=False)
    aside: reactive[str] = reactive("", layout=False)
    """Dim words at the right end."""
    done: reactive[float] = reactive(0.0, layout=False)
    """How much of something is done, from 0 to 1: so much of the line is drawn heavy."""

    def __init__(self, heading: str = "", aside: str = "", *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.set_reactive(Rule.heading, heading)
        self.set_reactive(Rule.aside, aside)

    def render(self) -> Content:
        """The line, exactly as wide as the widget."""
        width = self.content_size.width
        aside = one_line(self.aside, max(width // 2, 0))
        room = width - (cell_len(aside) + 1 if aside else 0)
        heading = one_line(self.heading, max(room - 2, 0))
        dashes = room - cell_len(heading) - (1 if heading else 0)
        parts: list[Content | tuple[str, str]] = []
        if heading:
            parts.append((heading, "bold $accent" if self.has_class("-picked") else "$foreground"))
            parts.append((" ", ""))
        heavy = min(round(max(dashes, 0) * self.done), max(dashes, 0))
        parts.append(("━" * heavy, "$accent"))
        parts.append(("─" * max(dashes - heavy, 0), ""))
        if aside:
            parts.append((f" {aside}", "$muted"))
        return Content.assemble(*parts)
