"""People against the models that judged the same pairs; never part of a figure between people.

A model's label is one more column beside a person's: the same table, the same kappa. What the
share of agreement says is how often the model would have given this person's verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from store import ids
from store.agreement.counts import Ties
from store.agreement.report import Agreement, agreement
from store.agreement.tables import By, annotators


def with_models(
    db: Database,
    people: Sequence[str],
    *,
    ties: Ties = "separate",
    by: By | None = None,
) -> tuple[Agreement, ...]:
    """Each of these people with each model that has a pair in common with them.

    Args:
        db: the project.
        people: whose labels; a model among them is passed over.
        ties: as for :func:`store.agreement.report.agreement`.
        by: also slice the pairs by this.
    """
    return tuple(
        two
        for person, model in couples(people, annotators(db, ai=True))
        if (two := agreement(db, person, model, ties=ties, by=by)).n
    )


def couples(people: Sequence[str], models: Sequence[str]) -> list[tuple[str, str]]:
    """Who is compared: each person with each model, people in the order given."""
    return [(person, model) for person in people if ids.is_person(person) for model in models]
