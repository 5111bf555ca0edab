"""The second way to kappa: every label fetched, and the plain call on two long lists.

Takes seconds at a million labels, so it belongs to an export or a report, where the short way
through the table must be above doubt.
"""

from __future__ import annotations

import math

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.report import Agreement
from store.db.sqlite_utils_import import absent
from store.errors import StoreError

_COMMON = """
SELECT one.verdict, other.verdict
FROM blind_label AS one JOIN blind_label AS other USING (pair_id)
WHERE one.annotator = :first AND other.annotator = :second
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
"""


def audit(db: Database, result: Agreement) -> None:
    """Computes a kappa again from the labels themselves, by scikit-learn alone.

    Args:
        db: the project, unchanged since the result was computed.
        result: the figures of two annotators over the whole project, ties separate.

    Raises:
        StoreError: number of pairs or kappa differ; the figures must not be published.
    """
    first, second = map(ids.name, result.annotators)
    closed = blinding.as_json(blinding.hidden(db, (first, second)))
    rows = db.execute(_COMMON, {"first": first, "second": second, "hidden": closed}).fetchall()
    value = _long_way([one for one, _ in rows], [other for _, other in rows])
    same = (
        value is None
        if result.kappa.value is None
        else value is not None and math.isclose(value, result.kappa.value, abs_tol=1e-9)
    )
    if len(rows) != result.n or not same:
        raise StoreError(
            f"Kappa of {first} and {second} is {result.kappa.value} over {result.n} pairs by the "
            f"table and {value} over {len(rows)} by the labels; nothing was written: run doctor"
        )


def _long_way(first: list[str], second: list[str]) -> float | None:
    with absent("pandas"):
        from sklearn.metrics import cohen_kappa_score

    if len({*first, *second}) < 2:
        return None
    return float(cohen_kappa_score(first, second))
