"""Writing imported rows into the project, and telling what was new."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from sqlite_utils import Database

from store import find, ids, names
from store.db import meta
from store.errors import StoreError, WrongId
from store.importing import history
from store.importing.known_names import KnownCategories, KnownNames
from store.importing.new_pairs import NewPairs, other_category, placements
from store.importing.rows import (
    Given,
    LabelRow,
    PairRow,
    Problem,
    PromptRow,
    RankingRow,
    Row,
    shown,
)
from store.items import answered_prompts, candidates, pairs, prompts, removal
from store.judgements import labels, rankings
from store.log import event_values
from store.records import Candidate, Label, Origin
from store.rounds import presence

Outcome = Literal["added", "duplicates", "rejected"]


class Writer:
    """Writes the rows of one file; call it inside one transaction per batch."""

    def __init__(self, db: Database, *, source: str, category: str | None, at: str) -> None:
        """Prepares to write.

        Args:
            db: the project.
            source: the file's name, kept with every item and label.
            category: the category of every row, where the user gave one.
            at: time of the import.
        """
        self._db = db
        self._source = source
        self._category = category
        self._at = at
        # pairs from before this rule are known by their place: see ``doctor``
        if meta.get(db, meta.SIDES_FROM_CONTENT) is None:
            last = db.execute("SELECT coalesce(max(position), 0) FROM pair").fetchone()[0]
            meta.put(db, meta.SIDES_FROM_CONTENT, str(last))
        self._names = KnownNames(presence.names(db))
        self.categories = KnownCategories(prompts.categories(db))
        self._wanted: set[str] = set()
        self.labels_seen = False
        """Whether any row came with a label of somebody, the file's own preference aside."""
        self._restorer = history.Restorer(db, category)
        self.unusable: list[str] = []
        """Why events that came with a history cannot be used in this project."""

    def write_all(self, rows: Sequence[Row]) -> list[tuple[Outcome, list[Problem]]]:
        """Writes rows in their order: pairs that nobody has yet together, all others one by one.

        Returns:
            What became of each, and all that is odd about it.
        """
        read = [self._names.read(self.categories.read(row)) for row in rows]
        named = [row for row in read if not isinstance(row, Problem)]
        restored = self._restore(named)
        fresh = NewPairs(self._db, named, source=self._source, category=self._category, at=self._at)
        out: list[tuple[Outcome, list[Problem]]] = []
        for row in read:
            if isinstance(row, Problem):
                out.append(("rejected", [row]))
                continue
            if isinstance(row, PairRow) and id(row) not in restored and _unfit(row) is None:
                problems = fresh.take(row, asked_for=self._wanted)
                if problems is not None:
                    self.labels_seen |= any(not who.startswith(ids.SOURCE) for who in row.labels)
                    out.append(("added", problems))
                    continue
            fresh.write()
            outcome, told = self.write(row)
            new, more = restored.get(id(row), (False, []))
            out.append(("added" if new else outcome, [*told, *more]))
            fresh.written_by_another(row)
        fresh.write()
        return out

    def _restore(self, rows: Sequence[Row]) -> dict[int, tuple[bool, list[Problem]]]:
        """Writes what rows hold beside texts and labels.

        Returns:
            Whether it was new, and what is odd about it, by the row's identity.
        """
        out: dict[int, tuple[bool, list[Problem]]] = {}
        for row in rows:
            if not isinstance(row, PairRow) or row.history is None:
                continue
            try:
                out[id(row)] = self._restorer.restore(row.history), []
            except StoreError as error:
                reason = f"{history.NOT_TAKEN}: {error}"
                out[id(row)] = False, [_kept(row.line, "label_history", reason)]
        self.unusable = self._restorer.settle() if out else self.unusable
        return out

    def write(self, row: Row) -> tuple[Outcome, list[Problem]]:
        """Writes one row.

        Returns:
            What became of it, and all that is odd about it.
        """
        problems = list(row.problems)
        if not isinstance(row, PromptRow) and (wrong := _unfit(row)) is not None:
            return "rejected", [wrong]
        if isinstance(row, PromptRow):
            prompt_id, new = self._prompt(row, row.external_id, row.tags, problems)
            self._wanted.add(prompt_id)
            if not new and answered_prompts.came_with_pairs(self._db, prompt_id):
                answered_prompts.ask(self._db, prompt_id)
        elif isinstance(row, PairRow):
            new = self._pair(row, problems)
        elif isinstance(row, RankingRow):
            new = self._ranking(row, problems)
        else:
            try:
                pair_id = find.pair_id(self._db, row.pair)
            except WrongId as error:
                return "rejected", [Problem(row.line, "id", shown(str(error)), kept=False)]
            new = self._said(pair_id, row, problems)
        return ("added" if new else "duplicates"), problems

    def _prompt(
        self,
        row: PromptRow | PairRow | RankingRow,
        external_id: str | None,
        tags: tuple[str, ...],
        problems: list[Problem],
    ) -> tuple[str, bool]:
        category = self._category or row.category
        prompt_id, new = prompts.add(
            self._db,
            row.messages,
            category=category or prompts.UNCATEGORISED,
            tags=tags,
            source=self._source,
            external_id=external_id,
            at=self._at,
        )
        if not new and category is not None:
            stands = prompts.get(self._db, prompt_id).category
            if stands == prompts.UNCATEGORISED:
                prompts.categorise(self._db, prompt_id, category)
            elif stands != category:
                problems.append(other_category(row.line, stands))
        return prompt_id, new

    def _pair(self, row: PairRow, problems: list[Problem]) -> bool:
        prompt_id = ids.prompt_id(row.messages)
        row = self._placed(row, prompt_id)
        pair_id = ids.pair_id(prompt_id, row.a, row.b, row.external_id)
        new = not pairs.exists(self._db, pair_id)
        if new:
            self._prompt(row, None, row.tags, problems)
            pairs.add(
                self._db,
                prompt_id,
                self._candidate(prompt_id, row.a),
                self._candidate(prompt_id, row.b),
                "imported",
                external_id=row.external_id,
                a_role=row.roles[0],
                b_role=row.roles[1],
                source=self._source,
                at=self._at,
            )
            if prompt_id in self._wanted:
                answered_prompts.ask(self._db, prompt_id)
        return self._said(pair_id, row, problems) or new

    def _ranking(self, row: RankingRow, problems: list[Problem]) -> bool:
        """Writes a ranking; one that this annotator gave before, whatever came later, is known."""
        prompt_id, new = self._prompt(row, None, row.tags, problems)
        texts = {one.text: one.id for one in reversed(candidates.of_prompt(self._db, prompt_id))}
        members = [texts.get(text) or self._candidate(prompt_id, text) for text in row.answers]
        groups = tuple(tuple(members[place] for place in group) for group in row.groups)
        self.labels_seen = self.labels_seen or not row.annotator.startswith(ids.SOURCE)
        present = rankings.mine(self._db, prompt_id, row.annotator)
        if present and rankings.was_given(self._db, prompt_id, row.annotator, groups):
            if present.groups != groups:
                reason = "was imported before; another one came later and stands"
                problems.append(_kept(row.line, "ranking", reason))
            return new
        rankings.give(
            self._db,
            prompt_id,
            row.annotator,
            groups,
            guideline_id=None,
            source=self._source,
            at=self._at,
        )
        if prompt_id in self._wanted:
            answered_prompts.ask(self._db, prompt_id)
        return True

    def _placed(self, row: PairRow, prompt_id: str) -> PairRow:
        """The row with its answers on the sides they have in the project.

        Where the file names no sides its content draws them, the same in every project. A pair
        that is there already keeps its own, drawn or not.
        """
        drawn, *others = placements(row, prompt_id)
        if others and not pairs.exists(self._db, drawn.pair_id):
            return next((at.row for at in others if pairs.exists(self._db, at.pair_id)), drawn.row)
        return drawn.row

    def _candidate(self, prompt_id: str, text: str) -> str:
        return candidates.add(
            self._db,
            Candidate(
                prompt_id=prompt_id,
                origin=Origin.IMPORTED,
                text=text,
                author=self._source,
                created_at=self._at,
            ),
        )

    def _said(self, pair_id: str, row: PairRow | LabelRow, problems: list[Problem]) -> bool:
        """Writes what annotators said.

        Returns:
            Whether any of it is new; a file's own preference is not counted, so that a file
            whose pairs are there already brings nothing.
        """
        new = False
        later = row.later if isinstance(row, PairRow) else ()
        for who, given in (*row.labels.items(), *later):
            is_new = self._label(pair_id, who, given, row.line, problems)
            if not who.startswith(ids.SOURCE):
                self.labels_seen = True
                new |= is_new
        return self._notes(pair_id, row.notes) or new

    def _label(
        self, pair_id: str, who: str, given: Given, line: int, problems: list[Problem]
    ) -> bool:
        if (closed := removal.why_closed(self._db, pair_id)) is not None:
            problems.append(_kept(line, f"labels.{who}", closed))
            return False
        present = labels.mine(self._db, pair_id, who, given.phase)
        if present is not None and _same(present, given):
            return False
        if present is not None and self._said_before(pair_id, who, given):
            if present.verdict is not given.verdict:
                reason = f"{given.verdict} was imported before; {present.verdict} came later"
                problems.append(_kept(line, f"labels.{who}", f"{reason} and stands"))
            return False
        if present is not None and present.verdict is not given.verdict:
            reason = f"{given.verdict} supersedes the verdict {present.verdict}"
            problems.append(_kept(line, f"labels.{who}", reason))
        labels.give(
            self._db,
            pair_id,
            who,
            given.verdict,
            strength=given.strength,
            note=given.note,
            phase=given.phase,
            seconds=given.seconds,
            left=given.left,
            guideline_id=None,
            source=self._source,
            at=self._at,
        )
        return True

    def _said_before(self, pair_id: str, who: str, given: Given) -> bool:
        """Whether this file brought this very label before, and another one came after it.

        Without this a file that labels a pair twice, or one whose label was changed in the app
        since, would supersede again every time it is imported.
        """
        rows = self._db.execute(
            "SELECT value FROM sound_event WHERE item = ? AND annotator = ? AND kind = 'label'"
            " AND phase = ?",
            (pair_id, who, given.phase.value),
        ).fetchall()
        return any(
            (said.get("verdict"), said.get("strength"), said.get("note"), said.get("source"))
            == (given.verdict.value, given.strength, given.note, self._source)
            for said in (json.loads(row[0]) for row in rows)
        )

    def _notes(self, pair_id: str, notes: Mapping[str, str]) -> bool:
        present = labels.notes(self._db, pair_id) if notes else {}
        new = {who: note for who, note in notes.items() if present.get(who) != note}
        for who, note in new.items():
            labels.note(self._db, pair_id, who, note, self._at)
        return bool(new)


