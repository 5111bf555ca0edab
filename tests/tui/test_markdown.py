"""Markdown drawn: what is meant is there, nothing of it reaches the terminal raw."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.hostile import HOSTILE
from tui.markdown import rendered
from tui.text import clean

TEXT = """# Title *here*

Some **bold** and `code`, [a link](http://example.org).
Another line.

- one
  - inner
- two

3. three
4. four

```python
x = 1

y = 2
```

| name | verdict |
|------|---------|
| ann  | **left** |

> said

&#x1b;[31m <b>raw</b>
"""


def test_every_kind_is_drawn() -> None:
    assert rendered(TEXT, 60).plain.split("\n") == [
        "Title here",
        "",
        "Some bold and code, a link (http://example.org).",
        "Another line.",
        "",
        "• one",
        "  • inner",
        "• two",
        "",
        "3. three",
        "4. four",
        "",
        "  x = 1",
        "   ",
        "  y = 2",
        "",
        "name │ verdict",
        "─────┼────────",
        "ann  │ left   ",
        "",
        "▏ said",
        "",
        "\ufffd[31m <b>raw</b>",
    ]


def test_a_wide_table_becomes_a_list() -> None:
    text = f"| head | other |\n|---|---|\n| {'x' * 40} | {'y' * 40} |\n"
    assert rendered(text, 50).plain == f"• head: {'x' * 40}\n  other: {'y' * 40}"


def test_hostile_texts_are_harmless() -> None:
    for text in HOSTILE.values():
        shown = rendered(text, 60).plain
        assert clean(shown) == shown


@given(st.text(alphabet="# *-`>|1.[]()\n ab&;x0\x1b\u202e", max_size=80))
def test_anything_can_be_drawn(text: str) -> None:
    shown = rendered(text, 40).plain
    assert clean(shown) == shown
