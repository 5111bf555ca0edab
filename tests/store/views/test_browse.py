"""Mode B's rows: whole and in order page by page, filtered by what they tell, and blind."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db.connection import create, open_store
from store.errors import BadInput
from store.exporting import ExportOptions, plan
from store.items import categories, pairs, prompts
from store.judgements import attributes, decisions, labels, rulings
from store.records import Choice, Message
from store.rounds import relabel, rounds
from store.views import browse, closed, filter_values, marked, search_index
from store.views.browse import BrowseRow
from store.views.preview import preview
from store.views.query import STATUSES, SearchTarget, parse
from tests.tui.seed import AT, a_chain, a_prompt

SECRET = "marmalade"


def listed(db: Database, line: str = "", viewer: str = "ann", limit: int = 200) -> list[BrowseRow]:
    """All rows of a search, page by page; backwards they must be the same."""
    query = parse(line)
    assert not query.problem
    assert not filter_values.problem(db, query)
    ahead: list[BrowseRow] = []
    more = True
    while more:
        start = ahead[-1].key if ahead else None
        page = browse.page(db, viewer, query, start=start, limit=limit, at=AT)
        ahead += page.rows
        more = page.more
    behind: list[BrowseRow] = []
    more = True
    while more:
        start = behind[0].key if behind else None
        page = browse.page(db, viewer, query, start=start, backwards=True, limit=limit, at=AT)
        behind[:0] = page.rows
        more = page.more
    assert behind == ahead
    assert browse.count(db, viewer, query) == len(ahead)
    return ahead


def numbers(db: Database, line: str, viewer: str = "ann") -> list[int]:
    return [row.number for row in listed(db, line, viewer)]


@pytest.fixture(scope="module")
def eight_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pairs: agreed, disagreed, ruled, sole, skipped, flagged by bob, bob's alone, nobody's.

    The fourth is labelled by ann alone, in two seconds; the seventh by bob alone, with a note.
    """
    path = tmp_path_factory.mktemp("eight") / "study.db"
    with contextlib.closing(create(path, seed="0123456789abcdef", at=AT)) as db:
        fill(db)
    return path


@pytest.fixture
def study(eight_made: Path, tmp_path: Path, closing: Callable[[Database], Database]) -> Database:
    """A copy of it."""
    shutil.copy(eight_made, tmp_path / "study.db")
    return closing(open_store(tmp_path / "study.db"))


def fill(db: Database) -> None:
    long = "one two three four five six seven eight nine ten " * 5
    made = [
        a_chain(
            db, (f"Prompt {n}?", f"short {n}", "no", f"{long} {n}"), "harmful" if n < 4 else "x"
        )
        for n in range(1, 9)
    ]
    given = {
        1: {"ann": "a", "bob": "a"},
        2: {"ann": "a", "bob": "b"},
        3: {"ann": "a", "bob": "b"},
        4: {"ann": "b"},
        5: {"ann": "skip", "bob": "a"},
        6: {"ann": "tie"},
        7: {"bob": "b"},
    }
    for n, said in given.items():
        for who, verdict in said.items():
            labels.give(db, made[n - 1].pair, who, verdict, seconds=2 if n == 4 else 90, at=AT)
    rulings.rule(db, made[2].pair, "bob", "b", reason="so", at=AT)
    labels.flag(db, made[5].pair, "bob", True, AT)
    labels.flag(db, made[6].pair, "bob", True, AT)
    labels.note(db, made[6].pair, "bob", SECRET, AT)
    search_index.read_in(db, steps=1000)


def test_the_status_of_a_pair_is_what_its_viewer_may_know(study: Database) -> None:
    assert [row.status for row in listed(study)] == [
        *("agreed", "disagreed", "ruled", "labelled", "skipped", "labelled", "waiting", "waiting")
    ]
    assert {row.status for row in listed(study, viewer="carl")} == {"waiting"}


