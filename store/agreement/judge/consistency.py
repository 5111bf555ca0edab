"""Whether a judge says the same again: under another seed, wording or constitution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from store.agreement.counts import tabulate, tally_of
from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.kappas import kappa_interval
from store.agreement.judge.measured import Measured, of_figure, share
from store.agreement.kappa import kappa
from store.judgements.askings import Asking, soft_label

CLASSES: Final = ("a", "b", "tie")

_VARIED: Final = ("seed", "template", "constitution_id", "few_shot")


@dataclass(frozen=True, slots=True)
class Consistency:
    """A judge against itself when one thing is varied and all else is the same."""

    varied: str
    """``seed``, ``template``, ``constitution`` or ``few_shot``."""
    equal: Measured
    """Share of comparisons with the same verdict; each two variants of a pair are one."""
    kappa: Measured
    """Cohen's kappa over a, b and tie, the earlier variant by name in the rows; interval by
    bootstrap over prompts."""
    differing: tuple[str, ...]
    """The pairs on which they differ."""


def consistency(pairs: Sequence[JudgedPair]) -> tuple[Consistency, ...]:
    """Self-consistency for each thing that was varied; the principle is averaged over."""
    return tuple(found for varied in _VARIED if (found := _of(pairs, varied)).equal.n)


def _of(pairs: Sequence[JudgedPair], varied: str) -> Consistency:
    said, prompts, names = [], [], []
    for pair in pairs:
        alike: dict[tuple[object, ...], dict[object, list[Asking]]] = defaultdict(dict)
        for each in pair.asked:
            rest = tuple(getattr(each, name) for name in (*_VARIED, "samples") if name != varied)
            alike[rest].setdefault(getattr(each, varied), []).append(each)
        for variants in alike.values():
            ordered = [variants[key] for key in sorted(variants, key=str)]
            verdicts = [soft_label(each).verdict().value for each in ordered]
            for both in combinations(verdicts, 2):
                said.append(both)
                prompts.append(pair.prompt_id)
                names.append(pair.id)
    same = [one == other for one, other in said]
    equal = share(same, prompts, names, none="nothing was asked twice")
    differing = tuple(
        dict.fromkeys(name for name, is_same in zip(names, same, strict=True) if not is_same)
    )
    table = tabulate(tally_of(said), CLASSES).table
    return Consistency(
        varied.removesuffix("_id"),
        equal,
        of_figure(kappa(table), len(said), kappa_interval(said, prompts), differing),
        differing,
    )
