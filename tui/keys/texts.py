"""The keys of the guideline and of texts being written."""

from __future__ import annotations

from textual.binding import Binding, BindingType

GUIDELINE: list[BindingType] = [
    Binding("e", "edit", "Edit", id="guideline.edit", tooltip="writes a new version"),
    Binding(
        "slash",
        "search",
        "Search",
        id="guideline.search",
        tooltip="leaves the sections that have your words",
    ),
    Binding("left", "version(-1)", "Older", id="guideline.older", tooltip="the version before"),
    Binding("right", "version(1)", "Newer", id="guideline.newer", tooltip="the one behind"),
    Binding("d", "changes", "Changes", id="guideline.changes", tooltip="what the version changed"),
    Binding(
        "r",
        "relabel",
        "Label again",
        id="guideline.relabel",
        tooltip="queues your labels made under older versions again",
    ),
    Binding("escape,q,g", "close", "Back", id="guideline.close", tooltip="leads back"),
    Binding("down,j", "scroll(1)", "Down", show=False, id="move.down"),
    Binding("up,k", "scroll(-1)", "Up", show=False, id="move.up"),
    Binding("pagedown", "page(1)", "Page", show=False, id="move.page_down"),
    Binding("space", "page(1)", show=False),
    Binding("pageup", "page(-1)", "Page up", show=False, id="move.page_up"),
    Binding("home", "edge(False)", "Top", show=False, id="move.top"),
    Binding("end", "edge(True)", "Bottom", show=False, id="move.bottom"),
]
"""The guideline, read."""

EDITOR: list[BindingType] = [
    Binding("ctrl+s", "save", "Save", id="editor.save", tooltip="keeps your text"),
    Binding(
        "escape",
        "leave",
        "Leave",
        id="editor.leave",
        tooltip="leaves; your text waits for you to open it again",
    ),
]
"""An answer or a case that is being written."""

GUIDELINE_EDITOR: list[BindingType] = [
    Binding("ctrl+s", "save", "New version", id="guideline.save", tooltip="keeps your text"),
    Binding(
        "escape",
        "leave",
        "Leave",
        id="guideline.leave",
        tooltip="your text waits for {guideline.edit}",
    ),
]
"""A version of the guideline that is being written."""
