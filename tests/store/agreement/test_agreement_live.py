"""The live table equals a recount after any history, and moves only in blocks where asked."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlite_utils import Database

from store.agreement.blocks import in_blocks
from store.agreement.live import LiveTable
from store.agreement.tables import between
from store.db.connection import create, open_store
from store.judgements import labels
from store.log import undo
from store.records import Phase
from tests.store.agreement.labelling import at, columns, say, some_pairs

NAMES = ("first", "second", "third")


class Histories(RuleBasedStateMachine):
    """Random labels, changes, undos, repeats and unblinding, by three people on one file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.db = create(Path(self.folder.name) / "study.db", seed="1")
        self.db.execute("PRAGMA synchronous=OFF")
        self.pairs = some_pairs(self.db, 4)
        self.clock = 0
        self.tables = [
            LiveTable(self.db, "first", "second"),
            LiveTable(self.db, "third", "first", ties="drop"),
        ]

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    def now(self) -> str:
        self.clock += 1
        return at(self.clock)

    @rule(
        pair=st.integers(0, 3),
        name=st.sampled_from(NAMES),
        verdict=st.sampled_from(["a", "b", "tie", "both_bad", "skip"]),
        phase=st.sampled_from([Phase.FIRST, Phase.FIRST, Phase.REPEAT]),
    )
    def label(self, pair: int, name: str, verdict: str, phase: Phase) -> None:
        labels.give(self.db, self.pairs[pair], name, verdict, phase=phase, at=self.now())

    @rule(name=st.sampled_from(NAMES))
    def undo(self, name: str) -> None:
        undo.undo(self.db, name, self.now())

    @rule(pair=st.integers(0, 3), name=st.sampled_from(NAMES))
    def show(self, pair: int, name: str) -> None:
        labels.record_shown(self.db, self.pairs[pair], name, self.now())

    @rule()
    def new_pair(self) -> None:
        some_pairs(self.db, 1, start=10 + self.clock)

    @rule(which=st.integers(0, 1))
    def look(self, which: int) -> None:
        self.tables[which].refresh(self.db)

    @invariant()
    def equal_to_a_recount(self) -> None:
        for table in self.tables:
            seen = table.counts
            moved = table.refresh(self.db)
            assert moved == (table.counts != seen)
            fresh = between(self.db, table.first, table.second, ties=table.ties)
            assert table.counts == fresh
            assert table.shown == table.counts


class LazyHistories(Histories):
    """The same, looked at only now and then, so that several changes come at once."""

    @invariant()
    def equal_to_a_recount(self) -> None:
        if self.clock % 5 == 0:
            super().equal_to_a_recount()


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestLazyHistories = LazyHistories.TestCase
TestLazyHistories.settings = settings(max_examples=10, stateful_step_count=40, deadline=None)


def test_another_connection_is_followed(db: Database, tmp_path: Path) -> None:
    made = columns(db, first="a b a", second="a b")
    table = LiveTable(db, "first", "second")
    assert table.counts.n == 2
    other = open_store(tmp_path / "study.db")
    say(other, made[2], "second", "b", 40)
    say(other, made[0], "third", "b", 41)
    other.close()
    assert table.refresh(db)
    assert table.counts.table[0][:2] == (1, 1)
    assert not table.refresh(db)


def test_one_step_costs_the_same_few_statements_at_any_size(db: Database) -> None:
    made = columns(db, first="a b a b a b", second="a b a b a")
    table = LiveTable(db, "first", "second")
    say(db, made[5], "second", "b", 40)
    statements: list[str] = []
    db.conn.set_trace_callback(statements.append)
    table.refresh(db)
    db.conn.set_trace_callback(None)
    # The newest arrival, whether there are rounds, the pairs touched since the last look, and
    # one pair's labels.
    assert len(statements) == 4
    for statement in statements:
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + statement).fetchall()]
        assert not [step for step in plan if step.startswith("SCAN")]


def test_a_block_hides_single_steps(db: Database) -> None:
    made = some_pairs(db, 12)
    for i, pair in enumerate(made):
        say(db, pair, "first", "a", i)
    table = LiveTable(db, "first", "second", block=10)
    moved = []
    for i, pair in enumerate(made):
        say(db, pair, "second", "a", 100 + i)
        moved.append(table.refresh(db))
    assert moved == [False] * 9 + [True] + [False] * 2
    assert table.shown.n == 10
    assert table.counts.n == 12


def test_coming_back_shows_the_same_blocks(db: Database) -> None:
    made = columns(db, first=" ".join("a" * 17), second=" ".join("a" * 10 + "b" * 7))
    table = LiveTable(db, "first", "second", block=10)
    assert table.shown.table[0] == (10, 0, 0, 0)
    assert table.shown == in_blocks(db, "first", "second")
    undo.undo(db, "second", at(90))
    say(db, made[16], "second", "a", 91)
    assert not table.refresh(db)
    assert table.shown == LiveTable(db, "first", "second", block=10).shown
    few = LiveTable(db, "first", "third", block=10)
    assert (few.shown.n, few.shown.only_first) == (0, 0)
