"""Labels, notes and flags: what one annotator says about one pair or item."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput, WrongId
from store.items import removal
from store.judgements import guidelines
from store.log import current_state, events
from store.records import Event, Label, Phase, Verdict
from store.rounds import assignments, draws

CURRENT: Final = "current"
"""Stands for the guideline in force when the label is given."""

COLUMNS: Final = (
    "pair_id, annotator, phase, verdict, strength, seconds, left_side, guideline_id, note,"
    " informed, round_id, event_id, at, answer"
)
"""Of the view ``labels_current``, as :func:`from_row` takes them."""

_SELECT = f"SELECT {COLUMNS} FROM labels_current"  # noqa: S608 - names written above

# Rounds are looked at only where the pair is in one: an import writes labels by the thousand.
# A label given when its round has ended follows what others said, as one does that was informed.
_BASIS = """
WITH mine AS MATERIALIZED (
    SELECT round_id, ended FROM round_pair JOIN round_now USING (round_id)
    WHERE pair_id = :pair AND annotator = :who
)
SELECT EXISTS (SELECT 1 FROM kept_pair WHERE id = :pair),
    (SELECT json_extract(value, '$.id') FROM shared_head
     WHERE kind = 'guideline' AND item = 'guideline'),
    EXISTS (SELECT 1 FROM label_head WHERE pair_id = :pair AND annotator = :who
            AND phase = 'first' AND informed)
        OR EXISTS (SELECT 1 FROM head WHERE kind = 'shown' AND item = :pair
                   AND annotator = :who AND phase = '')
        OR EXISTS (SELECT 1 FROM round_pair WHERE pair_id = :pair AND annotator = :who)
            AND EXISTS (SELECT 1 FROM mine WHERE ended IS NOT NULL)
            AND EXISTS (SELECT 1 FROM sound_event WHERE item = :pair AND annotator = :who
                        AND kind = 'label' AND phase = 'first'),
    iif(EXISTS (SELECT 1 FROM round_pair WHERE pair_id = :pair AND annotator = :who),
        (SELECT min(round_id) FROM mine WHERE ended IS NULL), NULL),
    EXISTS (SELECT 1 FROM round_pair WHERE pair_id = :pair AND annotator = :who),
    (SELECT json_array(drawn) FROM label_head
     WHERE pair_id = :pair AND annotator = :who AND phase = 'first'),
    (SELECT coalesce((SELECT json_extract(value, '$.value') FROM shared_head
                      WHERE kind = 'setting' AND item = 'random_share'), :share)
     WHERE EXISTS (SELECT 1 FROM sound_event WHERE item = 'queue' AND kind = 'setting'
                   AND json_extract(value, '$.value') = 'useful'))
"""


class _Basis(NamedTuple):
    """What a first label given now would rest on."""

    is_here: int
    """Whether there is such a pair, and it was not removed."""
    guideline_id: str | None
    """The version in force."""
    informed: int
    """Whether it would not be blind."""
    round_id: str | None
    """The round that it would belong to: one that goes on."""
    in_rounds: int
    """Whether the pair is the annotator's in any round."""
    before: str | None
    """How the pair was drawn for the label that stands, in a JSON list of one; None without one."""
    share: float | None
    """The random share, where the queue has ever put useful pairs first."""

    def draw(self, pair_id: str) -> draws.Draw | None:
        """How the pair was drawn; a label that takes the place of another keeps that one's."""
        if self.before is not None:
            kept: list[draws.Draw | None] = json.loads(self.before)
            return kept[0]
        if self.share is None or self.round_id is not None:
            return None
        return draws.draw(pair_id, self.share)


