"""Which label stands of one annotator on one pair in one phase, from all that was said there.

A verdict stands until another one takes its place or its annotator takes it back. Queuing it
again (a new guideline) and skipping the pair replace nothing: they only say whether the queue
shows the pair again. So the label stays in every figure and in the export until its replacement
is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from store.records import Answer


class CellEvent(NamedTuple):
    """One event of the cell, ``label`` or ``clear``."""

    event_id: str
    kind: str
    value: dict[str, Any]
    at: str


class CellState(NamedTuple):
    """What a cell comes to."""

    label: CellEvent | None = None
    """The verdict in force."""
    skip: CellEvent | None = None
    """The last skip, where the annotator skipped last."""
    answer: Answer | None = None
    """None where nothing is said, or all was taken back."""

    @property
    def shown(self) -> CellEvent | None:
        """What ``label_head`` holds of the cell: the verdict in force, else the skip."""
        return self.label or self.skip


_NOTHING: Final = CellState()


def word(event_id: str, kind: str, text: str, at: str) -> CellEvent:
    """An event of the cell from its columns."""
    return CellEvent(event_id, kind, json.loads(text), at)


def is_verdict(said: CellEvent) -> bool:
    """Whether an event gives a verdict; a skip gives none."""
    return said.kind == "label" and said.value.get("verdict") != "skip"


def of_cell(words: Iterable[CellEvent]) -> CellState:
    """What stands.

    Args:
        words: every event of the cell, in the order of (lamport, replica, seq), which is the
            same in every file: so what stands follows from the set of events alone.
    """
    now = _NOTHING
    before: dict[str, CellState] = {}
    after: dict[str, CellState] = {}
    for said in words:
        before[said.event_id] = now
        now = _next(said, now, before, after)
        after[said.event_id] = now
    return now


def _next(
    said: CellEvent, now: CellState, before: dict[str, CellState], after: dict[str, CellState]
) -> CellState:
    if is_verdict(said):
        return CellState(said, None, "given")
    if said.kind == "label":
        # an undo that brings a skip back brings back what that skip had left in force
        under = after.get(said.value["restores"], _NOTHING) if "restores" in said.value else now
        return CellState(under.label, said, "skipped")
    if said.value.get("relabel"):
        return CellState(now.label, None, "again") if now.label else _NOTHING
    # an undo: where the label was given to a pair queued again, the pair is queued again
    earlier = before.get(said.value.get("undoes", ""), _NOTHING)
    return earlier if earlier.answer == "again" else _NOTHING
