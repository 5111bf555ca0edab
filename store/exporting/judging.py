"""What an export by models' verdicts needs to know of the models: probabilities, certificates."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlite_utils import Database

from store.exporting.rows import SoftLabels
from store.judgements import askings

if TYPE_CHECKING:  # numpy: not needed where no model decides
    from store.agreement.judge.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Judges:
    """The models that judged."""

    soft: SoftLabels
    certify: Callable[[str], Certificate] | None = None
    certificates: tuple[Certificate, ...] = field(default=())

    @property
    def weak(self) -> frozenset[str]:
        """Those whose verdicts go out on request alone."""
        return frozenset(each.judge for each in self.certificates if each.weak)

    def behind(self, names: Collection[str]) -> Judges:
        """The same with the certificates of these; nothing where no model decides."""
        if self.certify is None:
            return self
        return Judges(self.soft, self.certify, tuple(map(self.certify, sorted(names))))


NOBODY = Judges({})


def read(db: Database) -> Judges:
    """Everybody that was asked, with soft labels by pair."""
    from store.agreement.judge.certificate import certificate

    soft = {name: askings.soft_labels(askings.of_judge(db, name)) for name in askings.judges(db)}
    return Judges(soft, lambda name: certificate(db, name))
