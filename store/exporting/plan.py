"""What an export would write, worked out before anything is written."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlite_utils import Database

from store import names
from store.agreement.dawid_skene import CrowdModel
from store.content.near_duplicates import NearDuplicates
from store.db.connection import open_readonly
from store.db.sqlite import path_of
from store.exporting import (
    background,
    crowd,
    decided,
    facts,
    gate,
    judging,
    length_match,
    low_agreement,
    split,
)
from store.exporting.background import Background
from store.exporting.entries import WHOLE, Entries, may_be_held
from store.exporting.facts import PairOutline
from store.exporting.formats import named
from store.exporting.formats.base import ExportFormat, Judged, Line
from store.exporting.gate import CountTokens, Sifted
from store.exporting.options import DEFAULT_SPLIT, SPLIT_NAMES, ExportOptions, UsageProblem
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow, decided_row, redacted_row
from store.judgements import labels
from store.rounds import presence, rounds

if TYPE_CHECKING:  # numpy: not needed where no model decides
    from store.agreement.judge.certificate import Certificate


T = TypeVar("T")


class Splits(NamedTuple):
    """What the lines of each split are made of, and how near-duplicates were looked for."""

    entries: dict[str, Entries[Any]]
    near: NearDuplicates


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What goes out, what stays and why."""

    options: ExportOptions
    format: ExportFormat[Any]
    rows: Entries[ExportRow]
    """The decided pairs that passed the gate, in project order."""
    excluded: dict[str, list[str]]
    """Ids of the pairs that stay, by reason, in the order of :class:`Reason`."""
    length_not_checked: tuple[str, ...]
    """Ids of pairs that went out although no tokenizer could say whether they differ once cut."""
    pairs: int
    """All pairs it is about: those of the project, or the ones asked for."""
    behind: Background | None
    """What a card tells; None where none was asked for."""
    entries: Entries[Any]
    """What the lines are made of: the rows, or every pair where the format holds them all."""
    by_basis: dict[str, int]
    """How many pairs go out by ruling, labels or decision."""
    redacted: dict[str, int] | None = None
    """Marks in the prompts and answers of the rows, by kind; None: it was not asked for."""
    speakers: tuple[str, ...] = ()
    """Everybody with a label or a decision: people, models, and imported files by themselves."""
    crowd: CrowdModel | None = None
    """How the raters were weighed, where all of them count together."""
    certificates: tuple[Certificate, ...] = ()
    """Of the models whose verdicts are behind the decided rows."""
    kin: dict[str, str] = field(default_factory=dict)
    """Prompt groups that go where another one goes; see :func:`store.exporting.split.kin`."""

    @property
    def background(self) -> Background:
        """What a card tells, of a plan made for one."""
        assert self.behind is not None
        return self.behind

    @property
    def label_smoothing(self) -> float | None:
        """Mean of min(p, 1 - p) over the rows that have a model's probability."""
        unsure = [1 - row.soft.confidence for row in self.rows if row.soft is not None]
        return sum(unsure) / len(unsure) if unsure else None

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs stay, by reason."""
        return {reason: len(ids) for reason, ids in self.excluded.items()}

    @property
    def by_category(self) -> dict[str, int]:
        """How many pairs go out, by category."""
        return _counted(pair.category for pair in self.rows.pairs)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of train, validation and test in a folder; a document stays whole by default."""
        default = (1.0, 0.0, 0.0) if self.format.document else DEFAULT_SPLIT
        return self.options.split or default

    def lines(self, entries: Iterable[Any] | None = None) -> Iterator[Line]:
        """The lines of the file, in project order; of some entries only where these are given."""
        return self.format.lines(self.entries if entries is None else entries)

    def preview(self, n: int = 5) -> list[Line]:
        """The first lines as they would be written."""
        return list(islice(self.lines(), n))

    def splits(self) -> Splits:
        """The entries of each split that has a share.

        All entries of a prompt group are in one, those of near-duplicates, and of the prompts that
        were made from it.
        """
        groups, near = split.clustered(self.entries.prompts(), self.kin)
        dealt = split.assign(groups, self.shares, self.options.seed)
        places = {
            name: [n for n, place in enumerate(dealt) if place == name]
            for name, share in zip(SPLIT_NAMES, self.shares, strict=True)
            if share
        }
        return Splits({name: self.entries.at(mine) for name, mine in places.items()}, near)


