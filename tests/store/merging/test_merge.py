"""Two files that went apart and come together again."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import importing
from store.db import backup, meta
from store.db import connection as sqlite
from store.db.sqlite import sqlite3
from store.errors import Damaged, MissingProject, NotAProject, StoreError
from store.items import pairs, runs
from store.items.categories import change
from store.judgements import decisions, guidelines, labels, rulings
from store.log import current_state, event_kinds, event_values, events, set_aside, undo
from store.merging.checked import Tampered
from store.merging.conflicts import ConflictKind
from store.merging.forks import Fork
from store.merging.merge import merge
from store.records import Event, Generation, Phase, Run
from store.rounds import rounds
from tests.store.building import AT, a_candidate, a_chain, a_prompt
from tests.store.deciding import head_rows, some_pairs, ticking


@pytest.fixture
def apart(project, tmp_path, closing):
    """The project with six pairs, and a copy of it that has gone its own way."""
    made = some_pairs(project.db, 6)
    other = tmp_path / "other.db"
    backup.backup(project.db, other)
    return project.db, closing(sqlite.open_store(other)), other, made


def log(db):
    columns = "id, replica, seq, lamport, at, annotator, kind, item, phase, value"
    return sorted(db.execute(f"SELECT {columns} FROM event").fetchall())


def items(db):
    return {
        table: sorted(row[0] for row in db.execute(f"SELECT id FROM {table}"))
        for table in (
            "prompt",
            "constitution",
            "run",
            "generation",
            "candidate",
            "critique",
            "pair",
        )
    }


def test_the_others_labels_come_in_and_a_second_time_changes_nothing(apart):
    db, other, path, (one, two, *_) = apart
    labels.give(db, one, "ann", "a", at=AT)
    labels.give(other, one, "bob", "b", note="hm", at=AT)
    labels.give(other, two, "bob", "tie", at=AT)
    before = log(other)
    done = merge(db, path)
    assert done.labels == {"bob": 2}
    assert done.added == dict.fromkeys(done.added, 0) | {"event": 2}
    assert done.known["pair"] == 6
    assert done.conflicts == ()
    assert {(la.annotator, la.verdict) for la in labels.of_pair(db, one)} == {
        ("ann", "a"),
        ("bob", "b"),
    }
    assert current_state.equal_to_rebuild(db)
    again = merge(db, path)
    assert not again.anything
    assert log(other) == before


def test_new_prompts_candidates_and_chains_come_in(apart):
    db, other, path, _ = apart
    chain = a_chain(other, "a new one", rounds=2)
    pairs.make_revision_pair(other, chain.original, chain.revisions[1], at=AT)
    decisions.decide(other, chain.revisions[0], "bob", "edit", edited_text="mine", at=AT)
    run = runs.add_run(
        other,
        Run(
            model="m",
            model_sha256=None,
            backend="scripted",
            chat_template=None,
            settings={"ü": 1.5},
            seed=2**62,
            started_at=AT,
        ),
    )
    runs.add_generation(
        other,
        Generation(
            run_id=run,
            kind="propose",
            rendered="r",
            settings={},
            seed=1,
            text="t",
            finish_reason="stop",
            prompt_tokens=1,
            completion_tokens=1,
            seconds=2,
            created_at=AT,
        ),
    )
    done = merge(db, path)
    assert items(db) == items(other)
    assert done.added["candidate"] == 4
    assert done.added["generation"] == 1
    assert (
        db.execute("SELECT text FROM prompt").fetchall()
        == other.execute("SELECT text FROM prompt").fetchall()
    )
    assert head_rows(db) == head_rows(other)


def test_a_dry_run_tells_the_same_and_writes_nothing(apart):
    db, other, path, (one, *_) = apart
    labels.give(db, one, "ann", "a", at=AT)
    labels.give(other, one, "ann", "b", at=AT)
    some_pairs(other, 2, "new")
    before = log(db), items(db), head_rows(db)
    rehearsed = merge(db, path, dry_run=True)
    assert (log(db), items(db), head_rows(db)) == before
    done = merge(db, path)
    assert rehearsed.as_json() | {"dry_run": False} == done.as_json()
    assert done.added["pair"] == 2


def test_the_same_annotator_on_both_sides_is_a_conflict(apart):
    db, other, path, (one, two, three, *_) = apart
    for pair in (one, two, three):
        labels.give(db, pair, "ann", "a", at=AT)
    labels.give(other, one, "ann", "b", at=AT)
    labels.give(other, two, "ann", "a", at=AT)
    labels.give(other, three, "ann", "b", phase=Phase.DISCUSSION, at=AT)
    done = merge(db, path)
    (conflict,) = done.conflicts
    assert (conflict.kind, conflict.item, conflict.annotator) == (ConflictKind.LABEL, one, "ann")
    assert (conflict.ours, conflict.theirs) == ("a", "b")
    stands = {"ours": "a", "theirs": "b"}[conflict.stands]
    assert labels.mine(db, one, "ann").verdict == stands
    assert {e.value["verdict"] for _, e in events.since(db, 0) if e.item == one} == {"a", "b"}
    assert json.dumps(done.as_json())


def test_what_was_seen_before_it_was_changed_is_no_conflict(apart, project):
    db, other, path, (one, *_) = apart
    labels.give(db, one, "ann", "a", at=AT)
    merge(other, project.path)
    labels.give(other, one, "ann", "b", at=AT)
    assert merge(db, path).conflicts == ()
    assert labels.mine(db, one, "ann").verdict == "b"


def test_rulings_guidelines_and_decisions_that_differ_are_told(apart):
    db, other, path, (one, *_) = apart
    rulings.rule(db, one, "ann", "a", reason="", at=AT)
    rulings.rule(other, one, "bob", "b", reason="", at=AT)
    guidelines.add_version(db, "Be fair.", "ann", AT)
    guidelines.add_version(other, "Be kind.", "bob", AT)
    labels.flag(db, one, "ann", on=True, at=AT)
    labels.flag(other, one, "ann", on=False, at=AT)
    found = {(c.kind, c.what) for c in merge(db, path).conflicts}
    assert found == {
        (ConflictKind.SHARED, "ruling"),
        (ConflictKind.SHARED, "guideline"),
        (ConflictKind.DECISION, "flag"),
    }
    assert {g.text for g in guidelines.history(db)} == {"Be fair.", "Be kind."}


def test_an_imported_id_with_another_text(apart):
    db, other, path, _ = apart
    for each, text in ((db, "why?"), (other, "how?")):
        prompt = a_prompt(each, text)
        a, b = (a_candidate(each, prompt, side) for side in ("one", "two"))
        pairs.add(each, prompt, a, b, "imported", external_id="p1", source="t", at=AT)
    (conflict,) = merge(db, path).conflicts
    assert (conflict.kind, conflict.item, conflict.what) == (ConflictKind.EXTERNAL_ID, "p1", "pair")
    assert pairs.count(db) == 8


def test_a_sealed_round_keeps_its_secret_in_the_report(apart):
    db, other, path, made = apart
    rounds.create(db, "pilot", made, ["ann", "bob"], seed=1, by="ann", at=AT)
    labels.give(db, made[0], "ann", "a", at=AT)
    labels.give(other, made[0], "ann", "b", at=AT)
    (conflict,) = merge(db, path).conflicts
    assert (conflict.ours, conflict.theirs) == ("sealed", "sealed")


def fork(apart, project):
    """The copy, made to believe that it is the first file."""
    db, other, path, made = apart
    labels.give(db, made[0], "ann", "a", at=AT)
    meta.put(other, "replica", meta.get(db, "replica"))
    for number, verdict in enumerate("bab"):
        labels.give(other, made[number], "bob", verdict, at=AT)
    undo.undo(other, "bob", AT)
    undo.undo(other, "bob", AT)
    return db, other, path, made


def test_a_fork_is_refused_with_the_way_out(apart, project):
    db, _, path, _ = fork(apart, project)
    before = log(db), items(db), head_rows(db)
    with pytest.raises(Fork, match=r"--adopt-fork.*5 events"):
        merge(db, path)
    assert (log(db), items(db), head_rows(db)) == before


def test_a_fork_can_be_adopted_and_again_changes_nothing(apart, project):
    db, other, path, made = fork(apart, project)
    old = meta.get(db, "replica")
    done = merge(db, path, adopt_fork=True)
    assert done.adopted == {old: 5}
    assert [la.annotator for la in labels.of_pair(db, made[0])] == ["ann", "bob"]
    assert labels.of_pair(db, made[1]) == labels.of_pair(db, made[2]) == []
    assert current_state.equal_to_rebuild(db)
    assert meta.get(db, "replica") != old
    assert not merge(db, path, adopt_fork=True).anything
    theirs = {la.pair_id: la.verdict for la in labels.by_annotator(other, "bob")}
    assert {la.pair_id: la.verdict for la in labels.by_annotator(db, "bob")} == theirs


# -- the other file is hostile ---------------------------------------------------------------


def tampered(path, *statements):
    connection = sqlite3.connect(path, isolation_level=None)
    for name in (
        "event",
        "candidate",
        "critique",
        "generation",
        "run",
        "constitution",
        "pair",
        "prompt",
    ):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}_no_update")
    for statement in statements:
        connection.execute(statement)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE event SET value = json_set(value, '$.verdict', 'b')""",
        """UPDATE event SET annotator = 'ann'""",
        """UPDATE event SET lamport = lamport + 100""",
        """UPDATE event SET at = '2020-01-01T00:00:00.000Z'""",
        """UPDATE candidate SET text = 'changed'""",
        """UPDATE prompt SET messages = '[{"role": "user", "content": "changed"}]'""",
        """UPDATE prompt SET messages = '[]'""",
        """UPDATE prompt SET tags = '{"a": 1}'""",
        """UPDATE prompt SET created_at = 'yesterday'""",
        """UPDATE pair SET external_id = 'x'""",
        """UPDATE pair SET a_id = b_id""",
        """UPDATE pair SET prompt_id = (SELECT id FROM prompt ORDER BY id LIMIT 1)""",
        """UPDATE constitution SET source = 'changed'""",
        """UPDATE critique SET principle_id = 'changed'""",
        """UPDATE prompt SET category = 'changed'""",
        """UPDATE pair SET a_role = 'chosen'""",
    ],
)
def test_a_changed_row_is_found_and_nothing_is_taken(project, tmp_path, closing, statement):
    path = tmp_path / "other.db"
    other = sqlite.create(path, seed="1", at=AT)
    chain = a_chain(other)
    pairs.make_revision_pair(other, chain.original, chain.revisions[0], at=AT)
    labels.give(other, some_pairs(other)[0], "bob", "a", at=AT)
    other.close()
    tampered(path, "PRAGMA foreign_keys=OFF", statement)
    with pytest.raises(Tampered):
        merge(project.db, path)
    assert items(project.db) == {table: [] for table in items(project.db)}
    assert log(project.db) == []


