"""No name of anything reaches the terminal raw, whichever command repeats it."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from sqlite_utils import Database

from store import clock
from store.db.connection import create
from store.db.sqlite import sqlite3
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.log import events
from store.records import Candidate, Event, Message, Origin

ROOT = Path(__file__).parents[2]

HOSTILE = [
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # fills the clipboard
    "\x1b[2J\x1b[6n\x1b[31m",  # clears the screen, has the terminal type, colours
    "\x9b2J\x9d52;c;eA==\x9c",  # the same in one byte each
    "txt.\u202egpj\u2066x\u2069",  # reads another way than it is
    "first\nsecond\rthird\r\n\tfourth",
    os.fsdecode(b"bytes\xff\xfe\x9b"),
    "zero\u200bwidth\u2060\ufeff\U000e0041\U000e007f",
    "\x7f\x08\x08",
    "markup [bold]x[/bold] [link=http://example.org]y[/link] [/]",
]
"""Names that people do not give, and programs do."""

STORABLE = "".join(HOSTILE).encode("utf-8", "ignore").decode()
"""All of them that a text in a file can hold."""

NAMEABLE = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", "", STORABLE)
"""What of them a name in an event may hold."""

OURS = re.compile(
    r"\x1b\[(?:\d{1,3}(?:;\d{1,3})*)?m"  # colours of rich
    r"|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K"  # its progress bars
)
ALLOWED = "\n\r\t"

DRIVER = """
import json, sys
from tui.cli import main
for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape"):
    try:
        main([part.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")
              for part in json.loads(line)])
    except SystemExit as ended:
        assert ended.code in (0, 1, 2, 3), ended.code
