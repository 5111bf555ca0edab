"""Raters weighed against each other, as a table; in the report and the data card."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from store.agreement.dawid_skene import CrowdModel
from store.agreement.figure import rounded
from store.reporting.markdown import cell, interval, table


def weighed(model: CrowdModel, names: Callable[[str], str] = str) -> Iterator[str]:
    """What the model says of each rater.

    Args:
        model: the fit.
        names: what an annotator is called here.
    """
    yield (
        f"Dawid and Skene's model over {model.pairs} pairs, {model.smoothing:g} added to each cell"
        f" (Dirichlet); on {model.differs} pairs the likeliest verdict is not that of most raters."
        " Right: probability of giving the true verdict.\n"
    )
    rows = [
        [
            cell(names(each.name)),
            str(each.n),
            rounded(each.competence, 2),
            interval(each.ci95),
            rounded(each.chance, 2),
            "no better than chance" if each.competence <= each.chance else "",
        ]
        for each in model.raters
    ]
    yield table(["rater", "n", "right", "95 %", "by chance", ""], rows)
