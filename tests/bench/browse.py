"""Mode B on 100,000 pairs: its first rows and a search, each beside a bare SQLite query."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from store.db.connection import create
from store.db.project_database import immediate
from store.views import browse, search_index
from store.views.query import SearchTerm, parse
from tests.bench.table import BenchRow, milliseconds, time_of, told
from tests.store.exporting_study import pair

PAIRS = 100_000
VOCABULARY = 20_000
REPEATS = 15

FIRST_ROWS = 0.15
"""Seconds within which the first 100 rows are there."""

SEARCH = 0.1
"""Seconds of a search, words looked up anew."""

AT = "2026-01-02T03:04:05.678Z"

_BARE = (
    "SELECT pair.position, prompt.category, substr(prompt.text, 1, 400) FROM pair"
    " JOIN prompt ON prompt.id = pair.prompt_id ORDER BY pair.position LIMIT 100"
)


def rows() -> list[BenchRow]:
    """The first 100 rows, the last ones, and searches for words of different frequency."""
    with _project() as db:
        first = told([_row(db, f"first 100 of {PAIRS:,} pairs", "", _BARE, [], FIRST_ROWS)])
        last = _BARE.replace("position LIMIT", "position DESC LIMIT")
        first += told([_row(db, "last 100", "", last, [], FIRST_ROWS, backwards=True)])
        return first + [
            each for word in ("w5", "w60", "w900") for each in told([_search(db, word)])
        ]


def _search(db: Database, word: str) -> BenchRow:
    match = search_index.expression(SearchTerm(word, exact=True))
    hits = db.execute("SELECT count(*) FROM search WHERE search MATCH ?", [match]).fetchone()[0]
    bare = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid LIMIT 100"
    return _row(db, f"a search, {hits:,} texts hold it", f'"{word}"', bare, [match], SEARCH)


def _row(
    db: Database,
    figure: str,
    line: str,
    bare: str,
    values: list[str],
    target: float,
    *,
    backwards: bool = False,
) -> BenchRow:
    query = parse(line)

    def ours() -> None:
        if line:
            db.execute("DROP TABLE IF EXISTS temp.search_asked")
        browse.page(db, "ann", query, limit=100, backwards=backwards, at=AT)

    taken = time_of(ours, repeats=REPEATS)
    beside = time_of(lambda: db.execute(bare, values).fetchall(), repeats=REPEATS)
    kept = "kept" if taken <= target else "missed"
    return BenchRow(
        f"{figure} (target {milliseconds(target)}: {kept})",
        milliseconds(taken),
        milliseconds(beside),
        taken / beside,
    )


@contextmanager
def _project() -> Iterator[Database]:
    """Pairs of imported answers, read in."""
    text = texts()
    with TemporaryDirectory(prefix="pairlab-bench-") as folder:
        db = create(Path(folder) / "bench.db")
        db.execute("PRAGMA synchronous=OFF")
        try:
            with immediate(db):
                for place in range(PAIRS):
                    add_pair(db, place, text)
            while not search_index.read_in(db, steps=100).complete:
                pass
            yield db
        finally:
            db.close()


def add_pair(db: Database, place: int, text: Callable[[int], str]) -> None:
    """Write one prompt with two imported answers and their pair."""
    pair(db, text(40), text(90), text(90), category=f"category {place % 5}", external_id=str(place))


def texts() -> Callable[[int], str]:
    """Draws texts of so many words, as frequent as those of a language."""
    source = random.Random(1)
    weights = [1 / place for place in range(1, VOCABULARY + 1)]
    vocabulary = [f"w{place}" for place in range(1, VOCABULARY + 1)]
    drawn = source.choices(vocabulary, weights, k=2_000_000)

    def text(words: int) -> str:
        start = source.randrange(len(drawn) - words)
        return " ".join(drawn[start : start + words])

    return text
