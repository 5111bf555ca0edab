"""Full-text search: what it finds, what is new to it, and what it forgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store.judgements import labels
from store.views import browse, search_index
from store.views.query import SearchTerm, parse
from tests.tui.seed import AT, a_chain

ASKED = "What is 統計 good for?"
TEXTS = (
    ASKED,
    "For naïve people, hardly anything.",
    "It is rude.",
    "For weighing evidence 東京都.",
)


@pytest.fixture
def study(db: Database) -> Database:
    a_chain(db, TEXTS)
    a_chain(db, ("Other?", "Nothing here.", "It is short.", "Something there."))
    read_all(db)
    return db


def read_all(db: Database) -> None:
    search_index.mend(db)
    assert search_index.read_in(db, steps=1000).complete


def numbers(db: Database, line: str, viewer: str = "ann") -> list[int]:
    """Places of the rows a line finds; each way of looking must find the same."""
    query = parse(line)
    assert not query.problem
    found = [row.number for row in browse.page(db, viewer, query, at=AT).rows]
    assert browse.count(db, viewer, query) == len(found)
    return found


@pytest.mark.parametrize("common", [10_000, 0])
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("統計", [1]),
        ("計", [1]),
        ("京都", [1]),
        ("統京", []),
        ("naive", [1]),
        ("EVIDENCE", [1]),
        ("evid", [1]),
        ('"evid"', []),
        ('"weighing evidence"', [1]),
        ('"evidence weighing"', []),
        ("for nothing", []),
        ("for -nothing", [1]),
        ("some", [2]),
        ("rude", []),
        ("kind:prompt rude", []),
        ("kind:prompt 統計", [1]),
        ("kind:answer thing", []),
        ("kind:answer something", [2]),
        ("kind:prompt some", [2]),
    ],
)
def test_words_are_found(
    study: Database, monkeypatch: pytest.MonkeyPatch, common: int, line: str, found: list[int]
) -> None:
    monkeypatch.setattr(search_index, "COMMON", common)
    assert numbers(study, line) == found


def test_a_critique_is_found_once_the_pair_is_labelled(study: Database) -> None:
    pair = browse.page(study, "ann", parse(""), at=AT).rows[0]
    labels.give(study, pair.id, "ann", "a", at=AT)
    assert numbers(study, "kind:prompt rude") == [1]


def test_new_texts_are_found_without_reading_the_old_again(study: Database) -> None:
    before = study.execute("SELECT count(*) FROM search_doc").fetchone()[0]
    a_chain(study, ("Zebra?", "Stripes.", "No.", "Black and white."))
    assert numbers(study, "zebra") == []
    read_all(study)
    assert numbers(study, "zebra") == [3]
    assert study.execute("SELECT count(*) FROM search_doc").fetchone()[0] == before + 4


def test_a_moved_row_is_read_once(study: Database) -> None:
    study.execute("DELETE FROM search_doc WHERE kind = 'prompt' AND id = 1")
    study.execute("INSERT INTO search (search) VALUES ('delete-all')")
    study.execute("DELETE FROM search_doc")
    read_all(study)
    read_all(study)
    assert numbers(study, "統計") == [1]
    assert study.execute("SELECT count(*) FROM search").fetchone()[0] == 8


def test_what_is_forgotten_is_read_anew(study: Database) -> None:
    search_index.forget(study)
    assert numbers(study, "統計") == []
    words = study.execute("SELECT group_concat(cast(block AS TEXT)) FROM search_data").fetchone()[0]
    assert "evidence" not in words
    read_all(study)
    assert numbers(study, "統計") == [1]


@pytest.mark.parametrize("step", [1, 3])
def test_reading_goes_in_steps(db: Database, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    a_chain(db, TEXTS)
    monkeypatch.setattr(search_index, "STEP", step)
    done = [search_index.read_in(db).done for _ in range(5)]
    assert done == sorted(done)
    assert done[0] < search_index.coverage(db).total == done[-1]


def test_notes_are_found_by_who_may_know_of_them(study: Database) -> None:
    first, second = (row.id for row in browse.page(study, "ann", parse(""), at=AT).rows)
    labels.note(study, first, "bob", "a marmalade case", AT)
    labels.give(study, second, "bob", "b", note="rhubarb", at=AT)
    read_all(study)
    assert numbers(study, "marmalade", "bob") == [1]
    assert numbers(study, "rhubarb", "bob") == [2]
    assert numbers(study, "marmalade", "ann") == numbers(study, "rhubarb", "ann") == []
    for pair in (first, second):
        labels.give(study, pair, "ann", "a", at=AT)
    assert numbers(study, "marmalade", "ann") == [1]
    assert numbers(study, "rhubarb", "ann") == [2]
    labels.note(study, first, "bob", "something else", AT)
    read_all(study)
    assert numbers(study, "marmalade", "ann") == []


@given(st.text(min_size=1, max_size=30), st.booleans())
def test_no_word_is_an_operator(text: str, exact: bool) -> None:
    with_index = Database(memory=True, execute_plugins=False)
    try:
        with_index.execute("CREATE VIRTUAL TABLE t USING fts5(text, content='')")
        with_index.execute("INSERT INTO t (rowid, text) VALUES (1, 'plain')")
        found = with_index.execute(
            "SELECT rowid FROM t WHERE t MATCH ?",
            [search_index.expression(SearchTerm(text, exact))],
        ).fetchall()
    finally:
        with_index.close()
    assert found in ([], [(1,)])


@given(st.text(alphabet="ab 統計カ", max_size=12))
def test_spacing_changes_nothing_but_spaces(text: str) -> None:
    assert search_index.spaced(text).replace(" ", "") == text.replace(" ", "")