def give(
    db: Database,
    pair_id: str,
    annotator: str,
    verdict: Verdict | str,
    *,
    seconds: float | None = None,
    left: str | None = None,
    strength: int | None = None,
    note: str | None = None,
    phase: Phase = Phase.FIRST,
    guideline_id: str | None = CURRENT,
    source: str | None = None,
    ranking: str | None = None,
    correction: str | None = None,
    at: str,
) -> Event:
    """Record one verdict; on the disk when this returns.

    Args:
        db: the project.
        pair_id: whole id of the pair.
        annotator: who gives it.
        verdict: one of :class:`store.records.Verdict`.
        seconds: time the annotator took.
        left: ``a`` or ``b``, whichever stood left.
        strength: 1 better, 2 much better; only with the verdicts ``a`` and ``b``.
        note: a remark; the later one of this and :func:`note` is shown.
        phase: first pass, hidden repeat or after discussion.
        guideline_id: the version it was made under; :data:`CURRENT` looks it up, None says that
            it is unknown (imported labels).
        source: name of the file it was imported from.
        ranking: id of the ranking that it follows from.
        correction: id of the event that a person's own text came with, where it is the author's
            word on that text.
        at: UTC time, ISO-8601.

    Raises:
        WrongId: there is no such pair.
        BadInput: verdict, strength or side is none of those that exist, or the pair was removed.
    """
    chosen = _verdict(verdict)
    _check(chosen, strength, left)
    who = ids.name(annotator)
    with immediate(db):
        basis, first = _basis(db, pair_id, who), phase is Phase.FIRST
        if not basis.is_here:
            if (closed := removal.why_closed(db, pair_id)) is not None:
                raise BadInput(f"pair {pair_id[:12]} {closed}")
            raise WrongId(pair_id, "pair")
        value: dict[str, Any] = {
            "verdict": chosen.value,
            "strength": strength,
            "seconds": seconds,
            "left": left,
            "note": note or None,
            "guideline_id": basis.guideline_id if guideline_id == CURRENT else guideline_id,
            "source": source,
            "ranking": ranking,
            "correction": correction,
            "informed": first and bool(basis.informed),
            "round_id": basis.round_id if first else None,
            "drawn": basis.draw(pair_id)
            if first and source is None and ids.is_person(who)
            else None,
        }
        event = events.write(
            db,
            "label",
            pair_id,
            who,
            _without_none(value),
            phase=phase.value,
            at=at,
            item_is_here=True,
        )
        if first and basis.in_rounds:
            assignments.note_finished(db, pair_id, who, at)
    return event


class FirstWord(NamedTuple):
    """A verdict on a pair of which nothing was said before; fields as of :func:`give`."""

    pair_id: str
    annotator: str
    verdict: Verdict
    strength: int | None
    note: str | None
    phase: Phase
    seconds: float | None
    left: str | None


def give_first(db: Database, words: Iterable[FirstWord], *, source: str, at: str) -> None:
    """Record many verdicts on new pairs at once, under no version of the guideline.

    Args:
        db: the project, inside a transaction that is rolled back where this fails.
        words: about pairs that are in the file and in no round, and of which no event speaks.
        source: name of the file they were imported from.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: strength or side is none of those that exist.
    """
    said = []
    for word in words:
        _check(word.verdict, word.strength, word.left)
        value = {
            "verdict": word.verdict.value,
            "strength": word.strength,
            "seconds": word.seconds,
            "left": word.left,
            "note": word.note or None,
            "source": source,
            "informed": False,
        }
        who = ids.name(word.annotator)
        said.append(events.Word("label", word.pair_id, who, word.phase.value, _without_none(value)))
    events.write_first(db, said, at=at)


def of_pair(db: Database, pair_id: str) -> list[Label]:
    """Everybody's labels that stand on a pair, in all phases, by annotator."""
    rows = db.execute(
        f"{_SELECT} WHERE pair_id = ? ORDER BY annotator, phase",
        [pair_id],
    ).fetchall()
    return [from_row(row) for row in rows]


def mine(db: Database, pair_id: str, annotator: str, phase: Phase = Phase.FIRST) -> Label | None:
    """The label of one annotator that stands on a pair, or None."""
    row = db.execute(
        f"{_SELECT} WHERE pair_id = ? AND annotator = ? AND phase = ?",
        [pair_id, ids.name(annotator), phase.value],
    ).fetchone()
    return None if row is None else from_row(row)


def by_annotator(db: Database, annotator: str, phase: Phase = Phase.FIRST) -> list[Label]:
    """All current labels of one annotator in one phase, in the order they were given."""
    rows = db.execute(
        f"{_SELECT} WHERE annotator = ? AND phase = ? ORDER BY at, pair_id",
        [ids.name(annotator), phase.value],
    ).fetchall()
    return [from_row(row) for row in rows]


def under_older_guideline(db: Database, annotator: str) -> list[str]:
    """Pairs this annotator labelled under a version that is not in force any more, oldest first.

    Those that are in the queue again already are left out.
    """
    rows = db.execute(
        "SELECT pair_id FROM kept_label AS label_head WHERE annotator = ? AND phase = 'first'"
        " AND guideline_id IS NOT ? AND answer <> 'again' ORDER BY at, pair_id",
        [ids.name(annotator), guidelines.current_id(db)],
    ).fetchall()
    return [str(row[0]) for row in rows]


