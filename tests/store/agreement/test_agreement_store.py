"""Agreement from a project's rows: what counts, what does not, and slices."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from store import ids
from store.agreement import agreement, agreement_many, annotators
from store.agreement.attributes import by_attribute
from store.agreement.figure import NO_OVERLAP
from store.agreement.recount import audit
from store.agreement.tables import between, items
from store.errors import StoreError
from store.items import candidates, constitutions, critiques, pairs, prompts
from store.judgements import attributes, guidelines, labels
from store.log import undo
from store.records import Candidate, Critique, Message, Origin, Phase, StoredConstitution
from tests.store.agreement.labelling import AT, at, columns, say, some_pairs


def test_the_table_of_two_annotators(db: Database) -> None:
    columns(db, first="a a b b t x a . s", second="a b b b t t . a a")
    # Common: aa ab bb bb tt xt; only first: 1 (the 7th); only second: 2 (8th, and 9th: a skip
    # is no label).
    result = agreement(db, "first", "second")
    said = result.as_json()
    assert said["annotators"] == ["first", "second"]
    assert (said["n"], said["only_first"], said["only_second"]) == (6, 1, 2)
    assert said["table"] == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    # p_o = 4/6; rows 2 2 1 1, columns 1 3 2 0: p_e = (2 + 6 + 2)/36; kappa = (24-10)/(36-10).
    assert said["p_o"] == pytest.approx(4 / 6)
    assert said["p_e"] == pytest.approx(10 / 36)
    assert said["kappa"] == pytest.approx(14 / 26)
    assert said["band"] == "weak"
    assert said["advice"].startswith("too few to tell")
    assert said["undefined"] == {}
    assert said["slices"] == []


def test_an_audit_finds_a_figure_that_does_not_follow_from_the_labels(db: Database) -> None:
    columns(db, first="a a b b t x a . s", second="a b b b t t . a a")
    audit(db, agreement(db, "first", "second"))
    audit(db, agreement(db, "first", "nobody"))
    merged = agreement(db, "first", "second", ties="merge")
    with pytest.raises(StoreError, match="by the labels"):
        audit(db, merged)


def test_ties_merged_and_dropped(db: Database) -> None:
    columns(db, first="a b t x t", second="a b x t a")
    merged = agreement(db, "first", "second", ties="merge").as_json()
    assert merged["labels"] == ["a", "b", "tie"]
    assert merged["table"] == [[1, 0, 0], [0, 1, 0], [1, 0, 2]]
    dropped = agreement(db, "first", "second", ties="drop").as_json()
    assert dropped["labels"] == ["a", "b"]
    assert dropped["table"] == [[1, 0], [0, 1]]
    assert dropped["kappa"] == 1


def test_only_blind_first_passes_count(db: Database) -> None:
    one, two, three = some_pairs(db, 3)
    for pair in (one, two, three):
        say(db, pair, "first", "a")
        say(db, pair, "second", "b")
    say(db, one, "second", "a", 9, phase=Phase.REPEAT)
    say(db, one, "second", "a", 9, phase=Phase.DISCUSSION)
    labels.record_shown(db, two, "second", at(10))
    say(db, two, "second", "a", 11)
    say(db, three, "second", "a", 12)
    # One: a and b. Two: the second's is informed now. Three: changed while still blind.
    counted = between(db, "first", "second")
    assert counted.table[0][:2] == (1, 1)
    assert (counted.n, counted.only_first, counted.only_second) == (2, 1, 0)


def test_undo_takes_a_label_out(db: Database) -> None:
    columns(db, first="a b", second="a b")
    undo.undo(db, "second", at(50))
    assert between(db, "first", "second").n == 1
    assert between(db, "first", "second").only_first == 1


def test_unknown_annotators_are_undefined_with_a_reason(db: Database) -> None:
    columns(db, first="a b")
    said = agreement(db, "first", "nobody").as_json()
    assert said["n"] == 0
    assert said["only_first"] == 2
    assert said["kappa"] is None
    assert said["undefined"]["kappa"] == NO_OVERLAP


@pytest.mark.parametrize("name", ['o"brien', "a=b c", "日本", "e\u0301"])
def test_names_may_hold_anything(db: Database, name: str) -> None:
    columns(db, **{name: "a b", "second": "a b"})
    assert agreement(db, name, "second").counts.n == 2


def test_models_are_no_people(db: Database) -> None:
    columns(db, first="a b", second="a a", **{"ai:judge": "b b"})
    assert annotators(db) == ["first", "second"]
    assert annotators(db, ai=True) == ["ai:judge"]
    assert ids.is_ai("ai:judge")
    assert not ids.is_ai("aida")
    assert agreement(db, "first", "ai:judge").counts.n == 2


def test_slices_by_category_and_origin(db: Database) -> None:
    harmful = some_pairs(db, 3, category="harmful")
    helpful = some_pairs(db, 2, category="helpful", start=10)
    for pair, (one, other) in zip(harmful + helpful, ("aa", "bb", "ab", "aa", "aa"), strict=True):
        say(db, pair, "first", one)
        say(db, pair, "second", other)
    result = agreement(db, "first", "second", by="category")
    said = result.as_json()["slices"]
    # harmful: p_o 2/3, rows 2 1, columns 1 2: p_e 4/9, kappa (6-4)/(9-4).
    assert [(s["by"], s["value"], s["n"], s["kappa"]) for s in said] == [
        ("category", "harmful", 3, pytest.approx(0.4)),
        ("category", "helpful", 2, None),
    ]
    keys = ["by", "value", "n", "kappa", "ci95", "p_o", "ac1", "q"]
    assert [list(s) for s in said] == [keys] * 2
    # harmful: both verdicts, shares .5 and .5, so AC1 is (2/3 - .5)/.5
    assert [(s["p_o"], s["ac1"], s["q"]) for s in said] == [
        (pytest.approx(2 / 3), pytest.approx(1 / 3), 2),
        (1, 1, 2),
    ]
    assert said[1]["ci95"] is None
    assert set(result.undefined) == {"slices.helpful"}
    assert agreement(db, "first", "second", by="origin").slices[0].value == "imported"


def test_slices_by_principle(db: Database) -> None:
    prompt, _ = prompts.add(db, [Message("user", "x")], category="harmful", source="t", at=AT)
    constitution = constitutions.add(
        db,
        StoredConstitution(
            name="short", version="1", language="en", source="name = 'short'", created_at=AT
        ),
    )

    def chain(principle: str, slot: int) -> tuple[str, str]:
        original = candidates.add(
            db,
            Candidate(
                prompt_id=prompt, origin=Origin.PROPOSED, text=f"o{slot}", slot=slot, created_at=AT
            ),
        )
        critique = critiques.add(
            db,
            Critique(
                candidate_id=original,
                round=1,
                constitution_id=constitution,
                principle_id=principle,
                text="too long",
                found=True,
                created_at=AT,
            ),
        )
        revision = candidates.add(
            db,
            Candidate(
                prompt_id=prompt,
                origin=Origin.REVISION,
                text=f"r{slot}",
                parent_id=original,
                critique_id=critique,
                round=1,
                slot=slot,
                created_at=AT,
            ),
        )
        return original, revision

    made = []
    for slot, principle in enumerate(("H10", "H2", "H2")):
        original, revision = chain(principle, slot)
        made.append(pairs.make_revision_pair(db, original, revision, at=AT)[0])
    edited = candidates.add(
        db,
        Candidate(
            prompt_id=prompt,
            origin=Origin.EDITED,
            text="e",
            parent_id=revision,
            round=1,
            created_at=AT,
        ),
    )
    made.append(pairs.make_edited_pair(db, original, edited, at=AT)[0])
    made += some_pairs(db, 1)
    for pair in made:
        say(db, pair, "first", "a")
        say(db, pair, "second", "b")
    slices = agreement(db, "first", "second", by="principle").slices
    assert [(s.value, s.n) for s in slices] == [("H2", 3), ("H10", 1), ("none", 1)]
    listed = items(db, "first", "second", by="principle", value="H2")
    assert [item.pair_id for item in listed] == made[1:4]


def test_slices_by_guideline_version(db: Database) -> None:
    made = some_pairs(db, 4)
    say(db, made[0], "first", "a")
    say(db, made[0], "second", "a")
    guidelines.add_version(db, "prefer the honest one", "first", AT)
    say(db, made[1], "first", "a")
    say(db, made[1], "second", "b")
    say(db, made[2], "first", "a")
    guidelines.add_version(db, "prefer the honest one, then the short one", "first", AT)
    say(db, made[2], "second", "a")
    for pair in made[3:]:
        say(db, pair, "first", "b")
        say(db, pair, "second", "b")
    slices = agreement(db, "first", "second", by="guideline").slices
    assert [(s.value, s.n) for s in slices] == [("mixed", 1), ("none", 1), ("v1", 1), ("v2", 1)]


def test_the_items_behind_a_cell(db: Database) -> None:
    made = columns(db, first="a a b t .", second="a b a . b")
    assert [i.pair_id for i in items(db, "first", "second", said=("a", "b"))] == [made[1]]
    assert [i.pair_id for i in items(db, "first", "second")] == made[1:3]
    assert [i.pair_id for i in items(db, "first", "second", said=("tie", None))] == [made[3]]
    assert [i.pair_id for i in items(db, "first", "second", said=(None, "b"))] == [made[4]]
    assert [i.said for i in items(db, "second", "first")] == [("b", "a"), ("a", "b")]


def test_three_annotators_with_holes(db: Database) -> None:
    # The reference case three_annotators_missing_pref: alpha .733...
    columns(db, one="a b a t . a b a", two="a b b . a . b a", three=". b t t a . . a")
    result = agreement_many(db, ["one", "two", "three"])
    said = result.as_json()
    assert list(said) == ["annotators", "alpha", "fleiss", "fleiss_n", "pairs"]
    assert said["annotators"] == ["one", "two", "three"]
    assert said["alpha"] == pytest.approx(0.7333333333333333, abs=1e-12)
    assert result.n == 7
    # Complete: bbb, abt, aaa. P = 1, 0, 1; p = 4/9 4/9 1/9: P_e = 33/81; (54 - 33)/(81 - 33).
    assert said["fleiss_n"] == 3
    assert said["fleiss"] == pytest.approx(21 / 48)
    assert [pair["annotators"] for pair in said["pairs"]] == [
        ["one", "two"],
        ["one", "three"],
        ["two", "three"],
    ]
    assert said["pairs"][0] == agreement(db, "one", "two").as_json()
    assert said["pairs"][2] == agreement(db, "two", "three").as_json()
    dropped = agreement_many(db, ["one", "two", "three"], ties="drop")
    assert dropped.fleiss_n == 2
    merged = agreement_many(db, ["one", "two", "three"], ties="merge", by="category")
    assert merged.alpha.value == pytest.approx(0.7333333333333333, abs=1e-12)
    assert merged.pairs[0].slices[0].value == "helpful"


def test_agreement_within_groups_of_annotators(db: Database) -> None:
    columns(db, one="a b a b", two="a b a a", three="b a b a", four="b a b a")
    for name, language in (("one", "Basque"), ("two", "Basque"), ("three", "Wolof")):
        attributes.state(db, name, "language", language, AT)
    basque, wolof = by_attribute(db, "language", ["one", "two", "three", "four"])
    assert (basque.value, basque.annotators, basque.n) == ("Basque", ("one", "two"), 4)
    # aa bb aa ba: D_o 1/4; totals a 5, b 3 of 8: D_e = 2*15/56; 1 - 14/30.
    assert basque.alpha.value == pytest.approx(16 / 30)
    assert (wolof.value, wolof.alpha.value, wolof.n) == ("Wolof", None, 0)
    attributes.state(db, "three", "language", "", AT)
    assert [group.value for group in by_attribute(db, "language", ["one", "two", "three"])] == [
        "Basque"
    ]
