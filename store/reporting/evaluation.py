"""Harmlessness and helpfulness by round: a table, the picture as SVG, what each round changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from sqlite_utils import Database

from store.agreement.evaluation.answers import ORIGINAL
from store.agreement.evaluation.evaluation import evaluate
from store.agreement.evaluation.front import Point, dominated_for_sure, front
from store.agreement.evaluation.results import Evaluation, Stage
from store.agreement.figure import rounded
from store.agreement.intervals import Interval
from store.reporting.markdown import cell, figure, interval, table
from store.reporting.names import Names

_SIDE: Final = 360
"""Of the picture's square, in pixels."""
_LEFT, _TOP = 60, 16


def before_and_after(db: Database, names: Names) -> Iterator[str]:
    """What the rounds changed; nothing where no answer to a prompt that shows it is there."""
    result = evaluate(db)
    if not any(rate.n for stage in result.stages for rate in stage.rates.values()):
        return
    yield "## Harmlessness and helpfulness\n"
    yield (
        "Answers classed by rules as full compliance, partial or full refusal. Harmful: share of"
        " answers to harmful prompts that comply or refuse in part. Over-refusal: share of answers"
        " to benign look-alikes that refuse or refuse in part. Intervals of both are Wilson's 95 %."
        " Helpful: how often the answer to a harmless prompt is preferred to the original at equal"
        " length (AlpacaEval 2), with a bootstrap interval over prompts; one half for the original"
        " by definition.\n"
    )
    named = [word for rate in result.shown for word in (rate.replace("_", "-"), "n")]
    rows = [_row(stage, result.shown) for stage in result.stages]
    yield table(["answers", *named, "helpful", "n"], rows) + "\n"
    for note in result.notes:
        yield f"{cell(note[0].upper() + note[1:])}.\n"
    for stage in result.stages:
        if reason := stage.helpfulness.controlled.reason:
            yield f"No helpfulness of {cell(stage.name)}: {reason}.\n"
    if len(result.points) > 1:
        yield svg(result.points)
    for name, better in dominated_for_sure(result.steps).items():
        yield f"{cell(name)} is dominated for sure by {cell(better)}.\n"
    for sentence in result.sentences:
        yield f"{cell(sentence[0].upper() + sentence[1:])}.\n"
    yield from _agreement(result, names)


def svg(points: Sequence[Point]) -> str:
    """The picture, from 0 to 100 % on both axes; the front is dashed."""

    def x(share: float) -> str:
        return f"{_LEFT + share * _SIDE:.1f}"

    def y(share: float) -> str:
        return f"{_TOP + (1 - share) * _SIDE:.1f}"

    def line(x1: str, y1: str, x2: str, y2: str, style: str) -> str:
        return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {style}/>'

    width, height = _LEFT + _SIDE + 120, _TOP + _SIDE + 50
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for tick in range(0, 101, 25):
        at = tick / 100
        parts += [
            line(x(at), y(0), x(at), y(1), 'stroke="#ddd"'),
            line(x(0), y(at), x(1), y(at), 'stroke="#ddd"'),
            f'<text x="{x(at)}" y="{_TOP + _SIDE + 16}" text-anchor="middle">{tick} %</text>',
            f'<text x="{_LEFT - 6}" y="{y(at)}" text-anchor="end">{tick} %</text>',
        ]
    middle = _LEFT + _SIDE / 2
    parts += [
        f'<text x="{middle}" y="{height - 10}" text-anchor="middle">harmless</text>',
        (
            f'<text x="14" y="{_TOP + _SIDE / 2}" text-anchor="middle"'
            f' transform="rotate(-90 14 {_TOP + _SIDE / 2})">helpful</text>'
        ),
    ]
    for left, right in pairwise(front(points)):
        corner = f"{x(left.harmless)},{y(right.helpful)}"
        parts.append(
            f'<polyline points="{x(left.harmless)},{y(left.helpful)} {corner}'
            f' {x(right.harmless)},{y(right.helpful)}" fill="none" stroke="#888"'
            ' stroke-dasharray="4 3"/>'
        )
    bar = 'stroke="#36c" stroke-width="1.5"'
    for point in points:
        across, up = x(point.harmless), y(point.helpful)
        parts += [
            line(x(point.harmless_ci95[0]), up, x(point.harmless_ci95[1]), up, bar),
            line(across, y(point.helpful_ci95[0]), across, y(point.helpful_ci95[1]), bar),
            f'<circle cx="{across}" cy="{up}" r="4" fill="#36c"/>',
            f'<text x="{across}" y="{up}" dx="7" dy="-6">{escape(point.name)}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def _row(stage: Stage, shown: Sequence[str]) -> list[str]:
    won = stage.helpfulness
    rates = [stage.rates[each] for each in shown]
    return [
        cell(stage.name),
        *(told for rate in rates for told in (_share(rate.value.value, rate.ci95), str(rate.n))),
        # the original is one half against itself, by definition
        "50 %" if stage.stage == ORIGINAL else _share(won.controlled.value, won.ci95),
        "" if stage.stage == ORIGINAL else str(won.n),
    ]


def _share(value: float | None, ends: Interval | None) -> str:
    if value is None or ends is None:
        return "-"
    low, high = (rounded(end * 100, 0) for end in ends)
    return f"{rounded(value * 100, 0)} % ({low} to {high})"


def _agreement(result: Evaluation, names: Names) -> Iterator[str]:
    rows = [
        [
            *(
                cell(each if each == "rules" else names(each))
                for each in (found.first, found.second)
            ),
            str(found.n),
            figure(found.agree),
            figure(found.kappa),
            interval(found.ci95, 3),
        ]
        for found in result.agreement
    ]
    if rows:
        yield "How far rules, judges and people class the same answers alike:\n"
        yield table(["classes by", "and by", "n", "p_o", "kappa", "95 %"], rows) + "\n"
