"""Import: the shapes that people's files have, each row with the one right reading."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store import importing
from store.agreement.roles import roles
from store.db.connection import create
from store.errors import StoreError
from store.importing import FORMATS, FileReport
from store.items import pairs, prompts
from store.judgements import labels
from tests.store.building import AT

Turns = list[tuple[str, str]]


class Read(NamedTuple):
    """A pair as the project holds it, the chosen answer first where there are roles."""

    prompt: Turns
    one: str
    other: str
    labels: dict[str, str]
    """By annotator: the text that is preferred, or the verdict that prefers none."""


def come(db: Database, content: str | bytes, **kw: Any) -> FileReport:
    raw = content if isinstance(content, bytes) else content.encode()
    report = importing.run(db, io.BytesIO(raw), at=AT, **kw)
    assert report.read == report.added + report.duplicates + report.rejected
    assert report.rejected == sum(not problem.kept for problem in report.problems)
    return report


def rows(*objects: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def held(db: Database) -> list[Read]:
    """All pairs of the project, in order."""
    out = []
    for pair in pairs.ordered(db):
        text = pairs.text(db, pair.id)
        sides = {"a": text.a, "b": text.b}
        said = {
            label.annotator: sides.get(label.verdict.value, label.verdict.value)
            for label in labels.of_pair(db, pair.id)
        }
        one, other = text.a, text.b
        if pair.a_role in ("rejected", "revision"):
            one, other = other, one
        out.append(Read([tuple(m) for m in text.messages], one, other, said))  # type: ignore[misc]
    return out


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def bot(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


Q: Turns = [("user", "q")]
CHAT = {"chosen": [user("q"), bot("x")], "rejected": [user("q"), bot("y")]}
LONG: Turns = [("system", "Be short."), ("user", "q")]

ROLES: list[tuple[str, Any, str, Turns]] = [
    ("trl strings", {"prompt": "q", "chosen": "x", "rejected": "y"}, "trl", Q),
    (
        "trl turns",
        {"prompt": [user("q")], "chosen": [bot("x")], "rejected": [bot("y")]},
        "trl",
        Q,
    ),
    ("trl implicit", CHAT, "trl", Q),
    (
        "a blank turn of the system beside",
        {"system": "\n", "prompt": "q", "chosen": "x", "rejected": "y"},
        "trl",
        [("system", "\n"), ("user", "q")],
    ),
    (
        "hh",
        {
            "chosen": "\n\nHuman: q\n\nAssistant: x",
            "rejected": "\n\nHuman: q\n\nAssistant: y",
        },
        "hh",
        Q,
    ),
    (
        "hh with the prompt apart",
        {"prompt": "\n\nHuman: q\n\nAssistant:", "chosen": "x", "rejected": "y"},
        "trl",
        Q,
    ),
    (
        "ultrafeedback",
        {
            "prompt": "q",
            **CHAT,
            "messages": CHAT["chosen"],
            "score_chosen": 8.5,
            "score_rejected": 2,
        },
        "ultrafeedback",
        Q,
    ),
    (
        "cleaned ultrafeedback",
        {"prompt": "q", **CHAT, "chosen-rating": 5, "rejected-rating": 1, "chosen-model": "m"},
        "ultrafeedback",
        Q,
    ),
    ("distilabel", {"prompt": "q", **CHAT, "chosen_rating": 5.0}, "distilabel", Q),
    (
        "openai",
        {
            "input": {"messages": [user("q")], "tools": [], "parallel_tool_calls": True},
            "preferred_output": [bot("x")],
            "non_preferred_output": [bot("y")],
        },
        "openai",
        Q,
    ),
    (
        "alpaca",
        {"instruction": "Do.", "input": "it", "chosen": "x", "rejected": "y"},
        "llama-factory",
        [("user", "Do.\n\nit")],
    ),
    (
        "alpaca with history",
        {
            "system": "Be short.",
            "history": [["q1", "a1"]],
            "instruction": "q",
            "chosen": "x",
            "rejected": "y",
        },
        "llama-factory",
        [("system", "Be short."), ("user", "q1"), ("assistant", "a1"), ("user", "q")],
    ),
    (
        "sharegpt",
        {
            "conversations": [
                {"from": "system", "value": "Be short."},
                {"from": "human", "value": "q"},
            ],
            "chosen": {"from": "gpt", "value": "x"},
            "rejected": {"from": "gpt", "value": "y"},
        },
        "llama-factory",
        LONG,
    ),
    (
        "sharegpt with the system beside",
        {
            "system": "Be short.",
            "conversations": [{"from": "human", "value": "q"}],
            "chosen": {"from": "gpt", "value": "x"},
            "rejected": {"from": "gpt", "value": "y"},
        },
        "llama-factory",
        LONG,
    ),
    ("axolotl", {"messages": [user("q")], "chosen": bot("x"), "rejected": bot("y")}, "axolotl", Q),
    ("axolotl icr", {"input": "q", "chosen": "x", "rejected": "y"}, "axolotl", Q),
    (
        "axolotl intel",
        {"system": "", "question": "q", "chosen": "x", "rejected": "y"},
        "axolotl",
        Q,
    ),
    (
        "axolotl argilla",
        {"instruction": "q", "chosen_response": "x", "rejected_response": "y"},
        "axolotl",
        Q,
    ),
    ("openrlhf", {"prompt": [user("q")], "chosen": [bot("x")], "rejected": [bot("y")]}, "trl", Q),
    ("better and worse", {"prompt": "q", "better": "x", "worse": "y"}, "trl", Q),
    ("good and bad", {"prompt": "q", "good_answer": "x", "bad_answer": "y"}, "trl", Q),
    (
        "null padding",
        {
            "prompt": [{**user("q"), "name": None, "tool_calls": None}],
            "chosen": [{**bot("x"), "tool_calls": None}],
            "rejected": [bot("y")],
        },
        "trl",
        Q,
    ),
    (
        "parts",
        {
            "prompt": [{"role": "user", "content": [{"type": "text", "text": "q"}]}],
            "chosen": "x",
            "rejected": "y",
        },
        "trl",
        Q,
    ),
    (
        "packed",
        {"prompt": "q", "chosen": json.dumps([bot("x")]), "rejected": json.dumps([bot("y")])},
        "trl",
        Q,
    ),
    (
        "system in the conversation",
        {
            "prompt": "q",
            "chosen": [{"role": "system", "content": "Be short."}, user("q"), bot("x")],
            "rejected": [{"role": "system", "content": "Be short."}, user("q"), bot("y")],
        },
        "trl",
        LONG,
    ),
    (
        "an earlier turn",
        {
            "prompt": "q",
            "chosen": [user("p"), bot("a"), user("q"), bot("x")],
            "rejected": [user("p"), bot("a"), user("q"), bot("y")],
        },
        "trl",
        [("user", "p"), ("assistant", "a"), ("user", "q")],
    ),
    ("white space at the end", {"prompt": "q \n", **CHAT}, "trl", Q),
    (
        "the prompt holds the conversation",
        {"prompt": [{"role": "system", "content": "Be short."}, user("q")], **CHAT},
        "trl",
        LONG,
    ),
    ("ranked", {"prompt": "q", "responses": ["y", "x"], "ranks": [2, 1]}, "ranked", Q),
    ("scored", {"prompt": "q", "outputs": ["y", "x"], "scores": [0.5, 3]}, "ranked", Q),
    ("best first", {"instruction": "q", "input": "", "output": ["x", "y"]}, "ranked", Q),
    (
        "ultrafeedback raw",
        {
            "instruction": "q",
            "models": ["m", "n"],
            "completions": [
                {"model": "m", "response": "y", "overall_score": 2.0},
                {"model": "n", "response": "x", "overall_score": 8.0},
            ],
        },
        "ultrafeedback-raw",
        Q,
    ),
]


@pytest.mark.parametrize(
    ("row", "format_", "prompt"), [r[1:] for r in ROLES], ids=[r[0] for r in ROLES]
)
def test_rows_that_name_roles(db: Database, row: Any, format_: str, prompt: Turns) -> None:
    report = come(db, rows(row))
    assert (report.kind, report.format, report.added) == ("pairs", format_, 1)
    assert held(db) == [Read(prompt, "x", "y", {f"source:{format_}": "x"})]
    (pair,) = pairs.ordered(db)
    assert {pair.a_role, pair.b_role} == {"chosen", "rejected"}
    assert come(db, rows(row)).duplicates == 1
    for laid_out in (json.dumps([row], indent=1), json.dumps(row, indent=2)):
        assert come(db, laid_out).duplicates == 1


SIDES: list[tuple[str, Any, str, dict[str, str]]] = [
    (
        "pairlab",
        {"prompt": "q", "a": "x", "b": "y", "labels": {"ann": "b"}},
        "pairlab",
        {"ann": "y"},
    ),
    ("letters", {"prompt": "q", "answer_a": "x", "answer_b": "y"}, "pairlab", {}),
    ("numbers", {"prompt": "q", "output_1": "x", "output_2": "y"}, "pandalm", {}),
    (
        "from nought",
        {"prompt": "q", "response_0": "x", "response_1": "y", "better_response": 1},
        "pandalm",
        {"source:pandalm": "y"},
    ),
    (
        "pandalm",
        {
            "idx": 1,
            "instruction": "q",
            "input": "",
            "response1": "x",
            "response2": "y",
            "annotator1": 1,
            "annotator2": 2,
            "annotator3": 0,
        },
        "pandalm",
        {"annotator1": "x", "annotator2": "y", "annotator3": "tie"},
    ),
    (
        "icai table",
        {"input": "q", "text_a": "x", "text_b": "y", "preferred_text": "text_b"},
        "pairlab",
        {"source:pairlab": "y"},
    ),
    (
        "arena",
        {
            "conversation_a": [user("q"), bot("x")],
            "conversation_b": [user("q"), bot("y")],
            "winner": "model_a",
        },
        "pairlab",
        {"source:pairlab": "x"},
    ),
    (
        "arena tie",
        {
            "conversation_a": [user("q"), bot("x")],
            "conversation_b": [user("q"), bot("y")],
            "winner": "tie (bothbad)",
        },
        "pairlab",
        {"source:pairlab": "both_bad"},
    ),
    (
        "helpsteer3",
        {"context": [user("q")], "response1": "x", "response2": "y", "overall_preference": -3},
        "helpsteer3",
        {"source:helpsteer3": "x"},
    ),
    (
        "helpsteer3 tie",
        {"context": [user("q")], "response1": "x", "response2": "y", "overall_preference": 0},
        "helpsteer3",
        {"source:helpsteer3": "tie"},
    ),
    (
        "argilla",
        {
            "id": "r",
            "status": "completed",
            "prompt": "q",
            "response-1": "x",
            "response-2": "y",
            "best.responses": ["response-1", "response-2", None],
            "best.responses.users": ["u", "v", "w"],
            "best.responses.status": ["submitted", "discarded", "draft"],
        },
        "argilla",
        {"u": "x"},
    ),
    (
        "label studio",
        {
            "id": 3,
            "data": {"prompt": "q", "answer1": "x", "answer2": "y"},
            "annotations": [
                {
                    "completed_by": {"email": "u@v.org"},
                    "result": [{"value": {"selected": "right"}}],
                },
                {"completed_by": 7, "result": [{"value": {"selected": "left"}}]},
                {"completed_by": 8, "was_cancelled": True, "result": []},
            ],
        },
        "label-studio",
        {"u@v.org": "y", "7": "x"},
    ),
    (
        "prodigy",
        {
            "text": "q",
            "options": [{"id": 1, "text": "x"}, {"id": 2, "text": "y"}],
            "accept": [2],
            "answer": "accept",
            "_annotator_id": "u",
        },
        "prodigy",
        {"u": "y"},
    ),
    (
        "potato",
        {
            "id": "1",
            "prompt": "q",
            "response_a": "x",
            "response_b": "y",
            "user": "u",
            "label_annotations": {"better": {"A": "true"}},
        },
        "potato",
        {"u": "x"},
    ),
    (
        "doccano",
        {"id": 4, "text": "q", "response_a": "x", "response_b": "y", "label": ["b"]},
        "pairlab",
        {"source:pairlab": "y"},
    ),
]


SIDES += [
    (
        "helpsteer2",
        {"prompt": "q", "response_1": "x", "response_2": "y", "preference_strength": 2},
        "helpsteer3",
        {"source:helpsteer3": "y"},
    ),
    (
        "label studio, the short way",
        {"id": 1, "prompt": "q", "answer1": "x", "answer2": "y", "annotator": 1, "choice": "right"},
        "pandalm",
        {"1": "y"},
    ),
    (
        "numbers of a table with gaps",
        {"prompt": "q", "answer1": "x", "answer2": "y", "annotator1": "2.0"},
        "pandalm",
        {"annotator1": "y"},
    ),
]


@pytest.mark.parametrize(
    ("row", "format_", "said"), [r[1:] for r in SIDES], ids=[r[0] for r in SIDES]
)
def test_rows_that_name_sides_keep_their_order(
    db: Database, row: Any, format_: str, said: dict[str, str]
) -> None:
    report = come(db, rows(row))
    assert (report.format, report.added, report.rejected) == (format_, 1, 0)
    assert held(db) == [Read(Q, "x", "y", said)]
    assert come(db, rows(row)).duplicates == 1


def test_numbers_that_may_count_from_nought_are_not_guessed_at(db: Database) -> None:
    plain = {"response_1": "x", "response_2": "y"}
    found = come(db, rows(*({"prompt": f"p{i}", **plain, "winner": i % 2} for i in range(4))))
    assert found.unread == {"winner": 4}
    assert labels.annotators(db) == []
    come(db, rows(*({"prompt": f"q{i}", **plain, "winner": i % 2 + 1} for i in range(4))))
    assert [each.labels for each in held(db)[4:6]] == [
        {"source:pandalm": "x"},
        {"source:pandalm": "y"},
    ]


def test_counts_under_the_names_of_roles_are_no_answers(db: Database) -> None:
    assert come(db, rows({"prompt": "q", "win": 3, "lose": 5})).kind == "prompts"


def test_several_rejected_and_ranks_make_all_pairs_and_say_so(db: Database) -> None:
    report = come(db, rows({"prompt": "q", "chosen": "x", "rejected": ["y", "z"]}))
    assert report.added == 2
    assert "2 pairs" in report.problems[0].reason
    come(db, rows({"prompt": "r", "responses": ["a1", "a2", "a3"], "ranks": [1, 2, 2]}))
    assert [(one.one, one.other, one.labels) for one in held(db)[2:4]] == [
        ("a1", "a2", {"source:ranked": "a1"}),
        ("a1", "a3", {"source:ranked": "a1"}),
    ]
    assert held(db)[4].labels == {"source:ranked": "tie"}
    notes = {label.note for pair in pairs.ordered(db) for label in labels.of_pair(db, pair.id)}
    assert "rank 1 against rank 2" in notes


def test_a_rank_inside_each_answer_tells_the_better_one(db: Database) -> None:
    ranked = [{"text": "worse", "rank": 2}, {"text": "better", "rank": 1}]
    report = come(db, rows({"prompt": "q", "replies": ranked}))
    assert (report.added, report.unread) == (1, {})
    assert held(db)[0].labels == {"source:ranked": "better"}


def test_good_and_bad_answers_are_paired_by_prompt(db: Database) -> None:
    lines = rows(
        {"prompt": "q", "completion": "x", "label": True},
        {"prompt": "other", "completion": "alone", "label": True},
        {"prompt": "q", "completion": "y", "label": False},
        {
            "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "z"}],
            "kto_tag": False,
        },
    )
    report = come(db, lines)
    assert (report.format, report.read, report.added, report.rejected) == ("kto", 4, 2, 2)
    assert held(db) == [Read(Q, "x", "y", {"source:kto": "x"})]
    assert [p.line for p in report.problems] == [2, 4]


def test_sides_come_from_the_content_alone(tmp_path: Path) -> None:
    """Whatever the order of rows, the ids, the format and who is preferred."""
    answers = [(f"p{i}", f"x{i}", f"y{i}") for i in range(60)]
    plain = [{"prompt": p, "chosen": x, "rejected": y} for p, x, y in answers]
    files = [
        rows(*plain),
        rows(*reversed(plain)),
        rows(*({"id": str(i), **row} for i, row in enumerate(plain))),
        rows(*({"prompt": p, "chosen": y, "rejected": x} for p, x, y in answers)),
        rows(*({"prompt": p, "responses": [y, x], "scores": [1, 2]} for p, x, y in answers)),
    ]
    found = []
    for i, content in enumerate(files):
        db = create(tmp_path / f"{i}.db")
        come(db, content)
        found.append({pairs.text(db, p.id).a for p in pairs.ordered(db)})
        chosen = [
            label.verdict.value for p in pairs.ordered(db) for label in labels.of_pair(db, p.id)
        ]
        assert 15 < chosen.count("a") < 45, "the chosen side is as good as drawn"
        db.close()
    assert all(each == found[0] for each in found)


def test_a_pair_that_is_there_the_other_way_round_stays(db: Database) -> None:
    """As in projects of older releases, where a was always the chosen one."""
    for i in range(20):
        come(db, rows({"prompt": f"p{i}", "a": f"x{i}", "b": f"y{i}"}))
    report = come(
        db, rows(*({"prompt": f"p{i}", "chosen": f"x{i}", "rejected": f"y{i}"} for i in range(20)))
    )
    assert (report.added, report.duplicates, pairs.count(db)) == (0, 20, 20)
    assert all(one.labels == {"source:trl": one.one} for one in held(db))


def test_the_source_has_the_name_that_was_given(db: Database) -> None:
    come(db, rows({"prompt": "q", "chosen": "x", "rejected": "y"}), source_name="mine")
    assert labels.annotators(db) == ["source:mine"]


def test_each_row_is_read_by_its_own_shape(db: Database) -> None:
    first = rows(*({"prompt": f"p{i}", "chosen": None, "rejected": None} for i in range(250)))
    report = come(
        db,
        first
        + rows(
            {"prompt": "q", "chosen": "x", "rejected": "y"},
            {"prompt": "q", "a": "x1", "b": "y1", "labels": {"ann": "a"}},
            {"prompt": "only a prompt"},
        ),
    )
    assert (report.kind, report.added, report.rejected) == ("labels", 253, 0)
    assert pairs.count(db) == 2
    assert report.formats == {"jsonl": 251, "trl": 1, "pairlab": 1}


REFUSED: list[tuple[Any, str, str]] = [
    (
        {"prompt": "q", "chosen": [{**bot(""), "tool_calls": [{"id": 1}]}], "rejected": "y"},
        "chosen[0].tool_calls",
        "tool calls",
    ),
    (
        {
            "prompt": "q",
            "chosen": [{**bot("x"), "content": None, "tool_calls": [1]}],
            "rejected": "y",
        },
        "chosen[0].tool_calls",
        "tool calls",
    ),
    (
        {"prompt": [user("q"), {"role": "tool", "content": "4"}], "chosen": "x", "rejected": "y"},
        "prompt[1].role",
        "tool",
    ),
    (
        {
            "conversations": [
                {"from": "human", "value": "q"},
                {"from": "observation", "value": "4"},
            ],
            "chosen": {"from": "gpt", "value": "x"},
            "rejected": {"from": "gpt", "value": "y"},
        },
        "conversations[1].from",
        "tool",
    ),
    (
        {
            "prompt": [{"role": "user", "content": [{"type": "image_url", "image_url": "u"}]}],
            "chosen": "x",
            "rejected": "y",
        },
        "prompt[0].content[0]",
        "image_url",
    ),
    (
        {
            "prompt": "q",
            "chosen": json.dumps({"messages": [user("q"), {**bot("x"), "tool_calls": [1]}]}),
            "rejected": "y",
        },
        "chosen[1].tool_calls",
        "tool calls",
    ),
    (
        {"question": "q", "pos_answer": {"answer": "x", "score": 1}, "neg_answer": {"answer": "y"}},
        "pos_answer",
        "an object",
    ),
    ({"chosen": "q x", "rejected": "q y"}, "prompt", "cannot be told"),
    ({"prompt": "something else", **CHAT}, "chosen", "does not hold the prompt"),
    ({"prompt": "q", "chosen": "x"}, "rejected", "missing"),
    ({"prompt": "q", "choosen": "x", "rejected": "y"}, "chosen", "choosen"),
    (
        {"prompt": "q", "response_a": "x", "response_c": "z", "response_b": "y"},
        "response_a",
        "lost",
    ),
    (
        {"prompt": "q", "first try": "x", "best_answer": "x", "other_output": "y"},
        "best_answer",
        "lost",
    ),
    (
        {"prompt": "q", "responses": ["x", "y", "z"], "ranking": [2, 3, 1]},
        "ranking",
        "call it ranks",
    ),
    ({"prompt": "q", "responses": ["x", "y"], "ranks": [1]}, "ranks", "2 answers"),
    (
        {"prompt": "q", "chosen": "x", "rejected": "y", "labels": {"ann": "a"}},
        "labels.ann",
        "chosen or rejected",
    ),
    ({"prompt": "q", "completion": "x", "label": True}, "label", "a pair needs"),
]


@pytest.mark.parametrize(("row", "field", "reason"), REFUSED)
def test_what_cannot_be_carried_refuses_the_row(
    db: Database, row: Any, field: str, reason: str
) -> None:
    report = come(db, rows(row))
    assert (report.added, report.rejected) == (0, 1)
    assert report.problems[-1].field == field
    assert reason in report.problems[-1].reason
    assert prompts.count(db) == 0


def test_the_columns_own_name_is_told(db: Database) -> None:
    row = {"question": "q", "good": {"answer": "x"}, "bad": "y"}
    report = come(db, rows(row), map={"prompt": "question", "a": "good", "b": "bad"})
    assert report.problems[0].field == "good"


def test_labels_of_a_row_with_roles_name_the_roles(db: Database) -> None:
    row = {
        "prompt": "q",
        "chosen": "x",
        "rejected": "y",
        "labels": {"ann": "rejected", "bo": "tie"},
    }
    assert come(db, rows(row)).kind == "labels"
    assert held(db)[0].labels == {"source:trl": "x", "ann": "y", "bo": "tie"}


def test_fields_that_were_not_read_are_named_with_their_number(db: Database) -> None:
    row = {"prompt": "q", "a": "x", "b": "y", "label": {"ann": "a"}, "catgory": "helpful"}
    report = come(db, rows(row, {**row, "prompt": [{**user("q2"), "name": "ana"}]}))
    assert report.unread == {"label": 2, "catgory": 2, "prompt[].name": 1}
    assert "labels" in report.hint("label")
    assert "category" in report.hint("catgory")
    assert report.as_json()["unread"] == report.unread
    again = come(db, rows(row), ignore=["label", "catgory"])
    assert again.unread == {}


@pytest.mark.parametrize("sort", ["thinking", "redacted_thinking", "reasoning", "thought"])
def test_what_a_model_thought_is_left_behind_and_named(db: Database, sort: str) -> None:
    said = [{"type": sort, "thinking": "SECRET", "text": "SECRET"}, {"type": "text", "text": "x"}]
    chosen = [{**bot("x"), "content": said, "reasoning_content": "SECRET"}]
    found = come(db, rows({"prompt": "q", "chosen": chosen, "rejected": "y"}))
    assert held(db) == [Read([("user", "q")], "x", "y", {"source:trl": "x"})]
    assert found.unread == {f"chosen[].content[].{sort}": 1, "chosen[].reasoning_content": 1}


def test_the_same_conversation_under_a_second_name_is_not_left_behind(db: Database) -> None:
    row = {
        "init_prompt": "q",
        "init_response": "y",
        "prompt": "q",
        **CHAT,
        "messages": CHAT["chosen"],
    }
    assert come(db, rows(row)).unread == {}


def test_a_conversation_without_a_pair_ends_before_its_last_answer(db: Database) -> None:
    turns = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "x"}]
    report = come(db, rows({"id": "i", "conversations": turns}))
    assert [p.text for p in prompts.ordered(db)] == ["q"]
    assert report.problems[0].kept


def test_a_map_keeps_the_input_of_an_instruction(db: Database) -> None:
    row = {"instruction": "Do.", "input": "it", "response1": "x", "response2": "y"}
    come(db, rows(row), map={"prompt": "instruction", "a": "response1", "b": "response2"})
    assert held(db)[0].prompt == [("user", "Do.\n\nit")]


def test_a_list_of_texts_is_prompts(db: Database) -> None:
    assert come(db, '["one", "two",\n "three"]').added == 3
    assert [p.text for p in prompts.ordered(db)] == ["one", "two", "three"]


def test_a_list_goes_on_after_a_broken_entry(db: Database) -> None:
    report = come(db, '[\n{"prompt": "one"},\n{"prompt": tru},\n{"prompt": "}, {"}\n]\n')
    assert (report.added, report.rejected) == (2, 1)
    assert report.problems[0].line == 3
    report = come(db, '[\n{"prompt": "three"},\n{"prompt": "four"')
    assert (report.added, report.rejected) == (1, 1)


def test_a_trace_makes_the_pair_of_first_and_last(db: Database) -> None:
    step = {"cst_key": "k", "critique": {"sample": "c"}, "revision": {"sample": "x"}}
    row = {"rl_prompt": "\n\nHuman: q\n\nAssistant:", "initial_response": [" y"], "cst": [step]}
    report = come(db, rows(row))
    assert held(db) == [Read(Q, "y", "x", {})]
    assert report.unread == {"cst[].critique": 1, "cst[].cst_key": 1}


SCALARS = st.sampled_from(
    [None, True, 0, 1, 2.5, "", "a", "b", "x", "chosen", "tie", "1", "q\n", "\ud800"]
)
NAMES = sorted(
    {key for row in (*[r[1] for r in ROLES], *[r[1] for r in SIDES]) for key in row}
    | {
        "labels",
        "strength",
        "notes",
        "tags",
        "category",
        "comparisons",
        "options",
        "accept",
        "cst",
        "initial_response",
        "rl_prompt",
        "completion",
        "kto_tag",
        "instances",
        "pair",
        "history",
    }
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "from",
                    "value",
                    "text",
                    "response",
                    "messages",
                    "id",
                    "result",
                    "selected",
                    "annotator",
                    "verdict",
                    "revision",
                    "sample",
                    "pref",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
KNOWN = [row for group in (ROLES, SIDES) for row in [each[1] for each in group]]


@st.composite
def odd_rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of a known shape with some of its fields changed, or made of known names."""
    row = dict(draw(st.sampled_from([{}, *KNOWN])))
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=4)):
        row[name] = draw(VALUES)
    for name in draw(st.lists(st.sampled_from(sorted(row) or ["id"]), max_size=1)):
        row.pop(name, None)
    return row


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    objects=st.lists(odd_rows(), max_size=4),
    name=st.sampled_from([None, None, *FORMATS]),
    kind=st.sampled_from(["auto", "auto", "pairs", "labels", "prompts"]),
    as_list=st.booleans(),
)
def test_any_row_is_counted_and_again_adds_nothing(
    db: Database, objects: list[dict[str, Any]], name: str | None, kind: str, as_list: bool
) -> None:
    content = json.dumps(objects) if as_list else rows(*objects)
    try:
        first = come(db, content, format=name, kind=kind)
    except StoreError as error:
        told = str(error)
    else:
        told = ""
        again = come(db, content, format=name, kind=kind)
        assert name in ("text", "csv") or first.read >= len(objects)
        assert again.added == 0
        assert again.rejected == first.rejected
        json.dumps(first.as_json(), ensure_ascii=False).encode()
    assert told.isprintable()


