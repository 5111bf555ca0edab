"""Reasoning text: what a model thinks aloud before its answer, and the marks around it.

The only home of the marks. Engines split what a model writes as it comes; the export gate, the
checks and the detectors ask :func:`found` whether a stored text still holds such a passage.

A mark is taken for talk about it, not for a passage, where it is quoted or stands in code, or
stands between words of a sentence (``the <think> tag``) and no passage is closed behind it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NAMES: Final = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "scratchpad",
    "inner_monologue",
    "seed:think",
    "seed:cot_budget_reflect",
    "mm:think",
    "think:opensource",
    "antml:thinking",
)
_TAGS: Final = tuple((f"<{name}>", f"</{name}>") for name in _NAMES)
_PAIRS: Final = (
    *_TAGS,
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|thought_start|>", "<|thought_end|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel>thought", "<channel|>"),
    ("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    ("<unused94>", "<unused95>"),
)
"""What opens a passage and what closes it, in small letters."""
_WRAPPERS: Final = {
    "<answer>": "</answer>",
    "<response>": "</response>",
    "<solution>": "</solution>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
    "<|start_response|>": "<|end_response|>",
    "<|open|>response<|sep|>": "<|close|>response<|sep|>",
}
"""What some models put around the answer that follows a passage; no part of the answer."""
_STEPS: Final = "Here are my reasoning steps:"
_STEPS_END: Final = "[BEGIN FINAL RESPONSE]"
_FINAL_END: Final = "[end final response]"
_BARE: Final = "analysis"
_BARE_FINAL: Final = "assistantfinal"
_FIRST: Final = (
    ("Here is my thought process:", "Here is my response:"),
    ("Here's my thought process:", "Here's my response:"),
    (_STEPS, _STEPS_END),
    (_BARE, _BARE_FINAL),
)
"""Openings that count only where a text begins: Granite's, Apriel's, and harmony without its
tokens."""

_OPENINGS: Final = tuple(opening for opening, _ in _FIRST)
_OPENS: Final = frozenset(opening for opening, _ in _PAIRS)
_CLOSES: Final = frozenset(closing for _, closing in _PAIRS) | {_STEPS_END.lower()}
_CLOSING: Final = dict(_PAIRS) | {_STEPS.lower(): _STEPS_END}
_START: Final = "<|start|>"
_CHANNEL: Final = "<|channel|>"
_HEADER: Final = frozenset({_START, _CHANNEL, "<|begin|>"})
"""Harmony and its kin: what stands between one of these and a message names the channel."""
_THINK: Final = "<|think|>"
_MESSAGE: Final = frozenset({"<|message|>", "<|content|>"})
_HEADER_END: Final = re.compile(r"<\|(?:message|content|think)\|>", re.IGNORECASE)
_END: Final = "<|end|>"
_TURN_END: Final = frozenset({_END, "<|eom|>", "<|return|>", "<|call|>"})
CHANNEL_TEXTS: Final = _HEADER | _TURN_END | _MESSAGE
"""Harmony's marks and those of its kin, which other models may have for other things."""
_OWN_THOUGHTS: Final = "to=self"
_TO: Final = re.compile(r"\s*to=\S+\s*")
_PARTS: Final = frozenset({"<|channel>", "<|open|>", "<|close|>", "<|sep|>"})
"""Tokens that marks are made of."""
_CAPITALS: Final = frozenset({"[think]", "[/think]"})
"""Marks that count in capitals alone."""

CONTROL_TEXTS: Final = (
    _OPENS
    | _CLOSES
    | CHANNEL_TEXTS
    | frozenset(_WRAPPERS)
    | frozenset(_WRAPPERS.values())
    | {_FINAL_END}
)
"""Every mark, in small letters."""

