"""``audit``: every pair with everything behind it, so that any triplet can be defended.

Nothing is left out: undecided pairs have their reason, labels their history. Labels of models
stand beside those of people, told apart by the annotator's name (``ai:`` ...). With what the first
line has of the whole project, an import makes the same project of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlite_utils import Database

from store import ids
from store.exporting.decided import PairDecision
from store.exporting.formats.base import Line
from store.items import attacks
from store.items.columns import IN_JSON
from store.items.tables import TABLES
from store.judgements import askings, guidelines
from store.judgements.askings import Asking, SoftLabel
from store.log import event_kinds
from store.log.event_schema import ItemType
from store.views.origins import Origins

Rows = dict[str, dict[str, Any]]
"""Rows of a table by id."""

_JSON_COLUMNS = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.holds in IN_JSON
)

_EVENTS = (
    "SELECT id, replica, seq, lamport, at, annotator, kind, item, phase, value FROM sound_event"
)
_CAME_WITH = "SELECT id, category FROM prompt WHERE id"
_OF = "IN (SELECT value FROM json_each(?))"
_GENERAL = [kind for kind, each in event_kinds.KINDS.items() if each.item is ItemType.NAME]

_LISTED = frozenset({"decision", "ruling", "flag", "note", "label", "clear"})


class Audit:
    """Makes one line a pair, of pairs that are read a portion at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._versions = {each.id: each.version for each in guidelines.history(db)}
        self._wrapped = attacks.wrapped(db)

    def read(self, pair_ids: Sequence[str]) -> None:
        """Read what the lines of these pairs tell."""
        self._pairs = self._by_id(
            "SELECT position, id, prompt_id, a_id, b_id, kind, external_id, a_role, b_role, source,"
            " created_at FROM pair",
            pair_ids,
        )
        pairs = self._pairs.values()
        prompt_ids = {pair["prompt_id"] for pair in pairs}
        self._prompts = self._by_id(
            "SELECT id, messages, category, tags, source, external_id, created_at FROM prompt_now",
            prompt_ids,
        )
        for prompt_id, came_with in self._db.execute(
            f"{_CAME_WITH} {_OF}", [json.dumps(list(prompt_ids))]
        ):
            if self._prompts[prompt_id]["category"] != came_with:
                self._prompts[prompt_id]["came_with"] = came_with
        for prompt_id in prompt_ids & self._wrapped.keys():
            made = self._wrapped[prompt_id]
            self._prompts[prompt_id]["made_from"] = {"base": made.base_id, "style": made.style}
        self._origins = Origins(self._db)
        answers = [pair[side] for pair in pairs for side in ("a_id", "b_id")]
        family = self._origins.read_in(answers)
        self._labels = self._grouped(
            "SELECT * FROM labels_current", "pair_id", pair_ids, "annotator, phase"
        )
        self._events = self._grouped(
            _EVENTS,
            "item",
            [*pair_ids, *prompt_ids, *family],
            "lamport, replica, seq",
        )
        self._askings = self._grouped("SELECT * FROM asking", "pair_id", pair_ids, "judge, at, key")

    def line(
        self, pair_id: str, standing: PairDecision, excluded: str | None, *, whole: bool
    ) -> Line:
        """One pair: prompt, both answers with their chains, all that people said, what stands.

        Args:
            pair_id: whole id.
            standing: what counts as decided about it.
            excluded: the reason why it goes into no triplet, or None.
            whole: whether it also tells what is about no pair.
        """
        pair = dict(self._pairs[pair_id])
        prompt = self._prompts[pair.pop("prompt_id")]
        a_id, b_id = pair.pop("a_id"), pair.pop("b_id")
        chosen = {"a": a_id, "b": b_id}.get(standing.verdict or "")
        family = self._origins.family((a_id, b_id))
        items = (pair_id, prompt["id"], *family)
        events = [event for item in items for event in self._events[item]]
        return {
            "pair": pair,
            "prompt": prompt,
            "a": self._origins.candidate(a_id),
            "b": self._origins.candidate(b_id),
            "chain": [self._origins.candidate(item) for item in family if item not in (a_id, b_id)],
            "labels": [self._label(label) for label in self._labels[pair_id]],
            "askings": self._askings[pair_id],
            "soft_labels": [
                {"judge": each.judge, "p": each.p, "q_ab": each.q_ab, "q_ba": each.q_ba}
                for each in self._soft_labels(pair_id)
            ],
            "decisions": _of_kind(events, "decision"),
            "rulings": _of_kind(events, "ruling"),
            "flags": _of_kind(events, "flag"),
            "notes": _of_kind(events, "note"),
            "label_history": [e for e in events if e["kind"] in ("label", "clear")],
            # as text, so that loaders that want one type of a column can read the file
            "other": ids.json_text(
                {"events": [e for e in events if e["kind"] not in _LISTED]}
                | (self._project() if whole else {})
            ),
            "decided": {
                "verdict": standing.verdict,
                "basis": standing.basis,
                "annotators": list(standing.annotators),
                "chosen_id": chosen,
                "rejected_id": None if chosen is None else a_id if chosen == b_id else b_id,
                **({} if standing.probability is None else {"probability": standing.probability}),
            },
            "excluded": excluded,
        }

    def _project(self) -> Line:
        """What is about no pair: constitutions, guideline, rounds, settings."""
        return {
            "constitutions": list(
                _rows(
                    self._db,
                    "SELECT id, name, version, language, source, created_at FROM constitution"
                    " ORDER BY id",
                )
            ),
            "general": list(
                _rows(
                    self._db,
                    f"{_EVENTS} WHERE kind {_OF} ORDER BY item, lamport, replica, seq",
                    _GENERAL,
                )
            ),
        }

    def _soft_labels(self, pair_id: str) -> list[SoftLabel]:
        """A judge each; nothing is read where nobody was asked."""
        if not self._askings[pair_id]:
            return []
        by_judge: dict[str, list[Asking]] = defaultdict(list)
        for each in askings.of_pair(self._db, pair_id):
            by_judge[each.judge].append(each)
        return [askings.soft_label(each) for each in by_judge.values()]

    def _label(self, label: dict[str, Any]) -> Line:
        shown = dict(label)
        del shown["pair_id"]
        shown["informed"] = bool(shown["informed"])
        shown["guideline_version"] = self._versions.get(shown["guideline_id"] or "")
        return shown

    def _by_id(self, sql: str, item_ids: Iterable[str]) -> Rows:
        found = _rows(self._db, f"{sql} WHERE id {_OF}", item_ids)
        return {row["id"]: row for row in found}

    def _grouped(
        self, sql: str, key: str, item_ids: Iterable[str], order: str
    ) -> dict[str, list[dict[str, Any]]]:
        out: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in _rows(self._db, f"{sql} WHERE {key} {_OF} ORDER BY {key}, {order}", item_ids):
            out[row[key]].append(row)
        return out


def _rows(db: Database, sql: str, items: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Rows by column, JSON read; of the items where the statement asks for some."""
    cursor = db.execute(sql, [json.dumps(list(items))] if "?" in sql else [])
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield {
            name: json.loads(cell) if name in _JSON_COLUMNS else cell
            for name, cell in zip(names, row, strict=True)
        }


def _of_kind(events: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["kind"] == kind]
