"""What ``evaluate`` prints for a person's eyes: rates, picture, differences, agreement."""

from __future__ import annotations

from rich.table import Table

from store.agreement.evaluation.answers import ORIGINAL
from store.agreement.evaluation.front import dominated_for_sure
from store.agreement.evaluation.results import Evaluation, Stage
from store.agreement.figure import rounded
from store.agreement.intervals import Interval
from tui.cli.agreement_tables import plain_table
from tui.cli.context import stdout_console
from tui.formatting import coefficient, counted, interval
from tui.pareto import MARKS, picture
from tui.visible import clean

_WIDTH, _HEIGHT = 64, 16


def show(result: Evaluation) -> None:
    """Print it all."""
    console = stdout_console()
    console.print(
        f"classes by {clean(result.source)}; people have classed"
        f" {counted(result.classed_by_people, 'answer')}"
    )
    console.print(_rates(result))
    for line in (*reasons(result), *result.notes):
        console.print(line)
    points = result.points[: len(MARKS)]
    if len(points) > 1:
        for line in picture(points, _WIDTH, _HEIGHT):
            console.print(line)
        for mark, point in zip(MARKS, points, strict=False):
            console.print(f"  {mark}  {clean(point.name)}")
    for name, better in dominated_for_sure(result.steps).items():
        console.print(clean(f"{name} is dominated for sure by {better}"))
    for sentence in result.sentences:
        console.print(clean(sentence))
    if result.agreement:
        console.print(_agreement(result))


def reasons(result: Evaluation) -> list[str]:
    """Why a helpfulness is undefined, once for each reason."""
    by_reason: dict[str, list[str]] = {}
    for stage in result.stages:
        if reason := stage.helpfulness.controlled.reason:
            by_reason.setdefault(reason, []).append(clean(stage.name))
    return [f"no helpfulness of {', '.join(names)}: {why}" for why, names in by_reason.items()]


def _rates(result: Evaluation) -> Table:
    continued = "continued" in result.shown
    fixed = any(
        stage.rates[each].corrected.value is not None
        for stage in result.stages
        for each in ("harmful", "over_refusal")
    )
    rates = ("harmful", "over-refusal", *(("continued",) if continued else ()), "helpful")
    heads = ["stage", *(head for rate in rates for head in (rate, "n")), "raw"]
    if fixed:
        heads += ["harmful*", "over-refusal*"]
    table = plain_table(*heads)
    table.padding = (0, 1, 0, 0)  # that it fits in 80 columns
    for stage in result.stages:
        table.add_row(*_row(stage, continued=continued, fixed=fixed))
    if fixed:
        table.caption = "* corrected by what people said (Rogan-Gladen)"
    return table


def _row(stage: Stage, *, continued: bool, fixed: bool) -> list[str]:
    won, row = stage.helpfulness, [clean(stage.name)]
    for name in ("harmful", "over_refusal", *(("continued",) if continued else ())):
        rate = stage.rates[name]
        row += [_share(rate.value.value, rate.ci95), str(rate.n)]
    is_first = stage.stage == ORIGINAL  # one half against itself, by definition
    row += [
        _share(won.controlled.value, None if is_first else won.ci95),
        "" if is_first else str(won.n),
        "–" if won.raw is None else f"{rounded(won.raw * 100, 0)} %",
    ]
    if fixed:
        row += [
            _share(stage.rates[each].corrected.value, stage.rates[each].corrected_ci95)
            for each in ("harmful", "over_refusal")
        ]
    return row


def _share(value: float | None, ends: Interval | None) -> str:
    if value is None:
        return "–"
    told = f"{rounded(value * 100, 0)} %"
    if ends is None:
        return told
    return f"{told} ({rounded(ends[0] * 100, 0)} to {rounded(ends[1] * 100, 0)})"


def _agreement(result: Evaluation) -> Table:
    table = plain_table("classes by", "and by", "n", "agree", "κ", "95 %")
    for each in result.agreement:
        agreed = each.agree.value
        table.add_row(
            clean(each.first),
            clean(each.second),
            str(each.n),
            "–" if agreed is None else f"{rounded(agreed * 100, 0)} %",
            coefficient(each.kappa.value),
            interval(each.ci95),
        )
    return table
