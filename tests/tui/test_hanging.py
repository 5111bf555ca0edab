from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from tui.widgets.hanging import hang, two_columns, under

PIECES = st.lists(
    st.sampled_from(["- ", "1. ", "  ", "word ", "猫", "\n", "User  ", "x" * 30, "(a) ", "* "]),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(min_value=1, max_value=60))
def test_only_white_space_is_added_and_never_a_line_too_long(text: str, width: int) -> None:
    shown = hang(Content(text), width).plain
    assert "".join(shown.split()) == "".join(text.split())
    before = {line for line in text.split("\n") if cell_len(line) > width}
    for line in shown.split("\n"):
        assert cell_len(line.rstrip()) <= max(width, 2) or line in before


def test_what_is_wrapped_stands_under_the_words_of_its_entry() -> None:
    text = (
        "Then:\n12. one two three four five six\n  - seven eight nine ten\nplain words stay plain"
    )
    assert hang(Content(text), 20).plain.split("\n") == [
        "Then:",
        "12. one two three",
        "    four five six",
        "  - seven eight nine",
        "    ten",
        "plain words stay plain",
    ]


def test_the_second_of_two_columns_hangs_whatever_its_words() -> None:
    rows = [("model", "a-file.gguf of a name"), ("", ""), ("id", "0123456789abcdef" * 2)]
    assert hang(two_columns(rows), 30).plain.split("\n") == [
        "model   a-file.gguf of a name",
        "",
        "id      0123456789abcdef012345",
        "        6789abcdef",
    ]


def test_styles_stay_on_their_words() -> None:
    content = Content.assemble("- one two ", ("three four five", "bold"))
    shown = hang(content, 20)
    assert shown.plain == "- one two three four\n  five"
    bold = "".join(shown.plain[span.start : span.end] for span in shown.spans)
    assert "".join(bold.split()) == "threefourfive"


@settings(max_examples=200, deadline=None)
@given(PIECES, st.integers(min_value=4, max_value=12), st.integers(min_value=1, max_value=60))
def test_a_second_column_is_wrapped_under_its_beginning(text: str, at: int, width: int) -> None:
    line = "key".ljust(at) + "word " + text.replace("\n", " ")
    shown = under(Content(f"{line}\nthe next line"), at, width).plain.split("\n")
    assert "".join("".join(shown).split()) == "".join(f"{line}the next line".split())
    if width >= at + 20 and at >= 5:
        assert all(each.startswith(" " * at) for each in shown[1:-1])
