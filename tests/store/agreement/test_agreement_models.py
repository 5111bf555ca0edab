"""People against models: the same figures from the same table, and nothing of it elsewhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from sqlite_utils import Database

from store.agreement import agreement, with_models
from store.agreement.live_updates import Following
from store.agreement.underlying_pairs import behind
from store.db.connection import create
from store.log import undo
from store.rounds import rounds
from tests.store.agreement.labelling import at, columns, say, some_pairs

MODEL = "ai:judge.gguf"
WORDS = {"a": "a", "b": "b", "t": "tie", "x": "both_bad"}

LETTERS = st.sampled_from("abtxs.")


def reference(both: list[tuple[str, str]]) -> float:
    """Kappa of two lists of verdicts."""
    return float(cohen_kappa_score([one for one, _ in both], [other for _, other in both]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(LETTERS, LETTERS, LETTERS), min_size=1, max_size=20))
def test_a_model_is_compared_as_a_person_is_and_moves_no_other_figure(
    said: list[tuple[str, str, str]],
) -> None:
    with TemporaryDirectory() as folder:
        db = create(Path(folder) / "study.db", seed="1")
        try:
            db.execute("PRAGMA synchronous=OFF")
            first, second, model = zip(*said, strict=True)
            made = columns(db, first=" ".join(first), second=" ".join(second))
            between_people = agreement(db, "first", "second", by="category")
            for place, (pair, letter) in enumerate(zip(made, model, strict=True)):
                if letter in WORDS:
                    say(db, pair, MODEL, WORDS[letter], place)
            assert agreement(db, "first", "second", by="category") == between_people
            found = {two.annotators: two for two in with_models(db, ["first", "second", MODEL])}
            for person, letters in (("first", first), ("second", second)):
                both = [
                    (WORDS[p], WORDS[m])
                    for p, m in zip(letters, model, strict=True)
                    if p in WORDS and m in WORDS
                ]
                two = found.pop((person, MODEL), None)
                assert (two.n if two else 0) == len(both)
                if two is None:
                    continue
                assert two.figures["p_o"].value == pytest.approx(
                    sum(p == m for p, m in both) / len(both)
                )
                if two.kappa.value is not None:
                    assert two.kappa.value == pytest.approx(reference(both))
                    assert two.ci95 is not None
                    assert two.ci95[0] <= two.kappa.value <= two.ci95[1]
                else:
                    assert len({word for pair in both for word in pair}) == 1
            assert not found
            standing = Following("first").look(db)
            assert set(standing.with_models) == set(with_models(db, standing.people))
        finally:
            db.close()


def test_labels_of_models_are_followed(db: Database) -> None:
    made = columns(db, first="a b a b", second="a b b b")
    following = Following("first")
    assert following.look(db).with_models == ()
    for place, (pair, verdict) in enumerate(zip(made, "abab", strict=True)):
        say(db, pair, MODEL, verdict, 50 + place)
    told = following.look(db).with_models
    assert [(two.annotators, two.n, two.figures["p_o"].value) for two in told] == [
        (("first", MODEL), 4, 1.0),
        (("second", MODEL), 4, 0.75),
    ]
    undo.undo(db, "second", at(90))
    assert [two.n for two in following.look(db).with_models] == [4, 3]
    assert following.look(db).with_models == with_models(db, ["first", "second"])


def test_one_person_and_a_model_are_no_agreement_between_people(db: Database) -> None:
    columns(db, first="a b t", **{MODEL: "a a t"})
    standing = Following("first").look(db)
    assert standing.agreement is None
    assert [(two.annotators, two.n) for two in standing.with_models] == [(("first", MODEL), 3)]


def test_a_sealed_round_hides_its_pairs_from_the_comparison_with_models_too(db: Database) -> None:
    made = columns(db, **{MODEL: "a a a a"})
    inside, outside = made[:3], made[3]
    rounds.create(db, "pilot", inside, ["first", "second"], seed=1, by="first", at=at(0))
    for pair in made:
        say(db, pair, "first", "a", 10)
    (two,) = with_models(db, ["first", "second"])
    assert (two.annotators, two.n) == (("first", MODEL), 1)
    assert Following("first").look(db).with_models == (two,)
    listed = behind(db, "first", "first", MODEL, said=("a", "a"), at=at(20))
    assert [each.pair_id for each in listed.entries] == [outside]
    for pair in inside:
        say(db, pair, "second", "b", 30)
    assert [two.n for two in with_models(db, ["first", "second"])] == [4, 3]


def test_in_blocks_a_model_tells_no_more_than_the_people_have_in_common(db: Database) -> None:
    made = some_pairs(db, 12)
    rounds.create(
        db, "pilot", made, ["first", "second"], seal="blocks", seed=1, by="first", at=at(0)
    )
    following = Following("second")
    for place, pair in enumerate(made):
        say(db, pair, MODEL, "a", place)
        say(db, pair, "first", "a", place)
    assert following.look(db).with_models == () == with_models(db, ["first"])
    seen = []
    for place, pair in enumerate(rounds.pairs_of(db, rounds.get(db, "pilot").id, "second")):
        say(db, pair, "second", "b", 100 + place)
        seen.append({two.n for two in following.look(db).with_models})
        assert following.look(db).with_models == with_models(db, ["second", "first"])
    assert seen == [set()] * 9 + [{10}] * 2 + [{12}]


def test_who_looks_finds_only_pairs_of_their_own_behind_it(db: Database) -> None:
    made = columns(db, first="a b . s", second="a a a a", **{MODEL: "b b b b"})
    listed = behind(db, "first", "second", MODEL, at=at(50))
    assert [each.pair_id for each in listed.entries] == made[:2]
    assert listed.not_yet == 2
    say(db, made[0], "first", "b", 60)
    assert agreement(db, "first", MODEL).n == 1  # what was changed after a look is not blind
