"""Import: what every row becomes, and what is said about it."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store import importing
from store.errors import BadInput
from store.importing import FileReport
from store.importing.source import LONGEST_LINE
from store.items import pairs, prompts
from store.judgements import labels
from store.records import Message, Verdict
from tests.store.building import AT, a_chain

LATER = "2026-02-03T04:05:06.000Z"


def put(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(*objects: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def come(db: Database, tmp_path: Path, name: str, content: str | bytes, **kw: Any) -> FileReport:
    report = importing.run(db, put(tmp_path, name, content), at=AT, **kw)
    assert report.read == report.added + report.duplicates + report.rejected
    assert report.rejected == sum(not problem.kept for problem in report.problems)
    return report


def counts(report: FileReport) -> tuple[int, int, int]:
    return report.added, report.duplicates, report.rejected


def said(report: FileReport) -> list[tuple[int, str, bool]]:
    return [(p.line, p.field, p.kept) for p in report.problems]


def texts(db: Database) -> list[str]:
    return [p.text for p in prompts.ordered(db)]


def test_text_is_a_prompt_a_line(db: Database, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbffirst\r\n\r\n  # a remark\r\n second \r\nfirst\r\nlast without end"
    report = come(db, tmp_path, "p.txt", content, category="harmful")
    assert (report.kind, report.format) == ("prompts", "text")
    assert counts(report) == (3, 1, 0)
    assert texts(db) == ["first", " second ", "last without end"]
    assert {p.category for p in prompts.ordered(db)} == {"harmful"}
    assert counts(come(db, tmp_path, "p.txt", content)) == (0, 4, 0)


def test_bytes_that_are_no_utf8_are_named_by_line(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "p.txt", b"good\nb\xffad\nalso good\n")
    assert counts(report) == (2, 0, 1)
    assert report.problems[0].line == 2
    assert "0xff at byte 2" in report.problems[0].reason
    report = come(db, tmp_path, "p.csv", b'prompt\nx\n"a\nb\xff"\nlast\n')
    assert counts(report) == (2, 0, 1)
    assert said(report) == [(3, "", False)]


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_read(db: Database, tmp_path: Path, name: str) -> None:
    content = "one\r\ntwo Ö\r\n".encode(name)
    assert counts(come(db, tmp_path, "p.txt", content)) == (2, 0, 0)
    assert texts(db) == ["one", "two Ö"]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"prompt": "p"}, "p"),
        ({"instruction": "do", "input": "this"}, "do\n\nthis"),
        ({"instruction": "do", "input": ""}, "do"),
        ({"instruction": "do", "input": None}, "do"),
        ({"instruction": "do", "instances": [{"input": "it", "output": "x"}]}, "do\n\nit"),
        ({"question": "q"}, "q"),
        ({"text": "t\n\n"}, "t\n\n"),
        ({"goal": "g", "target": "x"}, "g"),
        ({"input": "i"}, "i"),
        ({"prompt": {"text": "begin", "toxicity": 0.1}}, "begin"),
        ({"messages": [{"role": "user", "content": "m"}]}, "m"),
        (
            {"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]},
            "system: s\n\nuser: u",
        ),
    ],
)
def test_prompt_rows_of_many_names(
    db: Database, tmp_path: Path, row: dict[str, Any], text: str
) -> None:
    assert counts(come(db, tmp_path, "p.jsonl", rows(row), kind="prompts")) == (1, 0, 0)
    assert texts(db) == [text]


def test_several_instances_are_several_prompts(db: Database, tmp_path: Path) -> None:
    row = {"instruction": "do", "instances": [{"input": "one"}, {"input": "two"}]}
    assert counts(come(db, tmp_path, "p.jsonl", rows(row))) == (2, 0, 0)


def test_category_tags_and_id_come_along(db: Database, tmp_path: Path) -> None:
    content = rows({"prompt": "p", "category": "sycophancy", "tags": ["x", "y"], "id": 7})
    come(db, tmp_path, "p.jsonl", content)
    kept = prompts.ordered(db)[0]
    assert (kept.category, kept.tags, kept.external_id) == ("sycophancy", ("x", "y"), "7")
    assert kept.source == "p.jsonl"


def test_a_prompt_without_category_gets_one_later_and_keeps_it(
    db: Database, tmp_path: Path
) -> None:
    come(db, tmp_path, "p.txt", "p\n")
    assert prompts.ordered(db)[0].category == "uncategorised"
    come(db, tmp_path, "p.txt", "p\n", category="harmful")
    report = come(db, tmp_path, "p.txt", "p\n", category="helpful")
    assert prompts.ordered(db)[0].category == "harmful"
    assert said(report) == [(1, "category", True)]


def test_a_table_with_quoted_line_breaks(db: Database, tmp_path: Path) -> None:
    content = 'id,prompt,category\r\n1,"two\nlines, ""quoted""",harmful\r\n\r\n2,plain\r\n'
    report = come(db, tmp_path, "p.csv", content)
    assert counts(report) == (2, 0, 0)
    assert texts(db) == ['two\nlines, "quoted"', "plain"]


