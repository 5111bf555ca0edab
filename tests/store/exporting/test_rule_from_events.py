"""What leaves and why the rest stays, against a naive working out of the design's section 8.

The rule is written here from the events alone, one pair at a time, without a table of current
labels: an oracle that shares no line with the store.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.agreement import bands
from store.db import backup, connection
from store.items import pairs
from store.judgements import decisions, guidelines, labels, rulings
from store.log import current_state, undo
from store.merging.merge import merge
from store.records import Phase
from store.rounds import relabel
from tests.store.building import AT, a_chain
from tests.store.deciding import some_pairs, ticking
from tests.store.exporting_study import planned

FEW = 3
"""Common pairs from which a low kappa holds labels back; 50 would need long histories."""

PEOPLE = ("ann", "bob", "eve")
MODEL = "ai:m"


class Said(NamedTuple):
    key: tuple[int, str, int]
    id: str
    item: str
    who: str
    kind: str
    phase: str
    value: dict[str, Any]


# The rule


def everything(db: Database) -> list[Said]:
    rows = db.execute(
        "SELECT lamport, replica, seq, id, item, annotator, kind, phase, value FROM event"
    ).fetchall()
    return sorted(Said(tuple(row[:3]), *row[3:8], json.loads(row[8])) for row in rows)


class Cell:
    """One annotator's labels on one pair in one phase."""

    def __init__(self, said: list[Said]) -> None:
        self.said = said
        self.place = {each.id: n for n, each in enumerate(said)}

    def stands(self, n: int) -> Said | None:
        """The verdict in force after the first ``n`` events."""
        if n == 0:
            return None
        last = self.said[n - 1]
        if last.kind == "label" and last.value["verdict"] != "skip":
            return last
        if last.kind == "label":
            return self.stands(
                self.place[last.value["restores"]] + 1 if self.undoes(last) else n - 1
            )
        if last.value.get("relabel"):
            return self.stands(n - 1)
        before = self.place[last.value["undoes"]]
        return self.stands(before) if self.queued(before) else None

    def queued(self, n: int) -> bool:
        """Whether the pair was in the queue again, its label standing, after ``n`` events."""
        if n == 0 or self.said[n - 1].kind == "label" or self.stands(n) is None:
            return False
        last = self.said[n - 1]
        return bool(last.value.get("relabel")) or self.queued(self.place[last.value["undoes"]])

    @staticmethod
    def undoes(said: Said) -> bool:
        return "restores" in said.value

    @property
    def now(self) -> Said | None:
        return self.stands(len(self.said))

    @property
    def skipped(self) -> bool:
        return bool(self.said) and self.said[-1].kind == "label" and self.now is None

    @property
    def spoke(self) -> bool:
        return any(e.kind == "label" and e.value["verdict"] != "skip" for e in self.said)


