"""The real host over the starter model, started once for all tests that ask for it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.llama.client import HostEngine
from engine.llama.settings import HostSettings
from engine.llama.weights import starter_model

# The plain API runs in this process, as a yardstick: its threads shall not spin either.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "300")


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The starter model's file."""
    found = starter_model()
    if found is None:
        pytest.skip("the starter model is not installed")
    return found


@pytest.fixture(scope="session")
def sha_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sha") / "sha256.json"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host(
    model_file: Path, sha_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HostEngine]:
    """A loaded host; tests leave it idle."""
    engine = HostEngine(
        model_file,
        HostSettings(n_ctx=1024, slots=8),
        log=tmp_path_factory.mktemp("host") / "host.log",
        sha_cache=sha_cache,
    )
    await engine.load()
    yield engine
    await engine.shutdown()