@pytest.mark.parametrize(
    "statements",
    [
        (
            "ALTER TABLE event RENAME TO hidden",
            "CREATE VIEW event AS SELECT * FROM hidden",
        ),
        ("ALTER TABLE prompt ADD COLUMN extra TEXT AS (upper(source))",),
        (
            "DROP TABLE _sqlite_migrations",
            """CREATE VIEW _sqlite_migrations AS WITH RECURSIVE n(i) AS
               (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS name FROM n""",
        ),
        ("DROP TABLE pair",),
    ],
)
def test_tables_that_pairlab_did_not_make_are_refused(project, tmp_path, statements):
    path = tmp_path / "other.db"
    sqlite.create(path, at=AT).close()
    tampered(path, *statements)
    with pytest.raises(NotAProject, match="not to be trusted"):
        merge(project.db, path)


def test_triggers_and_tables_of_the_other_files_owner_do_no_harm(apart):
    db, other, path, (one, *_) = apart
    labels.give(other, one, "bob", "b", at=AT)
    tampered(
        path,
        "CREATE TABLE own (x)",
        "CREATE TRIGGER trap AFTER INSERT ON prompt BEGIN DELETE FROM meta; END",
    )
    assert merge(db, path).labels == {"bob": 1}
    assert "own" not in db.table_names()


