"""While a sealed round is open nobody learns anything of the others' labels but progress.

Two projects are the same but for what the second annotator said inside the round. Everything the
first annotator (or anybody else) can see of them must be the same, letter for letter: every
screen, every command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, product
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
import textual.app
import textual.pilot
from click.testing import CliRunner
from sqlite_utils import Database
from textual._wait import wait_for_idle
from textual.widgets import Input

from store import clock, exporting
from store.db.connection import create
from store.items import pairs
from store.judgements import labels, rulings
from store.records import Label
from store.rounds import rounds
from tests.cli.conftest import scripted
from tests.tui.conftest import make_app, watch
from tests.tui.driving import MakeApp, drawn, mode_screen, press, settle
from tests.tui.seed import AT, STATINS, a_chain, three_chains
from tui.cli import main
from tui.messages import OtherWork
from tui.modes.registry import MODES

__all__ = ["make_app", "scripted", "watch"]

SAID = {
    "one": [("a", "marmalade", 4.0, 2), ("b", "marmalade", 90.0, 1), ("both_bad", None, 3.0, None)],
    "other": [("tie", None, 33.0, None), ("skip", None, 5.0, None), ("b", "rhubarb", 41.0, 2)],
}
"""Verdict, note, seconds and strength of the second annotator in the two projects."""

IN_ROUND = ("first", "second", "late")
"""The last of them keeps the round open."""

SOURCES = ("majority", "by:first", "by:second", "decisions", "ai")

TELLING = tuple(mode for mode in MODES if mode.id in {"kappa", "judge", "browse", "export"})
"""The modes that speak of several people's labels."""

MODEL = "ai:model.gguf"

VALUES: dict[str, tuple[str, ...]] = {
    "pair": ("{id}",),
    "identifier": ("{id}",),
    "verdict": ("b",),
    "name": ("pilot", "another"),
    "other": ("copy.db",),
    "files": ("mine.jsonl",),
    "file": ("rules.md",),
    "backup": ("copy.db",),
    "statements": ("language=Basque",),
    "out": ("out{n}.jsonl", "out{n}"),
    "report out": ("out{n}.md",),
    "--format": tuple(exporting.summaries()),
    "--from": SOURCES,
    "--annotators": ("first,second",),
    "--temperature": ("0.5",),
    "--constitution": ("harmlessness",),
    # not ordered: which pair is whose turn depends on which chain was finished first
    "--pick": ("H13",),
    "--principles": ("2",),
    "--few-shot": ("1", "rulings:1"),
    "--reasoned": ("1",),
    "--margin": ("0.1",),
    "--judge-margin": ("0.1",),
    "--model": ("../model.gguf",),
    "style": ("role_play",),
    "--attack": ("role_play",),
}
"""What arguments and options are given; ``{id}`` is each pair, ``{n}`` a new number. Others get a
word or a number that fits their type.
"""

TOGETHER = [
    ("export", f"together-{form}-{number}.jsonl", "--format", form, "--from", source)
    for form in ("triplets", "audit")
    for number, source in enumerate(SOURCES)
] + [
    ("remove", *how, "{id}", "--json")
    for how in (("--dry-run",), ("--yes",), ("--undo", "--dry-run"), ("--undo", "--yes"))
]
TOGETHER += [("category", "helpful", "{id}", "--json")]
"""Options that tell something together that none of them tells alone."""

FAILING = {
    ("new",): "the file is there",
    ("agree",): "would tell of the sealed round",
    ("scores",): "would tell of the sealed round",
    ("compare",): "would tell of the sealed round",
    ("evaluate",): "would tell of the sealed round",
    ("report",): "would tell of the sealed round",
    ("export",): "would tell of the sealed round, or has no decision to write",
    ("purge",): "asks at a terminal, or needs --yes with an id",
    ("encrypt",): "a passphrase is typed, or in a file that nobody else may read",
    ("decrypt",): "the project is not encrypted",
    ("rekey",): "the project is not encrypted",
    ("doctor",): "finds the stand-in for a model file empty",
}
"""Commands that end with 1 in every way they are walked, and why."""

