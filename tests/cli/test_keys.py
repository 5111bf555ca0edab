"""``pairlab keys``, and what ``doctor`` says of a configuration."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import Pairlab
from tui.cli import COMMANDS
from tui.modes.registry import MODES

README = Path(__file__).parents[2] / "README.md"


def test_the_table_of_commands_is_that_of_help() -> None:
    told = re.findall(r"^\| `(\w+)` \| (.+) \|$", README.read_text("utf-8"), re.MULTILINE)
    assert dict(told) == COMMANDS
    assert [name for name, _ in told] == list(COMMANDS)


def configure(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config" / "pairlab" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_keys_of_every_mode_are_listed(pairlab: Pairlab) -> None:
    shown = pairlab("keys").stdout
    for mode in MODES:
        assert f"mode.{mode.id} " in shown
        assert f"\n{mode.name}\n" in shown
    for binding_id in ("label.left", "judge.slip", "browse.next", "model.log", "editor.save"):
        assert sum(line.split()[:1] == [binding_id] for line in shown.splitlines()) == 1
    assert "\n  label.tie                =  " in shown


def test_a_moved_key_is_listed_as_it_is(pairlab: Pairlab, tmp_path: Path) -> None:
    file = configure(tmp_path, '[keys]\nlabel.left = "z, f5"\nlabel.tie = "1"\n')
    done = pairlab("keys", "--json")
    listed = json.loads(done.stdout)
    keys = {each["id"]: each["key"] for each in listed["keys"]}
    assert keys["label.left"] == "z f5"
    assert keys["judge.left"] == "1"
    assert keys["label.much_left"] == "1"
    assert listed["file"] == str(file)
    assert len(listed["refused"]) == 1  # 1 is Much left where a strength is asked
    assert keys["label.tie"] == "="


def test_doctor_names_each_line_that_is_not_used(project: Pairlab, tmp_path: Path) -> None:
    file = configure(tmp_path, 'theme = "blue"\n[keys]\nlabel.lefd = "z"\n')
    done = project("doctor")
    lines = [line for line in done.stdout.splitlines() if str(file) in line]
    assert len(lines) == 2
    assert any("label.left" in line for line in lines)
    configure(tmp_path, '[keys]\nlabel.left = "z"\n')
    assert "ok       configuration" in project("doctor").stdout


def test_doctor_says_nothing_of_a_configuration_that_is_not_there(project: Pairlab) -> None:
    assert "configuration" not in project("doctor").stdout
