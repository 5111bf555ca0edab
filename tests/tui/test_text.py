from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.hostile import FORBIDDEN, HOSTILE
from tui.text import clean, one_line, plain


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_is_left(name: str) -> None:
    shown = plain(HOSTILE[name])
    assert not FORBIDDEN.intersection(shown.plain)
    assert not shown.spans
    shown.plain.encode()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_clean_is_clean_and_stays_so(text: str) -> None:
    once = clean(text)
    assert not FORBIDDEN.intersection(once)
    assert clean(once) == once


def test_markup_is_shown_to_the_letter() -> None:
    text = "[bold]x[/bold] [/] [link=a]$b"
    assert plain(text).plain == text


def test_what_cannot_be_seen_gets_a_mark() -> None:
    assert clean("a\x1b[31m") == "a␛[31m"
    assert clean("a\u202eb") == "a⟨RLO⟩b"
    assert clean("a\x85b\x9bc") == "a⟨85⟩b⟨9B⟩c"
    assert clean("a\U000e0041b") == "a⟨E0041⟩b"
    assert clean("a\r\nb\rc\td") == "a\nb␍c    d"


def test_pictures_made_of_several_characters_stay_whole() -> None:
    for text in ("👨‍👩‍👧‍👦", "🇩🇪", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "é", "مرحبا"):
        assert clean(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.integers(min_value=0, max_value=30))
def test_one_line_keeps_its_width(text: str, cells: int) -> None:
    line = one_line(text, cells)
    assert cell_len(line) <= cells
    assert "\n" not in line
