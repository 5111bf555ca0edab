"""What a message, or a piece of one, thinks and says, in the forms that servers use."""

from __future__ import annotations

from typing import Any

_THOUGHT = (
    "reasoning_content",
    "reasoning",
    "thinking",
    "reasoning_text",
    "thinking_blocks",
    "reasoning_details",
)
"""Where servers put what the model thought (llama.cpp, vLLM, Ollama, translating proxies)."""
_SAYING = frozenset({"text", "output_text", "refusal"})
"""Types of the parts that belong to the answer."""
_THINKING = frozenset({"thinking", "reasoning", "reasoning_text", "thought"})
"""Types of the parts that belong to the thinking."""

_TEXTS = ("text", "thinking", "reasoning", "content", "summary", "refusal")
"""Where a part has its text."""


def parts(said: dict[str, Any]) -> tuple[str, str]:
    """What a message or a piece of one thinks and says, in any of the forms servers use.

    The text is a string, null or a list of parts; the thinking is a field of its own or some of
    the parts. What is neither (images, calls) counts as nothing.
    """
    thought = next((told for key in _THOUGHT if (told := _joined(said.get(key)))), "")
    # a refusal stands in a field of its own, and is what the model says all the same
    content = said.get("content") or said.get("refusal")
    if not isinstance(content, list):
        return thought, _joined(content)
    text = []
    for part in content:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict):
            sort = str(part.get("type", "text"))
            if sort in _THINKING or part.get("thought") is True:
                thought += _joined(part)
            elif sort in _SAYING:
                text.append(_joined(part))
    return thought, "".join(text)


def _joined(value: Any) -> str:
    """A string, or the text of a part, or the texts of a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_joined(one) for one in value)
    if isinstance(value, dict):
        return next((told for key in _TEXTS if (told := _joined(value.get(key)))), "")
    return ""