def test_a_tab_separated_table_and_a_named_column(db: Database, tmp_path: Path) -> None:
    report = come(
        db, tmp_path, "p.tsv", "what\tsort\np\tx\n", map={"prompt": "what", "category": "sort"}
    )
    assert counts(report) == (1, 0, 0)
    assert prompts.ordered(db)[0].category == "x"


def test_a_table_without_a_known_column_asks_for_one(db: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--map prompt=COLUMN: what, sort"):
        come(db, tmp_path, "p.csv", "what,sort\np,x\n")
    with pytest.raises(BadInput, match=r"no column 'nope'; the columns are what, sort"):
        come(db, tmp_path, "p.csv", "what,sort\np,x\n", map={"prompt": "nope"})
    with pytest.raises(BadInput, match="names 'what' twice"):
        come(db, tmp_path, "p.csv", "what,what\np,x\n", map={"prompt": "what"})


def test_a_quote_that_is_never_closed_loses_no_count(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "p.csv", 'prompt\none\n"two\nthree\n')
    assert counts(report) == (1, 0, 1)
    assert "lines 3 to 4 are one row" in report.problems[0].reason
    report = come(db, tmp_path, "q.csv", 'prompt\na,b\nfine\n"x"y\nlast\n')
    assert counts(report) == (2, 0, 2)
    assert said(report) == [(2, "", False), (4, "", False)]


def test_pairs_from_a_table(db: Database, tmp_path: Path) -> None:
    report = come(
        db,
        tmp_path,
        "p.csv",
        "q,one,two\nwhy?,because,no idea\n",
        map={"prompt": "q", "a": "one", "b": "two"},
    )
    assert (report.kind, counts(report)) == ("pairs", (1, 0, 0))
    text = pairs.text(db, pairs.ordered(db)[0].id)
    assert (text.prompt_text, text.a, text.b) == ("why?", "because", "no idea")


LABELLED = {
    "id": "r1",
    "prompt": "p",
    "a": "one",
    "b": "two",
    "category": "harmful",
    "labels": {"anna": "a", "bo": "both_bad", "cy": None},
    "strength": {"anna": 2},
    "notes": {"anna": "firm", "dora": "not mine"},
}


def test_labelled_pairs(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "l.jsonl", rows(LABELLED))
    assert (report.kind, report.format, counts(report)) == ("labels", "pairlab", (1, 0, 0))
    pair = pairs.find(db, "r1")
    given = {label.annotator: label for label in labels.of_pair(db, pair.id)}
    assert {who: label.verdict.value for who, label in given.items()} == {
        "anna": "a",
        "bo": "both_bad",
    }
    anna = given["anna"]
    assert (anna.strength, anna.note, anna.guideline_id, anna.at) == (2, "firm", None, AT)
    assert labels.notes(db, pair.id)["dora"] == "not mine"
    before = db.execute("SELECT count(*) FROM event").fetchone()
    assert counts(come(db, tmp_path, "l.jsonl", rows(LABELLED))) == (0, 1, 0)
    assert counts(come(db, tmp_path, "other.jsonl", rows(LABELLED))) == (0, 1, 0)
    assert db.execute("SELECT count(*) FROM event").fetchone() == before


def test_a_conversation_as_prompt(db: Database, tmp_path: Path) -> None:
    turns = [Message("user", "p"), Message("assistant", "r"), Message("user", "s")]
    row = {"prompt": [t._asdict() for t in turns], "a": "x", "b": "y"}
    report = come(db, tmp_path, "l.jsonl", rows(row))
    assert (report.kind, counts(report)) == ("pairs", (1, 0, 0))
    assert prompts.ordered(db)[0].messages == tuple(turns)


def test_ids_tell_rows_with_the_same_texts_apart(db: Database, tmp_path: Path) -> None:
    plain = {"prompt": "p", "a": "x", "b": "y"}
    content = rows({**plain, "id": "1"}, {**plain, "id": 2}, plain, plain)
    assert counts(come(db, tmp_path, "l.jsonl", content)) == (3, 1, 0)
    assert [p.external_id for p in pairs.ordered(db)] == ["1", "2", None]


def test_a_second_verdict_supersedes_and_a_second_import_does_not(
    db: Database, tmp_path: Path
) -> None:
    plain = {"prompt": "p", "a": "x", "b": "y"}
    content = rows({**plain, "labels": {"anna": "a"}}, {**plain, "labels": {"anna": "b"}})
    first = come(db, tmp_path, "l.jsonl", content)
    assert counts(first) == (2, 0, 0)
    assert said(first) == [(2, "labels.anna", True)]
    assert "supersedes" in first.problems[0].reason
    again = come(db, tmp_path, "l.jsonl", content)
    assert counts(again) == (0, 2, 0)
    pair_id = pairs.ordered(db)[0].id
    assert labels.of_pair(db, pair_id)[0].verdict is Verdict.B
    labels.give(db, pair_id, "anna", Verdict.TIE, at=LATER)
    assert counts(come(db, tmp_path, "l.jsonl", content)) == (0, 2, 0)
    assert labels.of_pair(db, pair_id)[0].verdict is Verdict.TIE, "what the app holds stands"
    back = rows({**plain, "labels": {"anna": "a"}})
    assert counts(come(db, tmp_path, "newer.jsonl", back)) == (1, 0, 0)
    assert labels.of_pair(db, pair_id)[0].verdict is Verdict.A


def test_labels_for_pairs_that_are_there(db: Database, tmp_path: Path) -> None:
    made = a_chain(db)
    pair_id, _ = pairs.make_revision_pair(db, made.original, made.revisions[0], at=AT)
    content = rows(
        {"id": pair_id[:10], "labels": {"anna": "b"}}, {"id": "nope", "labels": {"anna": "b"}}
    )
    report = come(db, tmp_path, "l.jsonl", content)
    assert (report.kind, counts(report)) == ("labels", (1, 0, 1))
    assert labels.of_pair(db, pair_id)[0].verdict is Verdict.B


PLAIN = {"prompt": "p", "a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ('{"prompt": "p", "a": "x"', "", "not JSON"),
        ("[1, 2]", "", "a list, not an object"),
        ("null", "", "null, not an object"),
        ("[" * 100_000, "", "nested too deeply"),
        ('{"prompt": "p", "a": "x", "a": "z", "b": "y"}', "a", "twice"),
        ('{"prompt": "p", "a": "x", "b": "y", "labels": {"n": "a", "n": "b"}}', "n", "twice"),
        ('{"prompt": "p", "a": "x", "b": "y", "score": NaN}', "", "NaN"),
        ('{"prompt": "p", "a": "x", "b": -Infinity}', "", "Infinity"),
        ('{"prompt": "p", "a": "\\ud800", "b": "y"}', "a", "surrogate"),
        ('{"prompt": "\\udfffp", "a": "x", "b": "y"}', "prompt", "surrogate"),
        ('{"prompt": "p", "a": "x", "b": "y", "labels": {"\\ud800": "a"}}', "labels", "surrogate"),
        ('{"prompt": "p", "a": "x", "b": "y", "id": "\\ud800"}', "id", "surrogate"),
        (json.dumps({**PLAIN, "a": None}), "a", "null"),
        (json.dumps({**PLAIN, "a": ["x"]}), "a", "a list"),
        (json.dumps({**PLAIN, "b": {"text": "x"}}), "b", "an object"),
        (json.dumps({"prompt": "p", "a": "x"}), "b", "missing"),
        (json.dumps({"a": "x", "b": "y"}), "prompt", "missing"),
        (json.dumps({**PLAIN, "prompt": []}), "prompt", "empty list"),
        (json.dumps({**PLAIN, "prompt": ["p"]}), "prompt[0]", "not a message"),
        (json.dumps({**PLAIN, "prompt": [{"role": "bot", "content": "p"}]}), "prompt[0].role", ""),
        (json.dumps({**PLAIN, "prompt": [{"role": "user"}]}), "prompt[0].content", "missing"),
        (json.dumps({**PLAIN, "labels": ["a"]}), "labels", "a list"),
        (json.dumps({**PLAIN, "labels": {"anna": "left"}}), "labels.anna", "no verdict"),
        (json.dumps({**PLAIN, "labels": {"anna": 1}}), "labels.anna", "no verdict"),
        (json.dumps({**PLAIN, "labels": {"anna": ["a"]}}), "labels.anna", "no verdict"),
        (json.dumps({**PLAIN, "labels": {" ": "a"}}), "labels", "without a name"),
        (json.dumps({**PLAIN, "labels": {"é": "a", "e\u0301": "a"}}), "labels.é", "twice"),
        (json.dumps({**PLAIN, "labels": {"n": "a"}, "strength": {"n": 3}}), "strength.n", "3"),
        (json.dumps({**PLAIN, "labels": {"n": "tie"}, "strength": {"n": 1}}), "strength.n", ""),
        (json.dumps({**PLAIN, "notes": {"n": 1.5, "m": []}}), "notes.m", "a list"),
        (json.dumps({**PLAIN, "id": True}), "id", "truth value"),
        (json.dumps({**PLAIN, "category": []}), "category", "a list"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason_and_the_others_come(
    db: Database, tmp_path: Path, line: str, field: str, reason: str
) -> None:
    content = f"{json.dumps({**PLAIN, 'a': 'good'})}\n{line}\n{json.dumps(PLAIN)}\n"
    report = come(db, tmp_path, "l.jsonl", content)
    assert counts(report) == (2, 0, 1)
    refused = [p for p in report.problems if not p.kept]
    assert [(p.line, p.field) for p in refused] == [(2, field)]
    assert reason in refused[0].reason
    json.dumps(report.as_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("answer", "kept", "reason"),
    [
        ('""', "", "empty"),
        ('" \\n"', " \n", "blank"),
        ("true", "true", "truth value"),
        ("12.50", "12.50", "number"),
        (f"1{'0' * 5000}", f"1{'0' * 5000}", "number"),
        ('"a\\u0000b"', "a\0b", "NUL"),
    ],
)
def test_an_odd_answer_is_kept_and_reported(
    db: Database, tmp_path: Path, answer: str, kept: str, reason: str
) -> None:
    line = f'{{"prompt": "p", "a": {answer}, "b": "y"}}\n'
    report = come(db, tmp_path, "l.jsonl", line)
    assert counts(report) == (1, 0, 0)
    assert said(report) == [(1, "a", True)]
    assert reason in report.problems[0].reason
    assert pairs.text(db, pairs.ordered(db)[0].id).a == kept


def test_a_prompt_that_is_blank_is_refused(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "p.jsonl", rows({"prompt": " "}, {"prompt": "x"}, {"other": 1}))
    assert counts(report) == (1, 0, 2)
    assert said(report) == [(1, "prompt", False), (3, "prompt", False)]


def test_a_huge_line_is_refused_and_the_next_read(db: Database) -> None:
    stream = io.BytesIO(b"x" * (LONGEST_LINE + 5) + b"\nsecond\n")
    report = importing.run(db, stream, at=AT, format="text")
    assert counts(report) == (1, 0, 1)
    assert said(report) == [(1, "", False)]
    assert texts(db) == ["second"]


def test_a_stream_packed_or_not(db: Database) -> None:
    plain = rows({"prompt": "p"}).encode()
    for content in (plain, gzip.compress(plain), gzip.compress(plain) + gzip.compress(plain)):
        report = importing.run(db, io.BytesIO(content), at=AT)
        assert (report.file, report.format) == ("-", "jsonl")
    assert texts(db) == ["p"]


def test_a_packed_file_that_breaks_off_keeps_what_was_read(db: Database, tmp_path: Path) -> None:
    lines = "".join(f"prompt {i} {i * 7919 % 1000003}\n" for i in range(6_000))
    whole = gzip.compress(lines.encode())
    report = come(db, tmp_path, "p.txt.gz", whole[: len(whole) // 2])
    assert report.added > 1000
    assert report.rejected == 1
    assert "rest of the file" in report.problems[0].reason
    assert counts(come(db, tmp_path, "p.txt.gz", whole))[1:] == (report.added, 0)


def test_what_cannot_be_opened_is_one_line(db: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        importing.run(db, tmp_path / "none.txt", at=AT)
    with pytest.raises(BadInput, match="directory"):
        importing.run(db, tmp_path, at=AT)
    with pytest.raises(BadInput, match="no format 'x'"):
        come(db, tmp_path, "l.json", "{}", format="x")
    with pytest.raises(BadInput, match="holds no labels"):
        come(db, tmp_path, "l.txt", "x", kind="labels")
    with pytest.raises(BadInput, match="no field 'x'"):
        come(db, tmp_path, "l.txt", "x", map={"x": "y"})


def test_an_empty_file_is_nothing(db: Database, tmp_path: Path) -> None:
    for name in ("e.txt", "e.jsonl"):
        assert counts(come(db, tmp_path, name, "")) == (0, 0, 0)


HH = "\n\nHuman: hi\n\nAssistant: yes?\n\nHuman: why?"


def test_transcript_pairs(db: Database, tmp_path: Path) -> None:
    content = rows(
        {"chosen": f"{HH}\n\nAssistant: so", "rejected": f"{HH}\n\nAssistant:"},
        {"chosen": f"{HH}\n\nAssistant: so", "rejected": "\n\nHuman: other\n\nAssistant: x"},
        {
            "chosen": f"{HH}\n\nAssistant: a\n\nAssistant: b",
            "rejected": f"{HH}\n\nAssistant: a\n\nAssistant: c",
        },
        {"chosen": f"{HH}\n\nAssistant: say Human: x", "rejected": f"{HH}\n\nAssistant: d"},
        {"chosen": HH, "rejected": "Human: x"},
    )
    report = come(db, tmp_path, "h.jsonl", content)
    assert (report.kind, report.format, counts(report)) == ("pairs", "hh", (3, 0, 2))
    assert said(report) == [
        (1, "rejected", True),
        (2, "rejected", False),
        (3, "chosen", True),
        (4, "chosen", True),
        (5, "chosen", False),
    ]
    first = pairs.text(db, pairs.ordered(db)[0].id)
    assert {first.a, first.b} == {"so", ""}
    assert [m.role for m in first.messages] == ["user", "assistant", "user"]
    assert labels.annotators(db) == ["source:hh"]


def test_trainer_pairs(db: Database, tmp_path: Path) -> None:
    user = {"role": "user", "content": "p"}
    good, bad = ({"role": "assistant", "content": text} for text in ("good", "bad"))
    content = rows(
        {"prompt": "p", "chosen": "good", "rejected": "bad"},
        {"prompt": [user], "chosen": [good], "rejected": [bad]},
        {"chosen": [user, good], "rejected": [user, bad]},
        {"prompt": "p", "chosen": [user, good], "rejected": [user, bad]},
        {"chosen": "good", "rejected": "bad"},
        {"chosen": [user], "rejected": [user, bad]},
        {"chosen": [user, good], "rejected": [{**user, "content": "q"}, bad]},
    )
    report = come(db, tmp_path, "t.jsonl", content)
    assert (report.format, counts(report)) == ("trl", (1, 3, 3))
    text = pairs.text(db, pairs.ordered(db)[0].id)
    assert (text.prompt_text, {text.a, text.b}) == ("p", {"good", "bad"})


SCALARS = st.sampled_from(
    [None, True, 0, 1, 2.5, float("nan"), "", "a", "b", "tie", "user", "x\u2028y", "\ud800", "\0"]
)
KEYS = st.sampled_from(["role", "content", "text", "input", "anna"])
VALUES = SCALARS | st.lists(SCALARS | st.dictionaries(KEYS, SCALARS, max_size=3), max_size=2)
VALUES = VALUES | st.dictionaries(KEYS, SCALARS, max_size=3)
ROWS = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "prompt",
            "messages",
            "a",
            "b",
            "chosen",
            "rejected",
            "labels",
            "strength",
            "notes",
            "category",
            "tags",
            "instruction",
            "input",
            "instances",
        ]
    ),
    VALUES,
    max_size=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    objects=st.lists(ROWS, max_size=4),
    name=st.sampled_from(["pairlab", "jsonl", "hh", "trl", None]),
)
def test_any_object_is_counted_once_and_again_adds_nothing(
    db: Database, objects: list[dict[str, Any]], name: str | None
) -> None:
    content = rows(*objects).encode()
    first = importing.run(db, io.BytesIO(content), at=AT, format=name)
    again = importing.run(db, io.BytesIO(content), at=AT, format=name)
    assert first.read >= len(objects)
    assert again.added == 0
    assert again.rejected == first.rejected
    json.dumps(first.as_json(), ensure_ascii=False).encode()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60)
    | st.text(alphabet='a,"\n\r\t#{}[]:\x00é', max_size=60).map(str.encode),
    name=st.sampled_from(["text", "jsonl", "csv", None]),
)
def test_any_bytes_are_read_or_refused_in_one_line(
    db: Database, content: bytes, name: str | None
) -> None:
    try:
        report = importing.run(db, io.BytesIO(content), at=AT, format=name)
    except BadInput as error:
        told = str(error)
    else:
        told = ""
        assert report.rejected == sum(not p.kept for p in report.problems)
        assert counts(importing.run(db, io.BytesIO(content), at=AT, format=name))[0] == 0
    assert told.isprintable()
