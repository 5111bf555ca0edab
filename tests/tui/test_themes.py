"""Every theme can be read: contrast as WCAG 2.2 defines it, against both grounds texts stand on."""

from __future__ import annotations

import pytest
from textual.color import Color

from tui.themes import THEMES

OWN = [theme for theme in THEMES if not theme.ansi]


def contrast(one: str, other: str) -> float:
    def luminance(name: str) -> float:
        parts = [value / 255 for value in Color.parse(name).rgb]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_two_dark_ones_two_light_ones_and_the_terminals_own() -> None:
    assert sorted(theme.dark for theme in OWN) == [False, False, True, True]
    assert len(THEMES) == len(OWN) + 1


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_all_words_can_be_read(theme) -> None:
    words = [theme.foreground, theme.accent, theme.warning, theme.error, theme.success]
    words += [theme.variables[name] for name in ("muted", "insert", "delete")]
    for ground in (theme.background, theme.panel):
        assert min(contrast(word, ground) for word in words) >= 4.5
        assert contrast(theme.variables["disabled"], ground) >= 3
    assert contrast(theme.variables["on-accent"], theme.accent) >= 4.5
