"""The keys of the modes that look things up or write them out: Browse, Kappa, Export, Model."""

from __future__ import annotations

from textual.binding import Binding, BindingType

BROWSE: list[BindingType] = [
    Binding(
        "slash",
        "search",
        "Search",
        id="browse.search",
        tooltip="words and filters, all of which must hold; an empty line lists everything",
    ),
    Binding(
        "enter",
        "open",
        "Open",
        id="browse.open",
        tooltip="a pair in Label, or in Judge where people disagree on it; the rest in Revise",
    ),
    Binding("t", "turn", "Kind", id="browse.kind", tooltip="lists pairs, prompts, answers in turn"),
    Binding(
        "o",
        "order",
        "Order",
        id="browse.order",
        tooltip="sorts by the next column",
    ),
    Binding(
        "O",
        "reverse",
        "Reverse",
        show=False,
        id="browse.reverse",
        tooltip="sorts by the same column the other way round",
    ),
    Binding(
        "x",
        "mark",
        "Mark",
        id="browse.mark",
        tooltip="marks the row; {all.flag} and the keys from {browse.again} on act on all marked",
    ),
    Binding(
        "asterisk",
        "mark_all",
        "Mark all",
        show=False,
        id="browse.mark_all",
        tooltip="marks everything that is listed",
    ),
    Binding(
        "a",
        "queue",
        "Again",
        id="browse.again",
        tooltip="puts pairs you have labelled into your queue again",
    ),
    Binding(
        "c",
        "category",
        "Category",
        id="browse.category",
        tooltip="changes the category of the prompt, or of all marked",
    ),
    Binding(
        "r",
        "remove",
        "Remove",
        id="browse.remove",
        tooltip="takes prompts or pairs out, or brings them back; twice",
    ),
    Binding(
        "e",
        "export_these",
        "Export these",
        id="browse.export",
        tooltip="opens Export with these pairs alone",
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

KAPPA: list[BindingType] = [
    Binding(
        "enter",
        "items",
        "Items",
        id="kappa.items",
        tooltip="lists the pairs behind it",
    ),
    Binding(
        "d",
        "disagreements",
        "Disagreements",
        id="kappa.disagreements",
        tooltip="lists all pairs on which the two disagree",
    ),
    Binding(
        "b", "by", "By", id="kappa.by", tooltip="category, principle, origin, guideline in turn"
    ),
    Binding("o", "others", "Others", id="kappa.others", tooltip="compares two other people"),
    Binding(
        "c",
        "certificate",
        "Certificate",
        id="kappa.certificate",
        tooltip="tells whether the models that judged can judge these pairs",
    ),
    Binding(
        "h",
        "compare",
        "Human and AI",
        id="kappa.compare",
        tooltip="people and judges side by side: cost, speed, consistency, bias, who judges what",
    ),
    Binding(
        "e",
        "evaluation",
        "Evaluate",
        id="kappa.evaluation",
        tooltip="harmlessness and helpfulness of each round, as a picture",
    ),
    Binding(
        "s",
        "scores",
        "Scores",
        id="kappa.scores",
        tooltip="which model, temperature, principle or round is preferred, on one scale",
    ),
    Binding(
        "a",
        "classes",
        "Classes",
        id="kappa.classes",
        tooltip="shows answers of a random sample, to be classed as compliance or refusal",
    ),
    Binding(
        "tab",
        "app.focus_next",
        "Next",
        id="move.next_pane",
        tooltip="table, slices, models in turn; on a low screen it opens the one it goes to",
    ),
    Binding("shift+tab", "app.focus_previous", "Previous", show=False, id="move.previous_pane"),
]
"""Mode K."""

EVALUATION: list[BindingType] = [
    Binding("enter", "items", "Items", tooltip="lists the answers or pairs behind the figure"),
    Binding("f", "figure", "Figure", tooltip="harmful rate, over-refusal, helpfulness in turn"),
    Binding("b", "by", "By", tooltip="round, constitution, principle, model in turn"),
    Binding("w", "whose", "Whose", tooltip="classes by rules, people, judges in turn"),
    Binding("escape,q", "close", "Back", key_display="esc"),
]
"""On the page of harmlessness and helpfulness."""

CLASSES: list[BindingType] = [
    Binding("1", "give('compliance')", "Complies"),
    Binding("2", "give('partial')", "Partly"),
    Binding("3", "give('refusal')", "Refuses"),
    Binding("u", "undo", "Undo"),
    Binding("space", "skip", "Skip"),
    Binding("down,j", "scroll(1)", "Down", show=False),
    Binding("up,k", "scroll(-1)", "Up", show=False),
    Binding("escape,q", "close", "Back", key_display="esc"),
]
"""Where answers are classed."""

EXPORT: list[BindingType] = [
    Binding(
        "enter",
        "write",
        "Write",
        id="export.write",
        tooltip="writes the file",
    ),
    Binding("y", "replace", "Replace it", id="export.replace", tooltip="replaces the earlier file"),
    Binding(
        "enter",
        "items",
        "Items",
        id="export.items",
        tooltip="on a reason: lists its pairs",
    ),
    Binding("t", "format", "Format", id="export.format", tooltip="chooses the format"),
    Binding("w", "whose", "Whose word", id="export.whose", tooltip="chooses whose word stands"),
    Binding(
        "s",
        "split",
        "Split",
        id="export.split",
        tooltip="one file, or a folder with train, validation and test",
    ),
    Binding("p", "path", "Path", id="export.path", tooltip="changes where it is written"),
    Binding(
        "tab",
        "app.focus_next",
        "Next",
        id="move.next_pane",
        tooltip="reasons, rows, path",
    ),
    Binding("shift+tab", "app.focus_previous", "Previous", show=False, id="move.previous_pane"),
    Binding(
        "escape", "leave", "Back", show=False, id="move.leave", tooltip="leaves the line one is in"
    ),
]
"""Mode X."""

MODEL: list[BindingType] = [
    Binding(
        "enter",
        "app.dialog('models')",
        "Choose",
        id="model.choose",
        tooltip="lists the model files found, with their sizes; enter loads one",
    ),
    Binding("p", "pause", "Pause", id="model.pause", tooltip="lets the model rest, or go on again"),
    Binding("p", "go_on", "Go on", id="model.pause"),
    Binding(
        "h",
        "restart",
        "Restart",
        id="model.restart",
        tooltip="ends the model's process and starts it again; nothing stored is lost",
    ),
    Binding("l", "log", "Log", id="model.log", tooltip="shows what the model's process wrote"),
]
"""Mode M."""