class Rule:
    """Which rows of a project leave, and why the others stay."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.said = everything(db)
        cells: dict[tuple[str, str, str], list[Said]] = defaultdict(list)
        for each in self.said:
            if each.kind in ("label", "clear"):
                cells[each.item, each.who, each.phase].append(each)
        self.cells = {key: Cell(found) for key, found in cells.items()}
        self.pairs = [pair.id for pair in pairs.ordered(db)]

    def outcome(self, source: str) -> dict[str, str]:
        """By pair: the answer that is chosen, or the reason why the pair stays."""
        doubted = self.doubted()
        return {pair: self.of(pair, source, doubted) for pair in self.pairs}

    def of(self, pair: str, source: str, doubted: set[str]) -> str:
        outcome = self.stands(pair, source)
        if not outcome.startswith("chosen"):
            return outcome
        given = {who for who in PEOPLE if self.word(pair, who) is not None}
        if self.flagged(pair):
            return "flagged"
        if self.ruling(pair) is None and given and doubted.issuperset(given):
            return "low_agreement"
        return outcome

    def stands(self, pair: str, source: str) -> str:
        ruling = self.ruling(pair)
        given = {who: word for who in PEOPLE if (word := self.word(pair, who)) is not None}
        verdict = ruling
        if ruling is None and given:
            if any(self.took_back(pair, who) for who in PEOPLE):
                return "being_labelled_again"
            votes = Counter(given.values())
            verdict, most = votes.most_common(1)[0]
            if most * 2 <= len(given) if source == "majority" else len(votes) > 1:
                return "disagreement"
        if verdict is None:
            verdict = self.decision(pair)
        if verdict is None:
            return "skipped" if any(self.skips(pair, who) for who in PEOPLE) else "unlabelled"
        if verdict not in ("a", "b"):
            return verdict
        return f"chosen {verdict}"

    def cell(self, pair: str, who: str, phase: str) -> Cell:
        return self.cells.get((pair, who, phase), Cell([]))

    def word(self, pair: str, who: str) -> str | None:
        """The label after discussion, else the first one."""
        for phase in ("discussion", "first"):
            if (now := self.cell(pair, who, phase).now) is not None:
                return str(now.value["verdict"])
        return None

    def took_back(self, pair: str, who: str) -> bool:
        both = [self.cell(pair, who, phase) for phase in ("first", "discussion")]
        return any(cell.spoke for cell in both) and all(cell.now is None for cell in both)

    def skips(self, pair: str, who: str) -> bool:
        return any(self.cell(pair, who, phase).skipped for phase in ("first", "discussion"))

    def last(self, item: str, kind: str) -> dict[str, Said]:
        """Everybody's last word of a kind on an item; nobody's whose undo took it back."""
        found = {e.who: e for e in self.said if (e.item, e.kind) == (item, kind)}
        return {who: each for who, each in found.items() if not each.value.get("cleared")}

    def ruling(self, pair: str) -> str | None:
        found = self.last(pair, "ruling").values()
        return str(max(found).value["verdict"]) if found else None

    def flagged(self, pair: str) -> bool:
        return any(each.value["on"] for each in self.last(pair, "flag").values())

    def decision(self, pair: str) -> str | None:
        row = pairs.get(self.db, pair)
        sides = {row.a_id: "a", row.b_id: "b"}
        said = {
            each.value["choice"]: sides[side]
            for side in sides
            for each in self.last(side, "decision").values()
        }
        if len(said) > 1:
            return "disagreement"
        return "rejected" if "reject" in said else said.get("accept")

    def doubted(self) -> set[str]:
        """Whose kappa with somebody is .4 or less and with nobody more, over enough pairs."""
        low, sound = set(), set()
        for two in combinations(PEOPLE, 2):
            both = []
            for pair in self.pairs:
                found = [self.cell(pair, who, "first").now for who in two]
                blind = [e.value["verdict"] for e in found if e and not e.value.get("informed")]
                if len(blind) == 2:
                    both.append(blind)
            kappa = cohen(both)
            if len(both) >= FEW and kappa is not None:
                (low if kappa <= 0.4 else sound).update(two)
        return low - sound


def cohen(both: list[list[str]]) -> float | None:
    n = len(both)
    if n == 0:
        return None
    one, other = (Counter(column) for column in zip(*both, strict=True))
    chance = sum(one[verdict] * other[verdict] for verdict in one) / n**2
    if chance == 1:
        return None
    return round((sum(a == b for a, b in both) / n - chance) / (1 - chance), 12)


# Histories

WHO = st.sampled_from([*PEOPLE[:2], *PEOPLE])
PAIR = st.integers(0, 5)
VERDICTS = st.sampled_from(["a", "a", "b", "b", "tie", "both_bad", "skip"])
ACTION = st.one_of(
    st.tuples(st.just("label"), PAIR, WHO, VERDICTS),
    st.tuples(st.just("label"), PAIR, WHO, VERDICTS),
    st.tuples(st.just("discuss"), PAIR, WHO, VERDICTS),
    st.tuples(st.just("repeat"), PAIR, WHO, VERDICTS),
    st.tuples(st.just("model"), PAIR, st.just(MODEL), VERDICTS),
    st.tuples(st.just("all"), st.just(0), WHO, st.lists(VERDICTS, min_size=4, max_size=6)),
    st.tuples(st.just("undo"), st.just(0), WHO, st.integers(1, 4)),
    st.tuples(st.just("relabel"), st.just(0), WHO, st.none()),
    st.tuples(st.just("guideline"), st.just(0), WHO, st.sampled_from("xyz")),
    st.tuples(st.just("rule"), PAIR, WHO, st.sampled_from(["a", "b", "tie"])),
    st.tuples(st.just("flag"), PAIR, WHO, st.booleans()),
    st.tuples(st.just("shown"), PAIR, WHO, st.none()),
    st.tuples(st.just("decide"), st.just(0), WHO, st.sampled_from(["accept", "reject"])),
)
STEP = st.one_of(
    st.tuples(st.integers(0, 1), ACTION),
    st.tuples(st.integers(0, 1), ACTION),
    st.tuples(st.integers(0, 1), ACTION),
    st.tuples(st.integers(0, 1), st.just(("merge", 0, "", None))),
)
PHASES = {
    "label": Phase.FIRST,
    "model": Phase.FIRST,
    "discuss": Phase.DISCUSSION,
    "repeat": Phase.REPEAT,
}


def act(db: Database, made: list[str], revision: str, action: Any, now: Any) -> None:
    kind, number, who, what = action
    pair = made[number]
    if kind in PHASES:
        labels.give(db, pair, who, what, phase=PHASES[kind], at=now())
    elif kind == "all":
        for each, verdict in zip(made, what, strict=False):
            labels.give(db, each, who, verdict, at=now())
    elif kind == "undo":
        for _ in range(what):
            undo.undo(db, who, now())
    elif kind == "relabel":
        relabel.again(db, who, now())
    elif kind == "guideline":
        guidelines.add_version(db, what, who, now())
    elif kind == "rule":
        rulings.rule(db, pair, who, what, at=now())
    elif kind == "flag":
        labels.flag(db, pair, who, what, now())
    elif kind == "shown":
        labels.record_shown(db, pair, who, now())
    elif kind == "decide":
        decisions.decide(db, revision, who, what, at=now())


@given(steps=st.lists(STEP, max_size=30))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_exactly_the_rows_leave_that_the_rule_lets_out(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("rule")
    paths = [folder / "one.db", folder / "other.db"]
    first = connection.create(paths[0], seed="s", at=AT)
    made = some_pairs(first, 5)
    chain = a_chain(first, "a chain")
    made.append(pairs.make_revision_pair(first, chain.original, chain.revisions[0], at=AT)[0])
    backup.backup(first, paths[1])
    files = [first, connection.open_store(paths[1])]
    for db in files:
        db.execute("PRAGMA synchronous=OFF")  # nothing here is about power cuts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bands, "FEW", FEW)
        try:
            now = ticking()
            for place, action in steps:
                if action[0] == "merge":
                    merge(files[place], paths[1 - place])
                else:
                    act(files[place], made, chain.revisions[0], action, now)
            for db in files:
                compare(db)
            merge(files[0], paths[1])
            merge(files[1], paths[0])
            # what stands follows from the set of events, in whatever order they came together
            assert compare(files[0]) == compare(files[1])
            for db in files:
                assert current_state.equal_to_rebuild(db)
        finally:
            for db in files:
                db.close()
            shutil.rmtree(folder)


def compare(db: Database) -> dict[str, str]:
    """The export and the rule on one project; returns what both say."""
    rule = Rule(db)
    for source in ("majority", "consensus"):
        plan = planned(db, from_=source, format="trl")
        told = {pair: reason for reason, ids in plan.excluded.items() for pair in ids}
        told |= {row.pair.id: f"chosen {row.standing.verdict}" for row in plan.rows}
        assert told == rule.outcome(source)
    said = {
        pair: f"chosen {verdict}" if verdict else reason
        for pair, verdict, reason in db.execute(
            "SELECT pair_id, verdict, reason FROM pair_standing"
        )
    }
    # flags and low agreement hold back what stands
    assert said == {pair: rule.stands(pair, "consensus") for pair in rule.pairs}
    out = {pair for pair, outcome in said.items() if outcome.startswith("chosen")}
    rows = db.execute("SELECT pair_id FROM triplets").fetchall()
    assert {pair for (pair,) in rows} == {pair for pair in out if not rule.flagged(pair)}
    return told
