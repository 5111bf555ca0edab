"""A document as one HTML page that asks nothing of anywhere: no script, font or picture from afar.

The Markdown of :mod:`store.reporting` is rendered with links, images and raw HTML switched off,
so that nothing in the data can become markup; only the pictures drawn here go in as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0;
  font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #8886; }
pre { padding: .8rem; border: 1px solid #8886; white-space: pre-wrap; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
"""
_HEAD: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""
_PICTURE: Final = "<svg "


def page(parts: Iterable[str], title: str) -> str:
    """The whole page.

    Args:
        parts: whole blocks of Markdown, or a picture (``<svg ``) each.
        title: of the window.
    """
    from markdown_it import MarkdownIt  # only where a page is written

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.disable(["link", "image", "autolink", "reference"])
    body = [part if part.startswith(_PICTURE) else reader.render(part) for part in parts]
    head = _HEAD.format(title=escape(title), style=_STYLE)
    return f"{head}{''.join(body).rstrip()}\n</body>\n</html>\n"
