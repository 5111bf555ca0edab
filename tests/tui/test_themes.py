"""Every theme can be read: contrast as WCAG 2.2 defines it, against both grounds texts stand on."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual._compositor import LayoutUpdate
from textual.color import Color

from tests.tui.driving import MakeApp, press
from tui.app import PairlabApp
from tui.themes import DEFAULTS, THEMES

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


def unreadable(app: PairlabApp) -> set[str]:
    """Words on the screen whose colour stands too little off from what is behind them."""
    update = app.screen._compositor.render_update(full=True)
    assert isinstance(update, LayoutUpdate)
    found = set()
    for run in (run for strips in update.strips for strip in strips for run in strip):
        ink, ground = (run.style.color, run.style.bgcolor) if run.style else (None, None)
        if not any(map(str.isalnum, run.text)) or ink is None or ground is None:
            continue
        assert ink.triplet is not None
        assert ground.triplet is not None
        least = 3 if ink.triplet.hex == DEFAULTS["disabled"] else 4.5
        if contrast(ink.triplet.hex, ground.triplet.hex) < least or run.style.dim:
            found.add(run.text.strip())
    return found


async def test_every_screen_can_be_read(study: Path, make_app: MakeApp) -> None:
    """In one theme: the others have the same names, whose contrast is tested above."""
    app = make_app(study)
    async with app.run_test(size=(110, 35)) as pilot:
        for keys in ("R", "L", "L m", "J", "K", "K h", "B", "X", "X w", "X t", "M", "H", "L g"):
            await press(pilot, *keys.split())
            assert (keys, unreadable(app)) == (keys, set())
            if len(keys) > 1:
                await press(pilot, "escape")