def test_agreement_by_role_over_pairs_whose_file_names_them(db: Database) -> None:
    come(db, rows(*({"prompt": f"p{i}", "chosen": "x", "rejected": "y"} for i in range(9))))
    for n, pair in enumerate(pairs.ordered(db)):
        chosen = "a" if pair.a_role == "chosen" else "b"
        rejected = "b" if chosen == "a" else "a"
        labels.give(db, pair.id, "ann", chosen, at=AT)
        labels.give(db, pair.id, "bo", chosen if n else rejected, at=AT)
    counted = roles(db, "ann", "bo")
    assert counted.labels[:2] == ("rejected", "chosen")
    assert counted.table[1][1] == 8
    assert counted.table[1][0] == 1


@pytest.mark.parametrize(
    "beside",
    [
        {"chosen": "one", "rejected": "two"},
        {"responses": ["z", "w"]},
        {"completion": "z", "label": True},
        {"text_a": "z", "text_b": "w"},
    ],
    ids=["roles", "a list", "one rated", "sides"],
)
def test_the_answers_are_where_the_user_says(db: Database, beside: dict[str, Any]) -> None:
    row = {"prompt": "q", "one": "x", "two": "y", **beside}
    report = come(db, rows(row), map={"a": "one", "b": "two"})
    assert held(db) == [Read(Q, "x", "y", {})]
    assert set(report.unread) == set(beside)
    with pytest.raises(StoreError, match="both name the column"):
        come(db, rows(row), map={"a": "one", "b": "one"})
