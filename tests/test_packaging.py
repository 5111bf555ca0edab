"""The wheel holds everything the app needs and nothing of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked where an installer would put it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def pairlab(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the unpacked wheel's command line, not the checkout's."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "tui", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site), "PAIRLAB_AS": "first"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_carries_data_and_styles_but_no_tests(unpacked: Path) -> None:
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert {
        "constitutions/harmlessness.toml",
        "constitutions/honesty.toml",
        "constitutions/concision.toml",
        "constitutions/guideline.md",
        "constitutions/starter.jsonl",
        "tui/app.tcss",
    } <= files
    assert not [name for name in files if name.startswith("tests")]


def test_new_and_doctor_work_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    made = pairlab(unpacked, tmp_path, "new", "--starter")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "pairlab.db").stat().st_mode & 0o777 == 0o600
    looked = pairlab(unpacked, tmp_path, "doctor", "--json")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    again = pairlab(unpacked, tmp_path, "new")
    assert again.returncode == 1
    assert "pairlab.db" in again.stderr
    assert len(again.stderr.strip().splitlines()) == 1
