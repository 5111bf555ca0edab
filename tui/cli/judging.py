"""What came of ``pairlab judge``: verdicts, conflicts, the letters' mass, the certificate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from engine.method.runner import Runner
from store.agreement.judge.certificate import Certificate, certificate
from store.db.session import session
from store.db.sqlite import Database
from store.errors import StoreError
from store.judgements import askings, pending_judgements
from store.judgements.askings import SoftLabel
from store.judgements.pending_judgements import Skipped
from store.records import Verdict
from tui.cli import certificate_text
from tui.cli.context import say
from tui.formatting import coefficient, counted
from tui.visible import one_line

_LOW_MASS = 0.5
"""Under this the model mostly says something else than a label."""


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """What one judge says so far, over all its askings."""

    judge: str
    askings: int
    """Made by this command."""
    verdicts: dict[str, int]
    conflicts: int
    """Ties in which the two orders name different answers."""
    margin: float
    mass: float | None
    """Median probability that a label comes next, over the askings of the same template."""
    small: bool
    """The model reasoned first and is too small for its reasons to be worth much."""
    skipped: Skipped
    certificate: Certificate | None
    """What the judge is worth; None where it has answered about no pair that may be told of."""

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` tells it."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        certified = self.certificate.as_json() if self.certificate else None
        return plain | {"skipped": self.skipped._asdict(), "certificate": certified}


def report_of(path: Path, runner: Runner) -> JudgeReport | None:
    """The report behind a runner that judged; None where its judge never came to work."""
    judge = runner.judge
    if judge is None:
        return None
    with session(path) as db:
        made = askings.of_judge(db, judge.name)
        labels = list(askings.soft_labels(made).values())
        same = [each.mass for each in made if each.template == judge.template]
        return JudgeReport(
            judge.name,
            judge.askings,
            _verdicts(labels, judge.margin),
            sum(label.conflict for label in labels),
            judge.margin,
            median(same) if same else None,
            judge.reasons_little,
            pending_judgements.skipped(db, limit=runner.plan.limit),
            _certificate(db, judge.name),
        )


def tell(report: JudgeReport) -> None:
    """Say it on stderr, and print the certificate."""
    for reason, number in report.skipped._asdict().items():
        if number:
            say(f"{counted(number, f'{reason} pair')} not judged.")
    if report.small:
        say("This model is small: its reasons are seldom worth their tokens.")
    if report.mass is not None and report.mass < _LOW_MASS:
        say(
            "The model does not answer the question (median probability of the letters"
            f" {coefficient(report.mass)})."
        )
    said = report.verdicts
    near = said["tie"] - report.conflicts
    within = f", {near} within {coefficient(report.margin)} of one half" if near else ""
    say(
        one_line(
            f"{report.judge}: {said['a']} a, {said['b']} b, {counted(said['tie'], 'tie')}"
            f" ({report.conflicts} where the orders conflict{within}).",
            400,
        )
    )
    if report.certificate is not None:
        certificate_text.show(report.certificate)


def _certificate(db: Database, judge: str) -> Certificate | None:
    try:
        return certificate(db, judge)
    except StoreError:
        return None


def _verdicts(labels: list[SoftLabel], margin: float) -> dict[str, int]:
    found = Counter(label.verdict(margin) for label in labels)
    return {each.value: found[each] for each in (Verdict.A, Verdict.B, Verdict.TIE)}