_MARK: Final = re.compile(
    "|".join(map(re.escape, sorted(CONTROL_TEXTS, key=len, reverse=True))), re.IGNORECASE
)
_ASKS: Final = re.compile(
    r"\b(?:enable_thinking|thinking_(?:mode|budget|effort)|reasoning_effort|think_end_token)\b"
)
"""The names under which templates ask how the model is to think."""
_SIGN: Final = re.compile(r"[<\[◁]")
"""What marks begin with."""
_LONGEST: Final = 40
_AFTER: Final = 3
"""Characters behind a mark that tell talk about it from a passage."""
_CONNECTIVES: Final = frozenset({"", "and", "or", "to", "...", "…", "/", ",", "&", "und", "et"})
_QUOTES: Final = "\"'“‘«„"
_QUOTES_END: Final = "\"'”’»“"
_FENCES: Final = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_FENCE: Final = "```\n"
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
"""Code inside a line, between runs of as many backticks (CommonMark)."""
_TICKS: Final = re.compile("`+")
_TALK: Final = re.compile(r"[\w,;:(] $")
_GOES_ON: Final = re.compile(r" [a-z(]|[,;:)]|[.](?:\s|$)|\s*$")
_ROLE: Final = re.compile(r"\s*\w{0,16}\s*(?:<[|a-z]*)?")
_ROLE_AND_CHANNEL: Final = re.compile(
    r"\s*\w{0,16}\s*(?:<\|(?:channel|think|content)\|>|to=\w+)", re.IGNORECASE
)


class Parts(NamedTuple):
    """A text taken apart."""

    answer: str
    reasoning: str
    """All passages, without their marks."""


def opened(rendered: str) -> str | None:
    """The mark that closes the passage in which a rendered prompt ends, or None.

    Some chat templates begin the model's turn inside a passage: the model writes only the closing
    mark.
    """
    end = rendered.rstrip()[-_LONGEST * 2 :].lower()
    if end.endswith((f"{_CHANNEL}analysis<|message|>", _THINK)):
        return _END if _CHANNEL in end or "<|begin|>" in end else "<|/think|>"
    opening = next((mark for mark in _CLOSING if end.endswith(mark)), None)
    if opening is None:
        return None
    closing = _CLOSING[opening]
    return closing.upper() if opening == "[think]" else closing


def closed(rendered: str) -> str:
    """What has to follow a rendered prompt so that the model's next word belongs to its answer."""
    closing = opened(rendered)
    if closing == _END:
        if "<|begin|>" in rendered:
            return f"{_END}<|begin|>assistant<|content|>"
        return f"{_END}{_START}assistant{_CHANNEL}final<|message|>"
    if closing is not None:
        if "<|sep|>" in closing:
            return f"{closing}<|open|>response<|sep|>"
        return f"\n{closing}\n\n"
    if rendered.endswith("<|begin|>assistant"):
        return "<|content|>"
    if rendered.endswith(f"{_START}assistant"):
        addressed = "<|eot|>" in rendered
        return " to=user<|message|>" if addressed else f"{_CHANNEL}final<|message|>"
    return ""


def entered(rendered: str, template: str) -> str:
    """What has to follow a rendered prompt so that the model's next word belongs to a passage.

    Args:
        rendered: the prompt, ready for the model's turn.
        template: the chat template that made it.
    """
    if opened(rendered) is not None:
        return ""
    if rendered.endswith("<|begin|>assistant"):
        return _THINK
    if rendered.endswith(f"{_START}assistant"):
        return f"{_CHANNEL}analysis<|message|>"
    marks = (re.search(re.escape(opening), template, re.IGNORECASE) for opening, _ in _PAIRS)
    return f"{next((at.group() for at in marks if at), '<think>')}\n"


def mentioned(template: str) -> bool:
    """Whether a chat template knows passages of reasoning, so that its model may write some."""
    small = template.lower()
    marks = (*_CLOSING, *_CLOSES, _OWN_THOUGHTS)
    return (
        any(mark in small for mark in marks) or _ASKS.search(small) is not None or _CHANNEL in small
    )


def shown(token: str, template: str) -> bool:
    """Whether a control token, which has no text otherwise, is a mark or a part of one.

    Args:
        token: as the vocabulary writes it.
        template: the model's chat template.
    """
    small = token.lower()
    if small in CHANNEL_TEXTS:
        # other models have tokens of these names for other things
        return any(sign in template for sign in (_CHANNEL, "<|begin|>assistant", _OWN_THOUGHTS))
    return small in CONTROL_TEXTS or (small in _PARTS and token in template)


