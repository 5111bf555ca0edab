"""The screen says how the way to a network is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import netlock
from tests.tui.driving import MakeApp, drawn, press, settle


@pytest.mark.parametrize("state", [netlock.Network.LOCKED, netlock.Network.WATCHED])
async def test_footer_and_model_screen_say_it(
    make_app: MakeApp, study: Path, monkeypatch: pytest.MonkeyPatch, state: netlock.Network
) -> None:
    monkeypatch.setattr(netlock, "_state", state)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        for mode in ("R", "L", "M"):
            await press(pilot, mode)
            assert f"network: {state.value}" in drawn(app)
