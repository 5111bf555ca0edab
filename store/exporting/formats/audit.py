"""``audit`` as a format: every pair of the project with its whole chain, decided or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlite_utils import Database

from store.exporting.audit import Audit
from store.exporting.facts import PairFacts
from store.exporting.formats.base import ExportFormat, Judged, Line
from store.items import content_hashes


class Audited(NamedTuple):
    """A pair with everything behind it."""

    pair: PairFacts
    line: Line


def _entries(db: Database, judged: Iterable[Judged]) -> Iterator[Audited]:
    content_hashes.must_be_unchanged(db, "nothing was written: see doctor")
    audit = Audit(db)
    for pair, standing, excluded in judged:
        yield Audited(pair, audit.line(pair.id, standing, excluded))


def _lines(entries: Iterable[Audited]) -> Iterator[Line]:
    return (entry.line for entry in entries)


AUDIT = ExportFormat(
    "audit",
    "every pair with its whole chain: texts, critiques, settings, labels, rulings",
    _lines,
    every_pair=_entries,
    tabular=False,
)
