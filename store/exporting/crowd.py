"""``--from crowd``: the likeliest verdict of three or more raters, people and models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from store.agreement import dawid_skene
from store.agreement.dawid_skene import RATERS, CrowdModel
from store.agreement.multi import Pattern
from store.errors import StoreError
from store.exporting.facts import Facts, PairOutline
from store.records import Verdict


class Opinion(NamedTuple):
    """What the raters together say of a pair."""

    verdict: Verdict | None
    """None where two verdicts are as likely."""
    probability: float


class Crowd(NamedTuple):
    """The model over the last words of all raters, and what it says of each pair."""

    model: CrowdModel
    opinions: dict[str, Opinion]
    """By pair id."""


def ask(project: Facts, hidden: Collection[str]) -> Crowd:
    """Fit the model and read off each pair.

    Args:
        project: its labels, skips apart; imported preferences are no raters.
        hidden: pairs whose labels do not count yet.

    Raises:
        StoreError: fewer than three raters.
    """
    given = {pair.id: _said(pair) for pair in project.pairs if pair.id not in hidden}
    names = sorted({name for said in given.values() for name in said})
    if len(names) < RATERS:
        there = ", ".join(names) or "none"
        raise StoreError(f"--from crowd needs {RATERS} raters, people or models; here: {there}")
    rows = {pair_id: tuple(map(said.get, names)) for pair_id, said in given.items() if said}
    model = dawid_skene.fit([Pattern(*each) for each in Counter(rows.values()).items()], names)
    assert model is not None  # somebody said something
    opinions = {}
    for pair_id, said in rows.items():
        verdict, probability = model.likeliest(said)
        opinions[pair_id] = Opinion(None if verdict is None else Verdict(verdict), probability)
    return Crowd(model, opinions)


def _said(pair: PairOutline) -> dict[str, str]:
    return {
        word.annotator: word.verdict.value
        for word in pair.words
        if word.given_by != "source" and word.verdict is not Verdict.SKIP
    }
