"""What stands over every mode and belongs to the whole project: one line each."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from textual.screen import Screen


class Dialog(NamedTuple):
    """A screen that is opened by key, from Home, and by name, from the palette."""

    id: str
    name: str
    binding: str
    """Id of its key; one that begins with ``home.`` works in Home."""
    about: str
    screen: str
    """``module:Class``; imported when it is opened."""

    def open(self) -> Screen[Any]:
        """A new one."""
        module, name = self.screen.split(":")
        made: Screen[Any] = getattr(import_module(module), name)()
        return made


DIALOGS = (
    Dialog(
        "import",
        "Import a file",
        "all.import",
        "prompts, pairs or labels",
        "tui.dialogs.import_file:ImportScreen",
    ),
    Dialog(
        "models",
        "Choose the model",
        "home.models",
        "from the files found here",
        "tui.dialogs.models:ModelsScreen",
    ),
    Dialog(
        "rounds",
        "Rounds",
        "home.rounds",
        "pairs for several people, sealed",
        "tui.dialogs.rounds:RoundsScreen",
    ),
    Dialog(
        "merge",
        "Merge another project file",
        "home.merge",
        "shows first what comes in",
        "tui.dialogs.merge:MergeScreen",
    ),
    Dialog(
        "report",
        "Write the report",
        "home.report",
        "agreement, rulings, counts",
        "tui.dialogs.write_out:ReportScreen",
    ),
    Dialog(
        "backup",
        "Back up the project",
        "home.backup",
        "a safe copy, checked",
        "tui.dialogs.write_out:BackupScreen",
    ),
    Dialog(
        "settings",
        "Settings",
        "all.settings",
        "the project's, and your own",
        "tui.dialogs.settings:SettingsScreen",
    ),
    Dialog(
        "attributes",
        "About you",
        "home.attributes",
        "language, culture, field",
        "tui.dialogs.attributes:AttributesScreen",
    ),
)

BY_ID = {dialog.id: dialog for dialog in DIALOGS}
"""Each by its id."""
