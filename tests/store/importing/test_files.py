"""Import: how files are written: encodings, tables, lists, packed ones, and files of no text."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store import importing
from store.errors import BadInput
from store.importing import FileReport
from store.items import pairs, prompts
from store.judgements import labels
from tests.store.building import AT


def come(db: Database, tmp_path: Path, name: str, content: bytes | str, **kw: Any) -> FileReport:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = importing.run(db, path, at=AT, **kw)
    assert report.read == report.added + report.duplicates + report.rejected
    return report


def texts(db: Database) -> list[str]:
    return [p.text for p in prompts.ordered(db)]


def sides(db: Database) -> list[tuple[str, str, str]]:
    return [
        (text.prompt_text, text.a, text.b)
        for text in (pairs.text(db, pair.id) for pair in pairs.ordered(db))
    ]


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.jsonl", "{}")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.parquet", b"PAR1\x15\x04\x15" + bytes(60), "Parquet.*to_json|cannot be read"),
        ("x.txt", zipped(), "zip.*CSV"),
        ("x.db", b"SQLite format 3\0" + bytes(80), "SQLite.*merge"),
        ("x.jsonl", b"GGUF\x03\0\0\0" + bytes(60), "GGUF.*--model"),
        ("x.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        ("x.txt.zst", b"\x28\xb5\x2f\xfd\x04\x00" + bytes(20), "zstd -d|cannot be read|rest of"),
        ("x.bin", bytes(range(256)) * 4, "bytes that no text has"),
        ("x.csv", "prompt\nzwölf\n".encode("utf-32"), "UTF-32.*iconv"),
        ("x.csv", "prompt\nzwölf\n".encode("utf-32-be"), "UTF-32.*iconv"),
        ("x.csv", b"prompt,category\rp,c\nq,d\r", "some lines end with CR, others with LF"),
        ("x.npy", b"\x93NUMPY\x01\0v\0{'descr': '<f8'}" + bytes(40), "NumPy"),
    ],
)
def test_a_file_of_no_text_is_refused_with_the_way(
    db: Database, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    try:
        report = come(db, tmp_path, name, content)
    except BadInput as error:
        told = str(error)
    else:
        told = report.problems[0].reason
    assert re.search(words, told), told
    assert prompts.count(db) == 0


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_whatever_their_name(db: Database, tmp_path: Path, pack: Any) -> None:
    assert come(db, tmp_path, "p.jsonl", pack(b'{"prompt": "p"}\n')).added == 1
    assert texts(db) == ["p"]


TABLE = 'id;prompt;a;b\n1;"Zwölf; ""Öfen""";x;y\n2;q;x2;y2\n'


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        ("sep=;\r\n" + TABLE).encode(),
        (TABLE.replace("; ", "@").replace(";", "\t").replace("@", "; ")).encode(),
        ("sep=|\n" + TABLE.replace("; ", "@").replace(";", "|").replace("@", "; ")).encode(),
    ],
)
def test_tables_as_spreadsheets_write_them(db: Database, tmp_path: Path, content: bytes) -> None:
    report = come(db, tmp_path, "t.csv", content)
    assert (report.kind, report.added, report.rejected) == ("pairs", 2, 0)
    assert sides(db) == [('Zwölf; "Öfen"', "x", "y"), ("q", "x2", "y2")]


