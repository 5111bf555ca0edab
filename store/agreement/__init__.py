"""Agreement between annotators: exact figures, from counts alone, at any number of labels.

The usual way in is :func:`agreement` (two annotators), :func:`agreement_many` (more),
:func:`with_models` (people and models) and :class:`LiveTable` (two, label by label).
"""

from store.agreement.kappa import warm, warm_up
from store.agreement.live import LiveTable
from store.agreement.models import with_models
from store.agreement.report import Agreement, ManyAgreement, agreement, agreement_many, of_counts
from store.agreement.tables import annotators

__all__ = [
    "Agreement",
    "LiveTable",
    "ManyAgreement",
    "agreement",
    "agreement_many",
    "annotators",
    "of_counts",
    "warm",
    "warm_up",
    "with_models",
]