def plan(
    db: Database,
    options: ExportOptions,
    count_tokens: CountTokens | None = None,
    *,
    with_card: bool = True,
) -> ExportPlan:
    """Work out an export; writes nothing.

    Args:
        db: the project.
        options: what was asked for.
        count_tokens: tokens of each text by the model's tokenizer; None when no model is at
            hand, which is reported in ``length_not_checked``.
        with_card: whether to read what a card tells, which the export of one file does without.

    Raises:
        UsageProblem: there is no such format, or it cannot be redacted.
        NoSuchName: nobody whose word alone is to count has said anything.
        Damaged: in a format that holds every pair, an item is not what its id says.
        SealedRound: the export would tell labels that a round still hides: any of a sealed one;
            in a format that holds every pair, and so every label, also of one opened in blocks.
    """
    with _nothing_collected():
        return _plan(db, options, count_tokens, with_card=with_card)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without looking for garbage, which a plan makes none of: it took a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _plan(
    db: Database, options: ExportOptions, count_tokens: CountTokens | None, *, with_card: bool
) -> ExportPlan:
    format_ = named(options.format)
    if options.redact and format_.every_pair:
        raise UsageProblem(
            f"--redact is not for --format {format_.name}, which is written from the project's own"
            " records: choose another format, or leave --redact out"
        )
    speakers = _speakers(db)
    if options.annotator is not None:
        known = dict.fromkeys([*speakers, *presence.names(db)])
        options = options.with_annotator(names.resolve(options.annotator, known, "annotator"))
    hidden = _hidden(db, options, every_pair=format_.every_pair is not None)
    project = facts.load(db, notes=format_.notes)
    judges = judging.read(db) if options.by_models else judging.NOBODY
    weighed = crowd.ask(project, hidden) if options.from_ == "crowd" else None
    project.crowd = weighed.opinions if weighed else {}
    doubted = low_agreement.in_doubt(said for said in facts.blind(db) if said[0] not in hidden)
    if options.only is not None:  # after what is told of the annotators, which all pairs tell
        project.keep(options.only)
    standings = decided.all_standings(project, options, hidden)
    behind = {who for each in standings.values() if each.verdict for who in each.annotators}
    judges = judges.behind(behind)
    path = path_of(db)

    def rows_of(pairs: Iterable[PairOutline], db: Database) -> Iterator[ExportRow]:
        """The rows of the pairs that have a verdict."""
        mine = (pair for pair in pairs if standings[pair.id].verdict)
        for pair in facts.with_texts(db, mine):
            row = decided_row(pair, standings[pair.id], judges.soft, columns=options.soft_labels)
            yield redacted_row(row) if options.redact else row

    sifted = gate.sift(
        rows_of(project.pairs, db), options, format_.refuses, doubted, judges.weak, count_tokens
    )
    passed = _Passed.of(sifted, {pair.id: pair for pair in project.pairs})
    rows = Entries(passed.pairs, _again(path, rows_of), passed.held)
    reasons = dict.fromkeys(project.removed, Reason.REMOVED) | passed.excluded
    reasons |= {pair_id: each.reason for pair_id, each in standings.items() if each.reason}
    if options.length_matched:
        surplus = length_match.surplus(rows, options.seed)
        rows = rows.without(surplus)
        reasons |= dict.fromkeys(surplus, Reason.LENGTH_UNMATCHED)
    entries: Entries[Any] = rows
    if every := format_.every_pair:

        def told(pairs: Iterable[PairOutline], db: Database) -> Iterator[Any]:
            return every.read(
                db,
                (
                    Judged(pair, standings[pair.id], reasons.get(pair.id))
                    for pair in facts.with_texts(db, pairs)
                ),
            )

        parts = every.parts(db, project.pairs)
        few = may_be_held(len(parts) * WHOLE)
        entries = Entries(
            parts,
            _again(path, told),
            tuple(told(parts, db)) if few else None,
            _again(path, lambda pairs, db: facts.with_texts(db, pairs)),
        )
    kinds = Counter(kind for pair in rows.pairs for kind in passed.redacted.get(pair.id, ()))
    return ExportPlan(
        options=options,
        format=format_,
        rows=rows,
        excluded=_by_reason([*project.removed, *(pair.id for pair in project.pairs)], reasons),
        length_not_checked=tuple(p.id for p in rows.pairs if p.id in passed.length_not_checked),
        pairs=len(project.pairs) + len(project.removed),
        behind=background.read(db, [pair.id for pair in entries.pairs]) if with_card else None,
        entries=entries,
        by_basis=_counted(standings[pair.id].basis for pair in rows.pairs),
        redacted=dict(sorted(kinds.items())) if options.redact else None,
        speakers=speakers,
        certificates=judges.certificates,
        crowd=weighed.model if weighed else None,
        kin=split.kin(db),
    )


