"""Rendered prompts and chat templates: whether a model's turn begins inside a passage."""

from __future__ import annotations

import re

from store.reasoning.marks import (
    ASKS,
    CHANNEL,
    CLOSES,
    CLOSING,
    END,
    LONGEST,
    OWN_THOUGHTS,
    PAIRS,
    START,
    THINK,
)


def opened(rendered: str) -> str | None:
    """The mark that closes the passage in which a rendered prompt ends, or None.

    Some chat templates begin the model's turn inside a passage: the model writes only the closing
    mark.
    """
    written = rendered.rstrip()[-LONGEST * 2 :]
    end = written.lower()
    if end.endswith((f"{CHANNEL}analysis<|message|>", THINK)):
        return END if CHANNEL in end or "<|begin|>" in end else "<|/think|>"
    opening = next((mark for mark in CLOSING if end.endswith(mark)), None)
    if opening is None:
        return None
    closing = CLOSING[opening]
    return closing.upper() if written.endswith(opening.upper()) else closing


def closed(rendered: str) -> str:
    """What has to follow a rendered prompt so that the model's next word belongs to its answer."""
    closing = opened(rendered)
    if closing == END:
        if "<|begin|>" in rendered:
            return f"{END}<|begin|>assistant<|content|>"
        return f"{END}{START}assistant{CHANNEL}final<|message|>"
    if closing is not None:
        if "<|sep|>" in closing:
            return f"{closing}<|open|>response<|sep|>"
        return f"\n{closing}\n\n"
    if rendered.endswith("<|begin|>assistant"):
        return "<|content|>"
    if rendered.endswith(f"{START}assistant"):
        addressed = "<|eot|>" in rendered
        return " to=user<|message|>" if addressed else f"{CHANNEL}final<|message|>"
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
        return THINK
    if rendered.endswith(f"{START}assistant"):
        return f"{CHANNEL}analysis<|message|>"
    marks = (re.search(re.escape(opening), template, re.IGNORECASE) for opening, _ in PAIRS)
    return f"{next((at.group() for at in marks if at), '<think>')}\n"


def mentioned(template: str) -> bool:
    """Whether a chat template knows passages of reasoning, so that its model may write some."""
    small = template.lower()
    marks = (*CLOSING, *CLOSES, OWN_THOUGHTS)
    return (
        any(mark in small for mark in marks) or ASKS.search(small) is not None or CHANNEL in small
    )
