"""What one person may see of an export before it is written.

A row tells which answer was chosen, so it would end the blindness of somebody who has not
labelled the pair yet. Shown are the pairs the viewer has labelled, and those on which nobody else
has said anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement.underlying_pairs import labelled_by
from store.db.project_database import immediate
from store.exporting.formats.base import Line
from store.exporting.plan import ExportPlan
from store.exporting.reasons import Reason
from store.items import pairs
from store.judgements import labels
from store.records import PairText

SILENT = frozenset(
    {
        Reason.HIDDEN,
        Reason.UNLABELLED,
        Reason.EMPTY,
        Reason.IDENTICAL,
        Reason.IDENTICAL_WHEN_REDACTED,
        Reason.TRUNCATED,
        Reason.DEGENERATE,
        Reason.MULTI_TURN,
        Reason.NOT_EXPRESSIBLE,
        Reason.IDENTICAL_WHEN_CUT,
        Reason.DUPLICATE,
    }
)
"""Reasons that tell something of the texts and nothing of anybody's verdict."""

_TOUCHED = """
SELECT DISTINCT pair_id FROM kept_label AS label_head WHERE annotator <> :me{asked}
UNION ALL SELECT item AS pair_id FROM head
WHERE kind IN ('ruling', 'flag') AND annotator <> :me{asked}
UNION ALL SELECT pair_id FROM (
    SELECT pair.id AS pair_id FROM kept_pair AS pair
    JOIN candidate ON candidate.prompt_id = pair.prompt_id
    JOIN head ON head.kind = 'decision' AND head.item = candidate.id
    WHERE head.annotator <> :me
) WHERE 1{asked}
"""
_ASKED = " AND pair_id IN (SELECT value FROM json_each(:pairs))"


def closed(db: Database, viewer: str) -> frozenset[str]:
    """The pairs this person may not see the outcome of: others spoke, the viewer has not."""
    mine = labelled_by(db, viewer)
    rows = db.execute(_TOUCHED.format(asked=""), {"me": ids.name(viewer)})
    return frozenset(str(row[0]) for row in rows if row[0] not in mine)


class ExportPreview(NamedTuple):
    """The first lines as they would be written, of pairs that may be seen."""

    lines: list[Line]
    pair_ids: list[str]
    """The pairs behind them."""


def preview(plan: ExportPlan, hidden: frozenset[str], most: int = 5) -> ExportPreview:
    """A few real lines of an export.

    Args:
        plan: the export.
        hidden: from :func:`closed`.
        most: how many lines.
    """
    seen = plan.entries.without(hidden)
    seen = seen.at(range(min(most, len(seen))))
    return ExportPreview(list(islice(plan.lines(seen), most)), [pair.id for pair in seen.pairs])


def texts(db: Database, pair_ids: Iterable[str]) -> list[PairText]:
    """Several pairs with their texts, in the order asked."""
    return [pairs.text(db, pair_id) for pair_id in pair_ids]


def record_shown(db: Database, viewer: str, pair_ids: Iterable[str], at: str) -> None:
    """Remember that the outcome of these pairs was shown, where others had a part in it."""
    asked = list(pair_ids)
    wanted = {"me": ids.name(viewer), "pairs": json.dumps(asked)}
    others = {row[0] for row in db.execute(_TOUCHED.format(asked=_ASKED), wanted)}
    with immediate(db):
        for pair_id in asked:
            if pair_id in others:
                labels.record_shown(db, pair_id, viewer, at)