def test_a_text_that_is_too_long(apart, monkeypatch):
    db, other, path, _ = apart
    a_prompt(other, "x" * 2000)
    monkeypatch.setattr("store.merging.incoming.MAX_TEXT_BYTES", 1999)
    with pytest.raises(NotAProject, match="longer than"):
        merge(db, path)


def test_files_that_are_no_projects(project, tmp_path):
    (tmp_path / "text.db").write_text("hello" * 1000)
    (tmp_path / "empty.db").write_bytes(b"")
    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE prompt (id)")
    plain.close()
    for name in ("text.db", "empty.db", "plain.db"):
        with pytest.raises(NotAProject):
            merge(project.db, tmp_path / name)
    with pytest.raises(MissingProject):
        merge(project.db, tmp_path / "missing.db")
    with pytest.raises(NotAProject, match="is no file"):
        merge(project.db, tmp_path)
    with pytest.raises(StoreError, match="itself"):
        merge(project.db, project.path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".merge")] == []


def test_a_damaged_file(apart, tmp_path):
    db, other, path, _ = apart
    some_pairs(other, 200, "more")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    broken = tmp_path / "broken.db"
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096 - 4, 3):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    broken.write_bytes(data)
    before = items(db)
    with pytest.raises((Damaged, NotAProject)):
        merge(db, broken)
    assert items(db) == before


