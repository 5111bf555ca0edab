"""Encrypted projects at the command line: the key's ways in, and no readable byte."""

from __future__ import annotations

import json
import os
import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.db import cipher
from store.db.connection import open_store
from store.db.rescue import keep_text
from store.errors import FileLost
from store.judgements import drafts
from store.judgements.drafts import Draft, DraftKind, DraftPlace
from store.log.undo import undo
from store.views import search_index
from tests.cli.conftest import Pairlab, write_lines

pytest.importorskip("sqlcipher3", reason="no sqlcipher3 for this platform")

AT = "2026-01-02T03:04:05.678Z"
WORDS = ("zanzibarone", "zanzibartwo", "zanzibarthree", "zanzibarfour", "zanzibarfive")
"""In prompts, answers, notes, another project, and the texts that were kept."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring of its own, and keys made at once."""
    monkeypatch.setattr(cipher, "_RING", cipher._Ring())
    monkeypatch.setattr(cipher, "ROUNDS", 1000)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder of key files, apart from the project's."""
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / name).write_text(f"passphrase {name}\n")
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture
def secret(pairlab: Pairlab, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Pairlab:
    """``pairlab`` in a folder with an encrypted project of three pairs, its key at hand."""
    work = keys.parent / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_STATE_HOME", str(work / "state"))

    def run(*arguments: str) -> object:
        return pairlab("--key-file", str(keys / "one"), *arguments)

    assert run("new", "--encrypt").exit_code == 0
    rows = [
        {"id": f"p{n}", "prompt": f"{WORDS[0]} {n}?", "a": f"{WORDS[1]} {n}.", "b": f"No {n}."}
        for n in range(3)
    ]
    assert run("import", str(write_lines(keys / "pairs.jsonl", rows))).exit_code == 0
    return run


def files(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


def readable(folder: Path) -> dict[str, list[str]]:
    """Which words stand where, in any byte of any file."""
    found = {each: each.read_bytes() for each in files(folder)}
    told = {
        each.name: [word for word in WORDS if word.encode() in data] for each, data in found.items()
    }
    return {name: words for name, words in told.items() if words}


def test_no_byte_of_it_can_be_read_whatever_is_done(secret: Pairlab, keys: Path) -> None:
    work = Path.cwd()
    other = ("--db", str(keys / "other.db"))
    secret(*other, "new")
    rows = [{"id": "q", "prompt": f"{WORDS[3]}?", "a": "Yes.", "b": "No."}]
    secret(*other, "import", str(write_lines(keys / "more.jsonl", rows)))
    assert WORDS[3] in str(readable(keys))  # the search finds what is there
    with closing(open_store("pairlab.db")) as db:  # so that its log stays, with what is written
        for command in (
            ("label", "p0", "a", "--note", f"{WORDS[2]} again"),
            ("label", "p0", "b"),
            ("--as", "second", "label", "p0", "b"),
            ("backup", "saved.db"),
            ("setting", "--backups", "2"),
            ("backup", "--rolling"),
            ("merge", str(keys / "other.db")),
            ("merge", "saved.db"),
            ("check",),
            ("agree",),
            ("show", "p0"),
            ("doctor", "--repair"),
            ("doctor", "--quick"),
            ("export", str(keys / "out"), "--format", "triplets"),
            ("report", str(keys / "report.md")),
            ("rescue", "rescued.db"),
        ):
            done = secret(*command)
            assert done.exit_code == 0, (command, done.output)
            assert not readable(work), command
        drafts.save(db, "first", {DraftPlace(DraftKind.GUIDELINE, ""): Draft(WORDS[4], AT)})
        search_index.read_in(db, 100)
        assert undo(db, "first", AT) is not None
        assert Path("pairlab.db-wal").stat().st_size
        lost = FileLost("gone", work / "pairlab.db")
        lost.key = db.conn.key
        kept = keep_text(lost, f"{WORDS[4]} was being written")
        assert kept is not None
    assert not readable(work)
    assert WORDS[4] in secret("--db", str(kept), "rescue", "--texts").output
    for command in (
        ("remove", "p1", "--yes"),
        ("purge", "p2", "--yes"),
        ("restore", "saved.db"),
        ("rekey", "--new-key-file", str(keys / "two")),
    ):
        assert secret(*command).exit_code == 0, command
        assert not readable(work), command
    assert {WORDS[0], WORDS[1]} <= {each for words in readable(keys).values() for each in words}


def test_a_killed_merge_of_a_plain_file_leaves_nothing_readable(
    secret: Pairlab, keys: Path
) -> None:
    other = ("--db", str(keys / "other.db"))
    secret(*other, "new")
    rows = [{"id": "q", "prompt": f"{WORDS[3]}?", "a": "Yes.", "b": "No."}]
    secret(*other, "import", str(write_lines(keys / "more.jsonl", rows)))
    program = (
        "import os, sys; from store.db import cipher; from store.merging import merge;"
        "from store.db.connection import open_store; cipher.ROUNDS = 1000;"
        "cipher.offer(b'passphrase one'); db = open_store('pairlab.db');"
        "merge.merge(db, sys.argv[1], on_row=lambda *_: os._exit(9))"
    )
    done = subprocess.run([sys.executable, "-c", program, other[1]], timeout=120)
    assert done.returncode == 9
    assert any(each.name.startswith(".merge-") for each in Path.cwd().iterdir())
    assert not readable(Path.cwd())


def test_a_merge_of_either_kind_says_which_stays_what(secret: Pairlab, keys: Path) -> None:
    secret("--db", "plain.db", "new")
    there = secret("--db", "plain.db", "merge", "pairlab.db")
    assert there.exit_code == 0
    assert "pairlab.db is encrypted and stays so" in there.stderr
    assert not cipher.is_encrypted("plain.db")
    secret("--db", "plain.db", "label", "p1", "b")
    back = secret("merge", "plain.db")
    assert "plain.db is plain and stays so; this project stays encrypted" in back.stderr
    assert cipher.is_encrypted("pairlab.db")
    assert json.loads(secret("merge", "plain.db", "--json").stdout)["encrypted"] == {
        "here": True,
        "there": False,
    }


def test_each_wrong_key_is_one_line_and_status_1(
    secret: Pairlab, pairlab: Pairlab, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("pairlab.db").read_bytes()
    (keys / "open").write_text("passphrase one")
    (keys / "open").chmod(0o640)
    (keys / "short").write_text("short")
    (keys / "short").chmod(0o600)
    for words, said in {
        ("agree",): "its key was not given",
        ("doctor",): "",
        ("--key-file", str(keys / "two"), "agree"): "no key that was given opens it",
        ("--key-file", str(keys / "open"), "agree"): "chmod 600",
        ("--key-file", str(keys / "none"), "agree"): "cannot be read",
        ("--key-file", str(keys / "one"), "encrypt"): "is encrypted already",
        ("--key-file", str(keys / "two"), "decrypt"): "no key that was given opens it",
        ("--db", "new.db", "--key-file", str(keys / "short"), "new", "--encrypt"): "8 characters",
    }.items():
        monkeypatch.setattr(cipher, "_RING", cipher._Ring())
        done = pairlab(*words)
        assert done.exit_code == 1, words
        assert said in done.stderr
        assert done.stderr.count("\n") == (words != ("doctor",)), words
    monkeypatch.setattr(cipher, "_RING", cipher._Ring())
    assert "is encrypted" in pairlab("doctor").stdout
    assert Path("pairlab.db").read_bytes() == before
    assert not Path("new.db").exists()
    assert pairlab("--db", "new.db", "new", "--encrypt").exit_code == 2  # nobody can type here
    pairlab("--db", "plain.db", "new")
    assert "is not encrypted" in pairlab("--db", "plain.db", "decrypt").stderr
    cipher.library.cache_clear()
    monkeypatch.setitem(sys.modules, "sqlcipher3.dbapi2", None)  # as if it were not installed
    for words in (("agree",), ("--db", "new.db", "new", "--encrypt")):
        done = pairlab("--key-file", str(keys / "one"), *words)
        assert done.exit_code == 1
        assert "pip install 'pairlab[encrypted]'" in done.stderr
    assert (
        pairlab("--db", "plain.db", "backup", "copy.db").exit_code == 0
    )  # and no other project needs it


def test_encrypting_and_back_keeps_every_row_and_names_what_stays(
    secret: Pairlab, pairlab: Pairlab, keys: Path
) -> None:
    secret("label", "p0", "a", "--note", WORDS[2])
    shown = secret("show", "p0", "--json").stdout
    secret("backup", "saved.db")
    done = secret("rekey", "--new-key-file", str(keys / "two"))
    assert "saved.db opens with the old one" in done.stderr
    two = ("--key-file", str(keys / "two"))
    assert pairlab(*two, "decrypt").exit_code == 0
    with closing(sqlite3.connect("pairlab.db")) as plain:
        assert plain.execute("SELECT count(*) FROM pair").fetchone() == (3,)
    assert pairlab("show", "p0", "--json").stdout == shown
    pairlab("backup", "copy.db")
    done = pairlab("--key-file", str(keys / "three"), "encrypt")
    assert done.exit_code == 0
    assert "copy.db is plain: delete it" in done.stderr
    three = ("--key-file", str(keys / "three"))
    assert pairlab(*three, "show", "p0", "--json").stdout == shown
    assert pairlab(*three, "doctor").exit_code == 0
    assert [*readable(Path.cwd())] == ["copy.db"]
    assert pairlab(*three, "restore", "copy.db").exit_code == 0
    assert cipher.is_encrypted("pairlab.db")  # whatever the backup is
    assert [*readable(Path.cwd())] == ["copy.db"]


def test_another_program_of_sqlcipher_opens_it_with_the_passphrase(
    pairlab: Pairlab, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlcipher3 import dbapi2

    monkeypatch.undo()
    monkeypatch.chdir(keys)
    monkeypatch.setattr(cipher, "_RING", cipher._Ring())
    assert pairlab("--key-file", "one", "new", "--encrypt").exit_code == 0
    with closing(dbapi2.connect("pairlab.db")) as opened:
        opened.execute("PRAGMA key = 'passphrase one'")
        assert opened.execute("SELECT count(*) FROM pair").fetchone() == (0,)


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_a_passphrase_is_typed_unseen_and_twice(pairlab: Pairlab, tmp_path: Path) -> None:
    import pty

    def typed(*lines: str, words: tuple[str, ...]) -> tuple[int, str]:
        process, terminal = pty.fork()
        if not process:
            os.execv(sys.executable, [sys.executable, "-m", "tui", *words])
        seen, told = b"", 0
        left = list(lines)
        while select.select([terminal], [], [], 60)[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # the other end has left
                break
            if not part:
                break
            seen += part
            if left and seen[told:].endswith(b": "):
                told = len(seen)
                os.write(terminal, f"{left.pop(0)}\n".encode())
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), seen.decode()

    status, seen = typed("words of mine", "words of mine", words=("new", "--encrypt"))
    assert (status, "words" in seen) == (0, False), seen
    status, seen = typed("words of mine", words=("show", "x"))
    assert status == 1
    assert "fits none" in seen
    status, seen = typed("other words", words=("agree",))
    assert status == 1
    assert "The passphrase does not open pairlab.db" in seen
    status, seen = typed("one long word", "another long word", words=("rekey",))
    assert status == 1
    assert cipher.is_encrypted("pairlab.db")
