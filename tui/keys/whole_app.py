"""The keys that work in every mode because the app has them: the modes' letters, leaving."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.modes.registry import MODES

APP: list[BindingType] = [
    *(
        Binding(
            mode.key,
            f"mode('{mode.id}')",
            mode.name,
            show=False,
            id=f"mode.{mode.id}",
            tooltip=f"opens {mode.name}",
        )
        for mode in MODES
    ),
    Binding(
        "ctrl+o",
        "dialog('import')",
        "Import",
        show=False,
        id="all.import",
        tooltip="brings in prompts, pairs or labels from a file",
    ),
    Binding(
        "comma",
        "dialog('settings')",
        "Settings",
        show=False,
        id="all.settings",
        tooltip="the project's settings, and your own colours and keys",
    ),
    Binding("q", "quit", "Quit", id="all.quit", tooltip="leaves; all is stored"),
    Binding("ctrl+q", "quit", "Quit", show=False, priority=True, tooltip="leaves; all is stored"),
    Binding(
        "ctrl+p",
        "command_palette",
        "Palette",
        show=False,
        priority=True,
        tooltip="finds modes, actions and keys by name",
    ),
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        show=False,
        id="all.suspend",
        tooltip="gives the terminal back to the shell; fg comes back",
    ),
]