"""


def raw_in(printed: str) -> set[str]:
    """What no terminal should get, in what one got."""
    rest = OURS.sub("", printed)
    return {
        f"{ord(char):x}"
        for char in rest
        if char not in ALLOWED
        and (unicodedata.category(char) in {"Cc", "Cs"} or char in "\u202e\u2066\u2069\U000e0041")
    }


def printed_by(folder: Path, lines: list[list[str]]) -> str:
    """What a terminal gets from one process that runs these command lines one after the other."""
    (folder / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    main, side = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PAIRLAB_MODELS": str(folder),
        "PAIRLAB_MODEL": str(folder / "none.gguf"),  # what would be written takes minutes
        "PAIRLAB_AS": "first",
        "TERM": "xterm-256color",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder / "lines.jsonl")],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=side,
        stderr=side,
        env=environment,
    )
    os.close(side)
    got = b""
    while select.select([main], [], [], 300)[0]:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        got += part
    os.close(main)
    printed = got.decode("utf-8")
    assert process.wait(timeout=60) == 0, printed[-3000:]
    return printed


def every_command() -> Iterator[tuple[list[str], click.Command]]:
    """Each command with the words that lead to it."""
    from tui.cli import main

    def below(path: list[str], command: click.Command) -> Iterator[tuple[list[str], click.Command]]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                yield from below([*path, name], child)
        yield path, command

    return below([], main)


def values(parameter: click.Parameter, value: str) -> list[str]:
    """One value of a parameter, in as many words as it takes."""
    return [value] * max(parameter.nargs, 1)


def lines_with(value: str) -> Iterator[list[str]]:
    """Every command with every option and argument that takes a value, set to this one."""
    for path, command in every_command():
        needed = [p for p in command.params if isinstance(p, click.Argument) and p.required]
        given = [word for argument in needed for word in values(argument, value)]
        if path:
            yield [*path, *given]
            yield [*path, *given, "--json"]
        yield [*path, f"--{value}"]
        yield [*path, *given, value]
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag and option.opts:
                told = [option.opts[0], *values(option, value)]
                yield [*path, *told, *given] if path else [*told, "agree"]
    yield [value]
    yield ["--db", value, "new"]
    yield ["--as", value, "label", value, "a"]


@pytest.mark.parametrize(
    "value", [HOSTILE[-1] + "".join(HOSTILE[:4]), "".join(HOSTILE[4:8])], ids=repr
)
def test_every_command_and_option_with_a_hostile_value(tmp_path: Path, value: str) -> None:
    with closing(create(tmp_path / "pairlab.db")):
        pass
    lines = list(lines_with(value))
    assert len(lines) > 100
    printed = printed_by(tmp_path, lines)
    assert raw_in(printed) == set()
    assert len(printed.splitlines()) >= len(lines) / 2


@pytest.fixture
def hostile_project(tmp_path: Path) -> Path:
    """A project in which every name is hostile."""
    path = tmp_path / "pairlab.db"
    word = STORABLE
    at = clock.now()
    with closing(create(path)) as db:
        for number in range(3):
            prompt, _ = prompts.add(
                db,
                [Message("user", f"{word} {number}")],
                category=f"{word} category",
                tags=(word,),
                source=word,
                external_id=f"{word} prompt {number}",
                at=at,
            )
            sides = [
                candidates.add(
                    db,
                    Candidate(
                        prompt_id=prompt,
                        origin=Origin.IMPORTED,
                        text=f"{word} {side} {number}",
                        author=f"{word} author",
                        slot=slot,
                        created_at=at,
                    ),
                )
                for slot, side in enumerate("ab")
            ]
            pair, _ = pairs.add(
                db,
                prompt,
                *sides,
                "imported",
                source=word,
                external_id=f"{word} pair {number}",
                at=at,
            )
            for who in ("first", f"{NAMEABLE} second", f"ai:{NAMEABLE} model"):
                labels.give(db, pair, who, "ab"[number % 2], at=at, note=word)
            labels.note(db, pair, f"{NAMEABLE} third", word, at)
        events.append(db, "attribute", f"{NAMEABLE} key", "first", {"text": NAMEABLE}, at=at)
        for number, kind in enumerate((f"{word} kind", "setting"), start=1):
            made_elsewhere(db, kind, word, f"{word} second", {"value": word}, number, at)
    return path


def made_elsewhere(
    db: Database, kind: str, item: str, who: str, value: dict[str, str], number: int, at: str
) -> None:
    """An event that no pairlab would write, under the id of its content."""
    made = Event("", word_of(item), number, 1, at, who, kind, item, "", value)
    events.insert(db, dataclasses.replace(made, id=events.identity(made)))


def word_of(text: str) -> str:
    """A replica id of the length that replica ids have."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def test_what_is_in_a_project_file(hostile_project: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(hostile_project)) as db:
        ids = [row[0][:12] for row in db.execute("SELECT id FROM pair UNION SELECT id FROM prompt")]
        names = [row[0] for row in db.execute("SELECT external_id FROM pair")]
    begin = ["round", "new", f"{STORABLE} round", "--annotators", f"fourth,{STORABLE} fifth"]
    reading = [begin, [*begin, "--json"], ["round", "show", f"{STORABLE} round"]]
    for path, command in every_command():
        name = path[0] if path else ""
        if name in {"", "run", "propose", "revise", "judge", "new", "backup", "merge", "models"}:
            continue
        if not any(isinstance(p, click.Argument) and p.required for p in command.params):
            reading += [path, [*path, "--json"]]
    for each in [*ids, *names]:
        reading += [["show", each], ["show", each, "--json"], ["label", each, "b"]]
    reading += [
        ["export", f"out-{form}", "--format", form] for form in ("triplets", "audit", "trl")
    ]
    reading += [["export", f"json-{n}", "--json", "--from", n] for n in ("ai", "majority")]
    reading += [["agree", "--by", by] for by in ("category", "origin", "guideline")]
    reading += [["agree", "--between", "first", names[0]], ["check", "--from", "ai"]]
    reading += [["report", "out.md"], ["report", "out.html", "--json"]]
    reading += [["judge", "--model", "none.gguf"], ["run", "--model", "none.gguf"]]
    assert raw_in(printed_by(tmp_path, reading)) == set()


def test_a_file_with_a_hostile_migration_or_one_from_elsewhere(
    hostile_project: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(hostile_project)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            ["pairlab", STORABLE, "2026"],
        )
        db.commit()
    with closing(create(tmp_path / "own.db")):
        pass
    printed = printed_by(
        tmp_path,
        [["agree"], ["doctor"], ["doctor", "--json"], ["--db", "own.db", "merge", "pairlab.db"]],
    )
    assert "newer pairlab" in printed
    assert raw_in(printed) == set()


def test_json_says_the_same_with_escapes(hostile_project: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(hostile_project)) as db:
        [pair, external] = db.execute("SELECT id, external_id FROM pair").fetchone()
    printed = printed_by(tmp_path, [["show", pair[:12], "--json"]])
    told: dict[str, Any] = json.loads(printed)
    assert external in set(texts(told))
    assert raw_in(printed) == set()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_nothing_else_in_the_command_line_prints() -> None:
    """print, click's printing functions, the streams and rich's console are for the door alone."""
    printing = {"echo", "secho", "prompt", "confirm", "progressbar", "echo_via_pager", "pause"}
    offences = []
    for path in sorted((ROOT / "tui").rglob("*.py")):
        if path.name in {"output.py", "console.py"} and path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if (
                name in {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}
                or (name.startswith("click.") and name[6:] in printing)
                or (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in {"print", "Console", *printing}
                )
                or (
                    isinstance(node, ast.ImportFrom)
                    and node.module in {"click", "click.utils", "click.termui"}
                    and printing & {alias.name for alias in node.names}
                )
            ):
                offences.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert offences == []
