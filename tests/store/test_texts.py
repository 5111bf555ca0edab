import pytest

from store import texts

LOOPS = [
    "I am sorry. " * 12,
    "The sky is blue and the sea is blue. " * 4,
    "Start of a fair answer that goes well.\n" + "and then and then and then and then " * 6,
    "这是一个很好的问题" * 8,
    "1. Be kind to people you meet.\n2. Be kind to people you meet.\n" * 6,
]
FINE = [
    "",
    "Yes.",
    "ha ha ha ha ha, very funny",
    "| a | b |\n|---|---|\n|---|---|\n| 1 | 2 |\n" + "-" * 200,
    "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily.",
    "for i in range(3):\n    print(i)\nfor j in range(3):\n    print(j)\n",
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
    "https://example.org/" + "a1b2c3d4e5f6g7h8i9j0/path/to/something/long/and/ordinary",
]


@pytest.mark.parametrize("text", LOOPS)
def test_a_loop_is_found(text):
    assert texts.looped(text)


@pytest.mark.parametrize("text", FINE)
def test_an_ordinary_text_is_no_loop(text):
    assert texts.looped(text) is None


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("Fine.<|im_end|>\n", "<|im_end|>"),
        ("Fine.<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        ("Sure.\n\nHuman: and now?", "Human:"),
        ("Assistant: hello", "Assistant:"),
        ("Sure.\n\nUser: go on", "User:"),
        ("ok [/INST] go", "[/INST]"),
        ("CritiqueRequest: find the fault", "CritiqueRequest:"),
        ("the end</s>", "</s>"),
    ],
)
def test_leaked_template_and_role_text(text, piece):
    assert texts.leaked(text) == piece
    assert texts.degenerate(text) == f"leaked: {piece}"


@pytest.mark.parametrize(
    "text",
    [
        "As a human: it depends.",
        "Name: Ann\nUser: root\nHost: here",
        "<s>old price</s> new price",
        "Use a <|> b, or x <| y |> z",
        "The human assistant: a study",
    ],
)
def test_ordinary_text_is_not_leaked(text):
    assert texts.leaked(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Here is the revised response:\n\nHello", True),
        ("Sure! Here's a more polite revised version of the answer: hi", True),
        ("Revised response: hi", True),
        ("Here is the recipe you asked for", False),
        ("The revised edition of 1998 is better.", False),
    ],
)
def test_announcements(text, found):
    assert (texts.announced(text) is not None) is found
