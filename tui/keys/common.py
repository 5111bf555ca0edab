"""The keys that every mode has, those of lists and of sheets."""

from __future__ import annotations

from textual.binding import Binding, BindingType

ITEM_ACTIONS = frozenset(
    {"skip", "flag", "note", "where_from", "full", "shield", "next_pane", "markdown", "copy"}
)
"""Actions that need an item with panes; absent in modes without."""

COMMON: list[BindingType] = [
    Binding("u", "undo", "Undo", id="all.undo", tooltip="takes back the last thing you did"),
    Binding("space", "skip", "Skip", id="all.skip", tooltip="goes on; the item comes back later"),
    Binding("f", "flag", "Flag", id="all.flag", tooltip="sets the item aside, or takes that back"),
    Binding("m", "note", "Note", id="all.note", tooltip="writes a note on the item"),
    Binding("i", "where_from", "Origin", id="all.origin", tooltip="tells where the item came from"),
    Binding("g", "guideline", "Guideline", id="all.guideline", tooltip="shows the guideline"),
    Binding("v", "full", "Full", id="all.full", tooltip="shows the picked pane on the full screen"),
    Binding(
        "h", "turns", "Turns", id="all.turns", tooltip="unfolds the earlier turns, or folds them"
    ),
    Binding("s", "shield", "Shield", id="all.shield", tooltip="hides all but the first lines"),
    Binding(
        "l",
        "markdown",
        "Markdown",
        show=False,
        id="all.markdown",
        tooltip="draws Markdown as it is meant, or shows the bare text",
    ),
    Binding(
        "ctrl+y",
        "copy",
        "Copy",
        show=False,
        id="all.copy",
        tooltip="copies the picked text, or all of them, to the clipboard",
    ),
    Binding("question_mark", "help", "Help", id="all.help", tooltip="shows these lines"),
    Binding(
        "slash",
        "app.find",
        "Find",
        id="all.find",
        tooltip="searches everything, in Browse",
    ),
    Binding(
        "number_sign",
        "jump",
        "Go to",
        show=False,
        id="all.jump",
        tooltip="goes to an item by its number",
    ),
    Binding(
        "n",
        "found(1)",
        "Next found",
        show=False,
        id="all.next_found",
        tooltip="opens the next item of the search in Browse that this one came from",
    ),
    Binding(
        "N",
        "found(-1)",
        "Earlier found",
        show=False,
        id="all.earlier_found",
        tooltip="opens the item before it",
    ),
    Binding(
        "tab",
        "next_pane",
        "Next pane",
        show=False,
        id="move.next_pane",
        tooltip="picks the next pane",
    ),
    Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="move.previous_pane"),
    Binding("down,j", "scroll(1)", "Down", show=False, id="move.down", tooltip="scrolls down"),
    Binding("up,k", "scroll(-1)", "Up", show=False, id="move.up", tooltip="scrolls up"),
    Binding(
        "pagedown",
        "page(1)",
        "Page down",
        show=False,
        id="move.page_down",
        tooltip="scrolls by a page",
    ),
    Binding("pageup", "page(-1)", "Page up", show=False, id="move.page_up"),
    Binding(
        "home", "edge(False)", "Top", show=False, id="move.top", tooltip="goes to the first line"
    ),
    Binding(
        "end", "edge(True)", "Bottom", show=False, id="move.bottom", tooltip="goes to the last line"
    ),
    Binding(
        "escape", "leave", "Back", show=False, id="move.leave", tooltip="leaves the full screen"
    ),
]
"""In every mode."""

LINES: list[BindingType] = [
    Binding("down,j", "cursor_down", "Down", show=False, id="move.down"),
    Binding("up,k", "cursor_up", "Up", show=False, id="move.up"),
    Binding("pagedown", "page_down", "Page down", show=False, id="move.page_down"),
    Binding("pageup", "page_up", "Page up", show=False, id="move.page_up"),
    Binding("home", "first", "Top", show=False, id="move.top"),
    Binding("end", "last", "Bottom", show=False, id="move.bottom"),
]
"""In a list, while it has the focus."""

TABLE: list[BindingType] = [
    Binding("up,k", "move(-1, 0)", "Up", show=False, id="move.up"),
    Binding("down,j", "move(1, 0)", "Down", show=False, id="move.down"),
    Binding("left", "move(0, -1)", "Left", show=False, id="move.earlier"),
    Binding("right", "move(0, 1)", "Right", show=False, id="move.later"),
]
"""In the table of verdicts, while it has the focus."""

SHEET: list[BindingType] = [
    Binding("escape,q,question_mark,g,i,l,enter", "close", "Back", key_display="esc"),
    Binding("down,j", "scroll(1)", "Down", key_display="↓", id="move.down"),
    Binding("up,k", "scroll(-1)", "Up", key_display="↑", id="move.up"),
    Binding("pagedown", "page(1)", "Page", key_display="pgdn", id="move.page_down"),
    Binding("space", "page(1)", show=False),
    Binding("pageup", "page(-1)", "Page up", show=False, id="move.page_up"),
    Binding("home", "edge(False)", "Top", show=False, id="move.top"),
    Binding("end", "edge(True)", "Bottom", show=False, id="move.bottom"),
]
"""On a sheet of text."""

PAIR_SHEET: list[BindingType] = [
    Binding("escape,q,enter", "close", "Back", key_display="esc"),
    Binding("down,j", "scroll(1)", "Down", key_display="↓", id="move.down"),
    Binding("up,k", "scroll(-1)", "Up", key_display="↑", id="move.up"),
    Binding("pagedown", "page(1)", "Page", key_display="pgdn", id="move.page_down"),
    Binding("space", "page(1)", show=False),
    Binding("tab", "app.focus_next", "Next pane", id="move.next_pane"),
    Binding("h", "turns", "Turns"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="move.page_up"),
    Binding("home", "edge(False)", "Top", show=False, id="move.top"),
    Binding("end", "edge(True)", "Bottom", show=False, id="move.bottom"),
]
"""On a sheet with a pair."""
