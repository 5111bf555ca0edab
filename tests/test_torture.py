"""A fast part of ``make torture``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.torture import flips, full, kills, merges, rekeyed, torn
from tests.torture.tried import Tried

FAST = {kills: 2, torn: 24, full: 4, flips: 30, merges: 6, rekeyed: 2}


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL and unshare are POSIX")
@pytest.mark.parametrize(
    ("run", "tries"), [pytest.param(each.run, n, id=each.__name__[14:]) for each, n in FAST.items()]
)
def test_nothing_that_was_acknowledged_is_lost(
    tmp_path: Path, run: Callable[[Path, int, str], Tried], tries: int
) -> None:
    done = run(tmp_path, tries, "fast")
    if done.skipped:
        pytest.skip(done.skipped)
    assert done.lost == 0
    assert done.tries == tries
    assert done.acknowledged > 0
