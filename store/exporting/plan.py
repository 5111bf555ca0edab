"""What an export would write, worked out before anything is written."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlite_utils import Database

from store.agreement.dawid_skene import CrowdModel
from store.content.near_duplicates import NearDuplicates
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
from store.exporting.decided import PairDecision
from store.exporting.facts import Facts
from store.exporting.formats import named
from store.exporting.formats.base import Entry, ExportFormat, Judged, Line
from store.exporting.gate import CountTokens, GateOutcome
from store.exporting.options import DEFAULT_SPLIT, SPLIT_NAMES, ExportOptions, UsageProblem
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow, decided_row, redacted_row
from store.judgements import labels
from store.rounds import rounds

if TYPE_CHECKING:  # numpy: not needed where no model decides
    from store.agreement.judge.certificate import Certificate


class Splits(NamedTuple):
    """The lines of each split, and what was looked for to keep near-duplicates together."""

    lines: dict[str, list[Line]]
    near: NearDuplicates


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What goes out, what stays and why."""

    options: ExportOptions
    format: ExportFormat[Any]
    rows: tuple[ExportRow, ...]
    """The decided pairs that passed the gate, in project order."""
    excluded: dict[str, list[str]]
    """Ids of the pairs that stay, by reason, in the order of :class:`Reason`."""
    length_not_checked: tuple[str, ...]
    """Ids of pairs that went out although no tokenizer could say whether they differ once cut."""
    pairs: int
    """All pairs it is about: those of the project, or the ones asked for."""
    background: Background
    entries: tuple[Entry, ...]
    """What the lines are made of: the rows, or every pair where the format holds them all."""
    speakers: tuple[str, ...] = ()
    """Everybody with a label or a decision: people, models, and imported files by themselves."""
    crowd: CrowdModel | None = None
    """How the raters were weighed, where all of them count together."""
    certificates: tuple[Certificate, ...] = ()
    """Of the models whose verdicts are behind the decided rows."""
    kin: dict[str, str] = field(default_factory=dict)
    """Prompt groups that go where another one goes; see :func:`store.exporting.split.kin`."""

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
        return dict(sorted(Counter(row.pair.category for row in self.rows).items()))

    @property
    def by_basis(self) -> dict[str, int]:
        """How many pairs go out by ruling, labels or decision."""
        return dict(sorted(Counter(row.standing.basis for row in self.rows).items()))

    @property
    def redacted(self) -> dict[str, int] | None:
        """Marks in the prompts and answers of the rows, by kind; None: it was not asked for."""
        if not self.options.redact:
            return None
        return dict(sorted(Counter(kind for row in self.rows for kind in row.redacted).items()))

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of train, validation and test in a folder; a document stays whole by default."""
        default = (1.0, 0.0, 0.0) if self.format.document else DEFAULT_SPLIT
        return self.options.split or default

    def lines(self, entries: Iterable[Entry] | None = None) -> Iterator[Line]:
        """The lines of the file, in project order; of some entries only where these are given."""
        return self.format.lines(self.entries if entries is None else entries)

    def preview(self, n: int = 5) -> list[Line]:
        """The first lines as they would be written."""
        return list(islice(self.lines(), n))

    def splits(self) -> Splits:
        """The lines of each split that has a share.

        All lines of a prompt group are in one, those of near-duplicates, and of the prompts that
        were made from it.
        """
        out: dict[str, list[Line]] = {
            name: [] for name, share in zip(SPLIT_NAMES, self.shares, strict=True) if share
        }
        groups, near = split.clustered([e.pair.messages for e in self.entries], self.kin)
        dealt = split.assign(groups, self.shares, self.options.seed)
        for name, lines in out.items():
            mine = (
                entry for entry, place in zip(self.entries, dealt, strict=True) if place == name
            )
            lines.extend(self.lines(mine))
        return Splits(out, near)


def plan(
    db: Database, options: ExportOptions, count_tokens: CountTokens | None = None
) -> ExportPlan:
    """Work out an export; writes nothing.

    Args:
        db: the project.
        options: what was asked for.
        count_tokens: tokens of each text by the model's tokenizer; None when no model is at
            hand, which is reported in ``length_not_checked``.

    Raises:
        UsageProblem: there is no such format, or it cannot be redacted.
        Damaged: in a format that holds every pair, an item is not what its id says.
        SealedRound: the export would tell labels that a round still hides: any of a sealed one;
            in a format that holds every pair, and so every label, also of one opened in blocks.
    """
    with _nothing_collected():
        return _plan(db, options, count_tokens)


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


def _plan(db: Database, options: ExportOptions, count_tokens: CountTokens | None) -> ExportPlan:
    format_ = named(options.format)
    if options.redact and format_.every_pair:
        raise UsageProblem(
            f"--redact is not for --format {format_.name}, which is written from the project's own"
            " records: choose another format, or leave --redact out"
        )
    hidden = _hidden(db, options, every_pair=format_.every_pair is not None)
    project = facts.load(db, notes=format_.notes)
    judges = judging.read(db) if options.by_models else judging.NOBODY
    weighed = crowd.ask(project, hidden) if options.from_ == "crowd" else None
    project.crowd = weighed.opinions if weighed else {}
    doubted = low_agreement.in_doubt(pair for pair in project.pairs if pair.id not in hidden)
    if options.only is not None:  # after what is told of the annotators, which all pairs tell
        project.keep(options.only)
    standings = {
        pair.id: _CLOSED if pair.id in hidden else decided.stands(pair, project, options)
        for pair in project.pairs
    }
    rows = [
        row
        for pair in project.pairs
        if (row := decided_row(pair, standings[pair.id], judges.soft, columns=options.soft_labels))
    ]
    if options.redact:
        rows = [redacted_row(row) for row in rows]
    judges = judges.behind({name for row in rows for name in row.standing.annotators})
    outcome = gate.sift(rows, options, format_.refuses, doubted, judges.weak, count_tokens)
    if options.length_matched:
        outcome = _matched(outcome, options.seed)
    reasons = dict.fromkeys(project.removed, Reason.REMOVED) | _reasons(standings, outcome)
    entries: tuple[Entry, ...] = tuple(outcome.passed)
    if format_.every_pair:
        judged = (Judged(p, standings[p.id], reasons.get(p.id)) for p in project.pairs)
        entries = tuple(format_.every_pair(db, judged))
    return ExportPlan(
        options=options,
        format=format_,
        rows=tuple(outcome.passed),
        excluded=_by_reason([*project.removed, *(pair.id for pair in project.pairs)], reasons),
        length_not_checked=tuple(row.pair.id for row in outcome.length_not_checked),
        pairs=len(project.pairs) + len(project.removed),
        background=background.read(db, [entry.pair.id for entry in entries]),
        entries=entries,
        speakers=_speakers(db, project),
        certificates=judges.certificates,
        crowd=weighed.model if weighed else None,
        kin=split.kin(db),
    )


def _speakers(db: Database, project: Facts) -> tuple[str, ...]:
    names = set(labels.annotators(db))
    names |= {each.annotator for found in project.decisions.values() for each in found}
    return tuple(sorted(names))


_CLOSED = PairDecision(None, Reason.HIDDEN, "nothing")


def _hidden(db: Database, options: ExportOptions, *, every_pair: bool) -> frozenset[str]:
    """The pairs that stay because a round opened in blocks does not tell of them yet."""
    if options.from_ == "decisions" and not every_pair:
        return frozenset()  # a decision on a revision is no label of a round
    rounds.guard(db)
    hidden = rounds.hidden_pairs(db)
    if every_pair:
        rounds.guard(db, hidden)
    return hidden


def _matched(outcome: GateOutcome, seed: int) -> GateOutcome:
    """The same without the rows that have no counterpart of their length."""
    out = length_match.surplus(outcome.passed, seed)
    kept, left, unchecked = (
        [row for row in rows if (row.pair.id in out) is gone]
        for rows, gone in (
            (outcome.passed, False),
            (outcome.passed, True),
            (outcome.length_not_checked, False),
        )
    )
    excluded = [*outcome.excluded, *((row, Reason.LENGTH_UNMATCHED) for row in left)]
    return GateOutcome(kept, excluded, unchecked)


def _reasons(standings: dict[str, PairDecision], outcome: GateOutcome) -> dict[str, Reason]:
    undecided = {
        pair_id: standing.reason
        for pair_id, standing in standings.items()
        if standing.reason is not None
    }
    return undecided | {row.pair.id: reason for row, reason in outcome.excluded}


def _by_reason(pair_ids: Sequence[str], reasons: dict[str, Reason]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for reason in Reason:
        found = [pair_id for pair_id in pair_ids if reasons.get(pair_id) is reason]
        if found:
            out[reason.value] = found
    return out
