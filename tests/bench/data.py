"""Import and export of labelled pairs, against a bare loop of json and sqlite3.

The bare loop does the same reads and writes and hashes the same contents; it checks nothing, and
takes the first format for granted.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from store import importing
from store.db.connection import create
from store.db.project_database import immediate
from store.exporting.options import ExportOptions
from store.exporting.plan import plan
from store.exporting.write import write
from tests.bench.table import BenchRow, milliseconds

PAIRS = 10_000
"""Each with two labels."""
BATCH = 1_000
SAME_COST = 1.5
AT = "2026-01-02T03:04:05.678Z"

_INTO_PROMPT = "INSERT INTO prompt (id, messages, text, category, source, created_at) VALUES"
_INTO_CANDIDATE = (
    "INSERT OR IGNORE INTO candidate (id, prompt_id, origin, text, author, round, slot, created_at)"
    " VALUES (?, ?, 'imported', ?, 'bare', 0, 0, ?)"
)
_INTO_PAIR = (
    "INSERT INTO pair (id, prompt_id, a_id, b_id, kind, source, created_at)"
    " VALUES (?, ?, ?, ?, 'imported', 'bare', ?)"
)
_INTO_EVENT = (
    "INSERT INTO event (id, replica, seq, lamport, at, annotator, kind, item, phase, value)"
    " VALUES (?, 'bare', ?, 1, ?, ?, 'label', ?, 'first', ?)"
)
_INTO_HEAD = (
    "INSERT INTO label_head (pair_id, annotator, phase, verdict, informed, event_id, at)"
    " VALUES (?, ?, 'first', ?, 0, ?, ?)"
)
_OUT = (
    "SELECT prompt.messages, a.text, b.text, verdict, pair.id FROM pair"
    " JOIN prompt ON prompt.id = pair.prompt_id JOIN candidate AS a ON a.id = a_id"
    " JOIN candidate AS b ON b.id = b_id"
    " JOIN label_head ON pair_id = pair.id AND annotator = 'first' ORDER BY pair.position"
)


def rows() -> list[BenchRow]:
    """Both ways, turn by turn in one run."""
    with TemporaryDirectory(prefix="pairlab-bench-") as folder:
        where = Path(folder)
        source = where / "pairs.jsonl"
        source.write_text("".join(map(_line, range(PAIRS))), encoding="utf-8")
        ours, bare = create(where / "ours.db"), create(where / "bare.db")
        in_ours = _taken(lambda: importing.run(ours, source, at=AT))
        in_bare = _taken(lambda: _import_bare(bare, source))
        out_ours = _taken(
            lambda: write(plan(ours, _OPTIONS, with_card=False), where / "ours.jsonl")
        )
        out_bare = _taken(lambda: _export_bare(ours, where / "bare.jsonl"))
        ours.close()
        bare.close()
    return [
        _row(f"import of {PAIRS:,} pairs with two labels", in_ours, in_bare),
        _row(f"export of {PAIRS:,} pairs, every answer looked at by the gate", out_ours, out_bare),
    ]


_OPTIONS = ExportOptions(from_="by:first", allow=frozenset({"low_agreement"}))


def _row(name: str, ours: float, bare: float) -> BenchRow:
    against = f"{name}, against json and sqlite3"
    return BenchRow(against, milliseconds(ours), milliseconds(bare), ours / bare, SAME_COST)


def _taken(work: Callable[[], object]) -> float:
    """Seconds of this process's own time, which a busy machine does not lengthen."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _line(number: int) -> str:
    source = random.Random(number)
    prompt, a, b = (" ".join(source.choices(_WORDS, k=k)) for k in (20, 60, 60))
    said = {"first": source.choice("ab"), "second": source.choice("ab")}
    return json.dumps({"prompt": f"{number} {prompt}", "a": a, "b": b, "labels": said}) + "\n"


_WORDS = [f"word{number}" for number in range(2000)]


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _import_bare(db: Database, source: Path) -> None:
    with source.open(encoding="utf-8") as lines:
        while batch := [line for _, line in zip(range(BATCH), lines, strict=False)]:
            with immediate(db):
                for line in batch:
                    _row_bare(db, json.loads(line))


def _row_bare(db: Database, row: dict[str, Any]) -> None:
    run = db.conn.execute
    messages = [{"role": "user", "content": row["prompt"]}]
    prompt = _digest("prompt", messages)
    if not run("SELECT 1 FROM prompt WHERE id = ?", [prompt]).fetchone():
        spelled = json.dumps(messages)
        cells = [prompt, spelled, row["prompt"], "uncategorised", "bare", AT]
        run(f"{_INTO_PROMPT} (?, ?, ?, ?, ?, ?)", cells)
    sides = [_digest("candidate", prompt, row[side]) for side in "ab"]
    for key, side in zip(sides, "ab", strict=True):
        run(_INTO_CANDIDATE, [key, prompt, row[side], AT])
    pair = _digest("pair", prompt, row["a"], row["b"])
    if not run("SELECT 1 FROM pair WHERE id = ?", [pair]).fetchone():
        run(_INTO_PAIR, [pair, prompt, *sides, AT])
    for who, verdict in row["labels"].items():
        said = "SELECT 1 FROM label_head WHERE pair_id = ? AND annotator = ? AND phase = 'first'"
        if run(said, [pair, who]).fetchone():
            continue
        value = json.dumps({"verdict": verdict, "source": "bare"})
        seq = run("SELECT coalesce(max(arrival), 0) + 1 FROM event").fetchone()[0]
        event = _digest("event", seq, pair, who, value, AT)
        run(_INTO_EVENT, [event, seq, AT, who, pair, value])
        run(_INTO_HEAD, [pair, who, verdict, event, AT])


def _export_bare(db: Database, out: Path) -> None:
    with out.open("w", encoding="utf-8") as stream:
        for messages, a, b, verdict, pair in db.execute(_OUT):
            (turn,) = json.loads(messages)
            _digest("prompt", turn), _digest("pair", pair, a, b)  # what an export compares
            chosen, rejected = (a, b) if verdict == "a" else (b, a)
            line = {"prompt": turn["content"], "chosen": chosen, "rejected": rejected}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