def test_a_reference_to_nothing_is_refused(project, tmp_path):
    path = tmp_path / "other.db"
    other = sqlite.create(path, at=AT)
    a_chain(other)
    other.close()
    tampered(
        path,
        "PRAGMA foreign_keys=OFF",
        "DROP TRIGGER constitution_no_delete",
        "DELETE FROM constitution",
    )
    with pytest.raises((NotAProject, Damaged)):
        merge(project.db, path)
    with pytest.raises((NotAProject, Damaged)):
        merge(project.db, path, dry_run=True)
    assert items(project.db)["critique"] == []


# -- events that cannot be used ----------------------------------------------------------------


def made_up(db, item, *, lamport, value, annotator="bob", kind="label", replica="f" * 32, seq=1):
    """An event with a right id, written past the store as another program would."""
    phase = "first" if kind == "label" else ""
    made = Event("", replica, seq, lamport, AT, annotator, kind, item, phase, value)
    made = dataclasses.replace(made, id=events.identity(made))
    events.insert(db, made)
    return made


def test_the_own_word_is_the_last_one_whatever_stands_behind_a_gap(apart, project):
    db, other, path, (one, *_) = apart
    labels.give(other, one, "bob", "a", at=AT)
    for seq, lamport in enumerate((3, 4, 9), 1):
        made_up(other, one, lamport=lamport, seq=seq, value={"verdict": "b"})
    done = merge(db, path)
    assert len(done.set_aside) == 3
    assert labels.mine(db, one, "bob").verdict == "a"
    labels.give(db, one, "bob", "tie", at=AT)  # closes the gap before 3 and 4
    assert labels.mine(db, one, "bob").verdict == "tie"
    assert [each.reason for each in set_aside.listed(db)] == [done.set_aside[2].reason]
    assert current_state.equal_to_rebuild(db)
    merge(other, project.path)
    assert labels.mine(other, one, "bob").verdict == "tie"
    assert head_rows(other) == head_rows(db)
    assert set_aside.listed(other) == set_aside.listed(db)


