"""How much better the chosen answer is, as the ``margin`` of a reward model's loss: 0 to 1.

One figure for each annotator whose word the row rests on: of a ranking the difference of the two
ranks over k - 1, where k answers were ranked and equals share the mean of their places; else half
the strength given (1 better, 2 much better). The margin is their mean; where nobody said how much,
there is none. Where soft labels are asked for, a model's is 2p - 1 with p its probability of the
chosen answer, never under 0.
"""

from __future__ import annotations

from statistics import fmean

from store.exporting.rows import ExportRow


def margin(row: ExportRow) -> float | None:
    """The margin of a decided row, or None where nobody said how much better."""
    if row.soft_columns and row.soft is not None:
        return max(0.0, 2 * row.soft.p - 1)
    if row.standing.basis != "labels":
        return None
    said = [
        word.margin
        for word in row.pair.words
        if word.annotator in row.standing.annotators
        and word.verdict is row.standing.verdict
        and word.margin is not None
    ]
    return fmean(said) if said else None
