"""Bradley-Terry scores: one scale for items that were compared two at a time.

P(i is better than j) = 1/(1 + exp(s_j - s_i)) (Bradley and Terry 1952); a tie is half a win each.
Scores are natural log-odds with mean 0, by maximum likelihood (Newton). They exist only where each
item can be reached from each other by a chain of wins (Ford 1957). Where items are not compared at
all, even by way of others, they have no common scale: each component is fitted alone. Where one
side of a component lost nothing, a normal prior of mean 0 and variance :data:`PRIOR_VARIANCE` keeps
its scores finite, and :attr:`Score.prior` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from store.agreement.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

PRIOR_VARIANCE: Final = 9.0
"""Three log-odds, a 95 % chance to win against the mean, are one standard deviation."""

DRAWS: Final = 2000
_AT_ONCE: Final = 200
_STEPS: Final = 200
_EXACT: Final = 1e-10
"""Greatest slope of the log likelihood at which the fit ends."""


class Game(NamedTuple):
    """One comparison of two items."""

    one: str
    other: str
    won: float
    """Share won by ``one``: 1, 0, 1/2 for a tie, or a probability."""
    prompt: str
    """What is drawn whole in a resampling."""


class ItemStrength(NamedTuple):
    """One item on the scale of its component."""

    item: str
    score: float
    """Log-odds against an item at the mean."""
    ci95: Interval | None
    """Percentiles over resampled prompts."""
    games: int
    won: float
    """Wins, ties as half of one."""
    component: int
    """From 0; scores of different components cannot be compared."""
    prior: bool
    """The component has no finite maximum: the prior holds its scores."""
    reason: str | None = None
    """Why there is no interval."""


def scores(games: Iterable[Game], *, draws: int = DRAWS, seed: int = 0) -> list[ItemStrength]:
    """The scores of all items, component by component, best first; games of like items are left.

    Args:
        games: who was compared with whom.
        draws: resamplings of prompts for the intervals; 0 for none. A draw without a finite
            maximum is fitted with the prior; an item that a draw lacks is left out of it.
        seed: of the draws.
    """
    import numpy as np

    played = [game for game in games if game.one != game.other]
    if not played:
        return []
    items = sorted({name for game in played for name in game[:2]})
    prompts = {prompt: i for i, prompt in enumerate(sorted({game.prompt for game in played}))}
    index = {item: i for i, item in enumerate(items)}
    n = len(items)
    wins = np.zeros((len(prompts), n, n))
    for game in played:
        i, j, at = index[game.one], index[game.other], prompts[game.prompt]
        wins[at, i, j] += game.won
        wins[at, j, i] += 1 - game.won
    counts = np.zeros((n, n), dtype=int)
    for game in played:
        counts[index[game.one], index[game.other]] += 1
    together = counts + counts.T
    found: list[ItemStrength] = []
    for place, members in enumerate(_components(together > 0)):
        part = wins[np.ix_(range(len(prompts)), members, members)]
        fitted, finite = fit(part.sum(axis=0))
        mine = part[part.sum(axis=(1, 2)) > 0]
        reason = "all comparisons are of one prompt" if len(mine) < 2 else None
        ends = _intervals(mine, draws, seed) if draws and not reason else [None] * len(members)
        rows = [
            ItemStrength(
                items[member],
                float(fitted[k]),
                ends[k],
                int(together[member].sum()),
                float(part[:, k].sum()),
                place,
                not finite,
                reason,
            )
            for k, member in enumerate(members)
        ]
        found += sorted(rows, key=lambda row: (-row.score, row.item))
    return found


def fit(wins: Floats) -> tuple[Floats, bool]:
    """The scores of one component from its wins, and whether they need no prior.

    Args:
        wins: how often (or with how much probability) the row's item beat the column's.
    """
    import numpy as np

    scores_, finite = _fit_all(np.asarray(wins, dtype=float)[None])
    return scores_[0], bool(finite[0])


def _fit_all(wins: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The same for several tables at once; the first axis counts them."""
    import numpy as np

    n = wins.shape[1]
    finite = _each_reaches_each(wins)
    precision = np.where(finite, 0.0, 1 / PRIOR_VARIANCE)[:, None]
    played = wins + wins.transpose(0, 2, 1)
    won = wins.sum(axis=2)
    s = np.zeros(won.shape)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(s[:, None, :] - s[:, :, None]))
        slope = won - (played * p).sum(axis=2) - precision * s
        if np.abs(slope).max() < _EXACT:
            break
        spread = played * p * (1 - p)
        curve = -spread
        # the likelihood does not change with the mean: the ones hold it at 0
        curve[:, range(n), range(n)] += spread.sum(axis=2) + precision
        step = np.linalg.solve(curve + 1 / n, slope[:, :, None])[:, :, 0]
        s += step / np.maximum(1, np.abs(step).max(axis=1, keepdims=True))
    return s - s.mean(axis=1, keepdims=True), finite


def _intervals(wins: Floats, draws: int, seed: int) -> list[Interval | None]:
    """95 % percentiles of each score over draws of whole prompts."""
    import numpy as np

    rng = np.random.default_rng(seed)
    prompts, n, _ = wins.shape
    drawn = []
    for start in range(0, draws, _AT_ONCE):
        times = rng.multinomial(
            prompts, np.full(prompts, 1 / prompts), min(_AT_ONCE, draws - start)
        )
        table = (times @ wins.reshape(prompts, -1)).reshape(-1, n, n)
        fitted, _ = _fit_all(table)
        absent = (table + table.transpose(0, 2, 1)).sum(axis=2) == 0
        drawn.append(np.where(absent, np.nan, fitted))
    low, high = np.nanquantile(np.concatenate(drawn), (0.025, 0.975), axis=0)
    return [(float(one), float(other)) for one, other in zip(low, high, strict=True)]


def _each_reaches_each(wins: Floats) -> npt.NDArray[np.bool_]:
    """Whether chains of wins lead from every item to every other, by table."""
    import numpy as np

    n = wins.shape[1]
    reach = ((wins > 0) | np.eye(n, dtype=bool)).astype(np.float32)
    for _ in range(max(n - 1, 1).bit_length()):
        reach = np.minimum(reach @ reach, 1)
    return np.asarray((reach > 0).all(axis=(1, 2)))


def _components(together: npt.NDArray[np.bool_]) -> Sequence[list[int]]:
    """The items that hang together by comparisons, greatest component first."""
    left, found = set(range(len(together))), []
    while left:
        here, todo = set[int](), [min(left)]
        while todo:
            at = todo.pop()
            if at not in here:
                here.add(at)
                todo += [int(other) for other in together[at].nonzero()[0]]
        left -= here
        found.append(sorted(here))
    return sorted(found, key=lambda part: (-len(part), part))
