"""What mode X says, line by line; no widget in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content

from store import ids
from store.checks.finding import Level
from store.exporting import EXPLAINED, SPLIT_NAMES, Reason
from store.exporting.write import json_text
from tui.formatting import counted, share
from tui.text import plain

if TYPE_CHECKING:  # scikit-learn: not needed to draw
    from store.checks.registry import Told

BEFORE = 8
"""Cells before what a check says."""
MOST_CHECKS = 2
"""Findings that are told here."""

FIELD_CHARACTERS = 220
"""A field of the preview is cut here; the file has all of it."""

IN_WORDS = {
    Reason.HIDDEN: "a round still hides it",
    Reason.REMOVED: "taken out of the project",
    Reason.UNLABELLED: "not labelled yet",
    Reason.SKIPPED: "skipped",
    Reason.BEING_LABELLED_AGAIN: "being labelled again",
    Reason.DISAGREEMENT: "disagreement without ruling",
    Reason.TOO_FEW_ANNOTATORS: "too few annotators",
    Reason.TIE: "tie",
    Reason.BOTH_BAD: "both bad",
    Reason.REJECTED: "revision rejected",
    Reason.EDITED: "edited: the edit goes out",
    Reason.FLAGGED: "flagged",
    Reason.LOW_AGREEMENT: "low agreement",
    Reason.WEAK_JUDGE: "a weak judge",
    Reason.LOW_CONFIDENCE: "the model is not sure",
    Reason.EMPTY: "an empty text",
    Reason.IDENTICAL: "identical answers",
    Reason.REASONING: "a model's reasoning",
    Reason.TRUNCATED: "cut off by max tokens",
    Reason.DEGENERATE: "loops or template text",
    Reason.MULTI_TURN: "a conversation",
    Reason.NOT_EXPRESSIBLE: "not expressible here",
    Reason.IDENTICAL_WHEN_REDACTED: "identical once redacted",
    Reason.IDENTICAL_WHEN_CUT: "identical once cut",
    Reason.DUPLICATE: "duplicate",
    Reason.LENGTH_UNMATCHED: "no match in length",
}


SOURCES = {
    "consensus": "the ruling, else what all who labelled it say",
    "majority": "the ruling, else what more than half of them say",
    "crowd": "the ruling, else raters weighed by how often they agree; three or more",
    "decisions": "what was accepted or edited in Revise; labels aside",
}
"""Whose word can stand, beside that of one annotator or model."""


def sources(raters: Sequence[str]) -> dict[str, str]:
    """Everything that may decide what goes out, with a line about it."""
    models = any(map(ids.is_ai, raters))
    alone = {f"by:{name}" if ids.is_person(name) else name: f"{name} alone" for name in raters}
    return SOURCES | ({"ai": "what the models say; people aside"} if models else {}) | alone


def split_words(shares: Sequence[float] | None) -> str:
    """``train 90 %, validation 5 %, test 5 %``; None where it is one file."""
    if shares is None:
        return "one file, no split"
    told = zip(SPLIT_NAMES, shares, strict=True)
    return ", ".join(f"{name} {share(part)}" for name, part in told if part)


def reason_line(reason: str, number: int) -> Content:
    """``  41  not labelled yet``."""
    return Content.assemble((f"{number:>6,}", "bold"), f"   {IN_WORDS[Reason(reason)]}")


def reason_title(reason: str) -> str:
    """A reason as the title of its list."""
    return f"Stays: {EXPLAINED[Reason(reason)]}"


def going_out(lines: int, pairs: int, *, some: bool) -> str:
    """The title over everything; ``some`` where the pairs were marked in mode B."""
    which = "marked pair" if some else "pair"
    rest = "; these stay" if lines < pairs else ""
    return f"{lines:,} of {counted(pairs, which)} go out{rest}"


def left_closed(closed: int) -> str:
    """Marked pairs that are not in the selection."""
    if not closed:
        return ""
    return f"{counted(closed, 'marked pair')} you have not labelled: left out, or it would tell"


def preview_line(line: Mapping[str, Any]) -> Content:
    """One row as it is written, without its braces, a field a line; a long field is cut."""
    fields = [
        Content.assemble(plain(f" {json_text(key)}: ", "$accent"), plain(_cut(json_text(value))))
        for key, value in line.items()
    ]
    return Content("\n").join(fields) if fields else Content("{}")


def _cut(text: str) -> str:
    """A long field to a word's end, closed as it is in the file."""
    if len(text) <= FIELD_CHARACTERS:
        return text
    kept = text[:FIELD_CHARACTERS]
    kept = kept.rsplit(" ", 1)[0] if " " in kept[FIELD_CHARACTERS // 2 :] else kept
    return f'{kept} …"' if text.startswith('"') else f"{kept} …"


def checked(found: Sequence[Told], key: str) -> Content:
    """What the checks warn of, the gravest first, a line each; then how to see the pairs.

    Args:
        found: what all checks say.
        key: the one that searches.
    """
    order = list(Level)
    told = sorted(
        (each for each in found if each.finding.level in {Level.LOOK, Level.WARN}),
        key=lambda each: -order.index(each.finding.level),
    )
    lines = [
        Content.assemble(
            ("checks" if place == 0 else "", "$muted"),
            " " * (BEFORE - 6 if place == 0 else BEFORE),
            plain(each.finding.summary, "$warning" if each.finding.level is Level.WARN else ""),
        )
        for place, each in enumerate(told[:MOST_CHECKS])
    ]
    named = [f"finding:{e.check.id}" for e in told[:MOST_CHECKS] if e.finding.pairs]
    more = len(told) - len(lines)
    hints = [f"{key} lists the pairs: {', '.join(named)}"] if named else []
    hints += [f"{more} more: pairlab check"] if more > 0 else []
    if hints:
        lines.append(Content.styled("\n".join(" " * BEFORE + hint for hint in hints), "$muted"))
    return Content("\n").join(lines)
