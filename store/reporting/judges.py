"""The certificate of a judge in documents: the sentence, every figure, the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlite_utils import Database

from store.agreement.figure import NONE
from store.reporting import pictures
from store.reporting.markdown import cell, table
from store.reporting.names import Names

if TYPE_CHECKING:  # numpy: not needed where no model judged
    from store.agreement.judge.certificate import Certificate


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
            " for shares (wider where pairs share a prompt and the bootstrap is), smoothed for"
            " kappa with one person.\n"
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
        yield pictures.reliability(bins) + "\n"
        head = ["judge says", "people prefer a", "95 %", "n"]
        bars = [
            [f"{b.said:.3f}", f"{b.came:.3f}", f"{b.ci95[0]:.2f} to {b.ci95[1]:.2f}", str(b.n)]
            for b in bins
        ]
        yield table(head, bars) + "\n"
    if by_length := found.length.bins:
        yield "How often the longer answer wins, by how many times as long it is:\n"
        yield pictures.length(by_length) + "\n"
        head = ["times as long", "judge takes the longer", "95 %", "people take it", "n"]
        bars = [
            [
                f"{b.low:.2f} to {b.high:.2f}",
                f"{b.judge:.3f}",
                f"{b.ci95[0]:.2f} to {b.ci95[1]:.2f}",
                NONE if b.people is None else f"{b.people:.3f}",
                str(b.n),
            ]
            for b in by_length
        ]
        yield table(head, bars) + "\n"
