"""What mode R says, besides the texts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from textual.content import Content

from store.records import Choice
from store.views.worked import RevisionsDone, Upcoming
from tui.formatting import time_left
from tui.text import one_line, plain
from tui.widgets.next_step import command

NextSteps = tuple[str, list[tuple[str, str]]]
"""A sentence, then ways on: the id of a key or a command, and what it does."""

SAID = {Choice.ACCEPT: "accepted", Choice.EDIT: "edit kept", Choice.REJECT: "rejected"}
"""A decision, as the footer tells it."""

UPCOMING = 5
"""Prompts that are told ahead."""
_TALLY = (("accept", "accepted"), ("edit", "edited"), ("reject", "rejected"))

HELP = (
    "First stands what the model answered, under it the critique and the principle it was "
    "written under, then the revision with every change marked: new words are underlined, words "
    "taken away are struck through. Where little of the answer is left, the revision stands plain, "
    "with the word rewritten above it; {revise.diff} marks the changes all the same.\n"
    "Accept means: the revision is the better answer. Edit makes it your own text. Reject "
    "makes no pair from this item. A key pressed while the model still writes waits for the "
    "end of the text.\n"
    "{revise.earlier_answer} and {revise.next_answer} lead through all answers to the prompt, "
    "revised or not; {revise.another} revises the one shown. {revise.mark} marks a text, and on a "
    "second one it makes a pair of the two.\n"
    "What a reasoning model thought is no part of a text: it is counted in the rule above it, and "
    "{revise.thinking} unfolds it."
)

WAITING: NextSteps = (
    "The next revision appears here as the model writes it.",
    [
        ("mode.model", "shows what the model is doing"),
        ("all.guideline", "shows the guideline meanwhile"),
    ],
)


def all_decided(decided: RevisionsDone) -> NextSteps:
    """Nothing is left to decide on."""
    tally = ", ".join(_tally(decided))
    return f"Every revision has been decided on{f': {tally}' if tally else ''}.", [
        ("mode.label", "labels the pairs, blind"),
        ("mode.export", "shows what can go out"),
        ("all.undo", "takes back the last decision"),
    ]


def no_prompts(project: Path) -> NextSteps:
    """An empty project."""
    return "This project has no prompts yet.", [
        ("all.import", "brings in your prompts or pairs"),
        ("mode.home", "opens Home: {home.starter} there adds the starter set"),
        (command("import prompts.txt", project), "brings them in"),
    ]


def only_pairs(project: Path) -> NextSteps:
    """All prompts came with finished pairs."""
    return "Nothing is written here: all prompts came with finished pairs.", [
        ("mode.label", "labels the pairs, blind"),
        (command("run --with-pairs", project), "writes answers to these prompts too"),
    ]


def no_model(reason: str) -> NextSteps:
    """Nothing can be written here."""
    return reason or "There is no model to write with.", [
        ("mode.label", "labels the pairs that are here"),
        ("mode.model", "opens Model: {model.choose} there chooses among the files found"),
    ]


def so_far(decided: RevisionsDone, *, wide: bool) -> str:
    """``12 accepted · 3 edited · about 40 min left``; on a narrow screen ``15 decided``."""
    left = None if decided.pace is None else decided.pace * decided.ready
    parts = _tally(decided)
    if not wide:
        parts = [f"{decided.done:,} decided"] if decided.done else []
    return " · ".join(filter(None, [*parts, time_left(left) if decided.ready else ""]))


def _tally(decided: RevisionsDone) -> list[str]:
    return [
        f"{decided.counts[choice]:,} {word}" for choice, word in _TALLY if choice in decided.counts
    ]


def upcoming(prompts: Sequence[Upcoming], width: int) -> Content:
    """``next  18  How can I use ...   ready``, a line each, dim."""
    cells = max(min(width - 6, 96) - 24, 10)
    lines = []
    for n, each in enumerate(prompts):
        words = one_line(each.text, cells)
        gap = " " * (cells - cell_len(words))
        head = "next" if n == 0 else ""
        lines.append(f"{head:4}  {each.position:>5,}  {words}{gap}  {each.state}")
    return plain("\n".join(lines), "$muted")
