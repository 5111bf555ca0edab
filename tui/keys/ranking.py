"""The keys of the ranking of several answers, opened in Label."""

from __future__ import annotations

from textual.binding import Binding, BindingType

RANKING: list[BindingType] = [
    *(
        Binding(
            str(number),
            f"place({number})",
            "Next best",
            show=number == 1,
            id=f"rank.place_{number}",
            tooltip=f"gives answer {number} the next place",
        )
        for number in range(1, 10)
    ),
    Binding(
        "equals_sign",
        "tie",
        "As good",
        id="rank.tie",
        tooltip="the next number is as good as the one before",
    ),
    Binding("backspace", "back", "Take back", id="rank.back", tooltip="takes the last place back"),
    Binding("enter", "keep", "Keep", id="rank.keep", tooltip="stores the ranking"),
    Binding("space", "skip", "Skip", id="rank.skip", tooltip="goes on to another prompt"),
    Binding("u", "undo", "Undo", id="rank.undo", tooltip="takes back the last ranking kept"),
    Binding("escape,q", "close", "Back", id="rank.close", tooltip="leads back to the pairs"),
    Binding("tab", "app.focus_next", "Next pane", show=False, id="move.next_pane"),
    Binding("shift+tab", "app.focus_previous", show=False, id="move.previous_pane"),
    Binding("down,j", "scroll(1)", "Down", show=False, id="move.down"),
    Binding("up,k", "scroll(-1)", "Up", show=False, id="move.up"),
    Binding("pagedown", "page(1)", "Page", show=False, id="move.page_down"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="move.page_up"),
    Binding("home", "edge(False)", "Top", show=False, id="move.top"),
    Binding("end", "edge(True)", "Bottom", show=False, id="move.bottom"),
]
"""Answers of one prompt put in order."""