def _unfit(row: PairRow | LabelRow | RankingRow) -> Problem | None:
    """What of a row no event may hold, so that the row is refused whole."""
    if isinstance(row, RankingRow):
        wrong = _name_problem(row.annotator)
        return None if wrong is None else Problem(row.line, "annotator", wrong, kept=False)
    said = [(who, given.note) for who, given in row.labels.items()]
    later = row.later if isinstance(row, PairRow) else ()
    for who, note in (*said, *((who, given.note) for who, given in later), *row.notes.items()):
        if (wrong := _name_problem(who)) is not None:
            return Problem(row.line, "labels", wrong, kept=False)
        if note is not None and len(note) > event_values.TEXT_MAX:
            reason = f"the note is longer than {event_values.TEXT_MAX} characters"
            return Problem(row.line, shown(f"notes.{who}"), reason, kept=False)
    return None


def _name_problem(who: str) -> str | None:
    if (wrong := event_values.name_problem(who)) is not None:
        return shown(f"an annotator {wrong}")
    if ids.is_person(who) and (odd := names.problem(who)) is not None:
        return shown(f"a name {odd}")
    return None


def _kept(line: int, field: str, reason: str) -> Problem:
    return Problem(line, shown(field), shown(reason), kept=True)


def _same(present: Label, given: Given) -> bool:
    """Whether a label says all that the row says."""
    return (
        present.verdict is given.verdict
        and given.strength in (None, present.strength)
        and given.note in (None, present.note)
    )
