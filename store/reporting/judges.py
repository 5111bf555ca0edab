"""The certificate of a judge in documents: the sentence, every figure, the reliability drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from store.reporting.markdown import cell, table
from store.reporting.names import Names

if TYPE_CHECKING:  # numpy: not needed where no model judged
    from store.agreement.judge.calibration import ReliabilityBin
    from store.agreement.judge.certificate import Certificate

_SIDE: Final = 320
_LEFT: Final = 46
_DOWN: Final = 12


def judges(db: Database, names: Names) -> Iterator[str]:
    """A section for each model that judged; nothing where none did."""
    from store.agreement.judge.certificate import certificate
    from store.agreement.judge.certificate import judges as there

    found = [certificate(db, name) for name in there(db)]
    if found:
        yield "## Judges\n"
        yield (
            "A judge's verdict is held against what more than half of the people said of a pair,"
            " blind and outside open rounds. Intervals are 95 %: bootstrap over prompts, Wilson"
            " for shares, smoothed for kappa with one person.\n"
        )
    for each in found:
        yield f"### {cell(each.judge)}\n"
        yield from of_judge(each, names)


def of_judge(found: Certificate, names: Callable[[str], str] = str) -> Iterator[str]:
    """One certificate, below a heading of the caller's.

    Args:
        found: the certificate.
        names: what an annotator is called here.
    """
    from store.agreement.judge import lines

    yield f"{found.sentence[0].upper()}{found.sentence[1:]}.\n"
    if found.weak:
        yield f"Its labels go out only with `--allow weak_judge`: {cell('; '.join(found.weak))}.\n"
    rows = [
        [
            cell(line.name),
            lines.value(line.figure),
            lines.ends(line.figure),
            str(line.figure.n),
            cell(f"undefined: {line.figure.reason}" if line.figure.reason else line.remark),
        ]
        for line in lines.lines(found, names)
    ]
    yield table(["", "value", "95 %", "n", ""], rows) + "\n"
    if bins := found.calibration.bins:
        yield reliability_svg(bins) + "\n"
        head = ["judge says", "people prefer a", "95 %", "n"]
        bars = [
            [f"{b.said:.3f}", f"{b.came:.3f}", f"{b.ci95[0]:.2f} to {b.ci95[1]:.2f}", str(b.n)]
            for b in bins
        ]
        yield table(head, bars) + "\n"


def reliability_svg(bins: Sequence[ReliabilityBin]) -> str:
    """What the judge said (across) against the share of ``a`` by people (up), with intervals.

    On a calibrated judge the dashed diagonal runs through the bars; a dot is as large as its bin.
    """
    most = max(each.n for each in bins)
    marks = "".join(
        f'<path d="M{_x(b.said)} {_y(b.ci95[0])}V{_y(b.ci95[1])}" stroke="#456"/>'
        f'<circle cx="{_x(b.said)}" cy="{_y(b.came)}" r="{2 + 3 * (b.n / most) ** 0.5:.1f}"'
        ' fill="#456"/>'
        for b in bins
    )
    ticks = "".join(
        f'<text x="{_x(at)}" y="{_DOWN + _SIDE + 15}" text-anchor="middle">{at:g}</text>'
        f'<text x="{_LEFT - 5}" y="{_y(at)}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    width, height = _LEFT + _SIDE + 14, _DOWN + _SIDE + 36
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<path d="M{_x(0)} {_y(0)}H{_x(1)}V{_y(1)}H{_x(0)}Z" fill="none" stroke="#bbb"/>'
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4 4"/>'
        f'{ticks}{marks}<text x="{_x(0.5)}" y="{height - 5}" text-anchor="middle">'
        "probability of a by the judge</text>"
        f'<text transform="translate(11 {_y(0.5)}) rotate(-90)" text-anchor="middle">'
        "share of a by people</text></svg>"
    )


def _x(share: float) -> str:
    return f"{_LEFT + share * _SIDE:.1f}"


def _y(share: float) -> str:
    return f"{_DOWN + (1 - share) * _SIDE:.1f}"
