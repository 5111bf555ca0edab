"""What mode J says, line by line; no widget in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from store.judgements.disagreements import Order
from store.judgements.rulings import Cause, Confidence, Ruling
from store.records import Label, Verdict
from store.rounds.rounds import RoundProgress
from store.views.adjudication import Case, RulingSummary
from tui.formatting import category, counted, moment, seconds
from tui.modes.kappa.text import verdict_line
from tui.sides import said
from tui.text import one_line, plain
from tui.widgets.choice_list import ChoiceColumn, Option

CAUSES = (
    Option("guideline gap", Cause.GUIDELINE_GAP, "judge.guideline_gap"),
    Option("ambiguous prompt", Cause.AMBIGUOUS_PROMPT, "judge.ambiguous_prompt"),
    Option("slip", Cause.SLIP, "judge.slip"),
    Option("honest difference", Cause.HONEST_DIFFERENCE, "judge.honest_difference"),
    Option("other", Cause.OTHER, "judge.other"),
)
"""Why two people disagreed."""

CONFIDENCES = (
    Option("sure", Confidence.SURE, "judge.sure"),
    Option("fairly sure", Confidence.FAIRLY, "judge.fairly"),
    Option("unsure", Confidence.UNSURE, "judge.unsure"),
)
"""How sure the one who rules is."""

CASE = "case"
"""Stands among what is chosen where the case becomes an example of the guideline."""

_WORDS = {each.value: each.words for each in (*CAUSES, *CONFIDENCES)}

ASKED = (
    ChoiceColumn("why did they disagree", CAUSES),
    ChoiceColumn("how sure are you", CONFIDENCES),
    ChoiceColumn("and", (Option("add it to the guideline", CASE, "judge.case"),)),
)
"""The list that opens on a ruling."""

ORDERS = {
    Order.ALIKE: "most alike first",
    Order.CATEGORY: "by category",
    Order.PROJECT: "in project order",
}
"""What comes first, in words."""


@dataclass(slots=True)
class RulingDraft:
    """What goes with the next ruling on the case shown."""

    reason: str = ""
    cause: Cause | None = None
    confidence: Confidence | None = None
    adopted_from: str | None = None
    as_case: bool = False
    """The case becomes an example of the guideline."""

    @property
    def chosen(self) -> frozenset[str]:
        """What stands out in the list."""
        values = (self.cause, self.confidence, CASE if self.as_case else None)
        return frozenset(str(each) for each in values if each is not None)


NAME_CELLS = 16
VERDICT_CELLS = 12


def title(case: Case, place: int, total: int, ruled: int, order: Order) -> str:
    """``Disagreement 6 of 17 · 5 ruled · sycophancy · most alike first``."""
    about = category(case.text.category)
    parts = [f"Disagreement {place} of {total}", f"{ruled} ruled", about, ORDERS[order]]
    return " · ".join(part for part in parts if part)


def who_said_what(case: Case, current: int | None, *, stacked: bool) -> Content:
    """What everybody chose, one line each, then the ruling where there is one.

    Args:
        case: what is on the screen.
        current: number of the guideline in force.
        stacked: the answers stand one above the other.
    """
    names = [one_line(each.annotator, NAME_CELLS) for each in case.said]
    width = max((cell_len(name) for name in [*names, "ruled"]), default=0) + 3
    lines = [
        _line(case, each, name, width, current, stacked=stacked)
        for each, name in zip(case.said, names, strict=True)
    ]
    if case.ruling is not None:
        lines.append(_ruled(case, case.ruling, width, stacked=stacked))
    return Content("\n").join(lines)


def choosers(case: Case, side: Verdict) -> str:
    """Who chose a side: for the rule above it."""
    names = [
        one_line(each.annotator, NAME_CELLS)
        for each in case.said
        if case.swapped(each.verdict) is side
    ]
    if case.ruling is not None and case.swapped(case.ruling.verdict) is side:
        names.append("ruled")
    return ", ".join(names)


def drafted(draft: RulingDraft, key: str) -> Content:
    """What goes with the next ruling; where nothing is chosen, what will be asked.

    Args:
        draft: what is chosen so far.
        key: the one that writes the reason.
    """
    words = [_WORDS[each] for each in (draft.cause, draft.confidence) if each is not None]
    if not (words or draft.reason):
        return Content.assemble(
            ("a ruling asks for cause, sureness and a reason; ", "$muted"),
            (key, "bold $accent"),
            (" writes the reason first", "$muted"),
        )
    whose = f" ({one_line(draft.adopted_from, NAME_CELLS)}'s note)" if draft.adopted_from else ""
    return Content.assemble(
        ("your ruling  ", "$muted"),
        plain(" · ".join([*words, one_line(draft.reason, 400)]).rstrip(" ·"), "$foreground"),
        plain(whose, "$muted"),
    )


def asking(verdict: Verdict, key: str, *, stacked: bool) -> str:
    """The heading of the list: what is being ruled, and how it goes on."""
    return f"Your ruling: {said(verdict, stacked=stacked)} · {key} goes on to the reason"


def told(verdict: Verdict, place: int, *, stacked: bool) -> str:
    """``disagreement 6: ruled left``."""
    return f"disagreement {place}: ruled {said(verdict, stacked=stacked)}"


def result(outcome: RulingSummary, kappa: str) -> str:
    """What the rulings have changed, in a few sentences."""
    lines = [
        f"All {counted(outcome.total, 'disagreement')} ruled.",
        "",
        f"{counted(outcome.gained, 'pair')} gained for export{_staying(outcome)}",
    ]
    if outcome.causes:
        causes = (f"{_WORDS[cause]} {number}" for cause, number in outcome.causes.items())
        lines.append("causes: " + ", ".join(causes))
    untouched = f" ({kappa})" if kappa else ""
    lines.append(f"No label was changed, so kappa is what it was{untouched}.")
    return "\n".join(lines)


def nothing(waiting: Sequence[tuple[str, Sequence[RoundProgress]]]) -> str:
    """Why there is nothing to rule on."""
    if not waiting:
        return "Nobody disagrees so far: there is nothing to rule on."
    return f"There is nothing to rule on that may be shown yet.\n{sealed(waiting)}"


def sealed(waiting: Sequence[tuple[str, Sequence[RoundProgress]]]) -> str:
    """Which rounds are still sealed, a line each, and how far everybody is in them."""
    lines = []
    for name, people in waiting:
        far = ", ".join(f"{one_line(p.annotator, 24)} {p.done} of {p.total}" for p in people)
        lines.append(f"Round {one_line(name, 30)} is sealed until all have finished: {far}.")
    return "\n".join(lines)


def known(case: Case, versions: Mapping[str, int], *, stacked: bool) -> Content:
    """Everything about a case that does not tell who wrote the answers: ``i``."""
    out: list[Content | tuple[str, str]] = [
        ("category    ", "$muted"),
        plain(category(case.text.category)),
    ]
    for each in case.said:
        version = versions.get(each.annotator)
        under = f" · guideline v{version}" if version else ""
        informed = " · had seen others' labels" if each.informed else ""
        out += [
            ("\n\n", ""),
            plain(each.annotator, "bold"),
            plain(f"  {_verdict(case, each, stacked=stacked)} · {seconds(each.seconds)}"),
            plain(f"{under}{informed}"),
        ]
        if each.note:
            out += [("\n", ""), plain(each.note)]
    if case.ruling is not None:
        ruling = case.ruling
        out += [
            ("\n\n", ""),
            plain(f"ruled by {ruling.by}", "bold"),
            plain(f"  {_ruling(case, ruling, stacked=stacked)} · {moment(ruling.at)}"),
            plain(f"\n{ruling.reason}" if ruling.reason else ""),
        ]
    return Content.assemble(*out)


def verdicts(labels: Sequence[Label], ruling: Ruling | None) -> list[Content]:
    """What everybody said of a pair and what was ruled, on the pair's own a and b."""
    lines = [verdict_line(each) for each in labels]
    if ruling is not None:
        told = f"   {one_line(ruling.reason, 200)}" if ruling.reason else ""
        lines.append(
            Content.assemble(
                (f"ruled by {one_line(ruling.by, NAME_CELLS)}  ", "$accent"),
                (ruling.verdict.replace("_", " "), "bold"),
                plain(told),
            )
        )
    return lines


