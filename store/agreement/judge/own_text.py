"""Whether a judge prefers what it wrote itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.measured import Measured, mean, share


@dataclass(frozen=True, slots=True)
class SelfPreference:
    """Over pairs of the judge's own text against another's."""

    judge: Measured
    """Share on which the judge takes its own text."""
    people: Measured
    """The same share of people's verdicts, on pairs where both name a side."""
    more: Measured
    """The judge's share less people's on those pairs."""


def self_preference(pairs: Sequence[JudgedPair]) -> SelfPreference:
    """An answer is the judge's own by its author, or by the model of the run that wrote it."""
    mixed = [p for p in pairs if p.own_a != p.own_b and p.sided]
    both = [p for p in mixed if p.decided]
    none = "no pair of the judge's own text against another's has a side by "
    prompts, names = [p.prompt_id for p in both], [p.id for p in both]
    more = mean(
        [float(p.verdict == _own(p)) - float(p.word == _own(p)) for p in both],
        prompts,
        names,
        none=f"{none}judge and people",
    )
    return SelfPreference(
        share(
            [p.verdict == _own(p) for p in mixed],
            [p.prompt_id for p in mixed],
            [p.id for p in mixed],
            none=f"{none}the judge",
        ),
        share([p.word == _own(p) for p in both], prompts, names, none=f"{none}judge and people"),
        Measured(more.value, more.n, more.ci95, more.reason, more.pairs),
    )


def _own(pair: JudgedPair) -> str:
    return "a" if pair.own_a else "b"
