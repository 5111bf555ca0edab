"""Hypothesis in the whole suite: the same examples each time, and no limit by the clock.

A busy machine makes no test fail, and what passed here passes elsewhere.
``HYPOTHESIS_PROFILE=explore make test`` draws new examples.

``--encrypted`` makes every project of a test an encrypted one.

What is compiled is kept, for the workers and for every command that a test starts, and the
collector walks the modules less often.
"""

from __future__ import annotations

import gc
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests import quick_files

quick_files.keep_in_memory()
quick_files.copy_tables()
quick_files.read_once()

_CALM = [HealthCheck.too_slow]

settings.register_profile(
    "suite", derandomize=True, deadline=None, max_examples=50, suppress_health_check=_CALM
)
settings.register_profile("explore", deadline=None, suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
gc.set_threshold(100_000, 50, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--encrypted", action="store_true", help="make every project encrypted")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--encrypted"):
        from tests.encrypted import install_for_children

        install_for_children()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--encrypted"):
        for item in items:
            if item.get_closest_marker("plain"):
                item.add_marker(pytest.mark.skip("looks into the bytes of a plain file"))
