"""Personal data leaves with --redact as marks, and the project keeps it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.content.personal_data import kinds, redacted
from store.exporting import FORMATS, UsageProblem, write
from tests.store.exporting_study import labelled, planned, reason_of

MAIL, PHONE, CARD = "ann.lee@mail.org", "+44 20 7946 0958", "4111 1111 1111 1111"
IBAN, IP, SSN = "GB82 WEST 1234 5698 7654 32", "8.8.8.8", "536-22-8145"


def test_each_kind_has_its_mark():
    text = f"{MAIL}, {PHONE}, 415-555-2671, {CARD}; {IBAN} {IP} ({SSN}) bob@example.org"
    assert redacted(text)[0] == (
        "[EMAIL], [PHONE], [PHONE], [CARD]; [IBAN] [IP] ([SSN]) bob@example.org"
    )


@pytest.mark.parametrize(
    "text",
    [
        "react@18.2.0, icon@2x.png",
        "version 1.2.3.4, section 2.1.3.4, v1.2.3.4, 10.0.19045.3448",
        "+3.14159 and +2.718281828, +100 200 300 points, +12 34 56, +1.5 2.25 3.75",
        "2023-12-15 14:30, 20231215143000, 20231215143009, 2024-01-02T03:04:05+01:00",
        "ISBN 978-3-16-148410-0, 9780306406157, 978-0-19-852663-6, 0-306-40615-2",
        "2019 2020 2021 2022, 1701234567890",
    ],
)
def test_other_numbers_stay(text):
    assert redacted(text) == (text, [])


@pytest.mark.parametrize("end", [".", "...", ". And", ",", "?", ";", ")", "'s"])
@pytest.mark.parametrize(
    ("secret", "mark"),
    [
        (MAIL, "[EMAIL]"),
        (PHONE, "[PHONE]"),
        ("+1 (415) 555-2671", "[PHONE]"),
        ("0049 30 12345678", "[PHONE]"),
        ("+49\u00a030\u00a01234567", "[PHONE]"),
        (CARD, "[CARD]"),
        (CARD.replace(" ", "\u00a0"), "[CARD]"),
        ("378282246310005", "[CARD]"),
        (IBAN, "[IBAN]"),
        (IP, "[IP]"),
        (SSN, "[SSN]"),
    ],
)
def test_a_sentence_may_end_with_it(secret, mark, end):
    assert redacted(f"it is {secret}{end}")[0] == f"it is {mark}{end}"
    assert redacted(f"...{secret}{end}")[0] == f"...{mark}{end}"


@given(st.lists(st.sampled_from([MAIL, PHONE, CARD, IBAN, IP, SSN, "a", "@", ".", " ", "-", "7"])))
def test_nothing_is_left_to_find(pieces):
    text, found = redacted("".join(pieces))
    assert set(kinds(text)) == set()
    assert bool(found) == (text != "".join(pieces))


@pytest.mark.parametrize(
    "name", sorted(name for name, each in FORMATS.items() if each.every_pair is None)
)
def test_no_format_lets_it_out_and_the_project_keeps_it(db, tmp_path, name):
    labelled(db, f"write to {MAIL}", f"call {PHONE}", f"pay {CARD}")
    labelled(db, "sky?", "blue", "green")
    before = list(db.execute("SELECT text FROM candidate ORDER BY id"))
    write(planned(db, format=name, redact=True), tmp_path / "out")
    written = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert not any(secret in written for secret in (MAIL, PHONE, CARD))
    assert "write to [EMAIL]" in written
    assert "call [PHONE]" in written
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["redacted"] == {"card number": 1, "e-mail": 1, "phone": 1}
    assert "card number 1, e-mail 1, phone 1" in (tmp_path / "out" / "README.md").read_text()
    assert list(db.execute("SELECT text FROM candidate ORDER BY id")) == before


def test_answers_that_differ_in_personal_data_alone_stay(db):
    made = labelled(db, "whom?", f"ask {MAIL}", "ask bob.ray@mail.org")
    assert reason_of(db, made) is None
    assert reason_of(db, made, redact=True) == "identical_when_redacted"
    alike = labelled(db, "and?", f"ask {MAIL}", f"ask  {MAIL}")
    assert reason_of(db, alike, redact=True) == "identical"


@pytest.mark.parametrize("name", ["audit", "ranked"])
def test_formats_of_the_projects_own_records_are_refused(db, name):
    with pytest.raises(UsageProblem, match=f"--redact is not for --format {name}"):
        planned(db, format=name, redact=True)
