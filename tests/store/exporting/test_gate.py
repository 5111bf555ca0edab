"""The gate: each reason on one pair that has it and one that nearly has it."""

from __future__ import annotations

import pytest

from store.items import pairs
from store.judgements import labels
from store.records import Message
from tests.store.building import AT
from tests.store.exporting_study import labelled, pair, planned, reason_of

TALK = [Message("user", "hello"), Message("assistant", "hello"), Message("user", "why?")]


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("good", "poor", None),
        ("", "poor", "empty"),
        ("good", " \n", "empty"),
        ("same text", " same\n text ", "identical"),
        ("Same text", "same text", None),
        ("good", "poor<|im_end|>", "degenerate"),
        ("good\n\nHuman: and?", "poor", "degenerate"),
        ("good", "no no no no " * 10, "degenerate"),
        ("good", "\u200b\u2800\ufe0f", "empty"),
        ("good", "<think>hm</think>poor", "reasoning"),
        ("I should be nice.\n</think>\n\ngood", "poor", "reasoning"),
        ("good", "[THINK]hm", "reasoning"),
        ("Write `<think>` in front.", "poor", None),
    ],
)
def test_texts(db, a, b, reason):
    made = labelled(db, "why?", a, b)
    assert reason_of(db, made) == reason
    if reason:
        assert reason_of(db, made, allow={reason}) is None


def test_an_empty_prompt(db):
    assert reason_of(db, labelled(db, " ")) == "empty"


def test_cut_off_by_the_models_limit(db):
    made = labelled(db, "why?", cut_off=True)
    assert reason_of(db, made) == "truncated"
    assert reason_of(db, made, allow={"truncated"}) is None


@pytest.mark.parametrize("what", ["pair", "prompt", "answer"])
def test_anybodys_flag_on_pair_prompt_or_answer(db, what):
    made = labelled(db, "why?")
    row = pairs.get(db, made)
    item = {"pair": made, "prompt": row.prompt_id, "answer": row.b_id}[what]
    labels.flag(db, item, "eve", on=True, at=AT)
    assert reason_of(db, made) == "flagged"
    assert reason_of(db, made, allow={"flagged"}) is None
    labels.flag(db, item, "eve", on=False, at=AT)
    assert reason_of(db, made) is None


def test_the_first_reason_that_is_not_allowed_is_told(db):
    made = labelled(db, "why?", "", "poor")
    labels.flag(db, made, "eve", on=True, at=AT)
    assert reason_of(db, made) == "flagged"
    assert reason_of(db, made, allow={"flagged"}) == "empty"
    assert reason_of(db, made, allow={"flagged", "empty"}) is None


def test_duplicates(db):
    first = labelled(db, "why?", external_id="1")
    second = labelled(db, "why?", external_id="2")
    turned = pair(db, "why?", "poor one", "good one", external_id="3")
    labels.give(db, turned, "ann", "b", at=AT)
    opposite = pair(db, "why?", "poor one", "good one", external_id="4")
    labels.give(db, opposite, "ann", "a", at=AT)
    assert [reason_of(db, each) for each in (first, second, turned, opposite)] == [
        None,
        "duplicate",
        "duplicate",
        None,
    ]
    assert len(planned(db, allow={"duplicate"}).rows) == 4


def test_an_excluded_pair_makes_no_duplicate(db):
    first, second = (labelled(db, "why?", external_id=name) for name in "12")
    labels.flag(db, first, "eve", on=True, at=AT)
    assert [reason_of(db, first), reason_of(db, second)] == ["flagged", None]


def test_conversations_go_out_in_other_formats_than_triplets(db):
    made = labelled(db, TALK)
    system = labelled(db, [Message("system", "be brief"), Message("user", "why?")])
    assert reason_of(db, made) == reason_of(db, system) == "multi_turn"
    assert reason_of(db, made, format="trl") is None
    assert reason_of(db, system, format="trl") is None
    assert reason_of(db, made, format="hh") is None
    assert reason_of(db, system, format="hh") == "not_expressible"


def words(texts):
    return [len(text.split()) for text in texts]


def test_identical_once_cut_to_the_trainers_length(db):
    same = "word " * 90
    alike = labelled(db, "why?", same + "yes", same + "no")
    early = labelled(db, "how?", "yes " + same, "no " + same)
    cut = {"max_length": 80}
    assert reason_of(db, alike, **cut, count_tokens=words, allow={"degenerate"}) == (
        "identical_when_cut"
    )
    assert reason_of(db, early, **cut, count_tokens=words, allow={"degenerate"}) is None
    roomy = planned(db, max_length=200, count_tokens=words, allow={"degenerate"})
    assert [row.pair.id for row in roomy.rows] == [alike, early]


def test_without_a_tokenizer_only_long_shared_beginnings_are_in_doubt(db):
    same = " ".join(f"word{n}" for n in range(300))
    long = labelled(db, "why?", same + " yes", same + " no")
    labelled(db, "how?", "yes " + same, "no " + same)
    made = planned(db)
    assert made.length_not_checked == (long,)
    assert len(made.rows) == 2
    assert planned(db, count_tokens=words).length_not_checked == ()


