"""The one door for text that comes from data, a model or a person's file.

Whatever passes here is shown as it is: nothing in it is markup, and no control byte of it reaches
the terminal (:mod:`tui.visible` says what becomes of those).
"""

from __future__ import annotations

from textual.content import Content

from tui.visible import TAB, clean, one_line

__all__ = ["TAB", "clean", "one_line", "plain"]


def plain(text: str, style: str = "") -> Content:
    """The text as content for any widget: no markup, no control bytes.

    Args:
        text: text from anywhere.
        style: a Textual style for all of it.
    """
    safe = clean(text)
    return Content.styled(safe, style) if style else Content(safe)
