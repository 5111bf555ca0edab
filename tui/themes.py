"""Colours: two dark and two light themes of our own, and the terminal's own sixteen.

One accent. Green and red stand only for insertions and deletions, and for errors; each of them is
underlined, struck or worded as well. Every colour name the styles use beside Textual's own is
listed in :data:`DEFAULTS`.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DEFAULTS = {
    "muted": "#8f949d",
    "disabled": "#6d737d",
    "rule": "#3a3f48",
    "insert": "#9ccf8b",
    "delete": "#e08a84",
    "on-accent": "#14161a",
    "cursor": "#8fb8de",
}
"""Our own names; what a theme does not say itself. A key that does nothing now is ``disabled``."""


def _theme(
    name: str, *, dark: bool, accent: str, selected: str, warning: str, **more: str
) -> Theme:
    """A theme from its few colours: one accent, one tone for structure, two for changes."""
    background, panel, rule = more["background"], more["panel"], more["rule"]
    on_accent, insert, delete = more["on_accent"], more["insert"], more["delete"]
    return Theme(
        name=f"pairlab-{name}",
        primary=accent,
        secondary=accent,
        accent=accent,
        foreground=more["foreground"],
        background=background,
        surface=background,
        panel=panel,
        boost=panel,
        success=insert,
        warning=warning,
        error=delete,
        dark=dark,
        text_alpha=1.0,
        variables={
            "muted": more["muted"],
            "disabled": more["disabled"],
            "rule": rule,
            "insert": insert,
            "delete": delete,
            "on-accent": on_accent,
            "cursor": accent,
            "block-cursor-foreground": on_accent,
            "block-cursor-background": accent,
            "block-cursor-text-style": "none",
            "input-cursor-background": accent,
            "input-cursor-foreground": on_accent,
            "input-selection-background": selected,
            "scrollbar": rule,
            "scrollbar-hover": more["disabled"],
            "scrollbar-active": accent,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
            "border": accent,
            "border-blurred": rule,
        },
    )


DARK = _theme(
    "dark",
    dark=True,
    background="#16181c",
    panel="#1f2227",
    foreground="#d5d8dd",
    accent="#8fb8de",
    on_accent="#14161a",
    selected="#33475b",
    warning="#d9b36c",
    **{name: DEFAULTS[name] for name in ("muted", "disabled", "rule", "insert", "delete")},
)
DUSK = _theme(
    "dusk",
    dark=True,
    background="#1c1917",
    panel="#26221f",
    foreground="#dbd3c7",
    accent="#d7a97b",
    on_accent="#1c1917",
    selected="#55432f",
    muted="#9c9286",
    disabled="#7a7167",
    rule="#423b35",
    insert="#a9c98a",
    delete="#e38f80",
    warning="#dcbf78",
)
LIGHT = _theme(
    "light",
    dark=False,
    background="#faf9f6",
    panel="#efede7",
    foreground="#23262b",
    accent="#1f5f99",
    on_accent="#faf9f6",
    selected="#c5d8ea",
    muted="#5f646d",
    disabled="#83878f",
    rule="#c9c6bd",
    insert="#2d6b22",
    delete="#a5302a",
    warning="#7d5200",
)
PAPER = _theme(
    "paper",
    dark=False,
    background="#f4ecd9",
    panel="#ebe1c9",
    foreground="#2e281f",
    accent="#7a3f10",
    on_accent="#f4ecd9",
    selected="#e0c9a2",
    muted="#655b4b",
    disabled="#857a67",
    rule="#cdbf9f",
    insert="#33611c",
    delete="#9a2e22",
    warning="#734c00",
)

TERMINAL = Theme(
    name="pairlab-terminal",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_blue",
    accent="ansi_blue",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "muted": "ansi_bright_black",
        "disabled": "ansi_bright_black",
        "rule": "ansi_bright_black",
        "insert": "ansi_green",
        "delete": "ansi_red",
        "on-accent": "ansi_black",
        # Black on white can be read on every terminal; what stands out on its blue nobody knows.
        "cursor": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "block-cursor-blurred-foreground": "ansi_black",
        "block-cursor-blurred-background": "ansi_white",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_bright_black",
        "scrollbar-active": "ansi_blue",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)

THEMES = (DARK, DUSK, LIGHT, PAPER, TERMINAL)