def _again(
    path: str, read: Callable[[Iterable[PairOutline], Database], Iterator[T]]
) -> Callable[[Sequence[PairOutline]], Iterator[T]]:
    """Reads for a plan, whose project may be closed by now, or open in another thread."""

    def again(pairs: Sequence[PairOutline]) -> Iterator[T]:
        with closing(open_readonly(path)) as db:
            yield from read(pairs, db)

    return again


@dataclass(slots=True)
class _Passed:
    """What is kept of the rows that came through the gate, and of those that did not."""

    pairs: list[PairOutline] = field(default_factory=list)
    held: list[ExportRow] | None = field(default_factory=list)
    """The rows themselves, unless they are too many."""
    excluded: dict[str, Reason] = field(default_factory=dict)
    length_not_checked: set[str] = field(default_factory=set)
    redacted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Kinds of personal data by pair."""

    @classmethod
    def of(cls, sifted: Iterable[Sifted], outlines: Mapping[str, PairOutline]) -> _Passed:
        made, characters = cls(), 0
        for row, excluded, unchecked in sifted:
            if excluded:
                made.excluded[row.pair.id] = excluded
                continue
            made.pairs.append(outlines[row.pair.id])
            if unchecked:
                made.length_not_checked.add(row.pair.id)
            if row.redacted:
                made.redacted[row.pair.id] = row.redacted
            if made.held is not None:
                characters += row.characters
                made.held.append(row)
                if not may_be_held(characters):
                    made.held = None
        return made


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _speakers(db: Database) -> tuple[str, ...]:
    decided_by = db.execute("SELECT DISTINCT annotator FROM decision_now")
    return tuple(sorted({*labels.annotators(db), *(name for (name,) in decided_by)}))


def _hidden(db: Database, options: ExportOptions, *, every_pair: bool) -> frozenset[str]:
    """The pairs that stay because a round opened in blocks does not tell of them yet."""
    if options.from_ == "decisions" and not every_pair:
        return frozenset()  # a decision on a revision is no label of a round
    rounds.guard(db)
    hidden = rounds.hidden_pairs(db)
    if every_pair:
        rounds.guard(db, hidden)
    return hidden


def _by_reason(pair_ids: Sequence[str], reasons: dict[str, Reason]) -> dict[str, list[str]]:
    out: dict[Reason, list[str]] = {reason: [] for reason in Reason}
    for pair_id in pair_ids:
        if reason := reasons.get(pair_id):
            out[reason].append(pair_id)
    return {reason.value: found for reason, found in out.items() if found}
