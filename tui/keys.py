"""The keys of every mode, and those of modes R and B; the footer and the help are made from them.

Lower-case keys act, upper-case letters change the mode (:mod:`tui.modes.registry`). Every binding
that somebody may want elsewhere has an id, by which ``App.set_keymap`` finds it.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

COMMON: list[BindingType] = [
    Binding("u", "undo", "Undo", id="all.undo", tooltip="takes back the last thing you did"),
    Binding("space", "skip", "Skip", id="all.skip", tooltip="goes on; the item comes back later"),
    Binding("f", "flag", "Flag", id="all.flag", tooltip="sets the item aside, or takes that back"),
    Binding("m", "note", "Note", id="all.note", tooltip="writes a note on the item"),
    Binding("i", "where_from", "Origin", id="all.origin", tooltip="tells where the item came from"),
    Binding("g", "guideline", "Guideline", id="all.guideline", tooltip="shows the guideline"),
    Binding("v", "full", "Full", id="all.full", tooltip="shows the picked pane on the full screen"),
    Binding(
        "h", "turns", "Turns", id="all.turns", tooltip="unfolds the earlier turns, or folds them"
    ),
    Binding("s", "shield", "Shield", id="all.shield", tooltip="hides all but the first lines"),
    Binding("question_mark", "help", "Help", id="all.help", tooltip="shows these lines"),
    Binding(
        "slash",
        "app.find",
        "Find",
        show=False,
        id="all.find",
        key_display="/",
        tooltip="searches everything, in Browse",
    ),
    Binding(
        "number_sign",
        "jump",
        "Go to",
        show=False,
        id="all.jump",
        key_display="#",
        tooltip="goes to the item of a number",
    ),
    Binding("tab", "next_pane", "Next pane", show=False, tooltip="picks the next pane"),
    Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
    Binding("down,j", "scroll(1)", "Down", show=False, tooltip="scrolls down"),
    Binding("up,k", "scroll(-1)", "Up", show=False, tooltip="scrolls up"),
    Binding("pagedown", "page(1)", "Page down", show=False, tooltip="scrolls by a page"),
    Binding("pageup", "page(-1)", "Page up", show=False),
    Binding("home", "edge(False)", "Top", show=False, tooltip="goes to the first line"),
    Binding("end", "edge(True)", "Bottom", show=False, tooltip="goes to the last line"),
    Binding("escape", "leave", "Back", show=False, tooltip="leaves the full screen"),
]
"""Everywhere."""

REVISE: list[BindingType] = [
    Binding(
        "a",
        "decide('accept')",
        "Accept",
        id="revise.accept",
        tooltip="takes the revision as the better answer",
    ),
    Binding(
        "e",
        "edit",
        "Edit",
        id="revise.edit",
        tooltip="opens the revision to be changed; ctrl+s saves and accepts, esc leaves",
    ),
    Binding(
        "x",
        "decide('reject')",
        "Reject",
        id="revise.reject",
        tooltip="neither is better: no pair comes of it",
    ),
    Binding(
        "r",
        "again",
        "Again",
        id="revise.again",
        tooltip="criticises and revises anew under another principle",
    ),
    Binding(
        "p",
        "principle",
        "Principle",
        id="revise.principle",
        tooltip="lets you choose that principle",
    ),
    Binding(
        "n",
        "another",
        "Round",
        id="revise.another",
        tooltip="criticises and revises the revision once more",
    ),
    Binding(
        "o",
        "older",
        "Original",
        id="revise.older",
        tooltip="shows the original in the revision's place, then each round in turn",
    ),
    Binding(
        "d", "diff", "Diff", id="revise.diff", tooltip="marks the changes, or shows plain text"
    ),
]
"""Mode R."""


BROWSE: list[BindingType] = [
    Binding(
        "slash",
        "search",
        "Search",
        id="browse.search",
        key_display="/",
        tooltip="words and filters, all of which must hold; an empty line lists everything",
    ),
    Binding(
        "enter",
        "open",
        "Open",
        id="browse.open",
        key_display="enter",
        tooltip="a pair in Label, or in Judge where people disagree on it; the rest in Revise",
    ),
    Binding("t", "turn", "Kind", id="browse.kind", tooltip="lists pairs, prompts, answers in turn"),
    Binding(
        "o",
        "order",
        "Order",
        id="browse.order",
        tooltip="in project order, newest first, by category",
    ),
    Binding(
        "x", "mark", "Mark", id="browse.mark", tooltip="marks the row; f, a and p act on all marked"
    ),
    Binding(
        "a",
        "queue",
        "Again",
        id="browse.again",
        tooltip="puts pairs you have labelled into your queue again",
    ),
    Binding("p", "pair", "Pair", id="browse.pair", tooltip="makes a pair of two marked answers"),
    Binding(
        "n",
        "next_hit(1)",
        "Next hit",
        id="browse.next",
        tooltip="the next place that holds the words",
    ),
    Binding(
        "N",
        "next_hit(-1)",
        "Earlier hit",
        show=False,
        id="browse.previous",
        tooltip="the place before",
    ),
]
"""Mode B."""
