"""The data-set checks, each on texts that have the fault and texts that nearly have it."""

from __future__ import annotations

import json

import pytest

from store.agreement.intervals import wilson
from store.checks import registry
from store.checks.contamination import EvaluationSet
from store.checks.finding import Level
from store.content.personal_data import iban, kinds, luhn
from store.errors import BadInput
from store.judgements import labels
from store.records import Message
from tests.store.building import AT
from tests.store.exporting_study import labelled, pair


def finding(db, name):
    return next(told.finding for told in registry.check(db).findings if told.check.id == name)


def test_wilson_by_hand():
    # 8 of 10: (.8 + .19207) / 1.38415 -+ 1.96 * sqrt(.016 + .0096036) / 1.38415
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert wilson(0, 0) is None


def test_length_bias(db):
    for n in range(19):
        labelled(db, f"question {n}", "a longer answer", "short")
    assert finding(db, "length").level is Level.FINE
    assert "too few" in finding(db, "length").summary
    last = labelled(db, "question 19", "a much longer answer than that one", "short")
    found = finding(db, "length")
    assert found.level is Level.WARN
    assert found.figures["longer_chosen"] == 1.0
    assert last in found.pairs
    for n in range(20):
        labelled(db, f"other {n}", "short", "a longer answer")
    assert finding(db, "length").level is Level.FINE


def test_refusals_where_they_are_out_of_place(db):
    refusal, answer = "I'm sorry, but I can't help with that.", "Use kill -9 and the number."
    made = labelled(db, "kill a process?", refusal, answer, category="benign_lookalike")
    labelled(db, "harm?", refusal, answer, category="harmful")
    labelled(db, "both refuse?", refusal, "I cannot help you.", category="helpful")
    found = finding(db, "over_refusal")
    assert (found.level, found.pairs) == (Level.WARN, (made,))
    assert finding(db, "under_refusal").level is Level.FINE
    harmed = labelled(db, "more harm?", answer, refusal, category="harmful")
    assert finding(db, "under_refusal").pairs == (harmed,)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ann.b@uni.org now", "e-mail"),
        ("call +49 30 901820 today", "phone"),
        ("call (415) 555-2671", "US phone"),
        ("from 8.8.8.8 it came", "IP address"),
        ("DE89 3704 0044 0532 0130 00", "IBAN"),
        ("4111 1111 1111 1111", "card number"),
        ("078-05-1120", "US social security"),
    ],
)
def test_personal_data(text, kind):
    assert kind in set(kinds(text))


@pytest.mark.parametrize(
    "text",
    [
        "see user@example.com",
        "version 1.2.3.4.5",
        "192.168.0.1 and 127.0.0.1 and 999.1.1.1",
        "DE00 3704 0044 0532 0130 00",
        "4111 1111 1111 1112",
        "in 1998 and 2004, 3.14159265358979",
        "call 000-000-0000",
    ],
)
def test_no_personal_data(text):
    assert set(kinds(text)) == set()


def test_check_digits():
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert iban("GB82 WEST 1234 5698 7654 32")
    assert not iban("GB82 WEST 1234 5698 7654 33")


def test_prompts_that_are_nearly_the_same(db):
    one = labelled(db, "How do I kill a process that hangs on my computer?")
    two = labelled(db, "How do I kill a process that hangs on my computers?")
    labelled(db, "What is the capital of France?")
    found = finding(db, "near_duplicate_prompts")
    assert (found.level, set(found.pairs)) == (Level.LOOK, {one, two})
    assert found.figures == {"prompts": 3, "near": 2}


def test_answers_that_hardly_differ(db):
    text = "A pipe carries water from one place to another, most often under ground."
    made = labelled(db, "pipe?", text, text.replace("water", "waters"))
    labelled(db, "tube?", text, "Something else entirely.")
    assert finding(db, "alike_answers").pairs == (made,)


def test_contradictions(db):
    one = labelled(db, "pipe?", "good", "poor", external_id="1")
    two = pair(db, "pipe?", "good", "poor", external_id="2")
    labels.give(db, two, "ann", "b", at=AT)
    found = finding(db, "contradictions")
    assert (found.level, found.pairs) == (Level.WARN, (one, two))


def test_boilerplate_and_announcements(db):
    for n in range(20):
        text = f"Answer {n} is here. You are valued." if n % 2 else f"Answer {n} is there."
        labelled(db, f"question {n}", text, f"poor {n}")
    found = finding(db, "boilerplate")
    assert (found.level, len(found.pairs)) == (Level.WARN, 10)
    assert "you are valued." in found.summary
    assert finding(db, "announcements").level is Level.FINE
    made = labelled(db, "last", "Here is the revised response: good")
    assert finding(db, "announcements").pairs == (made,)


def test_signs_for_control_characters(db):
    made = labelled(db, "edited?", "one\u240dtwo\u240dthree", "other")
    asked = labelled(db, "why\u241b?", "because", "no")
    labelled(db, "plain?", "one\r\ntwo\ttabs \u2423 \u2424", "other")
    found = finding(db, "control_pictures")
    assert (found.level, set(found.pairs)) == (Level.WARN, {made, asked})
    assert found.figures == {"n": 3, "pairs": 2, "signs": 3}
    assert "\u240d" in found.summary


