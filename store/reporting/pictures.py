"""The pictures of a judge's certificate as SVG: reliability, and the pull of length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # numpy: not needed where no model judged
    from store.agreement.intervals import Interval
    from store.agreement.judge.calibration import ReliabilityBin
    from store.agreement.judge.length import LengthBin

_SIDE: Final = 320
_LEFT: Final = 46
_DOWN: Final = 12
_TICKS: Final = (0, 0.25, 0.5, 0.75, 1)


def reliability(bins: Sequence[ReliabilityBin]) -> str:
    """What the judge said (across) against the share of ``a`` by people (up), with intervals.

    On a calibrated judge the dashed diagonal runs through the bars; a dot is as large as its bin.
    """
    most = max(each.n for each in bins)
    marks = "".join(_mark(b.said, b.came, b.ci95, 2 + 3 * (b.n / most) ** 0.5) for b in bins)
    return _framed(
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4 4"/>{marks}',
        [(at, f"{at:g}") for at in _TICKS],
        "probability of a by the judge",
        "share of a by people",
    )


def length(bins: Sequence[LengthBin]) -> str:
    """How often the longer answer wins (up) in bins by how many times as long it is (across).

    A dot with its interval is the judge, a ring people; on the dashed line length wins nothing.
    """
    places = [(number + 0.5) / len(bins) for number in range(len(bins))]
    return _framed(
        f'<path d="M{_x(0)} {_y(0.5)}H{_x(1)}" stroke="#999" stroke-dasharray="4 4"/>'
        + "".join(_length_marks(bins, places)),
        [(at, f"{b.low:.2g} to {b.high:.2g}") for at, b in zip(places, bins, strict=True)],
        "times as long (dot: judge, ring: people)",
        "share of the longer",
    )


def _length_marks(bins: Sequence[LengthBin], places: Iterable[float]) -> Iterator[str]:
    for at, each in zip(places, bins, strict=True):
        yield _mark(at, each.judge, each.ci95, 4)
        if each.people is not None:
            yield f'<circle cx="{_x(at)}" cy="{_y(each.people)}" r="6" fill="none" stroke="#c60"/>'


def _mark(at: float, value: float, ends: Interval, radius: float) -> str:
    return (
        f'<path d="M{_x(at)} {_y(ends[0])}V{_y(ends[1])}" stroke="#456"/>'
        f'<circle cx="{_x(at)}" cy="{_y(value)}" r="{radius:.1f}" fill="#456"/>'
    )


def _framed(marks: str, across: Iterable[tuple[float, str]], below: str, beside: str) -> str:
    """A square from 0 to 1 upward, with ticks, titles and the marks in it."""
    ticks = "".join(
        f'<text x="{_x(at)}" y="{_DOWN + _SIDE + 15}" text-anchor="middle">{told}</text>'
        for at, told in across
    ) + "".join(
        f'<text x="{_LEFT - 5}" y="{_y(at)}" text-anchor="end">{at:g}</text>' for at in _TICKS
    )
    width, height = _LEFT + _SIDE + 14, _DOWN + _SIDE + 36
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<path d="M{_x(0)} {_y(0)}H{_x(1)}V{_y(1)}H{_x(0)}Z" fill="none" stroke="#bbb"/>'
        f'{marks}{ticks}<text x="{_x(0.5)}" y="{height - 5}" text-anchor="middle">{below}</text>'
        f'<text transform="translate(11 {_y(0.5)}) rotate(-90)" text-anchor="middle">{beside}'
        "</text></svg>"
    )


def _x(share: float) -> str:
    return f"{_LEFT + share * _SIDE:.1f}"


def _y(share: float) -> str:
    return f"{_DOWN + (1 - share) * _SIDE:.1f}"
