"""What the formats are given: a decided pair, with which answer is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from store.exporting.decided import PairDecision
from store.exporting.facts import PairFacts, Side
from store.records import Message, Verdict


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One prompt with its chosen and its rejected answer."""

    pair: PairFacts
    standing: PairDecision
    chosen: Side
    rejected: Side

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation before the answer, last turn the user's."""
        return self.pair.messages


def decided_row(pair: PairFacts, standing: PairDecision) -> ExportRow | None:
    """The row of a pair that has a verdict for one side, or None."""
    if standing.verdict is None:
        return None
    other = Verdict.B if standing.verdict is Verdict.A else Verdict.A
    return ExportRow(pair, standing, pair.side(standing.verdict), pair.side(other))
