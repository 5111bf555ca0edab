"""A few random sequences of keys; ``make torture`` tries more."""

from __future__ import annotations

from pathlib import Path

from tests.torture import keys


def test_random_keys_end_nothing_and_label_only_what_is_told(tmp_path: Path) -> None:
    done = keys.run(tmp_path, 3, "one")
    assert done.lost == 0
    assert done.acknowledged > 0