def split(text: str, *, cut: bool = False) -> Parts:
    """Take a whole text apart.

    Args:
        text: as a model wrote it.
        cut: it ended because the token limit was reached.
    """
    splitter = Splitter()
    splitter.push(text)
    splitter.finish(cut=cut)
    return Parts(splitter.answer, splitter.reasoning)


def found(text: str) -> str | None:
    """The first mark of a passage that a text holds, or None."""
    if not may_hold(text):
        return None
    splitter = Splitter()
    splitter.push(text)
    splitter.finish(cut=False)
    return splitter.first_mark


def may_hold(text: str) -> bool:
    """Whether a closer look is needed: false for nearly all texts, and quick to tell."""
    marked = _SIGN.search(text) is not None and _MARK.search(text) is not None
    return marked or text.lstrip().startswith(_OPENINGS) or _BARE_FINAL in text


class Splitter:
    """Takes a stream apart, wherever its pieces break: the answer from the thinking.

    Args:
        opened_by_prompt: the prompt ends inside a passage.
    """

    def __init__(self, *, opened_by_prompt: bool = False) -> None:
        self.first_mark: str | None = None
        """The mark that first opened or closed a passage."""
        self.retracted = False
        """What was let through as answer before was none: :attr:`answer` holds all there is. A
        closing mark without an opening one tells so. Stays true; a reader clears it."""
        self._answer: list[str] = []
        self._thought: list[str] = []
        self._held = ""
        """Not yet known: the beginning of a mark, or a mark whose surroundings have not come."""
        self._inside = opened_by_prompt
        self._doubtful = ""
        """The opening mark of a passage that is talk about the mark, should it never be closed."""
        self._doubted = 0
        self._harmony = opened_by_prompt
        """Harmony's marks count: also where the prompt may have been the first to use them."""
        self._header: str | None = None
        self._bare: str | None = None
        self._wrapper: str | None = None
        self._begun = opened_by_prompt

    @property
    def answer(self) -> str:
        """What has been let through so far."""
        return "".join(self._answer)

    @property
    def reasoning(self) -> str:
        """What was thought so far."""
        return "".join(self._thought).strip()

    @property
    def inside(self) -> bool:
        """Whether the stream is inside a passage now."""
        return self._inside or self._header is not None

    def push(self, text: str) -> str:
        """Take the next piece; returns what is certain to be answer."""
        if not text:
            return ""
        before = len(self._answer)
        self._read(self._held + text, last=False)
        return "".join(self._answer[before:])

    def finish(self, *, cut: bool) -> str:
        """The stream is over; returns what had been held back of the answer.

        Args:
            cut: it ended because the token limit was reached, perhaps in the middle of a passage.
        """
        before = len(self._answer)
        held, self._held = self._held, ""
        self._read(held, last=True)
        if self._header is not None:
            self._think(self._header)
            self._header = None
        if self._inside and self._doubtful and not cut:
            self._was_talk()
        self._without_tokens()
        return "".join(self._answer[before:])

    # -- reading --------------------------------------------------------------------------------

    def _read(self, text: str, *, last: bool) -> None:
        self._held = ""
        if not self._begun:
            text = self._beginning(text, last=last)
        while text:
            if self._bare is not None:
                text = self._until_bare(text, last=last)
            elif self._header is not None:
                text = self._until_message(text)
            else:
                text = self._until_mark(text, last=last)

    def _beginning(self, text: str, *, last: bool) -> str:
        """Recognise what counts only where a text begins."""
        start = text.lstrip()
        if not last and any(o.startswith(start) or start == o for o, _ in _FIRST):
            self._held = text
            return ""
        self._begun = True
        for opening, closing in _FIRST:
            rest = start[len(opening) :]
            if start.startswith(opening) and (opening != _BARE or rest[:1].isalnum()):
                self._inside, self._bare = True, closing
                self._doubtful = text[: len(text) - len(rest)]
                self._doubted = len(self._thought)
                self.first_mark = opening
                if opening == _BARE and rest[:1].isupper():
                    self._doubtful = ""
                return rest
        return text

    def _until_bare(self, text: str, *, last: bool) -> str:
        """Inside a passage without marks of its own."""
        closing = self._bare or ""
        head, mark, rest = text.partition(closing)
        if mark:
            self._think(head)
            self._inside, self._bare, self._doubtful = False, None, ""
            return rest
        keep = 0 if last else _overlap(text, closing)
        self._think(text[: len(text) - keep])
        self._held = text[len(text) - keep :]
        return ""

    def _until_message(self, text: str) -> str:
        """Inside a header of harmony's, which ends with ``<|message|>``."""
        header = (self._header or "") + text
        end = _HEADER_END.search(header)
        if end is None:
            self._header = header
            return ""
        self._header = None
        name, mark = header[: end.start()], end.group().lower()
        aside = _OWN_THOUGHTS in name or (_CHANNEL in name and "final" not in name)
        self._inside = mark == _THINK or aside
        return header[end.end() :]

    def _until_mark(self, text: str, *, last: bool) -> str:
        """Inside a passage or the answer: up to the next mark that counts."""
        start = 0
        while at := _MARK.search(text, start):
            mark = at.group().lower()
            if mark in _CAPITALS and not at.group().isupper():
                counts: bool | None = False
            elif self._inside:
                counts = mark in _CLOSES or (self._harmony and mark in CHANNEL_TEXTS)
            else:
                counts = self._counts(text, at, mark, last=last)
            if counts is None:
                self._let_through(text[: at.start()])
                self._held = text[at.start() :]
                return ""
            if counts:
                return self._leave(text, at, mark) if self._inside else self._enter(text, at, mark)
            start = at.end()
        keep = 0 if last else _beginning_of_mark(text)
        sure = text[: len(text) - keep]
        self._held = text[len(text) - keep :]
        if self._inside:
            self._think(sure)
        else:
            self._let_through(sure)
        return ""

    def _leave(self, text: str, at: re.Match[str], mark: str) -> str:
        """A mark that ends the passage."""
        passage = text[: at.start()]
        if self._doubtful and mark in _CLOSES:
            said = "".join(self._thought[self._doubted :]) + passage
            if said.strip() in _CONNECTIVES:
                # "the <think> and </think> marks"
                self._think(passage)
                self._was_talk()
                self._let_through(text[len(passage) : at.end()])
                return text[at.end() :]
        self._think(passage)
        self._inside, self._doubtful = False, ""
        self.first_mark = self.first_mark or at.group()
        self._think("\n")
        if mark in _HEADER:
            self._header = mark if mark == _CHANNEL else ""
        return text[at.end() :]

    def _was_talk(self) -> None:
        """The passage is none: give its text back to the answer."""
        said = self._doubtful + "".join(self._thought[self._doubted :])
        del self._thought[self._doubted :]
        self._inside, self._doubtful = False, ""
        if not self._thought:
            self.first_mark = None
        self._let_through(said)

    def _enter(self, text: str, at: re.Match[str], mark: str) -> str:
        """A mark in the answer: it begins a passage, or ends one that nothing had begun."""
        before, rest = text[: at.start()], text[at.end() :]
        if mark in _WRAPPERS or mark in _WRAPPERS.values() or mark == _FINAL_END:
            self._let_through(before)
            self._wrapper = _WRAPPERS.get(mark)
            return rest
        if mark in _MESSAGE and _TO.fullmatch(self.answer + before):
            # the prompt has begun the header
            self._harmony, self._inside = True, _OWN_THOUGHTS in self.answer + before
            self.retracted = self.retracted or bool(self._answer)
            self._answer.clear()
            self.first_mark = self.first_mark or at.group()
            return rest
        if mark in _TURN_END or mark in _MESSAGE:
            self._let_through(before)
            self.first_mark = self.first_mark or at.group()
            return rest
        if self.first_mark is None:
            self.first_mark = at.group()
        if mark in _CLOSES:
            self._think(self.answer + before + "\n")
            self.retracted = self.retracted or bool(self._answer)
            self._answer.clear()
            return rest
        talk = self._is_talk(before, rest)
        self._let_through(before)
        if self._answer and not self.answer.strip():
            self._answer.clear()
            self.retracted = True
        if mark in _HEADER:
            self._harmony = True
            self._header = mark if mark == _CHANNEL else ""
            return rest
        self._inside = True
        self._harmony = self._harmony or mark == _THINK
        self._doubted = len(self._thought)
        self._doubtful = at.group() if talk else ""
        return rest

    def _counts(self, text: str, at: re.Match[str], mark: str, *, last: bool) -> bool | None:
        """Whether a mark in the answer is one; None where more has to come to tell."""
        before, after = text[: at.start()], text[at.end() :]
        if mark in _WRAPPERS:
            known = self.first_mark is not None or mark.startswith("<|")
            return known and not (self.answer + before).strip()
        if mark == _FINAL_END:
            return self.first_mark is not None
        if mark in _WRAPPERS.values():
            return mark == self._wrapper or mark.startswith("<|close|>")
        if mark in _MESSAGE and _TO.fullmatch(self.answer + before):
            return True
        if mark == "<|content|>" and not (self.answer + before).strip():
            return True
        if mark in _TURN_END or mark in _MESSAGE:
            return self._harmony
        if mark == _CHANNEL:
            return True
        if mark in _HEADER:
            # other models have tokens of these names
            return self._harmony or bool(_ROLE_AND_CHANNEL.match(after)) or _more(after, last=last)
        said = self.answer + before
        if not said.strip():
            return True
        if quoted := _quotes(said):
            rest, end, _ = after.partition("\n")
            ends = _QUOTES_END if quoted == _QUOTES_END else (quoted,)
            if quoted == _FENCE or any(sign in rest for sign in ends):
                return False
            return True if end or last else None
        if len(after) < _AFTER and not last:
            return None
        return not (mark in _CLOSES and self._is_talk(before, after))

    def _is_talk(self, before: str, after: str) -> bool:
        """Whether words of one sentence stand on both sides of a mark."""
        said = (self.answer + before)[-3:]
        return bool(_TALK.search(said) and _GOES_ON.match(after))

    # -- writing --------------------------------------------------------------------------------

    def _think(self, text: str) -> None:
        if text:
            self._thought.append(text)

    def _let_through(self, text: str) -> None:
        """Add to the answer; white space between a passage and its answer is dropped."""
        if self.first_mark is not None and not self._answer:
            text = text.lstrip()
        if text:
            self._answer.append(text)

    def _without_tokens(self) -> None:
        """At the end: harmony's words where its tokens and its beginning were lost."""
        head, mark, rest = self.answer.partition(_BARE_FINAL)
        if mark:
            self._think(head)
            self.first_mark = self.first_mark or mark
            self.retracted = True
            self._answer = [rest.lstrip()] if rest.strip() else []


def _beginning_of_mark(text: str) -> int:
    """Length of the end of a text that may be the beginning of a mark."""
    tail = text[-_LONGEST:]
    # the first that fits: a mark may be made of several tokens
    for sign in _SIGN.finditer(tail):
        end = tail[sign.start() :].lower()
        if any(mark.startswith(end) for mark in CONTROL_TEXTS):
            return len(end)
    return 0


def _overlap(text: str, mark: str) -> int:
    """Length of the longest end of a text that a mark begins with."""
    sizes = range(min(len(text), len(mark) - 1), 0, -1)
    return next((size for size in sizes if text.endswith(mark[:size])), 0)


def _quotes(said: str) -> str:
    """What would end the code or the quotation that a text stops in; empty outside of both."""
    if len(_FENCES.findall(said)) % 2 == 1:
        return _FENCE
    if ticks := _TICKS.search(_SPAN.sub("", said.rpartition("\n")[2])):
        return ticks.group()
    return _QUOTES_END if said[-1] in _QUOTES else ""


def _more(after: str, *, last: bool) -> bool | None:
    """None while a role and a channel may still come."""
    undecided = not last and len(after) < _LONGEST and _ROLE.fullmatch(after)
    return None if undecided else False
