"""Whatever takes the name of something that is there finds it by what is seen of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import names
from store.db.connection import open_store
from store.judgements import attributes
from store.judgements.judge_names import name_for
from tests.cli.conftest import Pairlab
from tests.cli.test_stated import labelled
from tests.store.asking import ask


@pytest.fixture(scope="module")
def made() -> list[bytes]:
    """The project of these tests, made by the first of them."""
    return []


@pytest.fixture
def study(pairlab: Pairlab, tmp_path: Path, made: list[bytes]) -> Pairlab:
    """Three people, a model that judged, a round, an attribute."""
    path = tmp_path / "pairlab.db"
    if made:
        path.write_bytes(made[0])
        return pairlab
    assert pairlab("new").exit_code == 0
    labelled(pairlab, tmp_path)
    assert pairlab("--as", "ann", "attribute", "Mother tongue=Basque").exit_code == 0
    assert pairlab("round", "new", "Pilot", "--annotators", "dora,eli").exit_code == 0
    assert pairlab("round", "open", "Pilot").exit_code == 0
    db = open_store(path)
    for (pair_id,) in db.execute("SELECT id FROM pair").fetchall():
        ask(db, pair_id, 0.9, 0.9, judge="ai:Tiny")
    db.close()
    made.append(path.read_bytes())
    return pairlab


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("agree --between anne bob", "ann"),
        ("agree --between bob ai:tinny", "ai:Tiny"),
        ("agree --by categry", "category"),
        ("agree --by mothertonge", "Mother tongue"),
        ("agree --ties separat", "separate"),
        ("scores --from bobb", "bob"),
        ("scores --of modle", "model"),
        ("certificate tinyy", "ai:Tiny"),
        ("certificate tiny --person cleoo", "cleo"),
        ("principles tinyy", "ai:Tiny"),
        ("evaluate --from rule", "rules"),
        ("evaluate --by rounds", "round"),
        ("check --from by:anne", "ann"),
        ("check --from concensus", "consensus"),
        ("export out.jsonl --from by:anne", "ann"),
        ("export out.jsonl --from ai:tinny", "ai:Tiny"),
        ("export out.jsonl --format triplet", "triplets"),
        ("export out.jsonl --allow flaged", "flagged"),
        ("export out.jsonl --filter by:anne", "ann"),
        ("export out.jsonl --filter stauts:ruled", "status"),
        ("export out.jsonl --filter category:uncategorized", "uncategorised"),
        ("remove --filter status:labeled", "labelled"),
        ("round show pilott", "Pilot"),
        ("round open pilott", "Pilot"),
        ("round close pilott --reason r", "Pilot"),
        ("round new Next --annotators a,b --category uncategorized", "uncategorised"),
        ("round new Next --annotators a,b --show seal", "sealed"),
        ("label p0 bothbad", "both_bad"),
        ("import pairs.jsonl --kind pair", "pairs"),
        ("import pairs.jsonl --format pandaln", "pandalm"),
        ("attack wrap roleplay", "role_play"),
        ("run --constitution harmlesness", "harmlessness"),
        ("run --pick H99", "H9"),
        ("setting --queue usefull", "useful"),
        ("pair --rule bestworst", "best-worst"),
        ("guidline show", "guideline"),
        ("guideline shwo", "show"),
        ("compare --list longr:ann", "longer:ann"),
        ("certificate tiny --list says", "says"),
        ("setting --pairs bestworst", "best-worst"),
        ("import pairs.jsonl --map promt=x", "prompt"),
        ("remove --import pair.jsonl --dry-run", "pairs.jsonl"),
        ("run --policy night.toml", "candidates"),
        ("compare --lst x", "--list"),
        ("round show Pilot --jsn", "--json"),
    ],
)
def test_an_unknown_name_tells_what_was_meant(
    study: Pairlab, scripted: list[object], line: str, meant: str
) -> None:
    Path("night.toml").write_text("candidats = 4\n")
    told = study(*line.split())
    assert told.exit_code in (1, 2), told.output
    last = told.stderr.splitlines()[-1]
    assert last.lower().count("did you mean") == 1, last
    assert meant.lower() in last.lower().partition("did you mean")[2]
    assert not told.stdout
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize(
    ("line", "there"),
    [
        (["agree", "--between", "ANN", "bob", "--json"], '"ann"'),
        (["agree", "--between", "\u0430nn", "BOB", "--json"], '"bob"'),  # a Cyrillic a
        (["agree", "--between", "ann", "AI:tiny", "--json"], '"ai:Tiny"'),
        (["agree", "--between", "ann", "bob", "--by", "Category"], "uncategorised"),
        (["agree", "--by", "mother  TONGUE", "--json"], '"Basque"'),
        (["scores", "--of", "ANSWER", "--prompt", "p0", "--from", "Ann", "--json"], '"games": 1'),
        (["certificate", "TINY", "--person", "Ann"], "ai:Tiny"),
        (["principles", "tiny", "--json"], "ai:Tiny"),
        (["check", "--from", "by:ANN"], "4 decided pairs"),
        (["round", "show", "PILOT"], "Pilot"),
        (["label", "p0", "BOTH_BAD", "--json"], "both_bad"),
    ],
)
def test_a_name_is_found_by_what_is_seen_of_it(study: Pairlab, line: list[str], there: str) -> None:
    told = study(*line)
    assert told.exit_code == 0, told.stderr
    assert there in told.stdout


def test_exports_and_searches_find_people_by_what_is_seen(study: Pairlab) -> None:
    assert study("export", "one.jsonl", "--from", "by:Ann").exit_code == 0
    assert study("export", "two.jsonl", "--from", "by:ann").exit_code == 0
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes() != b""
    found = study("--as", "ann", "export", "3.jsonl", "--from", "by:ann", "--filter", "by:BOB")
    assert found.exit_code == 0, found.stderr
    assert Path("3.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_a_judge_keeps_its_name_however_it_is_spelled(study: Pairlab, tmp_path: Path) -> None:
    db = open_store(tmp_path / "pairlab.db")
    assert name_for(db, "model.gguf", None, "TINY") == "ai:Tiny"
    assert name_for(db, "model.gguf", None, "huge") == "ai:huge"
    db.close()


def test_two_names_of_one_person_do_not_agree_with_themselves(study: Pairlab) -> None:
    told = study("agree", "--between", "ann", "Ann")
    assert told.exit_code == 2
    assert "both are ann here" in told.stderr


def test_a_round_counts_what_its_people_did_under_any_spelling(study: Pairlab) -> None:
    told = study("round", "new", "pilot", "--annotators", "x,y")
    assert told.exit_code == 1
    assert "'pilot' is blank or taken" in told.stderr
    told = study("round", "new", "Second", "--annotators", "Ann,zoe")
    assert told.exit_code == 1  # ann has labelled all of them: none is blind
    assert "4" in told.stderr


def test_an_attribute_is_one_however_it_is_spelled(study: Pairlab, tmp_path: Path) -> None:
    assert study("--as", "bob", "attribute", "MOTHER TONGUE=basque").exit_code == 0
    assert study("--as", "bob", "attribute", "Language=Dutch").exit_code == 0
    assert "language: Dutch" in study("--as", "bob", "attribute", "LANGUAGE=Dutch").stdout
    assert study("--as", "bob", "attribute", "la\u200bnguage=x").exit_code == 1
    told = json.loads(study("agree", "--by", "mother tongue", "--json").stdout)
    assert [each["annotators"] for each in told["stated"]["groups"]] == [["ann", "bob"]]
    db = open_store(tmp_path / "pairlab.db")
    assert attributes.keys(db) == ["Mother tongue", "language"]
    db.close()


def test_a_category_given_again_is_the_one_there_is(study: Pairlab, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("Why?\n")
    assert study("import", "more.txt", "--category", "Benign_Lookalike").exit_code == 0
    with closing(sqlite3.connect("pairlab.db")) as db:
        found = db.execute("SELECT category FROM prompt ORDER BY position DESC").fetchone()
    assert found == ("benign_lookalike",)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5), st.data())
def test_what_looks_like_a_known_name_is_found(known: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(known))
    for spelled in (wanted, wanted.swapcase(), f"  {wanted}\u200b "):
        found = names.find(spelled, known)
        alike = [each for each in known if names.seen(each) == names.seen(spelled)]
        assert (found in alike) if alike else (found is None)