@pytest.mark.parametrize(
    "status", [name for name, kinds in STATUSES.items() if SearchTarget.PAIR in kinds]
)
@pytest.mark.parametrize("viewer", ["ann", "bob", "carl"])
def test_a_status_filter_finds_what_says_so(study: Database, status: str, viewer: str) -> None:
    every = listed(study, "kind:pair", viewer)
    found = listed(study, f"status:{status} kind:pair", viewer)
    assert found == [row for row in every if row.status == status]
    without = listed(study, f"-status:{status} kind:pair", viewer)
    assert without == [row for row in every if row.status != status]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("category:harmful", [1, 2, 3]),
        ("category:harmful -status:ruled", [1, 2]),
        ("by:ann", [1, 2, 3, 4, 6]),
        ("by:bob", [1, 2, 3]),
        ("by:BOB", [1, 2, 3]),
        ("by:\u0412ob", [1, 2, 3]),  # a Cyrillic letter
        ("category:HARMFUL", [1, 2, 3]),
        ("hasty", [4]),
        ("flagged", [6]),
        ("-flagged by:ann", [1, 2, 3, 4]),
        ("origin:revision", [1, 2, 3, 4, 6]),
        ("origin:edited", []),
        ("principle:h1", [1, 2, 3, 4, 6]),
        ("out:disagreement", [2]),
        ("out:flagged", []),
        ("finding:hasty-labels", [4]),
        ("finding:hasty_labels category:harmful", []),
        ("-finding:hasty_labels by:ann", [1, 2, 3, 6]),
        ("#3", [3]),
        ("#9", []),
        ("sort:newest by:bob", [3, 2, 1]),
        ("sort:category", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("kind:prompt", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("kind:prompt principle:h1", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("kind:answer origin:revision", [1, 2, 3, 4, 6]),
        ("prompt #2", [2]),
    ],
)
def test_filters_find(study: Database, line: str, found: list[int]) -> None:
    principle = study.execute("SELECT principle_id FROM critique LIMIT 1").fetchone()[0]
    assert numbers(study, line.replace("h1", principle.lower())) == found


@pytest.mark.parametrize("kind", ["pair", "prompt"])
def test_rows_are_sorted_by_their_status(study: Database, kind: str) -> None:
    every = listed(study, f"kind:{kind}")
    # sorted() is stable: rows that are equal stay as they are in the project
    ordered = sorted(every, key=lambda row: row.status)
    by_status = listed(study, f"kind:{kind} sort:status", limit=3)
    assert by_status == [replace(row, key=(row.status, *row.key)) for row in ordered]
    assert kind == "prompt" or len({row.status for row in every}) > 3


@pytest.mark.parametrize("common", [0, 10_000])
@pytest.mark.parametrize("places", [1, 3, 100])
@pytest.mark.parametrize(
    "line",
    ["", "prompt", "-prompt", "short no", "by:ann", "kind:answer no", "kind:prompt short", "none"],
)
def test_portions_add_up_to_the_rows(
    study: Database, monkeypatch: pytest.MonkeyPatch, line: str, places: int, common: int
) -> None:
    monkeypatch.setattr(browse, "COUNTED", places)
    monkeypatch.setattr(search_index, "COMMON", common)
    monkeypatch.setattr(search_index, "RARE", common)
    while not search_index.read_in(study).complete:
        pass
    query, counted, portions = parse(line), browse.RowCount(), [0]
    while counted.upto is not None:
        counted = browse.count_on(study, "ann", query, counted)
        portions.append(counted.number)
    assert portions == sorted(portions)
    assert counted.number == len(listed(study, line)), line
    looked_at_one_by_one = line and (common == 0 or line in {"-prompt", "by:ann"})
    assert len(portions) - 1 == (-(-8 // places) if looked_at_one_by_one and line != "none" else 1)


def test_the_longer_side_is_that_of_the_verdict_that_stands(study: Database) -> None:
    texts = {row.number: pairs.text(study, row.id) for row in listed(study)}
    stand = {1: "a", 3: "b", 4: "b"}  # agreed, ruled, ann's alone
    longer = [
        n for n, side in stand.items() if (len(texts[n].a) > len(texts[n].b)) == (side == "a")
    ]
    assert numbers(study, "longer:chosen") == longer
    assert numbers(study, "longer:rejected") == [n for n in stand if n not in longer]


@pytest.mark.parametrize("kind", list(SearchTarget))
@pytest.mark.parametrize("sort", ["-number", "category", "-status", "text", "-text"])
def test_pages_of_any_size_hold_every_row_once(
    study: Database, kind: SearchTarget, sort: str
) -> None:
    line = f"kind:{kind} sort:{sort}"
    whole = listed(study, line)
    assert (
        len({row.id for row in whole}) == len(whole) == (16 if kind is SearchTarget.ANSWER else 8)
    )
    for limit in (1, 3, 8):
        assert listed(study, line, limit=limit) == whole
    shown = {"category": "category", "-status": "status", "text": "beginning", "-text": "beginning"}
    if column := shown.get(sort):
        # what is equal stays as it is in the project, the other way round with the rest
        told = [getattr(row, column).removeprefix("revision ").casefold() for row in whole]
        told = ["" if each in {"proposed", "edited"} else each for each in told]
        assert told == sorted(told, reverse=sort[0] == "-")
    for number in range(1, 9):
        key = browse.key_of(study, "ann", parse(line), number)
        page = browse.page(study, "ann", parse(line), start=key, including=True, at=AT)
        assert page.rows[0].number == number
    assert browse.key_of(study, "ann", parse(line), 9) is None


def test_labels_are_sorted_by_as_far_as_they_are_told(study: Database) -> None:
    assert numbers(study, "sort:labels") == [7, 8, 4, 5, 6, 1, 2, 3]
    assert numbers(study, "sort:-labels") == [3, 2, 1, 6, 5, 4, 8, 7]
    assert numbers(study, "sort:labels", "carl") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_number_that_is_not_listed_leads_to_the_next(study: Database) -> None:
    query = parse("by:ann sort:-status")
    page = browse.page(
        study, "ann", query, start=browse.key_of(study, "ann", query, 5), including=True, at=AT
    )
    assert page.rows[0].number == 6


def test_a_conversation_is_sorted_by_what_is_answered(db: Database) -> None:
    for turns in (["m"], ["a", "x", "z"], ["y", "x", "b"]):
        roles = ["user", "assistant", "user"]
        told = [Message(role, text) for role, text in zip(roles, turns, strict=False)]
        prompts.add(db, told, category="x", source="test", at=AT)
    assert numbers(db, "kind:prompt sort:text") == [3, 1, 2]


def test_a_page_can_begin_with_the_row_of_its_key(study: Database) -> None:
    rows = listed(study)
    again = browse.page(study, "ann", parse(""), start=rows[3].key, including=True, at=AT)
    assert list(again.rows) == rows[3:]


def test_prompts_say_how_far_they_are(study: Database) -> None:
    a_prompt(study, "Nobody has answered this.")
    chain = a_chain(study, ("Decided?", "no", "bad", "yes"))
    decisions.decide(study, chain.revision, "ann", Choice.ACCEPT, at=AT)
    found = {row.number: row.status for row in listed(study, "kind:prompt")}
    assert (found[1], found[9], found[10]) == ("to-decide", "waiting", "accepted")
    assert numbers(study, "status:accepted") == [10]
    assert numbers(study, "status:waiting kind:prompt") == [9]
    assert len(numbers(study, "status:to-decide")) == 8


def test_another_ones_decision_is_told_once_the_pair_is_labelled(study: Database) -> None:
    decisions.decide(study, _revision(study, 8), "bob", Choice.ACCEPT, at=AT)
    assert numbers(study, "kind:prompt status:accepted") == []
    assert numbers(study, "kind:prompt by:bob") == []
    labels.give(study, listed(study)[7].id, "ann", "a", at=AT)
    assert numbers(study, "kind:prompt status:accepted") == [8]
    assert numbers(study, "kind:prompt by:bob") == [8]


def test_a_conversation_begins_with_what_is_being_answered(study: Database) -> None:
    turns = [Message("user", "first"), Message("assistant", "reply"), Message("user", "last turn")]
    prompts.add(study, turns, category="x", source="test", at=AT)
    assert listed(study, "kind:prompt")[-1].beginning == "last turn"


def test_values_nothing_has_are_told_with_the_nearest(study: Database) -> None:
    assert "harmful" in filter_values.problem(study, parse("category:harmfull"))
    assert "disagreement" in filter_values.problem(study, parse("out:disagrement"))
    assert "hasty_labels" in filter_values.problem(study, parse("finding:hasty"))
    assert filter_values.problem(study, parse("principle:nonsense"))
    assert not filter_values.problem(study, parse("category:harmful"))


# Blindness


def _revision(db: Database, number: int) -> str:
    return str(
        db.execute(
            "SELECT candidate.id FROM candidate JOIN prompt ON prompt.id = prompt_id"
            " WHERE origin = 'revision' AND position = ?",
            [number],
        ).fetchone()[0]
    )


def told(db: Database, viewer: str, number: int) -> str:
    """Everything the rows and previews of one prompt's items tell."""
    out: list[object] = []
    for kind in SearchTarget:
        for row in listed(db, f"kind:{kind} #{number}", viewer):
            out += [row, preview(db, viewer, kind, row.id, at=AT)]
    return repr(out)


def test_an_unlabelled_pair_tells_nothing_of_others_or_of_who_wrote_what(study: Database) -> None:
    for number in (5, 7):
        said = told(study, "ann", number)
        assert SECRET not in said
        assert "bob" not in said
        assert "tiny.gguf" not in said
        assert "critique" not in said
        assert "revision" not in said
        assert "flagged=True" not in said
    opened = told(study, "bob", 7)
    assert SECRET in opened
    assert "revision" in opened


def test_answers_of_a_closed_prompt_stand_in_an_order_that_tells_nothing(study: Database) -> None:
    shown = [row.id for row in listed(study, "kind:answer", "carl")]
    assert shown == [
        row[0]
        for row in study.execute(
            "SELECT candidate.id FROM candidate JOIN prompt ON prompt.id = prompt_id"
            " ORDER BY position, candidate.id"
        )
    ]
    prompt = listed(study, "kind:prompt #8", "carl")[0]
    parts = preview(study, "carl", SearchTarget.PROMPT, prompt.id, at=AT).parts
    ids = [row.id for row in listed(study, "kind:answer #8", "carl")]
    assert [part.text for part in parts] == [
        row[0]
        for each in ids
        for row in study.execute("SELECT text FROM candidate WHERE id = ?", [each])
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"status:{name} kind:pair"
            for name, kinds in STATUSES.items()
            if SearchTarget.PAIR in kinds
        ),
        *("by:bob", "by:ann", "hasty", "flagged", "noted", "longer:chosen", "longer:rejected"),
        *("origin:revision", "origin:proposed", "kind:answer origin:revision", f"{SECRET}"),
        *(f"kind:prompt {SECRET}", "kind:prompt flagged", "kind:answer flagged", "-flagged"),
        *("-by:bob", "-status:disagreed kind:pair", "kind:prompt by:bob", f"-{SECRET}"),
        *("out:tie", "out:both_bad", "out:disagreement", "out:flagged", "-out:tie"),
        *("finding:hasty_labels", "-finding:hasty_labels", "finding:on_policy", "finding:length"),
    ],
)
def test_no_search_depends_on_what_is_kept_from_its_viewer(db: Database, line: str) -> None:
    """Carl has labelled nothing: whatever others say, each search finds the same for him."""
    made = [a_chain(db, (f"Prompt {n}?", f"short {n}", "no", f"longer {n}")) for n in range(4)]
    for chain in made:
        labels.give(db, chain.pair, "ann", "a", seconds=90, at=AT)
    attributes.state(db, "bob", "field", "law", AT)  # that he works here is no secret
    search_index.read_in(db, steps=1000)
    before = listed(db, line, "carl")
    labels.give(db, made[0].pair, "bob", "b", seconds=1, note=SECRET, at=AT)
    labels.give(db, made[1].pair, "bob", "tie", seconds=1, at=AT)
    labels.give(db, made[2].pair, "bob", "both_bad", seconds=1, at=AT)
    labels.flag(db, made[2].pair, "bob", True, AT)
    labels.flag(db, made[2].original, "bob", True, AT)
    labels.note(db, made[3].revision, "bob", SECRET, AT)
    rulings.rule(db, made[0].pair, "bob", "b", reason=SECRET, at=AT)
    decisions.decide(db, made[1].revision, "bob", Choice.REJECT, at=AT)
    search_index.read_in(db, steps=1000)
    assert listed(db, line, "carl") == before


def test_what_was_told_is_remembered_once(study: Database) -> None:
    told_of = {row.number: row.id for row in [*listed(study), *listed(study)]}
    rows = study.execute("SELECT item FROM event WHERE kind = 'shown' AND annotator = 'ann'")
    shown = [item for (item,) in rows]
    # 4 is ann's alone: nothing of others was told
    assert sorted(shown) == sorted(told_of[number] for number in (1, 2, 3, 6))
    labels.give(study, shown[0], "ann", "b", at=AT)
    changed = labels.mine(study, shown[0], "ann")
    assert changed is not None
    assert changed.informed


def test_a_sealed_round_keeps_its_pairs_closed_to_those_who_labelled_them(study: Database) -> None:
    inside = [row.id for row in listed(study)][:2]
    made = rounds.create(study, "pilot", inside, ["ann", "carl"], seed=1, by="ann", at=AT)
    assert [row.status for row in listed(study)][:3] == ["labelled", "labelled", "ruled"]
    assert closed.is_closed(study, inside[0], "ann")
    assert numbers(study, "by:bob") == [3]
    rounds.close(study, made.id, "ann", "no time", AT)
    assert numbers(study, "by:bob") == [1, 2, 3]


# Acts


def test_pairs_are_queued_again_one_by_one(study: Database) -> None:
    rows = listed(study)
    again = relabel.these(study, [rows[0].id, rows[6].id], "ann", AT)
    assert again == [rows[0].id]
    own = labels.mine(study, rows[0].id, "ann")
    assert own is not None
    assert own.answer == "again"
    assert labels.mine(study, rows[0].id, "bob") is not None
    assert listed(study)[0].status == "waiting"


def test_a_flag_on_all_is_taken_back_and_one_on_some_is_put_on_the_rest(study: Database) -> None:
    some = [row.id for row in listed(study)][:3]
    labels.flag(study, some[0], "ann", True, AT)
    assert marked.flag(study, some, "ann", at=AT) == (2, True)
    assert marked.flag(study, some, "ann", at=AT) == (3, False)


def test_a_category_is_given_and_changed(db: Database) -> None:
    made = [a_prompt(db, f"{n}?") for n in range(2)]
    bare, _ = prompts.add(
        db, [Message("user", "bare")], category=prompts.UNCATEGORISED, source="test", at=AT
    )
    assert categories.change(db, [made[0], bare, bare], " length  trap ", "ann", at=AT) == [
        made[0],
        bare,
    ]
    assert not categories.change(db, [bare], "Length_Trap", "ann", at=AT)
    assert prompts.categories(db) == ["helpful", "length_trap"]
    for wrong in ("", "x" * 41, "\x1b[31m"):
        with pytest.raises(BadInput):
            categories.change(db, [bare], wrong, "ann", at=AT)


def test_pairs_are_found_by_what_they_are_made_of(study: Database) -> None:
    pair = pairs.get(study, listed(study)[1].id)
    for kind, item in (
        (SearchTarget.PAIR, pair.id),
        (SearchTarget.PROMPT, pair.prompt_id),
        (SearchTarget.ANSWER, pair.b_id),
    ):
        assert marked.pairs_of(study, kind, [item]) == [pair.id]


def test_what_is_out_comes_back_and_what_is_in_goes_out(study: Database) -> None:
    one, two, *_ = (row.id for row in listed(study))
    asked = marked.removing(study, [one])
    marked.remove(study, asked, "ann", at=AT)
    assert numbers(study, "status:removed kind:pair") == [1]
    both = marked.removing(study, [one, two])
    assert (both.items, both.back) == ((two,), False)
    marked.remove(study, marked.removing(study, [one]), "ann", at=AT)
    assert numbers(study, "")[0] == 1


def test_no_export_of_a_few_tells_what_others_chose(study: Database) -> None:
    every = [row.id for row in listed(study)]
    kept, closed_ = marked.to_export(study, every, "ann")
    assert set(every) - set(kept) == {every[4], every[6]}  # skipped and bob's alone
    assert closed_ == 2
    made = plan(study, ExportOptions(only=frozenset(kept)))
    assert made.pairs == len(kept)
    assert {each for stay in made.excluded.values() for each in stay} <= set(kept)
    whole = plan(study, ExportOptions())
    assert [row.pair.id for row in made.rows] == [
        row.pair.id for row in whole.rows if row.pair.id in kept
    ]
