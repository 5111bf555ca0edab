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
