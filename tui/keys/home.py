"""The keys of Home: each opens what belongs to the whole project."""

from __future__ import annotations

from textual.binding import Binding, BindingType

HOME: list[BindingType] = [
    Binding(
        "t",
        "starter",
        "Starter set",
        id="home.starter",
        tooltip="adds the shipped prompts, constitutions and guideline; what is here stays",
    ),
    Binding(
        "c",
        "app.dialog('models')",
        "Choose model",
        id="home.models",
        tooltip="lists the model files found, with their sizes; enter loads one",
    ),
    Binding(
        "y",
        "app.dialog('attributes')",
        "About you",
        id="home.attributes",
        tooltip="what you choose to state of yourself: language, culture, field",
    ),
    Binding(
        "r",
        "app.dialog('rounds')",
        "Rounds",
        id="home.rounds",
        tooltip="gives pairs to several people, sealed until all have finished",
    ),
    Binding(
        "m",
        "app.dialog('merge')",
        "Merge",
        id="home.merge",
        tooltip="brings another project file's work in, after showing it",
    ),
    Binding(
        "d",
        "app.dialog('report')",
        "Report",
        id="home.report",
        tooltip="writes agreement, rulings and counts as a document",
    ),
    Binding(
        "b",
        "app.dialog('backup')",
        "Backup",
        id="home.backup",
        tooltip="writes a safe copy of the project file",
    ),
]
"""Mode H."""
