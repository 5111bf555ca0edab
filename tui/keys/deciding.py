"""The keys of the modes in which something is decided: Revise, Label, Judge."""

from __future__ import annotations

from textual.binding import Binding, BindingType

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
        tooltip="opens the revision to be changed; {editor.save} saves and accepts, "
        "{editor.leave} leaves",
    ),
    Binding(
        "w",
        "write",
        "Write",
        id="revise.write",
        tooltip="opens an answer of your own, beside the model's; it waits for nothing",
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
        tooltip="criticises and revises again under another principle",
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
        tooltip="criticises and revises the revision once more; an answer without one is revised",
    ),
    Binding(
        "ctrl+n",
        "found(1)",
        "Next found",
        show=False,
        id="revise.next_found",
        tooltip="opens the next item of the search in Browse that this one came from",
    ),
    Binding(
        "right_square_bracket",
        "sibling(1)",
        "Next answer",
        id="revise.next_answer",
        tooltip="shows the next answer to this prompt",
    ),
    Binding(
        "left_square_bracket",
        "sibling(-1)",
        "Earlier answer",
        show=False,
        id="revise.earlier_answer",
        tooltip="shows the answer before",
    ),
    Binding(
        "t",
        "mark",
        "Mark",
        id="revise.mark",
        tooltip="marks the text in the lower or right pane; on a second one it makes the pair",
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
    Binding(
        "y",
        "thinking",
        "Thinking",
        id="revise.thinking",
        tooltip="unfolds what the model thought before each text, or folds it",
    ),
]
"""Mode R."""

LABEL: list[BindingType] = [
    Binding("1", "verdict('a')", "Left", id="label.left", tooltip="the left one is better"),
    Binding("2", "verdict('b')", "Right", id="label.right", tooltip="the right one is better"),
    Binding(
        "1",
        "scale('a', 2)",
        "Much left",
        id="label.much_left",
        tooltip="the left one is much better",
    ),
    Binding("2", "scale('a', 1)", "Left", id="label.rather_left", tooltip="the left one is better"),
    Binding(
        "3",
        "scale('b', 1)",
        "Right",
        id="label.rather_right",
        tooltip="the right one is better",
    ),
    Binding(
        "4",
        "scale('b', 2)",
        "Much right",
        id="label.much_right",
        tooltip="the right one is much better",
    ),
    Binding("equals_sign", "verdict('tie')", "Tie", id="label.tie", tooltip="both equally good"),
    Binding(
        "b",
        "verdict('both_bad')",
        "Both bad",
        id="label.both_bad",
        tooltip="neither may be used",
    ),
    Binding(
        "c",
        "correct",
        "Correct",
        id="label.correct",
        tooltip="opens the better answer to be corrected; your text is paired with both",
    ),
    Binding(
        "r",
        "rank",
        "Rank",
        id="label.rank",
        tooltip="puts three answers or more of one prompt in order; all their pairs follow",
    ),
    Binding(
        "enter",
        "skipped",
        "Skipped",
        id="label.skipped",
        tooltip="at the end: shows the skipped pairs again",
    ),
    Binding(
        "i",
        "where_from",
        "Origin",
        show=False,
        id="all.origin",
        tooltip="tells category and guideline; who wrote what stays closed",
    ),
    Binding(
        "left",
        "walk(-1)",
        "Earlier",
        show=False,
        id="move.earlier",
        tooltip="goes to the pair before",
    ),
    Binding(
        "right", "walk(1)", "Later", show=False, id="move.later", tooltip="goes to the pair behind"
    ),
]
"""Mode L."""

JUDGE: list[BindingType] = [
    Binding(
        "enter",
        "go_on",
        "Go on",
        id="judge.go_on",
        tooltip="takes cause and sureness as they stand, and goes on to the reason",
    ),
    Binding("1", "rule('a')", "Left", id="judge.left", tooltip="the left one is better"),
    Binding("2", "rule('b')", "Right", id="judge.right", tooltip="the right one is better"),
    Binding("equals_sign", "rule('tie')", "Tie", id="judge.tie", tooltip="both equally good"),
    Binding(
        "b", "rule('both_bad')", "Both bad", id="judge.both_bad", tooltip="neither may be used"
    ),
    Binding("m", "reason", "Reason", id="judge.reason", tooltip="writes the reason, one line"),
    Binding("a", "adopt", "Adopt note", id="judge.adopt", tooltip="takes a note as the reason"),
    Binding(
        "g",
        "add_case",
        "Add case",
        id="judge.case",
        tooltip="adds a ruled case to the guideline, with the right answer and the reason",
    ),
    Binding(
        "l",
        "search",
        "Look up",
        id="judge.search",
        tooltip="searches the guideline; on a narrow screen it opens it",
    ),
    Binding("e", "edit", "Edit it", id="judge.edit", tooltip="opens the guideline to edit"),
    Binding("o", "order", "Order", id="judge.order", tooltip="what comes first"),
    Binding(
        "w", "against", "Against me", id="judge.against", tooltip="rulings against your labels"
    ),
    Binding(
        "3",
        "cause('guideline_gap')",
        "Guideline gap",
        show=False,
        id="judge.guideline_gap",
        tooltip="they disagreed by this: guideline gap",
    ),
    Binding(
        "4",
        "cause('ambiguous_prompt')",
        "Ambiguous prompt",
        show=False,
        id="judge.ambiguous_prompt",
        tooltip="they disagreed by this: ambiguous prompt",
    ),
    Binding(
        "5",
        "cause('slip')",
        "Slip",
        show=False,
        id="judge.slip",
        tooltip="they disagreed by this: slip",
    ),
    Binding(
        "6",
        "cause('honest_difference')",
        "Honest difference",
        show=False,
        id="judge.honest_difference",
        tooltip="they disagreed by this: honest difference",
    ),
    Binding(
        "7",
        "cause('other')",
        "Other",
        show=False,
        id="judge.other",
        tooltip="they disagreed by this: other",
    ),
    Binding("8", "sure('sure')", "Sure", show=False, id="judge.sure", tooltip="you are sure"),
    Binding(
        "9",
        "sure('fairly')",
        "Fairly sure",
        show=False,
        id="judge.fairly",
        tooltip="you are fairly sure",
    ),
    Binding(
        "0", "sure('unsure')", "Unsure", show=False, id="judge.unsure", tooltip="you are unsure"
    ),
    Binding(
        "left",
        "walk(-1)",
        "Earlier",
        show=False,
        id="move.earlier",
        tooltip="goes to the case before",
    ),
    Binding(
        "right", "walk(1)", "Later", show=False, id="move.later", tooltip="goes to the case behind"
    ),
]
"""Mode J."""
