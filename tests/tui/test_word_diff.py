from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.widgets.word_diff import Change, drawn, rewritten, word_diff

WORDS = st.lists(
    st.sampled_from(["the", "cat", "sat.", " ", "\n", "  ", "on", "猫", "don't", "x" * 9, "\t"]),
    max_size=40,
).map("".join)


def undone(old: str, new: str) -> tuple[str, str]:
    """The texts that the segments say there were before and after."""
    segments = word_diff(old, new)
    before = "".join(s.text for s in segments if s.change is not Change.INSERT)
    after = "".join(s.text for s in segments if s.change is not Change.DELETE)
    return before, after


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), WORDS), st.one_of(st.text(max_size=80), WORDS))
def test_segments_give_back_both_texts(old: str, new: str) -> None:
    assert undone(old, new) == (old, new)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, st.integers(min_value=0, max_value=400))
def test_a_bound_on_the_work_loses_nothing(old: str, new: str, bound: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.widgets.word_diff.CELLS_OF_WORK", bound)
        assert undone(old, new) == (old, new)


def test_long_texts_without_a_common_line_are_compared_at_their_ends() -> None:
    old = "same start " + "a b c " * 4000 + "same end"
    new = "same start " + "d e f " * 4000 + "same end"
    assert undone(old, new) == (old, new)
    segments = word_diff(old, new)
    assert segments[0].text.startswith("same start")
    assert segments[-1].text == "same end"


def test_equal_texts_are_kept_whole() -> None:
    assert word_diff("as it was", "as it was") == ((Change.KEEP, "as it was"),)
    assert word_diff("", "") == ()


def test_one_word_is_one_change() -> None:
    assert word_diff("it was faked then", "it was filmed then") == (
        (Change.KEEP, "it was "),
        (Change.DELETE, "faked "),
        (Change.INSERT, "filmed "),
        (Change.KEEP, "then"),
    )


def test_confetti_between_long_changes_is_given_up() -> None:
    old = "I cannot help you with any of these things at all"
    new = "First list every process, then end the one with the number shown beside it"
    assert [segment.change for segment in word_diff(old, new)] == [Change.DELETE, Change.INSERT]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("one two three four", "one two six seven", False),  # 4 of 8 words are shared
        ("one two three four five", "one two six seven eight nine", True),  # 4 of 11
        ("one two three", "one two three", False),
        ("all of it is gone", "another text came here", True),
        ("", "", False),
    ],
)
def test_less_than_two_words_in_five_is_a_new_text(old: str, new: str, expected: bool) -> None:
    assert rewritten(word_diff(old, new)) is expected


def test_what_is_drawn_reads_without_colours() -> None:
    content = drawn(word_diff("it was faked.", "it was filmed."))
    assert content.plain == "it was faked filmed."
    styles = {content.plain[span.start : span.end]: str(span.style) for span in content.spans}
    assert "strike" in styles["faked"]
    assert "underline" in styles["filmed"]