def _staying(outcome: RulingSummary) -> str:
    """The ruled pairs that have no chosen answer."""
    kinds = (("tie", outcome.ties), ("both bad", outcome.both_bad))
    words = " and ".join(f"{number} {name}" for name, number in kinds if number)
    return f"; {words} stay out" if words else ""


def _line(
    case: Case, label: Label, name: str, width: int, current: int | None, *, stacked: bool
) -> Content:
    verdict = _verdict(case, label, stacked=stacked)
    parts: list[Content | tuple[str, str]] = [
        plain(name + " " * (width - cell_len(name)), "$muted"),
        (f"{verdict:<{VERDICT_CELLS}}", "bold $foreground"),
        (f"{seconds(label.seconds):>6}", "$muted"),
    ]
    if case.hasty:
        parts.append((" hasty" if label.annotator in case.hasty else " " * 6, "bold $warning"))
    version = case.versions.get(label.annotator)
    if version is not None and current is not None and version != current:
        parts.append((f"  guideline v{version}", "$muted"))
    if label.note:
        parts.append(("   ", ""))
        parts.append(plain(one_line(label.note, 400)))
    return Content.assemble(*parts)


def _ruled(case: Case, ruling: Ruling, width: int, *, stacked: bool) -> Content:
    about = [f"by {one_line(ruling.by, NAME_CELLS)}"]
    about += [_WORDS[each] for each in (ruling.cause, ruling.confidence) if each is not None]
    return Content.assemble(
        ("ruled" + " " * (width - 5), "$accent"),
        (f"{_ruling(case, ruling, stacked=stacked):<{VERDICT_CELLS}}", "bold $accent"),
        plain(" · ".join(about), "$muted"),
        plain(f"   {one_line(ruling.reason, 400)}" if ruling.reason else ""),
    )


def _verdict(case: Case, label: Label, *, stacked: bool) -> str:
    return said(case.swapped(label.verdict), stacked=stacked, strength=label.strength)


def _ruling(case: Case, ruling: Ruling, *, stacked: bool) -> str:
    return said(case.swapped(ruling.verdict), stacked=stacked)
