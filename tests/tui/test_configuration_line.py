"""Changing a line of the configuration: the rest of the file stays to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui import configuration
from tui.configuration_line import ConfigurationRefused, put

GIVEN = """# mine
theme = "light"   # by day
minimum_seconds = 0.8

[keys]  # one hand
"label.left" = "z"  # left hand

# the end
"""


def test_one_line_changes_and_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(GIVEN, encoding="utf-8")
    file.chmod(0o640)
    assert put(file, "theme", "dark").theme == "pairlab-dark"
    put(file, "label.left", None, table="keys")
    put(file, "label.right", "x", table="keys")
    put(file, "minimum_seconds", None)
    assert file.read_text(encoding="utf-8") == (
        '# mine\ntheme = "dark"   # by day\n\n[keys]  # one hand\n\n# the end\n'
        '"label.right" = "x"\n'
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    put(file, "all.note", "f2", table="keys")
    assert put(file, "theme", "light").theme == "pairlab-light"
    assert configuration.read(file).keymap["all.note"] == "f2"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "name", "value", "table"),
    [
        ('keys = {"label.left" = "z"}', "label.left", "y", "keys"),
        ("[keys]\nlabel.left = 'z'", "label.left", "y", "keys"),
        ("theme = '''light'''\n[", "theme", "dark", ""),
        ("", "theme", "mauve", ""),
        ("", "label.left", "2", "keys"),
        ("", "label.lefd", "z", "keys"),
    ],
)
def test_what_cannot_be_changed_stays(
    tmp_path: Path, given: str, name: str, value: str, table: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(given, encoding="utf-8")
    with pytest.raises(ConfigurationRefused):
        put(file, name, value, table=table)
    assert file.read_text(encoding="utf-8") == given


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("", encoding="utf-8")
    file = tmp_path / "config.toml"
    file.symlink_to(tmp_path / "own.toml")
    put(file, "theme", "light")
    assert file.is_symlink()
    assert "light" in (tmp_path / "own.toml").read_text(encoding="utf-8")
