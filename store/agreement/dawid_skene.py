"""What three or more raters say together, each weighed by how often they are right.

Dawid and Skene (1979, Maximum likelihood estimation of observer error-rates using the EM
algorithm): each pair has one true verdict, each rater a table of how often they give each verdict
where another one is true. EM begins with the shares of the votes and ends when the log likelihood
moves by less than 1e-7, or after 200 rounds. A Dirichlet prior adds :data:`SMOOTHING` to every
cell of the tables and to every true verdict, so that nothing seen once is held for certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store.agreement.counts import VERDICTS
from store.agreement.figure import as_number, as_numbers
from store.agreement.intervals import Interval, wilson
from store.agreement.multi import Pattern
from store.agreement.tables import annotators, patterns, said_of_pairs, spoken

SMOOTHING: Final = 0.01
"""Pairs added to each cell of a rater's table and to each true verdict."""

RATERS: Final = 3
"""With fewer raters nothing tells who of them errs."""

FEW: Final = 5
"""Labels of a verdict below which the tables of that verdict tell nothing."""

_STILL: Final = 1e-7
_ROUNDS: Final = 200

Said = tuple[str | None, ...]
"""What each rater said of a pair, None for nothing."""


class RaterModel(NamedTuple):
    """One rater as the model sees them."""

    name: str
    n: int
    """Pairs they labelled."""
    confusion: tuple[tuple[float, ...], ...]
    """Row: the true verdict; column: theirs; each row sums to 1."""
    competence: float
    """Probability that they give the true verdict."""
    ci95: Interval | None
    """Wilson interval of the competence, as if the true verdicts were known."""
    chance: float
    """The same if their verdicts had nothing to do with the true ones."""


class CrowdModel(NamedTuple):
    """The fit."""

    verdicts: tuple[str, ...]
    """Those that anybody gave, in the order of every table here."""
    prior: tuple[float, ...]
    """Share of each true verdict."""
    raters: tuple[RaterModel, ...]
    posterior: dict[Said, tuple[float, ...]]
    """Probability of each true verdict, for every combination of what was said."""
    pairs: int
    log_likelihood: float
    rounds: int
    differs: int
    """Pairs where the likeliest verdict is not that of most raters, or most raters are none."""
    smoothing: float
    warnings: tuple[str, ...]

    def likeliest(self, said: Said) -> tuple[str | None, float]:
        """The likeliest verdict of a combination and its probability; None where two are."""
        return best(self.verdicts, self.posterior[said])

    def as_json(self) -> dict[str, Any]:
        """Under fixed names, as ``agree --json`` has it."""
        return {
            "model": "dawid-skene",
            "smoothing": self.smoothing,
            "pairs": self.pairs,
            "verdicts": list(self.verdicts),
            "prior": [as_number(share) for share in self.prior],
            "raters": [
                {
                    "name": each.name,
                    "n": each.n,
                    "competence": as_number(each.competence),
                    "ci95": as_numbers(each.ci95),
                    "chance": as_number(each.chance),
                    "confusion": [[as_number(cell) for cell in row] for row in each.confusion],
                }
                for each in self.raters
            ],
            "combinations": [
                {
                    "said": dict(zip((each.name for each in self.raters), said, strict=True)),
                    "majority": majority(said),
                    "posterior": dict(zip(self.verdicts, map(as_number, chances), strict=True)),
                }
                for said, chances in self.posterior.items()
            ],
            "differs": self.differs,
            "log_likelihood": as_number(self.log_likelihood),
            "rounds": self.rounds,
            "warnings": list(self.warnings),
        }


class Differing(NamedTuple):
    """The pairs behind the fit, in project order."""

    majority: tuple[str, ...]
    """Those where the likeliest verdict is not that of most raters, or most raters are none."""
    raters: dict[str, tuple[str, ...]]
    """Those of which a rater did not give the likeliest verdict."""


def differing(db: Database, model: CrowdModel) -> Differing:
    """The pairs to look at."""
    names = [each.name for each in model.raters]
    raters: dict[str, list[str]] = {name: [] for name in names}
    divided = []
    for pair_id, verdicts in said_of_pairs(db, names):
        said = tuple(map(verdicts.get, names))
        likeliest = model.likeliest(said)[0]
        if likeliest != majority(said):
            divided.append(pair_id)
        for name, verdict in verdicts.items():
            if verdict != likeliest:
                raters[name].append(pair_id)
    return Differing(tuple(divided), {name: tuple(pairs) for name, pairs in raters.items()})


def crowd(db: Database) -> CrowdModel | None:
    """The model over people and models with blind labels; None with fewer than three."""
    names = [*annotators(db), *annotators(db, ai=True)]
    return fit(patterns(spoken(db, names), names), names) if len(names) >= RATERS else None


