"""The pairs behind a figure, as far as one annotator may see them.

Whoever is told what another chose on a pair can no longer label it blind. So a list holds the
pairs its viewer has labelled already, and what it tells is remembered: a first label changed
afterwards is marked and leaves the agreement (:func:`store.judgements.labels.record_shown`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement.counts import Said
from store.agreement.tables import By, items
from store.db.project_database import immediate
from store.errors import StoreError
from store.items import pairs
from store.judgements import labels
from store.records import Label, PairText, Phase
from store.rounds import rounds

MOST = 200
"""Lines of one list; more are counted."""

_MINE = "SELECT pair_id FROM answered WHERE annotator = ? AND answer = 'given'"
_BOTH = "SELECT pair_id, annotator, verdict FROM first_label WHERE annotator IN (?, ?)"


class UnderlyingPair(NamedTuple):
    """One pair in a list."""

    pair_id: str
    prompt: str
    category: str
    said: Said


class Behind(NamedTuple):
    """The pairs of a cell or a line of a table."""

    entries: tuple[UnderlyingPair, ...]
    not_yet: int
    """Pairs left out because the viewer has not labelled them."""
    more: int
    """Pairs beyond the length of the list."""


class LabelledPair(NamedTuple):
    """A pair with everybody's first labels."""

    text: PairText
    labels: tuple[Label, ...]


def behind(
    db: Database,
    viewer: str,
    first: str,
    second: str,
    *,
    said: Said | None = None,
    by: By | None = None,
    value: str | None = None,
    at: str,
) -> Behind:
    """The pairs on which two annotators said ``said``, or disagreed.

    Args:
        db: the project.
        viewer: who looks.
        first: the annotator in the rows.
        second: the annotator in the columns.
        said: both verdicts; None for all disagreements.
        by: what ``value`` is a value of.
        value: only this slice.
        at: UTC time, ISO-8601.
    """
    found = items(db, first, second, said=said, by=by, value=value)
    return _listed(db, viewer, {item.pair_id: item.said for item in found}, at)


def of_rater(
    db: Database,
    viewer: str,
    who: str,
    pair_ids: Sequence[str],
    *,
    at: str,
    most: int | None = MOST,
) -> Behind:
    """The pairs behind a figure about a person or a judge: what the viewer said and what they did.

    Args:
        db: the project.
        viewer: who looks.
        who: a name, ``ai:NAME`` of a judge; empty, or the viewer's, where nobody else's verdict is
            to be told.
        pair_ids: the pairs, in project order.
        at: UTC time, ISO-8601.
        most: how many are listed; None for all.
    """
    me = ids.name(viewer)
    both = (me, ids.name(who) or me)
    said: dict[str, dict[str, str]] = {}
    for pair_id, name, verdict in db.execute(_BOTH, both).fetchall():
        said.setdefault(pair_id, {})[name] = verdict
    words = {each: said.get(each, {}) for each in pair_ids}
    told = {x: (w.get(both[0]), w.get(both[1])) for x, w in words.items()}
    return _listed(db, viewer, told, at, most)


def _listed(
    db: Database, viewer: str, found: Mapping[str, Said], at: str, most: int | None = MOST
) -> Behind:
    mine = labelled_by(db, viewer)
    allowed = [pair_id for pair_id in found if pair_id in mine]
    shown = allowed[:most]
    entries = []
    with immediate(db):
        for pair_id in shown:
            text = pairs.text(db, pair_id)
            entries.append(UnderlyingPair(pair_id, text.prompt_text, text.category, found[pair_id]))
            labels.record_shown(db, pair_id, viewer, at)
    return Behind(tuple(entries), len(found) - len(allowed), len(allowed) - len(shown))


def labelled_by(db: Database, viewer: str) -> frozenset[str]:
    """The pairs an annotator has labelled and has not skipped or queued again since."""
    return frozenset(str(row[0]) for row in db.execute(_MINE, [ids.name(viewer)]))


def seen(db: Database, viewer: str, pair_id: str, *, at: str) -> LabelledPair:
    """One pair with what everybody said of it in the first pass.

    Raises:
        StoreError: the viewer has not labelled it.
        SealedRound: it belongs to a round that is still sealed.
    """
    mine = labels.mine(db, pair_id, viewer)
    if mine is None or mine.answer != "given":
        raise StoreError("you have not labelled this pair yet; it stays closed until you have")
    rounds.guard(db, [pair_id])
    labels.record_shown(db, pair_id, viewer, at)
    said = (label for label in labels.of_pair(db, pair_id) if label.phase is Phase.FIRST)
    return LabelledPair(pairs.text(db, pair_id), tuple(said))