@pytest.mark.parametrize("name", ["page.html", "prompts.yaml", "notes.xml"])
def test_markup_is_not_read_line_by_line(db: Database, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("<p>- prompt: why?</p>\n", encoding="utf-8")
    with pytest.raises(BadInput, match="one a line into a"):
        importing.run(db, path, at=AT)
    assert importing.run(db, path, at=AT, format="text").added == 1


def test_a_separator_can_be_said(db: Database, tmp_path: Path) -> None:
    come(db, tmp_path, "t.csv", "prompt!a!b\nq!x!y\n", separator="!")
    assert sides(db) == [("q", "x", "y")]


def test_a_western_table_names_its_encoding(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "t.csv", "prompt\nZwölf\nplain\n".encode("cp1252"))
    assert (report.added, report.rejected) == (1, 1)
    assert "iconv -f cp1252" in report.problems[0].reason


def test_a_quote_that_never_closes_counts_what_it_took(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "t.csv", 'prompt,a,b\np,x,y\n"q,x,y\nr,x,y\ns,x,y\n')
    assert (report.added, report.rejected) == (1, 1)
    assert report.problems[0].line == 3
    assert "lines 3 to 5" in report.problems[0].reason
    assert "3 lines" in report.problems[0].reason


def test_odd_rows_of_a_table_are_told(db: Database, tmp_path: Path) -> None:
    content = 'prompt,a,b\n"He said \\"go\\"",x,y\nwide,x,y,z\nshort,x\nCR\rin,x,y\nfine "so",x,y\n'
    report = come(db, tmp_path, "t.csv", content)
    assert [(p.line, p.field) for p in report.problems] == [(2, ""), (3, ""), (4, "b"), (5, "")]
    assert "4 cells" in report.problems[1].reason
    assert "missing" in report.problems[2].reason
    assert sides(db) == [('fine "so"', "x", "y")]


def test_a_table_of_pairs_with_a_column_for_each_annotator(db: Database, tmp_path: Path) -> None:
    content = "id,prompt,a,b,ann,bob,category\n1,q,x,y,a,b,helpful\n2,q2,x,y,tie,,harmful\n"
    report = come(db, tmp_path, "t.csv", content)
    assert (report.kind, report.added) == ("labels", 2)
    assert report.unread == {}
    said = {
        (p.external_id, each.annotator): each.verdict.value
        for p in pairs.ordered(db)
        for each in labels.of_pair(db, p.id)
    }
    assert said == {("1", "ann"): "a", ("1", "bob"): "b", ("2", "ann"): "tie"}
    later = come(db, tmp_path, "more.csv", "id,cy,labels.dan\n1,both_bad,a\n2,a,\n", kind="labels")
    assert (later.kind, later.added, later.rejected) == ("labels", 2, 0)
    assert labels.count_by(db, "cy") == 2
    assert labels.count_by(db, "dan") == 1


def test_labels_that_are_none_are_refused(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "t.csv", "id,prompt,a,b\n1,q,x,y\n", kind="labels")
    assert (report.added, report.rejected) == (0, 1)
    assert report.problems[0].field == "labels"
    report = come(db, tmp_path, "u.csv", "id,prompt,a,b,ann\n1,q,x,y,a\n2,q,x,y,left\n", map={})
    assert (report.added, report.unread) == (2, {"ann": 2})


def test_tables_that_name_roles(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "t.csv", "prompt,chosen,rejected\nq,x,y\n")
    assert (report.kind, report.format) == ("pairs", "trl")
    assert labels.annotators(db) == ["source:trl"]


def test_a_list_in_markdown(db: Database, tmp_path: Path) -> None:
    content = "# Prompts\n\n- one\n* two\n  goes on\n3. three\n\n- [ ] four\n\nA closing word.\n"
    report = come(db, tmp_path, "p.md", content)
    assert texts(db) == ["one", "two\ngoes on", "three", "four"]
    assert report.remarks == 2


def test_lines_that_end_with_cr_alone(db: Database, tmp_path: Path) -> None:
    report = come(db, tmp_path, "p.txt", "one\r# remark\rtwo\r")
    assert texts(db) == ["one", "two"]
    assert report.remarks == 1


@pytest.mark.parametrize("name", ["p.txt", "p.csv", "p", "p.jsonl"])
def test_what_is_inside_counts_more_than_the_name(db: Database, tmp_path: Path, name: str) -> None:
    come(db, tmp_path, name, '{"prompt": "q", "a": "x", "b": "y"}\n')
    assert sides(db) == [("q", "x", "y")]


def test_a_table_under_the_name_of_a_text(db: Database, tmp_path: Path) -> None:
    come(db, tmp_path, "p.txt", "id\tprompt\ta\tb\n1\tq\tx\ty\n".encode("utf-16"))
    assert sides(db) == [("q", "x", "y")]
    come(db, tmp_path, "q.txt", "prompt, please\nquestion,answer\n{not JSON\n")
    assert texts(db)[1:] == ["prompt, please", "question,answer", "{not JSON"]


def test_cells_of_a_table_that_ends_its_lines_with_cr_keep_their_own(
    db: Database, tmp_path: Path
) -> None:
    assert come(db, tmp_path, "t.csv", b'prompt,id\r"a\nb",1\r"c\r\nd",2\r').rejected == 0
    assert texts(db) == ["a\nb", "c\r\nd"]


def test_a_prompt_without_a_category_contradicts_none(db: Database, tmp_path: Path) -> None:
    come(db, tmp_path, "c.jsonl", b'{"prompt": "p", "category": "harmful"}\n')
    none = b', "category": "uncategorised"}\n'
    again = b'{"prompt": "p"' + none + b'{"prompt": "q"' + none
    assert come(db, tmp_path, "d.jsonl", again).problems == []
    assert [each.category for each in prompts.ordered(db)] == ["harmful", "uncategorised"]


def test_a_category_is_taken_under_the_name_that_is_there(db: Database, tmp_path: Path) -> None:
    words = ["Harmful", "HARMFUL ", "Harmful", "harmfull", "Benign look-alike", "Mine", "mine"]
    content = "".join(
        json.dumps({"prompt": f"p{i}", "category": w}) + "\n" for i, w in enumerate(words)
    )
    report = come(db, tmp_path, "c.jsonl", content.encode())
    stands = [prompt.category for prompt in prompts.ordered(db)]
    assert stands == [*["harmful"] * 3, "harmfull", "benign_lookalike", "Mine", "Mine"]
    assert [(each.line, each.reason) for each in report.problems] == [
        (1, "'Harmful' is read as harmful, in 2 rows"),
        (2, "'HARMFUL' is read as harmful, in 1 row"),
        (4, "'harmfull' is a category of its own, in 1 row; did you mean harmful?"),
        (5, "'Benign look-alike' is read as benign_lookalike, in 1 row"),
        (7, "'mine' is read as Mine, in 1 row"),
    ]


def test_a_dry_run_reads_and_writes_nothing(db: Database, tmp_path: Path) -> None:
    before = {table: rows(db, table) for table in ("prompt", "pair", "event", "meta", "candidate")}
    content = json.dumps({"instruction": "Do.", "input": "it", "chosen": "x", "rejected": "y"})
    report = come(db, tmp_path, "p.jsonl", content, dry_run=True)
    assert (report.added, report.first[0].prompt) == (1, "Do.\n\nit")
    assert report.understood["input"] == "prompt"
    assert {table: rows(db, table) for table in before} == before
    assert come(db, tmp_path, "p.jsonl", content).added == 1


def rows(db: Database, table: str) -> list[Any]:
    return list(db.execute(f"SELECT * FROM {table}"))
