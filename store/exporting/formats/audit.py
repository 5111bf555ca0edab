"""``audit`` as a format: every pair of the project with its whole chain, decided or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from sqlite_utils import Database

from store.exporting.audit import Audit
from store.exporting.facts import PairFacts, PairOutline
from store.exporting.formats.base import EveryPair, ExportFormat, Judged, Line
from store.items import content_hashes

PROJECT: Final = "project"
"""The part of the pair whose line tells of the project as well."""

_PORTION: Final = 256
"""Pairs that are read together."""


class Audited(NamedTuple):
    """A pair with everything behind it."""

    pair: PairFacts
    line: Line


def _parts(db: Database, pairs: Sequence[PairOutline]) -> list[PairOutline]:
    content_hashes.must_be_unchanged(db, "nothing was written: see doctor")
    return [replace(pair, part="" if n else PROJECT) for n, pair in enumerate(pairs)]


def _read(db: Database, judged: Iterable[Judged]) -> Iterator[Audited]:
    audit, left = Audit(db), iter(judged)
    while portion := list(islice(left, _PORTION)):
        audit.read([each.pair.id for each in portion])
        for pair, standing, excluded in portion:
            line = audit.line(pair.id, standing, excluded, whole=pair.part == PROJECT)
            yield Audited(pair, line)


def _lines(entries: Iterable[Audited]) -> Iterator[Line]:
    return (entry.line for entry in entries)


AUDIT = ExportFormat(
    "audit",
    "every pair with its whole chain: texts, critiques, settings, labels, rulings",
    _lines,
    every_pair=EveryPair(_parts, _read),
    tabular=False,
)
