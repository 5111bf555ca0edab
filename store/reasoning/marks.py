"""The marks around reasoning text, and what in a stream may be the beginning of one."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "thought_process",
    "thinking_process",
    "chain_of_thought",
    "cot",
    "reasoning",
    "reflection",
    "scratchpad",
    "inner_monologue",
    "inner_thoughts",
    "longcat_think",
    "seed:think",
    "seed:cot_budget_reflect",
    "mm:think",
    "think:opensource",
    "antml:thinking",
)
TAGS: Final = tuple((f"<{name}>", f"</{name}>") for name in NAMES)
_WORDS: Final = ("think", "thinking", "thought", "reasoning")
_FORMS: Final = (
    ("<|{}|>", "<|/{}|>"),
    ("<|begin_of_{}|>", "<|end_of_{}|>"),
    ("<|start_of_{}|>", "<|end_of_{}|>"),
    ("<|begin_{}|>", "<|end_{}|>"),
    ("<|start_{}|>", "<|end_{}|>"),
    ("<|{}_begin|>", "<|{}_end|>"),
    ("<|{}_start|>", "<|{}_end|>"),
    ("[{}]", "[/{}]"),
)
_TOKENS: Final = tuple(
    (opening.format(word), closing.format(word)) for word in _WORDS for opening, closing in _FORMS
)
PAIRS: Final = (
    *TAGS,
    *_TOKENS,
    ("◁think▷", "◁/think▷"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel>thought", "<channel|>"),
    ("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    ("<unused94>", "<unused95>"),
)
"""What opens a passage and what closes it, in small letters."""
WRAPPERS: Final = {
    "<answer>": "</answer>",
    "<response>": "</response>",
    "<solution>": "</solution>",
    "<output>": "</output>",
    "<final_answer>": "</final_answer>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
    "<|start_response|>": "<|end_response|>",
    "<|open|>response<|sep|>": "<|close|>response<|sep|>",
}
"""What some models put around the answer that follows a passage; no part of the answer."""
STEPS: Final = "Here are my reasoning steps:"
STEPS_END: Final = "[BEGIN FINAL RESPONSE]"
FINAL_END: Final = "[end final response]"
BARE: Final = "analysis"
BARE_FINAL: Final = "assistantfinal"
FIRST: Final = (
    ("Here is my thought process:", "Here is my response:"),
    ("Here's my thought process:", "Here's my response:"),
    (STEPS, STEPS_END),
    ("Thinking...\n", "...done thinking."),
    (BARE, BARE_FINAL),
)
"""Openings that count only where a text begins: Granite's, Apriel's, Ollama's on a screen, and
harmony without its tokens."""
DETAILS: Final = '<details type="reasoning"'
"""Open WebUI's passage, in what it exports."""
DETAILS_END: Final = "</details>"

OPENINGS: Final = tuple(opening for opening, _ in FIRST)
OPENS: Final = frozenset(opening for opening, _ in PAIRS)
CLOSES: Final = frozenset(closing for _, closing in PAIRS) | {STEPS_END.lower()}
CLOSING: Final = dict(PAIRS) | {STEPS.lower(): STEPS_END}
START: Final = "<|start|>"
CHANNEL: Final = "<|channel|>"
HEADER: Final = frozenset({START, CHANNEL, "<|begin|>"})
"""Harmony and its kin: what stands between one of these and a message names the channel."""
THINK: Final = "<|think|>"
MESSAGE: Final = frozenset({"<|message|>", "<|content|>"})
HEADER_END: Final = re.compile(r"<\|(?:message|content|think)\|>", re.IGNORECASE)
END: Final = "<|end|>"
TURN_END: Final = frozenset({END, "<|eom|>", "<|return|>", "<|call|>"})
CHANNEL_TEXTS: Final = HEADER | TURN_END | MESSAGE
"""Harmony's marks and those of its kin, which other models may have for other things."""
OWN_THOUGHTS: Final = "to=self"
TO: Final = re.compile(r"\s*to=\S+\s*")
PARTS: Final = frozenset({"<|channel>", "<|open|>", "<|close|>", "<|sep|>"})
"""Tokens that marks are made of."""
CAPITALS: Final = frozenset(mark for pair in _TOKENS for mark in pair if mark.startswith("["))
"""Marks that count in capitals alone."""

CONTROL_TEXTS: Final = (
    OPENS
    | CLOSES
    | CHANNEL_TEXTS
    | frozenset(WRAPPERS)
    | frozenset(WRAPPERS.values())
    | {FINAL_END, DETAILS}
)
"""Every mark, in small letters."""

_ATTRIBUTES: Final = 100
"""Characters that a tag may hold behind its name."""
_TAG: Final = (
    rf"<(?P<end>/ ?)?(?P<name>{'|'.join(NAMES)})(?:\s[^<>]{{0,{_ATTRIBUTES}}}?)?(?P<both>/)?>"
)
MARK: Final = re.compile(
    "|".join((*map(re.escape, sorted(CONTROL_TEXTS, key=len, reverse=True)), _TAG)), re.IGNORECASE
)
ASKS: Final = re.compile(
    r"\b(?:enable_thinking|thinking_(?:mode|budget|effort)|reasoning_effort|think_end_token)\b"
)
"""The names under which templates ask how the model is to think."""
SIGN: Final = re.compile(r"[<\[◁]")
"""What marks begin with."""
LONGEST: Final = 40
_BEGINNINGS: Final = frozenset(mark[:size] for mark in CONTROL_TEXTS for size in range(len(mark)))
_BEGUN_TAG: Final = re.compile(rf"</? ?(?:{'|'.join(NAMES)})(?:\s[^<>]{{0,{_ATTRIBUTES}}})?/?")


def canonical(mark: re.Match[str]) -> str:
    """A mark in small letters; a tag without white space and attributes."""
    name = mark["name"]
    if name is None:
        return mark.group().lower()
    return f"<{'/' if mark['end'] else ''}{name.lower()}{'/' if mark['both'] else ''}>"


def shown(token: str, template: str) -> bool:
    """Whether a control token, which has no text otherwise, is a mark or a part of one.

    Args:
        token: as the vocabulary writes it.
        template: the model's chat template.
    """
    small = token.lower()
    if small in CHANNEL_TEXTS:
        # other models have tokens of these names for other things
        return any(sign in template for sign in (CHANNEL, "<|begin|>assistant", OWN_THOUGHTS))
    return small in CONTROL_TEXTS or (small in PARTS and token in template)


def beginning_of_mark(text: str) -> int:
    """Length of the end of a text that may be the beginning of a mark."""
    tail = text[-LONGEST - _ATTRIBUTES :]
    # the first that fits: a mark may be made of several tokens
    for sign in SIGN.finditer(tail):
        end = tail[sign.start() :].lower()
        if end in _BEGINNINGS or end == "</ " or _BEGUN_TAG.fullmatch(end):
            return len(end)
    return 0