def majority(said: Said) -> str | None:
    """The verdict of most raters; None where two have as many."""
    votes = Counter(each for each in said if each is not None).most_common(2)
    return None if not votes or (len(votes) == 2 and votes[0][1] == votes[1][1]) else votes[0][0]


def best(verdicts: Sequence[str], chances: Sequence[float]) -> tuple[str | None, float]:
    """The likeliest verdict and its probability; None where two are as likely."""
    most = max(chances)
    alike = [each for each, chance in zip(verdicts, chances, strict=True) if most - chance < 1e-9]
    return (alike[0] if len(alike) == 1 else None), most


def fit(
    said: Iterable[Pattern],
    names: Sequence[str],
    *,
    smoothing: float = SMOOTHING,
    still: float = _STILL,
    rounds: int = _ROUNDS,
) -> CrowdModel | None:
    """Fit the model by EM.

    Args:
        said: what was said and of how many pairs, raters in the order of ``names``.
        names: the raters.
        smoothing: the Dirichlet prior.
        still: the log likelihood has to move by this for another round.
        rounds: at most so many.

    Returns:
        The fit; None where nobody said anything.
    """
    import numpy as np

    counted: Counter[Said] = Counter()
    for combination, pairs in said:
        if any(each is not None for each in combination):
            counted[combination] += pairs
    if not counted:
        return None
    verdicts = tuple(v for v in VERDICTS if any(v in combination for combination in counted))
    times = np.array(list(counted.values()), float)
    votes = np.array([[[each == v for v in verdicts] for each in row] for row in counted], float)
    found = _em(votes, times, smoothing, still, rounds)
    posterior = {
        combination: tuple(map(float, row))
        for combination, row in zip(counted, found.chances, strict=True)
    }
    given = np.einsum("p,prv->rv", times, votes)
    raters = tuple(
        _rater(name, int(n), found.prior, table)
        for name, n, table in zip(names, given.sum(axis=1), found.tables, strict=True)
    )
    labels = dict(zip(verdicts, map(int, given.sum(axis=0)), strict=True))
    return CrowdModel(
        verdicts,
        tuple(map(float, found.prior)),
        raters,
        posterior,
        int(times.sum()),
        found.likelihood,
        found.rounds,
        sum(
            counted[combination]
            for combination, row in posterior.items()
            if best(verdicts, row)[0] != majority(combination)
        ),
        smoothing,
        tuple(_warnings(raters, labels)),
    )


class _Fit(NamedTuple):
    chances: Any
    """By combination and true verdict."""
    prior: Any
    tables: Any
    """By rater, true verdict and their verdict."""
    likelihood: float
    rounds: int


def _em(votes: Any, times: Any, smoothing: float, still: float, rounds: int) -> _Fit:
    """EM over combinations: ``votes`` by combination, rater and verdict, and how often each is."""
    import numpy as np

    chances = votes.sum(axis=1) / votes.sum(axis=(1, 2))[:, None]
    before, done = -np.inf, 0
    while True:
        weight = chances * times[:, None]
        prior = weight.sum(axis=0) + smoothing
        prior /= prior.sum()
        tables = np.einsum("pt,prv->rtv", weight, votes) + smoothing
        # a true verdict that a rater never met says nothing of them: every verdict alike
        met = tables.sum(axis=2, keepdims=True)
        tables = np.where(met > 0, tables / np.where(met > 0, met, 1), 1 / votes.shape[2])
        logs = np.log(np.maximum(prior, _TINY)) + np.einsum(
            "prv,rtv->pt", votes, np.log(np.maximum(tables, _TINY))
        )
        top = logs.max(axis=1, keepdims=True)
        whole = np.exp(logs - top).sum(axis=1, keepdims=True)
        likelihood = float((times * (top + np.log(whole))[:, 0]).sum())
        if likelihood - before < still or done == rounds:
            return _Fit(chances, prior, tables, likelihood, done)
        chances = np.exp(logs - top) / whole
        before, done = likelihood, done + 1


_TINY: Final = 1e-10
"""No probability is taken for less, so that its logarithm exists."""


def _rater(name: str, n: float, prior: Any, table: Any) -> RaterModel:
    right = float((prior * table.diagonal()).sum())
    chance = float((prior * (prior @ table)).sum())
    confusion = tuple(tuple(map(float, row)) for row in table)
    return RaterModel(name, int(n), confusion, right, wilson(right * n, int(n)), chance)


def _warnings(raters: Sequence[RaterModel], given: dict[str, int]) -> Iterable[str]:
    for each in raters:
        if each.n and each.competence <= each.chance:
            yield f"{each.name} is right no more often than chance"
    for verdict, n in given.items():
        if n < FEW:
            word = verdict.replace("_", " ")
            yield f"only {n} labels are {word}: what is said of it rests on too little"