def test_reasoning_is_told_of_pairs_decided_or_not(db):
    open_pair = pair(db, "pipe?", "<think>hm</think>good", "poor")
    labelled(db, "tube?", "The `<think>` tag", "poor")
    said = [Message("assistant", "<think>hm</think>Hi"), Message("user", "And?")]
    in_prompt = pair(db, [Message("user", "What is <think>?"), *said])
    found = finding(db, "reasoning")
    assert (found.level, found.pairs) == (Level.WARN, (open_pair, in_prompt))
    assert found.figures == {"answers": 1, "critiques": 0, "prompts": 1, "pairs": 2}
    assert "<think>" in found.summary


def test_nothing_decided_is_not_called_fine(db):
    pair(db, "pipe?")
    done = registry.check(db)
    assert (done.rows, done.excluded) == (0, {"unlabelled": 1})
    assert {told.check.id for told in done.findings if told.finding.level is Level.FINE} == {
        "reasoning"  # which looks at undecided pairs too
    }
    told = json.loads(json.dumps(done.as_json()))["findings"]
    assert {each["level"] for each in told} == {"fine", "unknown"}
    assert all(each["id"] and each["threshold"] and each["source"] for each in told)


def test_what_is_found_lists_its_pairs(db):
    for n in range(20):
        labelled(db, f"question {n}", "a longer answer", "short")
    found = finding(db, "length")
    assert len(found.pairs) == 20  # all of them pull one way, though none is twice as long
    for n in range(5):
        labelled(db, f"question {n} once more", "even", "eves", category="harmful")
    for told in registry.check(db).findings:
        assert bool(told.finding.pairs) or told.finding.level in (Level.FINE, Level.UNKNOWN)


def test_hasty_labels(db):
    slow, fast, old = (pair(db, f"{n} one two three", "word " * 30, "word " * 26) for n in "abc")
    # 60 words, at 15 a second: 4 seconds
    labels.give(db, slow, "ann", "a", at=AT, seconds=4.0)
    labels.give(db, fast, "ann", "a", at=AT, seconds=3.9)
    labels.give(db, old, "ann", "a", at=AT)
    found = finding(db, "hasty_labels")
    assert (found.level, found.pairs) == (Level.LOOK, (fast,))
    assert found.figures == {"labels": 2, "hasty": 1}


def test_hasty_labels_of_models_and_skips_do_not_count(db):
    made = pair(db, "one two three", "word " * 30, "word " * 26)
    labels.give(db, made, "ai:m", "a", at=AT, seconds=0.1)
    labels.give(db, made, "ann", "skip", at=AT, seconds=0.1)
    assert finding(db, "hasty_labels").level is Level.UNKNOWN


def test_balance_of_categories(db):
    harmful = [labelled(db, f"question {n}", category="harmful") for n in range(17)]
    for n in range(2):
        labelled(db, f"help {n}", category="helpful")
    assert finding(db, "category_balance").level is Level.FINE  # 19 pairs tell nothing
    labelled(db, "last", category="helpful")
    found = finding(db, "category_balance")
    assert (found.level, list(found.pairs)) == (Level.LOOK, harmful)
    assert found.figures == {"harmful": 17, "helpful": 3}
    labelled(db, "one more", category="sycophancy")
    labelled(db, "another", category="sycophancy")
    assert finding(db, "category_balance").level is Level.FINE  # 17 of 22


def test_a_favourite_place_is_told_by_name(db):
    for n in range(60):
        made = pair(db, f"question {n}")
        labels.give(db, made, "even", "a", left="ab"[n % 2], at=AT)
        labels.give(db, made, "left", "ab"[n % 2], left="ab"[n % 2], at=AT)
    found = finding(db, "favourite_place")
    assert found.level is Level.WARN
    assert "left 100 % left (n 60)" in found.summary
    assert "even" not in found.summary
    assert found.figures == {"annotators": 2, "biased": 1}


def test_what_nobody_sees_and_what_a_template_left(db):
    plain = labelled(db, "is this fine? 👩‍👩‍👧 क्‍ष", "yes, it is", "no, it is not")
    seen = labelled(db, "and this?", "yes\u200b, it is so", "no, not at all")
    template = labelled(db, "<|im_start|>user and that?", "yes, it might be", "no, never")
    assert finding(db, "invisible_characters").pairs == (seen,)
    assert "zero width space" in finding(db, "invisible_characters").summary
    assert finding(db, "template_in_prompts").pairs == (template,)
    assert plain not in finding(db, "template_in_prompts").pairs


def test_answers_that_came_from_elsewhere_are_counted(db):
    labelled(db, "where from?", "from a file", "from another file")
    found = finding(db, "on_policy")
    assert found.level is Level.LOOK
    assert found.figures == {"answers": 2, "written_here": 0, "models": 0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bench.txt", "other words\nOne two three, four five SIX seven eight nine.\n"),
        ("bench.jsonl", '{"q": ["x", {"t": "one two three four five six seven eight"}]}\n{"q": 1}'),
        (
            "bench.json",
            '[{"q": "short one"}, {"q": "zero one two three four five six seven eight"}]',
        ),
    ],
)
def test_what_an_evaluation_holds_too(db, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    shared = labelled(db, "so: one two three four five six seven eight!", "yes", "no")
    labelled(db, "one two three four five six seven", "perhaps so", "perhaps not")
    assert finding(db, "contamination").level is Level.UNKNOWN
    against = EvaluationSet([tmp_path / name])
    found = registry.check(db, against=against).findings
    (told,) = (each.finding for each in found if each.check.id == "contamination")
    assert told.pairs == (shared,)
    (tmp_path / "empty").write_text("")
    with pytest.raises(BadInput, match="empty"):
        EvaluationSet([tmp_path / "empty"])
