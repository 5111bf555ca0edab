"""The floor: below it a judge's labels go out only on request (``--allow weak_judge``)."""

from __future__ import annotations

from typing import Final

from store.agreement.bands import FEW
from store.agreement.judge.measured import Measured
from store.agreement.judge.people import Accuracy
from store.agreement.judge.position import PositionBias
from store.agreement.judge.written import percent, point

NOT_CERTIFIED: Final = "not certified"
"""How the reason begins where people have labelled too little to say."""
CONFLICT_MOST: Final = 0.4
"""More pairs than this with conflicting orders, and the place decides more than the answers do."""
KAPPA_LEAST: Final = 0.4
"""The end of the band "low" between people."""


def weaknesses(
    position: PositionBias, with_word: int, accuracy: Accuracy, together: Measured
) -> tuple[str, ...]:
    """Why a judge is weak, the plainest reason first; nothing where it is not."""
    found = []
    conflict = position.conflict.value
    if conflict is not None and conflict > CONFLICT_MOST:
        found.append(f"the orders conflict on {percent(conflict)} of its pairs")
    if with_word < FEW:
        found.append(f"{NOT_CERTIFIED}: {_few(with_word)} a person's verdict")
    for each in (accuracy.decided, accuracy.with_ties):
        if each.ci95 is not None and each.ci95[0] <= 0.5:
            found.append(
                f"accuracy is not surely above one half ({percent(each.value)},"
                f" {percent(each.ci95[0])} to {percent(each.ci95[1])}, n {each.n})"
            )
            break
    if with_word >= FEW and together.value is not None and together.value < KAPPA_LEAST:
        found.append(f"kappa with people is {point(together.value)}, under .4")
    return tuple(found)


def _few(pairs: int) -> str:
    if not pairs:
        return "no pair has"
    return "only 1 pair has" if pairs == 1 else f"only {pairs} pairs have"