def annotators(db: Database) -> list[str]:
    """Everybody who has a label in the project, by name."""
    rows = db.execute(
        "SELECT DISTINCT annotator FROM kept_label AS label_head ORDER BY annotator"
    ).fetchall()
    return [str(row[0]) for row in rows]


def count_by(db: Database, annotator: str) -> int:
    """How many pairs an annotator has answered in the first phase, skips included.

    A pair that was queued again is not answered, though its label still stands.
    """
    sql = "SELECT pairs FROM answer_counts WHERE annotator = ?"
    row = db.execute(sql, [ids.name(annotator)]).fetchone()
    return 0 if row is None else int(row[0])


def note(db: Database, item: str, annotator: str, text: str, at: str) -> Event:
    """Write a remark on an item, in place of the annotator's earlier one; blank takes it away."""
    return events.append(db, "note", item, annotator, {"text": text.strip()}, at=at)


def notes(db: Database, item: str) -> dict[str, str]:
    """Everybody's remarks on an item, by annotator; those given with a label are in the label."""
    rows = db.execute(
        "SELECT annotator, json_extract(value, '$.text') FROM head"
        " WHERE kind = 'note' AND item = ? ORDER BY annotator",
        [item],
    ).fetchall()
    return {str(who): str(text) for who, text in rows if text}


def flag(db: Database, item: str, annotator: str, on: bool, at: str) -> Event:
    """Set an item aside, or take the annotator's own flag back."""
    return events.append(db, "flag", item, annotator, {"on": on}, at=at)


def flagged(db: Database, item: str) -> bool:
    """True when anybody's flag is on an item."""
    return bool(
        db.execute(
            "SELECT 1 FROM head WHERE kind = 'flag' AND item = ? AND json_extract(value, '$.on')",
            [item],
        ).fetchone()
    )


def all_flagged(db: Database) -> set[str]:
    """Every item that anybody has flagged."""
    rows = db.execute(
        "SELECT DISTINCT item FROM head WHERE kind = 'flag' AND json_extract(value, '$.on')"
    ).fetchall()
    return {str(row[0]) for row in rows}


def record_shown(db: Database, pair_id: str, annotator: str, at: str) -> None:
    """Remember that an annotator saw what the others chose; recorded once.

    A first label given or changed after that is marked ``informed`` and left out of agreement.
    """
    with immediate(db):
        if not _was_shown(db, pair_id, ids.name(annotator)):
            events.append(db, "shown", pair_id, annotator, {}, at=at)


def was_informed(db: Database, pair_id: str, annotator: str) -> bool:
    """True when a first label given now would not be blind any more."""
    return bool(_basis(db, pair_id, annotator).informed)


def _basis(db: Database, pair_id: str, annotator: str) -> _Basis:
    (row,) = db.execute(
        _BASIS, {"pair": pair_id, "who": annotator, "share": draws.DEFAULT_SHARE}
    ).fetchall()
    return _Basis(*row)


def _was_shown(db: Database, pair_id: str, annotator: str) -> bool:
    return current_state.value(db, current_state.Cell("shown", pair_id, annotator, "")) is not None


def _verdict(text: Verdict | str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise BadInput(
            f"'{text}' is no verdict; the verdicts are {', '.join(Verdict)}", field="verdict"
        ) from None


def _check(verdict: Verdict, strength: int | None, left: str | None) -> None:
    if strength is not None:
        if strength not in (1, 2):
            raise BadInput("a strength is 1 (better) or 2 (much better)", field="strength")
        if verdict not in (Verdict.A, Verdict.B):
            raise BadInput(f"a verdict {verdict} has no strength", field="strength")
    if left not in (None, "a", "b"):
        raise BadInput("the left side is a or b", field="left")


def _without_none(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each is not None}


def from_row(row: tuple[Any, ...]) -> Label:
    """A label from its :data:`COLUMNS`."""
    return Label(
        pair_id=row[0],
        annotator=row[1],
        phase=Phase(row[2]),
        verdict=Verdict(row[3]),
        strength=row[4],
        seconds=row[5],
        left=row[6],
        guideline_id=row[7],
        note=row[8],
        informed=bool(row[9]),
        round_id=row[10],
        event_id=row[11],
        at=row[12],
        answer=row[13],
    )
