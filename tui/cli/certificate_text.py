"""The certificate of a judge, and the votes of its principles, as tables for a person's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from store.agreement.judge import lines
from store.agreement.judge.certificate import Certificate
from store.agreement.judge.measured import Measured
from store.agreement.judge.votes import ConstitutionComparison, Votes
from tui.cli.context import stdout_console
from tui.formatting import counted
from tui.reliability import HEAD, LENGTH_HEAD, LENGTH_NOTE, length_pull, reliability
from tui.visible import clean


def show(certificate: Certificate) -> None:
    """Print it: the sentence, why its labels are held back, every figure, the reliability."""
    console = stdout_console()
    console.print(f"{clean(certificate.judge)}: {certificate.sentence}", style="bold")
    if certificate.weak:
        why = "; ".join(certificate.weak)
        console.print(f"Its labels go out only with --allow weak_judge: {why}.")
    console.print(
        f"{counted(certificate.pairs, 'pair')}, {counted(certificate.asked, 'asking')} in both"
        f" orders, {counted(certificate.tokens, 'token')};"
        f" {counted(certificate.with_word, 'pair')} with a person's verdict,"
        f" {len(certificate.divided)} of them divided"
    )
    table = _table("", "", "95 %", "n", "")
    undefined: dict[str, list[str]] = {}
    for line in lines.lines(certificate, clean):
        if line.figure.reason is not None:
            undefined.setdefault(line.figure.reason, []).append(line.name)
            continue
        table.add_row(line.name, *_cells(line.figure), line.remark)
    console.print(table)
    for reason, names in undefined.items():
        console.print(f"undefined: {reason} ({'; '.join(names)})")
    if bins := certificate.calibration.bins:
        console.print(HEAD)
        for drawn in reliability(bins):
            console.print(drawn)
        console.print("bar: share of a by people, line: its interval, stroke: the judge's word")
    if by_length := certificate.length.bins:
        console.print(LENGTH_HEAD)
        for drawn in length_pull(by_length):
            console.print(drawn)
        console.print(LENGTH_NOTE)


def show_votes(
    judge: str,
    votes: Sequence[Votes],
    comparisons: Sequence[ConstitutionComparison],
    constitutions: Mapping[str, str],
) -> None:
    """Print what each principle votes and explains, and which constitution explains more.

    Args:
        judge: who voted.
        votes: a principle each.
        comparisons: two constitutions each.
        constitutions: name and version by id.
    """
    console = stdout_console()
    console.print(clean(judge), style="bold")
    table = _table(
        "principle", "a", "b", "none", "votes", "person", "agree", "95 %", "n", "lift", ""
    )
    for each in votes:
        where = constitutions.get(each.constitution_id, each.constitution_id[:8])
        name = f"{each.principle_id} {where}"
        counts = [str(each.votes[word]) for word in ("a", "b", "none")]
        head = [clean(name), *counts, lines.value(each.coverage)]
        for person in each.people or ():
            table.add_row(
                *head,
                clean(person.person),
                *_cells(person.agreement),
                lines.value(person.lift),
                "contradicts" if person.contradicts else "",
            )
            head = [""] * len(head)
        if not each.people:
            table.add_row(*head, "nobody yet", *[""] * 5)
    console.print(table)
    for two in comparisons:
        first, second = (clean(constitutions.get(x, x[:8])) for x in (two.first, two.second))
        better = {two.first: first, two.second: second}.get(two.better or "")
        told = f"{better} explains them better" if better else "neither surely explains them better"
        console.print(
            f"labels of {clean(two.person)}: {first} {lines.value(two.first_right)},"
            f" {second} {lines.value(two.second_right)} (n {two.difference.n}): {told}"
        )


def _cells(figure: Measured) -> tuple[str, str, str]:
    return lines.value(figure), lines.ends(figure), str(figure.n)


_NUMBERS = ("a", "b", "none", "votes", "n", "agree", "lift")


def _table(*headings: str) -> Table:
    """A table without a frame; the second column holds the figures."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(headings):
        number = heading in _NUMBERS or (place == 1 and not heading)
        table.add_column(
            heading, justify="right" if number else "left", no_wrap=place < len(headings) - 1
        )
    return table
