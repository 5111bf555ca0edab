"""Reasoning text: told from the answer wherever a stream breaks, and from talk about its marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import reasoning
from store.reasoning import Parts, Splitter, found, split

TO_COMMENTARY = "<|end|><|start|>assistant<|channel|>commentary to=x<|message|>"
TO_FINAL = "<|end|><|start|>assistant<|channel|>final<|message|>"
PASSAGES = {
    "at the beginning": ("<think>why</think>Because.", "Because.", "why"),
    "with white space": (" <think>\nwhy\n</think>\n\nBecause.", "Because.", "why"),
    "closed only": ("I should be kind.\n</think>\n\nHello.", "Hello.", "I should be kind."),
    "closed only, no break": ("I say hi</think>Hi", "Hi", "I say hi"),
    "never closed": ("<think>still thinking", "", "still thinking"),
    "several": ("<think>a</think>B<think>c</think>D", "BD", "a\nc"),
    "behind a sentence": ("Sure. <think>hm</think>Yes.", "Sure. Yes.", "hm"),
    "behind a sentence, never closed": ("Sure. <think>hm", "Sure. ", "hm"),
    "empty": ("<think>\n\n</think>\n\nYes.", "Yes.", ""),
    "in capitals": ("<THINK>a</THINK>B", "B", "a"),
    "thinking": ("<thinking>a</thinking>B", "B", "a"),
    "reasoning": ("<reasoning>a</reasoning>B", "B", "a"),
    "thought": ("<thought>a</thought>B", "B", "a"),
    "seed": ("<seed:think>a</seed:think>B", "B", "a"),
    "mistral": ("[THINK]a[/THINK]B", "B", "a"),
    "kimi": ("◁think▷a◁/think▷B", "B", "a"),
    "begin of thought": (
        "<|begin_of_thought|>a<|end_of_thought|>\n<|begin_of_solution|>B<|end_of_solution|>",
        "B",
        "a",
    ),
    "cohere": (
        "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>B<|END_RESPONSE|>",
        "B",
        "a",
    ),
    "gemma": ("<|channel>thought\na<channel|>B", "B", "a"),
    "granite": ("Here is my thought process: a Here is my response: B", "B", "a"),
    "an answer in a wrapper": ("<think>a</think><answer>\nB\n</answer>", "B\n", "a"),
    "harmony": (
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>B",
        "B",
        "a",
    ),
    "harmony with commentary": (
        f"<|channel|>analysis<|message|>a{TO_COMMENTARY}b{TO_FINAL}C<|return|>",
        "C",
        "a\nb",
    ),
    "harmony without its tokens": ("analysisWe say hi.assistantfinalHi.", "Hi.", "We say hi."),
    "harmony's end alone": ("We say hi.assistantfinalHi.", "Hi.", "We say hi."),
    "mm": ("<mm:think>a</mm:think>B", "B", "a"),
    "hunyuan": ("<think:opensource>a</think:opensource>B", "B", "a"),
    "kimi k3": (
        "<|open|>think<|sep|>a<|close|>think<|sep|><|open|>response<|sep|>B<|close|>response<|sep|>",
        "B",
        "a",
    ),
    "apriel": (
        "Here are my reasoning steps:\na\n[BEGIN FINAL RESPONSE]\nB\n[END FINAL RESPONSE]",
        "B\n",
        "a",
    ),
    "apriel, opened by the prompt": ("a\n[BEGIN FINAL RESPONSE]\nB", "B", "a"),
    "solar": ("<|think|>a<|end|><|begin|>assistant<|content|>B<|end|>", "B", "a"),
    "muse": (" to=self<|message|>a<|eom|><|start|>assistant to=user<|message|>B", "B", "a"),
    "attributes": ('<think type="long">a</think>B', "B", "a"),
    "white space in the marks": ("<think >a</ think >B", "B", "a"),
    "a mark that closes itself": ("<think/>B", "B", ""),
    "closed by another name": ("<think>a</thinking>B", "B", "a"),
    "nested": ("<think>a<think>b</think>c</think>D", "D", "a<think>b\nc"),
    "behind the answer": ("B.\n<think>a</think>", "B.\n", "a"),
    "a closing mark in code that never ends": ("```py\nx\n</think>\n\nB", "B", "```py\nx"),
    "an example in code behind the thinking": (
        "<think>a</think>\n```\n<think>x</think>\n```",
        "```\n<think>x</think>\n```",
        "a",
    ),
    "behind talk about it": (
        "The <think> tag opens.\n<think>a</think>B",
        "The <think> tag opens.\nB",
        "a",
    ),
    "marco": ("<Thought>a</Thought>\n<Output>B</Output>", "B", "a"),
    "longcat": ("<longcat_think>a</longcat_think>B", "B", "a"),
    "tokens of other names": ("<|thinking_start|>a<|thinking_end|>B", "B", "a"),
    "medgemma": ("<unused94>thought\na<unused95>B", "B", "thought\na"),
    "apertus": ("<|inner_prefix|>a<|inner_suffix|>B", "B", "a"),
    "as ollama shows it": ("Thinking...\na\n...done thinking.\n\nB", "B", "a"),
    "as open webui exports it": (
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\n> a\n</details>\nB',
        "B",
        'done="true">\n<summary>Thought</summary>\n> a',
    ),
    "harmony without its tokens, in lines": ("analysis\n\na\n\nassistantfinal\n\nB", "B", "a"),
    "harmony without an end": (
        "<|channel|>analysis<|message|>a<|start|>assistant<|channel|>final<|message|>B",
        "B",
        "a",
    ),
    "harmony's call of a tool": (
        f"<|channel|>analysis<|message|>a{TO_COMMENTARY}{{}}<|call|>",
        "",
        "a\n{}",
    ),
    "a header that never ends": (f"<|channel|>{'x' * 300}", "", "x" * 300),
    "closed only, without spaces": ("考える</think>答え", "答え", "考える"),
    "harmony cut": ("<|channel|>analysis<|message|>We should", "", "We should"),
}

TALK = (
    "The `<think>` tag opens the block and `</think>` closes it.",
    "Models write ``<think>...</think>`` first.",
    "```\n<think>\nwhy\n</think>\nBecause.\n```\nThat is the format.",
    'It prints "<think>" before it answers.',
    "The <think> tag is new.",
    "Between the <think> and </think> tags stands the thinking.",
    "Strip everything before the </think> tag.",
    "I think, therefore I am [think] of it.",
    "analysis of the figures shows a rise",
    "Analysis: it rose.",
    "a < b and b > c, see <thinkers> and [1]",
    "Use <b>bold</b> and <answer>42</answer> in XML.",
    "Here is my thought process: first I count, then I add.",
    "On this channel <|endoftext|> stands alone.",
    "gpt-oss writes `<|channel|>` and a name, then `<|message|>`.",
    "````md\n```\n<think>\n```\n</think>\n````\nThat is the format.",
    "It looks so:\n\n    <think>\n    why\n    </think>\n    Because.\n\nThat is all.",
    "モデルは<think>タグで考えます。",
    "開始は「<think>」、終了は「</think>」です。",
    "```\n<think>x</think>\n```\nand `</think>` closes it.",
    "<details>\n<summary>More</summary>\ntext\n</details>",
)


@pytest.mark.parametrize("name", PASSAGES)
def test_a_passage_is_told_from_the_answer(name: str) -> None:
    text, answer, thought = PASSAGES[name]
    assert split(text) == Parts(answer, thought)
    assert found(text) is not None


@pytest.mark.parametrize("text", TALK)
def test_talk_about_marks_is_left_alone(text: str) -> None:
    assert split(text) == Parts(text, "")
    assert found(text) is None


def streamed(text: str, sizes: list[int], *, cut: bool = False) -> Splitter:
    """A text in pieces of these sizes; what is let through adds up to the answer."""
    splitter, shown, at = Splitter(), "", 0
    for size in [*sizes, len(text)]:
        shown += splitter.push(text[at : at + size])
        if splitter.retracted:
            splitter.retracted, shown = False, splitter.answer
        at += size
    shown += splitter.finish(cut=cut)
    assert splitter.retracted or shown == splitter.answer or not splitter.answer
    return splitter


@given(
    st.sampled_from([text for text, *_ in PASSAGES.values()] + list(TALK)),
    st.lists(st.integers(1, 9)),
)
def test_it_does_not_matter_where_a_stream_breaks(text: str, sizes: list[int]) -> None:
    made = streamed(text, sizes)
    assert Parts(made.answer, made.reasoning) == split(text)


MARKS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("", "</think>"),
]
PLAIN = st.text("abc XYZ.,!?\n<>[]|/`'", max_size=30)
SAID = st.text("abc XYZ.,!?\n", max_size=30)


LONG = {
    "quoted": ("`<think>` ", None),
    "fenced": ("```\n<think>\n```\n", None),
    "talk": ("the <think> tag is. ", None),
    "backticks": ("`a``b", None),
    "signs": ("<", None),
    "attributes that never end": ("<think ", None),
    "in quotation marks, never ended": ("x'<think> ", "<think>"),
    "open": ("<think>", "<think>"),
    "closed": ("a</think>", "</think>"),
    "turns": ("<|start|>assistant<|channel|>final<|message|>", "<|start|>"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_of_marks_is_read_to_its_end(name: str) -> None:
    """Work that grows with the square of the length would take minutes here."""
    piece, mark = LONG[name]
    assert found(piece * (150_000 // len(piece))) == mark


@given(SAID, st.sampled_from(MARKS), PLAIN, PLAIN, st.lists(st.integers(1, 7)))
def test_nothing_that_was_thought_is_in_the_answer(
    before: str, marks: tuple[str, str], thought: str, after: str, sizes: list[int]
) -> None:
    opening, closing = marks
    if not opening:
        # a quotation begun before a closing mark and ended behind it may be talk
        thought, after = thought.replace("`", ""), after.replace("'", "")
    text = f"{before}{opening}{thought}SECRET.{closing}{after}"
    made = streamed(text, sizes)
    assert "SECRET" not in made.answer
    assert "SECRET" in made.reasoning
    assert after.strip() in made.answer
    assert found(text) is not None


@given(SAID, st.sampled_from([m for m in MARKS if m[0]]), PLAIN, st.lists(st.integers(1, 7)))
def test_a_passage_that_the_token_limit_cut_is_no_answer(
    before: str, marks: tuple[str, str], thought: str, sizes: list[int]
) -> None:
    made = streamed(f"{before}{marks[0]}{thought}SECRET", sizes, cut=True)
    assert "SECRET" not in made.answer
    assert "SECRET" in made.reasoning


@given(st.text(), st.lists(st.integers(1, 7)))
def test_a_text_without_marks_stays_as_it_is(text: str, sizes: list[int]) -> None:
    made = streamed(text, sizes)
    if made.first_mark is None:
        assert (made.answer, made.reasoning) == (text, "")
    assert (made.first_mark is None) == (found(text) is None)


def test_a_prompt_that_ends_inside_a_passage() -> None:
    assert reasoning.opened("<|im_start|>assistant\n<think>\n") == "</think>"
    assert reasoning.opened("<|im_start|>assistant\n<think>\n\n</think>\n\n") is None
    assert reasoning.opened("<s>[INST]hi[/INST][THINK]") == "[/THINK]"
    assert reasoning.opened("<|im_start|>assistant\n") is None
    splitter = Splitter(opened_by_prompt=True)
    assert splitter.push("still thinking") == ""
    assert splitter.push(" on</thi") == ""
    assert splitter.push("nk>\n\nHi") == "Hi"
    assert splitter.reasoning == "still thinking on"


@pytest.mark.parametrize(
    ("rendered", "follows"),
    [
        ("<|im_start|>assistant\n", ""),
        ("<|im_start|>assistant\n<think>\n", "\n</think>\n\n"),
        ("[/INST][THINK]", "\n[/THINK]\n\n"),
        ("<|CHATBOT_TOKEN|><|START_THINKING|>", "\n<|END_THINKING|>\n\n"),
        ("<|start|>assistant", "<|channel|>final<|message|>"),
        ("<|user|>Hi<|eot|><|start|>assistant", " to=user<|message|>"),
        ("<|begin|>assistant", "<|content|>"),
        ("<|begin|>assistant<|think|>", "<|end|><|begin|>assistant<|content|>"),
        ("<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
        ("Here are my reasoning steps:\n", "\n[BEGIN FINAL RESPONSE]\n\n"),
    ],
)
def test_what_closes_a_prompt(rendered: str, follows: str) -> None:
    assert reasoning.closed(rendered) == follows
    assert reasoning.opened(rendered + follows) is None


def test_a_template_that_knows_passages() -> None:
    assert reasoning.mentioned("{%- if enable_thinking %}{{ '<think>' }}{% endif %}")
    assert not reasoning.mentioned("{% for m in messages %}{{ m.content }}{% endfor %}")
