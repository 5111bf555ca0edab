"""Shapes that public data sets and bug reports have, each with what is right: taken as it is meant,
or refused with the line, the field and a way out; whatever is left behind is named.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlite_utils import Database

from store import importing
from store.errors import BadInput
from tests.store.building import AT


class Right(NamedTuple):
    """What a file must come to."""

    prompts: int
    """Without a pair."""
    pairs: int
    said: str
    """Who prefers which text."""
    rejected: int
    told: str = ""
    """How the first problem begins: line, field, reason."""
    unread: str = ""
    """Fields that are named as left behind."""


DATA = Path(__file__).parent / "data" / "public_shapes.jsonl"
LINES = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
"""A file's name, what is in it, and what it comes to: :class:`Right`, or why it is refused."""
TAKEN = [each for each in LINES if isinstance(each["right"], list)]
REFUSED = [each for each in LINES if isinstance(each["right"], str)]


@pytest.mark.parametrize("case", TAKEN, ids=[each["name"] for each in TAKEN])
def test_a_shape_is_taken_as_it_is_meant(
    db: Database, tmp_path: Path, case: dict[str, Any]
) -> None:
    path = tmp_path / case["name"]
    path.write_bytes(case["content"].encode())
    report = importing.run(db, path, at=AT)
    alone, held = db.execute(
        "SELECT (SELECT count(*) FROM prompt WHERE id NOT IN (SELECT prompt_id FROM pair)),"
        " (SELECT count(*) FROM pair)"
    ).fetchone()
    said = sorted(
        f"{who.removeprefix('source:')}: {({'a': a, 'b': b}).get(verdict, verdict)}"
        for who, verdict, a, b in db.execute(
            "SELECT annotator, verdict, a.text, b.text FROM label_head"
            " JOIN pair ON pair.id = pair_id JOIN candidate AS a ON a.id = a_id"
            " JOIN candidate AS b ON b.id = b_id"
        )
    )
    told = [f"{each.line} {each.field} {each.reason}" for each in report.problems]
    expected = Right(*case["right"])
    assert (alone, held, ", ".join(said), report.rejected) == expected[:4]
    assert (told[0] if told else "").startswith(expected.told)
    assert bool(told) == bool(expected.told)
    assert " ".join(report.unread) == expected.unread
    json.dumps(report.as_json(), ensure_ascii=False).encode()  # no half character in it
    assert importing.run(db, path, at=AT).added == 0


@pytest.mark.parametrize("case", REFUSED, ids=[each["name"] for each in REFUSED])
def test_a_file_is_refused_with_the_way(db: Database, tmp_path: Path, case: dict[str, Any]) -> None:
    path = tmp_path / case["name"]
    path.write_bytes(case["content"].encode())
    with pytest.raises(BadInput) as caught:
        importing.run(db, path, at=AT)
    assert case["right"] in str(caught.value)


def test_what_is_no_plain_file(db: Database, tmp_path: Path) -> None:
    (tmp_path / "real file\x1b[31m.jsonl").write_bytes(b'{"prompt": "q1"}')
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real file\x1b[31m.jsonl")
    assert importing.run(db, tmp_path / "link.jsonl", at=AT).added == 1
    pipe = tmp_path / "pipe.jsonl"  # as a shell's <(...)
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[b'{"prompt": "q2"}'])
    writer.start()
    assert importing.run(db, pipe, at=AT).added == 1
    writer.join()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for path, reason in (
        (tmp_path / "broken", "No such file"),
        (tmp_path, "name the files in it"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(BadInput, match=reason):
            importing.run(db, path, at=AT)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(db: Database, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("q\n")
    (tmp_path / "p.txt").chmod(0)
    with pytest.raises(BadInput, match="Permission denied"):
        importing.run(db, tmp_path / "p.txt", at=AT)
