"""Who labelled, how much, how fast, how steadily; and in which rounds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from store.agreement import tables
from store.agreement.figure import NONE, percent
from store.agreement.pace import pace
from store.agreement.selfagree import self_agreement
from store.agreement.sides import left_picks
from store.judgements import attributes
from store.reporting.markdown import cell, figure, interval, table
from store.reporting.names import Names
from store.rounds import rounds

_GIVEN = """
SELECT sum(phase = 'first' AND verdict <> 'skip'), sum(phase = 'first' AND verdict = 'skip'),
       sum(phase = 'first' AND informed), sum(phase = 'repeat')
FROM kept_label AS label_head WHERE annotator = ?
"""


def annotators(db: Database, names: Names) -> Iterator[str]:
    """One line for each person with a label."""
    people = tables.annotators(db)
    yield "## Annotators\n"
    if not people:
        yield "Nobody has labelled yet.\n"
        return
    head = [
        "annotator",
        "labels",
        "skipped",
        "informed",
        "repeats",
        "median s",
        "left",
        "p",
        "kappa with self",
        "95 %",
        "states",
    ]
    yield table(head, [_annotator(db, name, names) for name in people])
    yield (
        "\nInformed: labels given or changed after the other's was shown; left out of agreement."
        " Left: share of left picks, p by the exact binomial test against one half. Kappa with"
        " self: first label against hidden repeat with swapped sides.\n"
    )


def _annotator(db: Database, name: str, names: Names) -> list[str]:
    labels, skipped, informed, repeats = db.execute(_GIVEN, [name]).fetchone()
    took, left, again = pace(db, name), left_picks(db, name), self_agreement(db, name)
    stated = attributes.of_annotator(db, name)
    return [
        cell(names(name)),
        *(str(number or 0) for number in (labels, skipped, informed, repeats)),
        NONE if took.median is None else f"{took.median:.0f}",
        NONE if left.share is None else percent(left.share),
        NONE if left.p is None else f"{left.p:.2f}",
        figure(again.kappa, 2),
        interval(again.ci95),
        cell(", ".join(f"{key}: {value}" for key, value in stated.items())) or "-",
    ]


def formal_rounds(db: Database, names: Names) -> Iterator[str]:
    """The rounds as they were set up, and how they ended."""
    found = rounds.ordered(db)
    yield "## Rounds\n"
    if not found:
        yield "No formal round was held; agreement was open to the annotators while they worked.\n"
        return
    rows = [
        [
            cell(each.name),
            cell(", ".join(names(who) for who in each.annotators)),
            str(len(rounds.pairs_of(db, each.id))),
            percent(each.overlap),
            each.seal,
            each.ended or "going on",
            ", ".join(
                f"{cell(names(p.annotator))} {p.done} of {p.total}"
                for p in rounds.progress(db, each.id)
            ),
            each.at[:10],
        ]
        for each in found
    ]
    head = ["round", "annotators", "pairs", "shared", "seal", "state", "done", "set up"]
    yield table(head, rows) + "\n"
