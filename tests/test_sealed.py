"""While a sealed round is open nobody learns anything of the others' labels but progress.

Two projects are the same but for what the second annotator said inside the round. Everything the
first annotator (or anybody else) can see of them must be the same, letter for letter: every
screen, every command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from store import clock, exporting, labels, pairs, rounds, rulings
from store.records import Label
from store.sqlite import create
from tests.tui.conftest import make_app, watch
from tests.tui.driving import MakeApp, drawn, mode_screen, press, settle
from tests.tui.seed import AT, STATINS, a_chain, three_chains
from tui.cli import COMMANDS, main
from tui.messages import OtherWork
from tui.modes import MODES

__all__ = ["make_app", "watch"]

SAID = {
    "one": [("a", "marmalade", 4.0, 2), ("b", "marmalade", 90.0, 1), ("both_bad", None, 3.0, None)],
    "other": [("tie", None, 33.0, None), ("a", None, 5.0, 1), ("b", "rhubarb", 41.0, 2)],
}
"""Verdict, note, seconds and strength of the second annotator in the two projects."""

IN_ROUND = ("first", "second", "late")
"""The last of them keeps the round open."""

SOURCES = ("majority", "by:first", "by:second", "decisions", "ai")

TELLING = tuple(mode for mode in MODES if mode.id in {"kappa", "judge", "export"})
"""The modes that speak of several people's labels."""

UNTOUCHED = {
    "new": "makes a file",
    "models": "lists model files",
    "run": "writes with a model",
    "propose": "writes with a model",
    "revise": "writes with a model",
    "judge": "writes with a model",
}
"""Commands that are not walked, and why they cannot tell anything."""


def build(path: Path, said: str) -> list[str]:
    """A project with a sealed round of three pairs, the second done, and one pair outside."""
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
        for pair in inside[:2]:
            labels.give(db, pair, "first", "a", seconds=20, left="a", at=AT)
        for who, verdict in (("first", "a"), ("second", "b"), ("third", "b")):
            labels.give(db, outside, who, verdict, seconds=20, left="a", at=AT)
        rulings.rule(db, outside, "third", "b", reason="outside the round", at=AT)
    finally:
        db.close()
    return [*inside, outside]


def in_both(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """The two projects, one after the other under the same path."""
    path = folder / "pairlab.db"
    for said in SAID:
        for each in folder.glob("pairlab.db*"):
            each.unlink()
        yield path, build(path, said)


def walks(ids: list[str]) -> list[tuple[str, ...]]:
    """Every command that can say something about labels, in every way it can say it."""
    json_too: list[tuple[str, ...]] = [
        *(("show", each, *more) for each in ids for more in ((), ("--reveal",))),
        ("agree",),
        *(("agree", "--by", by) for by in ("category", "principle", "origin", "guideline")),
        *(("agree", "--ties", ties) for ties in ("merge", "drop")),
        ("agree", "--between", "first", "second"),
        ("label", ids[0], "b", "--note", "mine"),
        ("doctor",),
        ("merge", "copy.db", "--dry-run"),
        ("merge", "copy.db"),
        ("check",),
        ("setting",),
        ("attribute",),
        ("round", "list"),
        ("round", "show", "pilot"),
        ("guideline", "show"),
        ("guideline", "history"),
        ("import", "mine.jsonl"),
        *(("export", f"{form}.jsonl", "--format", form) for form in exporting.summaries()),
        *(
            ("export", f"{form}-{number}.jsonl", "--format", form, "--from", source)
            for form in ("triplets", "audit")
            for number, source in enumerate(SOURCES)
        ),
    ]
    plain_only = [("report", "report.md"), ("report", "report.md", "--pseudonyms"), ("backup", "b")]
    known = [each for each in json_too if each[0] in COMMANDS]
    seen_once = {"export", "label", "merge", "attribute"}
    also = [(*each, "--json") for each in known if each[0] not in seen_once]
    return [*known, *also, *plain_only]


def spoken(arguments: tuple[str, ...], who: str) -> str:
    done = CliRunner().invoke(main, ["--as", who, *arguments], prog_name="pairlab")
    assert not isinstance(done.exception, AssertionError | KeyError | TypeError), done.exception
    return f"{done.exit_code}\n{done.stdout}\n{done.stderr}"


def without_ids(text: str) -> str:
    """Without ids of events, which follow from content and file and which nobody can read, and
    without what the doctor measures of the disk.
    """
    return re.sub(r"[0-9a-f]{8,}|[\d.,]+ (?:[µm]?s|[KMGT]i?B)\b", "#", text)


@pytest.mark.parametrize("who", ["first", "third"])
def test_no_command_tells_what_the_others_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAIRLAB_DB", raising=False)
    monkeypatch.setattr(clock, "now", lambda: AT)
    heard = []
    for path, ids in in_both(tmp_path):
        row = {"prompt": "New?", "a": "Yes.", "b": "No.", "labels": {who: "a"}}
        (tmp_path / "mine.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        for left_over in ("copy.db", "b"):
            (tmp_path / left_over).unlink(missing_ok=True)
        assert spoken(("--db", str(path), "backup", "copy.db"), who).startswith("0")
        heard.append({each: without_ids(spoken(each, who)) for each in walks(ids)})
        for file in sorted(tmp_path.glob("*.jsonl")):
            heard[-1][file.name,] = without_ids(file.read_text(encoding="utf-8"))
            file.unlink()
        assert not (tmp_path / "report.md").exists()
    one, other = heard
    assert one == other
    for arguments, told in one.items():
        assert "marmalade" not in told, arguments
        if arguments[0] in {"agree", "report"} or (
            arguments[0] == "export" and len(arguments) == 4
        ):
            assert told.startswith("1"), arguments
            assert "pilot" in told, arguments
    walked = {each[0] for each in walks(ids)}
    assert set(COMMANDS) - set(UNTOUCHED) <= walked


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
        seen.append(shown)
    for (where, one), (_, other) in zip(*seen, strict=True):
        assert without_ids(one) == without_ids(other), where
        assert "marmalade" not in one, where


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
    from store.sqlite import open_store

    build(tmp_path / "pairlab.db", "one")
    db = open_store(tmp_path / "pairlab.db")
    yield db
    db.close()
