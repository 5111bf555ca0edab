"""Texts somebody is in the middle of writing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea


def open_texts(screens: Iterable[Screen[Any]]) -> list[str]:
    """What stands in the editors and lines that are open on these screens, not stored by a key."""
    return [
        text
        for screen in screens
        for kind in (TextArea, Input)
        for widget in screen.query(kind)
        if _is_shown(widget) and (text := _text(widget)).strip()
    ]


def _is_shown(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def _text(widget: Widget) -> str:
    if isinstance(widget, TextArea):
        return widget.text
    return widget.value if isinstance(widget, Input) else ""
