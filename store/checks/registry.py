"""The data-set checks: what a model would learn from these pairs that nobody meant to teach it.

They look at the pairs that would be exported; the one for reasoning text looks at all. They find
and list; nothing is changed or left out because of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from store.checks.control_pictures import control_pictures
from store.checks.finding import Finding, Level
from store.checks.length import length
from store.checks.personal import personal
from store.checks.reasoning import thoughts
from store.checks.refusal import over_refusal, under_refusal
from store.checks.sameness import alike_answers, contradictions, near_prompts
from store.checks.wording import announcements, boilerplate
from store.exporting import ExportOptions, plan
from store.exporting.rows import Row

CHECKS: Final[tuple[Callable[[Sequence[Row]], Finding], ...]] = (
    length,
    over_refusal,
    under_refusal,
    boilerplate,
    announcements,
    control_pictures,
    contradictions,
    near_prompts,
    alike_answers,
    personal,
)


@dataclass(frozen=True, slots=True)
class Checks:
    """What all checks say."""

    rows: int
    """Pairs looked at: those that are decided and pass the gate."""
    excluded: dict[str, int]
    """Pairs that were not looked at, by the reason that keeps them out of an export."""
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Level:
        """The gravest level of all findings."""
        order = list(Level)
        return max((found.level for found in self.findings), key=order.index, default=Level.FINE)

    def as_json(self) -> dict[str, Any]:
        """The object of ``check --json``."""
        return {
            "rows": self.rows,
            "excluded": self.excluded,
            "findings": [found.as_json() for found in self.findings],
        }


def check(
    db: Database, *, from_: str = "consensus", on_check: Callable[[int], None] | None = None
) -> Checks:
    """Run every check over the pairs that would be exported.

    Args:
        db: the project.
        from_: whose word counts, as for an export.
        on_check: told how many checks have been run, for a progress bar.

    Raises:
        SealedRound: a round is still sealed.
    """
    made = plan(db, ExportOptions(format="trl", from_=from_))
    findings = [thoughts(db)]
    for done, run in enumerate(CHECKS, start=1):
        findings.append(run(made.rows))
        if on_check is not None:
            on_check(done)
    return Checks(len(made.rows), made.counts, tuple(findings))