def letters(texts):
    """A tokenizer that makes a token of every byte."""
    return [len(text.encode()) for text in texts]


def sharing(db, prompt, length):
    """A pair whose answers share so many letters that, behind its prompt, ``length`` are shared."""
    same = " ".join(f"word{n}" for n in range(99))[: length - len(prompt) - 1]
    return labelled(db, prompt, same + "!", same + "?")


def test_the_last_token_that_is_kept_may_tell_two_answers_apart(db):
    """100 tokens are kept: behind 99 shared ones the hundredth differs, behind 100 none does."""
    differs, alike = sharing(db, "why?", 99), sharing(db, "how?", 100)
    limit = {"max_length": 100, "count_tokens": letters}
    assert reason_of(db, differs, **limit) is None
    assert reason_of(db, alike, **limit) == "identical_when_cut"


def test_a_chat_template_may_take_64_of_the_tokens_that_are_kept(db):
    """A token is a byte at least: 136 shared bytes and 64 of template may fill 200 tokens."""
    sure, doubtful = sharing(db, "why?", 135), sharing(db, "how?", 136)
    assert planned(db, max_length=200).length_not_checked == (doubtful,)
    assert reason_of(db, sure, max_length=200) is None


def test_an_answer_that_goes_on_where_the_other_ends_is_cut_to_it(db):
    """Behind the last token that is kept the longer one only says more, whichever was chosen."""
    same = " ".join(f"word{n}" for n in range(99))[:96]
    for prompt, chosen, rejected in (("why?", same, same + "!"), ("how?", same + "!", same)):
        made = labelled(db, prompt, chosen, rejected)
        shared = len(prompt) + 1 + len(same)
        for limit, reason in ((shared, "identical_when_cut"), (shared + 1, None)):
            assert reason_of(db, made, max_length=limit, count_tokens=letters) == reason


def test_every_turn_of_a_conversation_takes_tokens(db):
    made = labelled(db, TALK, "word" * 9 + "!", "word" * 9 + "?")
    shared = len("\n".join(turn.content for turn in TALK)) + 1 + 36
    limit = {"format": "trl", "count_tokens": letters}
    assert reason_of(db, made, max_length=shared, **limit) == "identical_when_cut"
    assert reason_of(db, made, max_length=shared + 1, **limit) is None


def test_a_tokenizer_that_leaves_a_text_out_lets_nothing_go(db):
    for prompt in ("why?", "how?"):
        sharing(db, prompt, 100)
    with pytest.raises(ValueError, match="shorter"):
        planned(db, max_length=100, count_tokens=lambda texts: letters(texts)[1:])


def disagreeing(db, n, *, agree, annotators=("ann", "bob"), start=0):
    made = []
    for i in range(start, start + n):
        each = pair(db, f"question {i}")
        one = "ab"[i % 2]
        labels.give(db, each, annotators[0], one, at=AT)
        labels.give(db, each, annotators[1], one if agree(i) else "ba"[i % 2], at=AT)
        made.append(each)
    return made


def test_low_agreement_holds_everything_back_that_rests_on_it(db):
    made = disagreeing(db, 50, agree=lambda i: i % 4 < 2)
    alone = labelled(db, "ann alone")
    assert planned(db).counts == {"disagreement": 24, "low_agreement": 27}
    assert reason_of(db, alone) == "low_agreement"
    assert planned(db, allow={"low_agreement"}).counts == {"disagreement": 24}
    assert reason_of(db, made[0]) == "low_agreement"


def test_low_agreement_needs_fifty_pairs(db):
    disagreeing(db, 49, agree=lambda i: i % 4 < 2)
    assert "low_agreement" not in planned(db).counts


def test_somebody_who_agrees_with_a_third_is_not_in_doubt(db):
    disagreeing(db, 50, agree=lambda i: i % 4 < 2)
    for i in range(50):
        labels.give(db, pair(db, f"question {i}"), "eve", "ab"[i % 2], at=AT)
    made = planned(db, from_="majority")
    assert "low_agreement" not in made.counts
    assert len(made.rows) == 50
    bobs = pair(db, "bob alone")
    labels.give(db, bobs, "bob", "a", at=AT)
    assert reason_of(db, bobs) == "low_agreement"


def test_a_third_who_skips_does_not_vouch_for_those_in_doubt(db):
    disagreeing(db, 50, agree=lambda i: i % 4 < 2)
    skipped = pair(db, "ann and bob, and eve skips")
    for annotator, verdict in (("ann", "a"), ("bob", "a"), ("eve", "skip")):
        labels.give(db, skipped, annotator, verdict, at=AT)
    assert reason_of(db, skipped) == "low_agreement"


def test_whose_labels_are_not_asked_for_does_not_vouch_for_those_who_are(db):
    disagreeing(db, 50, agree=lambda i: i % 4 < 2)
    both = pair(db, "ann, and eve")
    for annotator in ("ann", "eve"):
        labels.give(db, both, annotator, "a", at=AT)
    assert reason_of(db, both) is None
    assert reason_of(db, both, from_="by:ann") == "low_agreement"
