"""Colours: a dark and a light theme of our own, and the terminal's own sixteen.

One accent. Green and red stand only for insertions and deletions, and for errors; each of them is
underlined, struck or worded as well. Every colour name the styles use beside Textual's own is
listed in :data:`DEFAULTS`.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DEFAULTS = {
    "muted": "#8b9099",
    "rule": "#3a3f48",
    "insert": "#9ccf8b",
    "delete": "#e08a84",
    "on-accent": "#14161a",
}
"""Our own names; what a theme does not say itself."""

DARK = Theme(
    name="pairlab-dark",
    primary="#8fb8de",
    secondary="#8fb8de",
    accent="#8fb8de",
    foreground="#d5d8dd",
    background="#16181c",
    surface="#16181c",
    panel="#1f2227",
    boost="#22262c",
    success="#9ccf8b",
    warning="#d9b36c",
    error="#e08a84",
    dark=True,
    text_alpha=1.0,
    variables={
        **DEFAULTS,
        "block-cursor-foreground": "#14161a",
        "block-cursor-background": "#8fb8de",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#8fb8de",
        "input-cursor-foreground": "#14161a",
        "input-selection-background": "#33475b",
        "scrollbar": "#3a3f48",
        "scrollbar-hover": "#4b525d",
        "scrollbar-active": "#8fb8de",
        "scrollbar-background": "#16181c",
        "scrollbar-background-hover": "#16181c",
        "scrollbar-background-active": "#16181c",
        "scrollbar-corner-color": "#16181c",
        "border": "#8fb8de",
        "border-blurred": "#3a3f48",
    },
)

LIGHT = Theme(
    name="pairlab-light",
    primary="#1f5f99",
    secondary="#1f5f99",
    accent="#1f5f99",
    foreground="#23262b",
    background="#faf9f6",
    surface="#faf9f6",
    panel="#efede7",
    boost="#e9e6df",
    success="#2d6b22",
    warning="#8a5a00",
    error="#a5302a",
    dark=False,
    text_alpha=1.0,
    variables={
        "muted": "#656a73",
        "rule": "#c9c6bd",
        "insert": "#2d6b22",
        "delete": "#a5302a",
        "on-accent": "#faf9f6",
        "block-cursor-foreground": "#faf9f6",
        "block-cursor-background": "#1f5f99",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#1f5f99",
        "input-cursor-foreground": "#faf9f6",
        "input-selection-background": "#c5d8ea",
        "scrollbar": "#c9c6bd",
        "scrollbar-hover": "#aeaa9f",
        "scrollbar-active": "#1f5f99",
        "scrollbar-background": "#faf9f6",
        "scrollbar-background-hover": "#faf9f6",
        "scrollbar-background-active": "#faf9f6",
        "scrollbar-corner-color": "#faf9f6",
        "border": "#1f5f99",
        "border-blurred": "#c9c6bd",
    },
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
        "rule": "ansi_bright_black",
        "insert": "ansi_green",
        "delete": "ansi_red",
        "on-accent": "ansi_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_blue",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_bright_black",
        "scrollbar-active": "ansi_blue",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)

THEMES = (DARK, LIGHT, TERMINAL)
