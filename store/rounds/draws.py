"""The random share of a queue that puts useful pairs first, so that figures stay honest.

Whoever labels the hardest pairs first has a kappa of the hardest pairs. So a share of all pairs is
drawn by the hash of the pair alone, the same for everybody and in every copy of the project; a
label given after the queue was first set to ``useful`` carries its pair's draw, and the view
``blind_pass``, which every figure of agreement is counted from, leaves the labels of useful pairs
out. The mark stays when the queue goes back to project order: what is left there are the pairs
that were not useful. Labels given in a round have none: all pairs of a round are labelled.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from sqlite_utils import Database

from store import ids
from store.judgements import settings

Draw = Literal["random", "useful"]

DEFAULT_SHARE: Final = 0.3
"""The random share where the project does not say another."""

_LEFT_OUT = """
SELECT count(*) FROM first_label
WHERE drawn = 'useful' AND informed = 0 AND given_by = 'person'
  AND pair_id NOT IN (SELECT pair_id FROM sealed_pair)
"""


class QueueOrder(NamedTuple):
    """In what order pairs are shown, and what that leaves out of the figures."""

    useful: bool = False
    """Whether pairs where judge and people may differ most come first."""
    share: float = DEFAULT_SHARE
    """The random share."""
    left_out: int = 0
    """People's blind labels of useful pairs, which are in no figure of agreement."""

    @property
    def told(self) -> bool:
        """Whether anything is to be said beside a figure."""
        return self.useful or self.left_out > 0

    def words(self) -> str:
        """What the figures of agreement are over, in one line."""
        now = "useful pairs come first: " if self.useful else ""
        return (
            f"{now}figures are over the random {self.share * 100:.0f} % of the pairs"
            f" ({self.left_out:,} labels of useful ones left out)"
        )

    def as_json(self) -> dict[str, Any]:
        """Under fixed names, as ``agree --json`` has it."""
        return {
            "order": settings.USEFUL if self.useful else settings.PROJECT,
            "random_share": self.share,
            "left_out": self.left_out,
        }


PROJECT_ORDER: Final = QueueOrder()


def draw(pair_id: str, share: float) -> Draw:
    """Whether a pair is in the random share; a greater share holds every smaller one."""
    return "random" if int(ids.digest("queue", pair_id)[:13], 16) < share * 16**13 else "useful"


def of_settings(said: dict[str, Any]) -> QueueOrder:
    """The order that the project's settings ask for."""
    share = said.get(settings.RANDOM_SHARE)
    return QueueOrder(
        said.get(settings.QUEUE) == settings.USEFUL, DEFAULT_SHARE if share is None else share
    )


def order(db: Database) -> QueueOrder:
    """The order in force, and how many labels it leaves out."""
    said = of_settings(settings.some(db, settings.QUEUE, settings.RANDOM_SHARE))
    return said._replace(left_out=int(db.execute(_LEFT_OUT).fetchone()[0]))
