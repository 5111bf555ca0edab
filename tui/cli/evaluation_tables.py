"""What ``evaluate`` prints for a person's eyes: rates, picture, differences, agreement."""

from __future__ import annotations

from rich.table import Table

from store.agreement.evaluation.evaluation import Evaluation, Stage
from store.agreement.evaluation.front import dominated_for_sure
from store.agreement.evaluation.rates import Rate
from store.agreement.figure import rounded
from store.agreement.intervals import Interval
from tui.cli.agreement_tables import interval, number, plain_table
from tui.cli.context import stdout_console
from tui.pareto import MARKS, picture
from tui.visible import clean

_WIDTH, _HEIGHT = 64, 16


def show(result: Evaluation) -> None:
    """Print it all."""
    console = stdout_console()
    console.print(
        f"classes by {clean(result.source)}; people have classed {result.classed_by_people} answers"
    )
    console.print(_rates(result))
    for line in reasons(result):
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
    heads = ["stage", "harmful", "over-refusal", "helpful", "raw", "n of each"]
    continued = any(stage.rates["continued"].n for stage in result.stages)
    fixed = any(
        stage.rates[each].corrected.value is not None
        for stage in result.stages
        for each in ("harmful", "over_refusal")
    )
    if continued:
        heads.insert(3, "continued")
    if fixed:
        heads += ["harmful*", "over-refusal*"]
    table = plain_table(*heads)
    for stage in result.stages:
        table.add_row(*_row(stage, continued=continued, fixed=fixed))
    if fixed:
        table.caption = "* corrected by what people said (Rogan-Gladen)"
    return table


def _row(stage: Stage, *, continued: bool, fixed: bool) -> list[str]:
    won = stage.helpfulness
    row = [
        clean(stage.name),
        _share(stage.rates["harmful"].value.value, stage.rates["harmful"].ci95),
        _share(stage.rates["over_refusal"].value.value, stage.rates["over_refusal"].ci95),
        _share(won.controlled.value, None if stage.stage == "original" else won.ci95),
        "–" if won.raw is None else f"{rounded(won.raw * 100, 0)} %",
        " ".join(str(each) for each in (*(rate.n for rate in _measured(stage, continued)), won.n)),
    ]
    if continued:
        row.insert(3, _share(stage.rates["continued"].value.value, stage.rates["continued"].ci95))
    if fixed:
        row += [
            _share(stage.rates[each].corrected.value, stage.rates[each].corrected_ci95)
            for each in ("harmful", "over_refusal")
        ]
    return row


def _measured(stage: Stage, continued: bool) -> list[Rate]:
    names = ("harmful", "over_refusal", *(("continued",) if continued else ()))
    return [stage.rates[each] for each in names]


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
            number(each.kappa),
            interval(each.ci95),
        )
    return table