BEFORE: dict[str, tuple[str, ...]] = {
    "round": ("import", "unseen.jsonl"),
    "principles": ("judge", "--principles", "2", "--model", "../model.gguf"),
}
"""What a command needs to have something to work on."""

LAST = (("round", "new"), ("round", "open"), ("round", "close"), ("restore",))
"""What changes what may be told, on record; walked when the rest of the command was heard."""


@dataclass(frozen=True)
class Leaf:
    """A command without commands of its own, as the parser knows it."""

    path: tuple[str, ...]
    parameters: list[click.Parameter]

    @property
    def makes(self) -> bool:
        """Whether a model writes here; what it tells depends on the time it took."""
        return any("--endpoint" in each.opts for each in self.parameters)


def leaves(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every command there is, asked of the parser, so that none can be forgotten."""
    if not isinstance(command, click.Group):
        yield Leaf(path, command.params)
        return
    with click.Context(command) as context:
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from leaves(inner, (*path, name))


def values(parameter: click.Parameter, path: tuple[str, ...]) -> tuple[str, ...]:
    """What one argument or option of a command is tried with."""
    for name in (" ".join((*path, parameter.opts[0])), parameter.opts[0]):
        if name in VALUES:
            return VALUES[name]
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return tuple(kind.choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        return (str(max(1, kind.min or 0)),)
    return ("1",) if kind in (click.INT, click.FLOAT) else ("second",)


def ways(leaf: Leaf, bare: bool) -> Iterator[tuple[str, ...]]:
    """A command with what it must have, and with each of its options beside that.

    Where ``bare``, one with which a model writes has no options: they steer the model.
    """
    needed = [
        [(*names_of(each), value) for value in values(each, leaf.path)]
        for each in leaf.parameters
        if each.required
    ]
    needed = [found for found in needed if found]
    options = [()] + [
        (*names_of(each), *more)
        for each in leaf.parameters
        if not each.required and "--json" not in each.opts and not (bare and leaf.makes)
        for more in (
            [()]
            if getattr(each, "is_flag", False)
            else [(value,) * max(each.nargs, 1) for value in values(each, leaf.path)]
        )
    ]
    as_json = any("--json" in each.opts for each in leaf.parameters)
    for given in product(*needed):
        for option in options:
            way = (*leaf.path, *chain.from_iterable(given), *option)
            yield way
            if as_json and not (option and leaf.makes):
                yield (*way, "--json")


def names_of(parameter: click.Parameter) -> tuple[str, ...]:
    """``--option`` of an option, nothing of an argument."""
    return (parameter.opts[0],) if isinstance(parameter, click.Option) else ()


def walk(command: str, ids: list[str], bare: bool) -> Iterator[tuple[Leaf, tuple[str, ...]]]:
    """A command in every way, with its own commands in the parser's order, :data:`LAST` last."""
    number = count()
    known = {leaf.path: leaf for leaf in leaves() if leaf.path[0] == command}
    ordered = [path for path in known if path not in LAST]
    first = [(known[path], way) for path in ordered for way in ways(known[path], bare)]
    together = [(known[way[:1]], way) for way in TOGETHER if way[0] == command]
    last = [(known[path], way) for path in LAST if path in known for way in ways(known[path], bare)]
    for leaf, way in (*first, *together, *last):
        for each in ids if "{id}" in way else ids[:1]:
            yield leaf, tuple(word.format(id=each, n=next(number)) for word in way)


def build(path: Path, said: str) -> list[str]:
    """A project with a sealed round of three pairs, the second done, and one pair outside.

    A model has judged them all.
    """
    db = create(path, seed="seed", at=AT)
    try:
        three_chains(db)
        inside = [each.id for each in pairs.ordered(db)]
        texts = (f"Again: {STATINS[0]}", *STATINS[1:])
        outside = a_chain(db, texts, "helpful").pair
        rounds.create(db, "pilot", inside, IN_ROUND, seed=7, by="first", at=AT)
        for pair, (verdict, note, seconds, strength) in zip(inside, SAID[said], strict=True):
            labels.give(
                db, pair, "second", verdict, note=note, seconds=seconds, strength=strength, at=AT
            )
        for pair in (*inside, outside):
            labels.give(db, pair, MODEL, "a", at=AT)
        for pair in inside[:2]:
            labels.give(db, pair, "first", "a", seconds=20, left="a", at=AT)
        for who, verdict in (("first", "a"), ("second", "b"), ("third", "b")):
            labels.give(db, outside, who, verdict, seconds=20, left="a", at=AT)
        rulings.rule(db, outside, "third", "b", reason="outside the round", at=AT)
    finally:
        db.close()
    return [*inside, outside]


def in_both(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """The two projects, one after the other under the same path, each alone in its folder."""
    for said in SAID:
        home = folder / "home"
        if home.exists():
            shutil.rmtree(home)
        home.mkdir()
        os.chdir(home)
        content, ids = made(said)
        (home / "pairlab.db").touch(0o600)
        (home / "pairlab.db").write_bytes(content)
        yield home / "pairlab.db", list(ids)


@cache
def made(said: str) -> tuple[bytes, list[str]]:
    """The content of such a project, made once, and its pairs."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pairlab.db"
        ids = build(path, said)
        return path.read_bytes(), ids


def spoken(arguments: tuple[str, ...], who: str) -> str:
    done = CliRunner().invoke(main, ["--as", who, *arguments], prog_name="pairlab")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return f"{done.exit_code}\n{done.stdout}\n{done.stderr}"


def without_ids(text: str) -> str:
    """Without ids of events, which follow from content and file and which nobody can read, and
    without what the doctor measures of the disk.
    """
    return re.sub(r"[0-9a-f]{8,}|[\d.,]+ (?:[µm]?s|[KMGT]i?B)\b", "#", text)


def written(folder: Path) -> dict[tuple[str, ...], str]:
    """What the commands wrote into files; a copy of the project file is no telling."""
    content = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {
        (str(file.relative_to(folder)),): without_ids(text.decode())
        for file, text in content.items()
        if not (text.startswith(b"SQLite") or file.name.startswith("pairlab.db"))
    }


@pytest.mark.parametrize("who", ["first", "third"])
@pytest.mark.parametrize("command", sorted({leaf.path[0] for leaf in leaves()}))
@pytest.mark.usefixtures("scripted")
def test_no_command_tells_what_the_others_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, who: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAIRLAB_DB", raising=False)
    monkeypatch.setattr(clock, "now", lambda: AT)
    heard: list[dict[tuple[str, ...], str]] = []
    worked: set[tuple[str, ...]] = set()
    for path, ids in in_both(tmp_path):
        row = {"prompt": "New?", "a": "Yes.", "b": "No.", "labels": {who: "a"}}
        Path("mine.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        Path("rules.md").write_text("# Rules\n", encoding="utf-8")
        unseen = {"prompt": "Unseen?", "a": "Yes.", "b": "No."}
        Path("unseen.jsonl").write_text(json.dumps(unseen) + "\n", encoding="utf-8")
        assert spoken(("--db", str(path), "backup", "copy.db"), who).startswith("0")
        assert command not in BEFORE or spoken(BEFORE[command], who).startswith("0")
        told: dict[tuple[str, ...], str] = {}
        # the options of propose and revise are those of run, which does both
        bare = who == "third" or command in {"propose", "revise"}
        for leaf, way in walk(command, ids, bare):
            answer = without_ids(spoken(way, who))
            told[way] = re.sub(r'"seconds": [\d.e-]+', "", answer) if leaf.makes else answer
            if answer.startswith("0"):
                worked.add(leaf.path)
            if leaf.path in {("agree",), ("report",)} or (
                leaf.path in {("export",), ("check",)} and "decisions" not in way
            ):
                assert answer[0] in "12", way
                assert answer.startswith("2") or "pilot" in answer, way
        heard.append(told | written(path.parent))
    one, other = heard
    assert one.keys() == other.keys()
    for way, told_there in one.items():
        assert told_there == other[way], way
        assert "marmalade" not in told_there, way
    # a command that could be used in none of the ways it was tried in has not been walked
    walked = {leaf.path for leaf in leaves() if leaf.path[0] == command}
    assert walked - worked == walked & set(FAILING)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes some time after a key is waited for as well: two looks must be alike."""
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", wait_for_idle)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("who", "size"), [("first", (80, 24)), ("third", (160, 45))])
async def test_no_screen_tells_what_the_others_chose(
    tmp_path: Path,
    make_app: MakeApp,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = []
    for path, _ in in_both(tmp_path):
        app = make_app(path, who)
        shown = []
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            for mode in MODES if who == "first" else TELLING:
                await press(pilot, mode.key)
                shown.append((mode.id, drawn(app)))
                for key in ("i", "enter", "b"):
                    await press(pilot, key)
                    shown.append((f"{mode.id} {key}", drawn(app)))
                    while len(app.screen_stack) > 1:
                        await press(pilot, "escape")
                mode_screen(app).post_message(OtherWork())
                await settle(pilot)
                shown.append((f"{mode.id} later", drawn(app)))
        app.services.store.close()  # the next project takes the place of this one
        seen.append(shown)
    for (where, one), (_, other) in zip(*seen, strict=True):
        assert without_ids(one) == without_ids(other), where
        assert "marmalade" not in one, where


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("who", ["first", "third"])
async def test_no_search_tells_what_the_others_chose(
    tmp_path: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        *("status:disagreed", "status:agreed", "-status:ruled kind:pair", "by:second", "hasty"),
        *("noted", "longer:chosen", "out:tie", "kind:prompt marmalade", "marmalade"),
    ]
    seen = []
    for path, _ in in_both(tmp_path):
        app = make_app(path, who)
        shown = []
        async with app.run_test(size=(160, 45)) as pilot:
            await press(pilot, "B")
            for line in lines:
                await press(pilot, "slash")
                mode_screen(app).note_line.query_one(Input).value = line
                await press(pilot, "enter", "n")
                shown.append((line, drawn(app).replace(line, "")))
        app.services.store.close()  # the next project takes the place of this one
        seen.append(shown)
    for (line, one), (_, other) in zip(*seen, strict=True):
        assert without_ids(one) == without_ids(other), line
        assert "marmalade" not in one, line


def test_all_is_told_once_all_have_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pairlab.db"
    ids = build(path, "one")
    assert "withheld" in spoken(("show", ids[0]), "first")
    assert spoken(("label", ids[2], "tie"), "first").startswith("0")
    assert "withheld" in spoken(("show", ids[0]), "first")
    for pair in ids[:3]:
        assert spoken(("label", pair, "a"), "late").startswith("0")
    assert "marmalade" in spoken(("show", ids[0]), "first")
    assert json.loads(spoken(("agree", "--between", "first", "second", "--json"), "first")[2:])[
        "n"
    ] == len(ids)


def test_a_verdict_after_the_seal_is_broken_is_not_blind(project_of: Database) -> None:
    first = pairs.ordered(project_of)[0].id
    rounds.unseal(project_of, rounds.get(project_of, "pilot").id, "open", "first", AT)
    labels.record_shown(project_of, first, "first", AT)
    labels.give(project_of, first, "first", "b", at=AT)
    mine = labels.mine(project_of, first, "first")
    assert isinstance(mine, Label)
    assert mine.informed


@pytest.fixture
def project_of(tmp_path: Path) -> Iterator[Database]:
    """The project with the first set of verdicts."""
    from store.db.connection import open_store

    build(tmp_path / "pairlab.db", "one")
    db = open_store(tmp_path / "pairlab.db")
    yield db
    db.close()