def test_an_event_about_an_item_that_comes_later_is_taken_up(project, tmp_path, closing):
    third = closing(sqlite.create(tmp_path / "third.db", seed="1", at=AT))
    (pair,) = some_pairs(third)
    only_events = closing(sqlite.create(tmp_path / "events.db", seed="2", at=AT))
    made_up(only_events, pair, lamport=1, value={"verdict": "b"})
    merge(project.db, tmp_path / "events.db")
    assert labels.of_pair(project.db, pair) == []
    merge(project.db, tmp_path / "third.db")
    assert labels.mine(project.db, pair, "bob").verdict == "b"
    assert set_aside.listed(project.db) == []
    merge(third, tmp_path / "events.db")
    assert head_rows(third) == head_rows(project.db)


def test_events_under_the_own_replica_id_leave_it_to_them(apart):
    db, other, path, (one, two, *_) = apart
    own = meta.get(db, "replica")
    made_up(other, one, lamport=1, replica=own, seq=2**53 - 1, value={"verdict": "a"})
    merge(db, path)
    assert meta.get(db, "replica") != own
    given = labels.give(db, two, "bob", "a", at=AT)
    assert given.seq == 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "tie", "sealed", "x" * 64]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "verdict",
                    "strength",
                    "on",
                    "text",
                    "value",
                    "id",
                    "cleared",
                    "undoes",
                    "assigned",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    kind=st.sampled_from([*event_kinds.KINDS, "other"]),
    value=VALUES,
    lamport=st.integers(-(2**63), 2**63 - 1),
    seq=st.integers(-(2**63), 2**63 - 1),
    words=st.lists(st.text(max_size=6), min_size=4, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_every_event_is_judged_and_none_is_fatal(kind, value, lamport, seq, words):
    at, annotator, item, phase = words
    event = Event("", "f" * 32, seq, lamport, at, annotator, kind, item, phase, value)
    said = event_kinds.problem(event)
    assert said is None or said.strip()
    if not isinstance(value, dict) or not event_values.is_time(at):
        assert said is not None


# -- three replicas, any history, any order ----------------------------------------------------

ANNOTATORS = ("ann", "bob")
ACTION = st.one_of(
    st.tuples(
        st.just("label"),
        st.integers(0, 2),
        st.sampled_from(ANNOTATORS),
        st.sampled_from(["a", "b", "tie", "both_bad", "skip"]),
    ),
    st.tuples(st.just("flag"), st.integers(0, 2), st.sampled_from(ANNOTATORS), st.booleans()),
    st.tuples(st.just("note"), st.integers(0, 2), st.sampled_from(ANNOTATORS), st.text("xy ")),
    st.tuples(
        st.just("rule"), st.integers(0, 2), st.sampled_from(ANNOTATORS), st.sampled_from("ab")
    ),
    st.tuples(
        st.just("decide"),
        st.just(0),
        st.sampled_from(ANNOTATORS),
        st.sampled_from(["accept", "reject", "edit"]),
    ),
    st.tuples(st.just("undo"), st.just(0), st.sampled_from(ANNOTATORS), st.none()),
    st.tuples(st.just("pair"), st.integers(0, 9), st.sampled_from(ANNOTATORS), st.none()),
    st.tuples(
        st.just("guideline"), st.just(0), st.sampled_from(ANNOTATORS), st.text("xyz", min_size=1)
    ),
)
STEP = st.one_of(
    st.tuples(st.integers(0, 2), ACTION),
    st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
)


def act(db, made, revision, action, at):
    kind, number, annotator, what = action
    if kind == "label":
        labels.give(db, made[number], annotator, what, at=at)
    elif kind == "flag":
        labels.flag(db, made[number], annotator, on=what, at=at)
    elif kind == "note":
        labels.note(db, made[number], annotator, what, at)
    elif kind == "rule":
        rulings.rule(db, made[number], annotator, what, reason="r", at=at)
    elif kind == "decide":
        text = f"mine {annotator}" if what == "edit" else None
        decisions.decide(db, revision, annotator, what, edited_text=text, at=at)
    elif kind == "undo":
        undo.undo(db, annotator, at)
    elif kind == "pair":
        some_pairs(db, 1, f"category {number}")
    else:
        guidelines.add_version(db, what, annotator, at)


@given(st.lists(STEP, max_size=25), st.permutations(range(3)))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_three_replicas_converge_whatever_happened(tmp_path_factory, steps, order):
    folder = tmp_path_factory.mktemp("replicas")
    paths = [folder / f"{n}.db" for n in range(3)]
    first = sqlite.create(paths[0], seed="s", at=AT)
    made = some_pairs(first, 3)
    chain = a_chain(first)
    for path in paths[1:]:
        backup.backup(first, path)
    files = [first, *(sqlite.open_store(path) for path in paths[1:])]
    try:
        tick = ticking()
        for step in steps:
            if step[0] == "merge":
                if step[1] != step[2]:
                    merge(files[step[1]], paths[step[2]])
            else:
                act(files[step[0]], made, chain.revisions[0], step[1], tick())
        expected = sorted({row for db in files for row in log(db)})
        goal = {table: set() for table in items(first)}
        for db in files:
            for table, found in items(db).items():
                goal[table] |= set(found)
        hub = files[order[0]]
        merge(hub, paths[order[1]])
        merge(hub, paths[order[2]])
        for number in order[1:]:
            merge(files[number], paths[order[0]])
        for db in files:
            assert log(db) == expected
            assert items(db) == {table: sorted(found) for table, found in goal.items()}
            assert head_rows(db) == head_rows(hub)
            assert current_state.equal_to_rebuild(db)
        assert not merge(hub, paths[order[1]]).anything
    finally:
        for db in files:
            db.close()
        shutil.rmtree(folder)


# -- two files that were made apart from each other --------------------------------------------

ROW = {"prompt": "q", "chosen": "x", "rejected": "y"}


@pytest.mark.parametrize(
    ("ours", "theirs", "told", "categories"),
    [
        ({}, {}, [], ("uncategorised", "uncategorised")),
        ({"category": "harmful"}, {"category": "harmful"}, [], ("harmful", "harmful")),
        ({"category": "harmful"}, {}, [], ("harmful", "harmful")),
        ({}, {"category": "harmful"}, [], ("harmful", "harmful")),
        (
            {"category": "harmful"},
            {"category": "helpful"},
            [("category", "harmful", "helpful")],
            ("harmful", "helpful"),
        ),
        (
            {"tags": ["s"]},
            {"tags": ["t"]},
            [("tags", '["s"]', '["t"]')],
            ("uncategorised", "uncategorised"),
        ),
    ],
)
def test_what_each_file_imported_with_a_prompt(tmp_path, closing, ours, theirs, told, categories):
    files = []
    for name, said in (("one", ours), ("two", theirs)):
        db = closing(sqlite.create(tmp_path / f"{name}.db", seed=name, at=AT))
        importing.run(db, io.BytesIO(json.dumps({**ROW, **said}).encode()), at=AT)
        files.append(db)
    for own, other, turned in ((files[0], "two", False), (files[1], "one", True)):
        merged = merge(own, tmp_path / f"{other}.db")
        assert [(c.what, c.ours, c.theirs) for c in merged.conflicts] == [
            (what, *((b, a) if turned else (a, b))) for what, a, b in told
        ]
        assert {c.stands for c in merged.conflicts} <= {"own"}
    stand = [db.execute("SELECT category FROM prompt_now").fetchone()[0] for db in files]
    assert tuple(stand) == categories
    assert not merge(files[0], tmp_path / "two.db").anything
    if told and told[0][0] == "category":  # a word on it settles it in both files
        key = pairs.ordered(files[0])[0].prompt_id
        change(files[0], [key], "sycophancy", "ann", at=AT)
        assert merge(files[1], tmp_path / "one.db").conflicts == ()
        assert merge(files[0], tmp_path / "two.db").conflicts == ()
        stand = [db.execute("SELECT category FROM prompt_now").fetchone()[0] for db in files]
        assert stand == ["sycophancy", "sycophancy"]
