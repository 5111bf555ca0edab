"""The figures of a certificate one below the other: what every screen and document lists.

The command line, mode K, the report and the data card read this list, so that none of them says
less or otherwise than another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from store.agreement.figure import NONE, rounded
from store.agreement.judge.certificate import Certificate
from store.agreement.judge.measured import Measured, missing
from store.agreement.judge.people import Accuracy
from store.agreement.judge.written import percent, point
from store.agreement.report import Agreement
from store.names import in_words


class CertificateLine(NamedTuple):
    """One figure."""

    section: str
    name: str
    figure: Measured
    remark: str = ""
    """What must be read beside it."""
    behind: str = ""
    """What the pairs of the figure have in common, where that is not its name."""


Names = Callable[[str], str]
"""What an annotator is called here."""


def lines(found: Certificate, names: Names = str) -> list[CertificateLine]:
    """Every figure of a certificate, in the order in which it is read."""
    return [
        *_verdicts(found),
        *_order(found),
        *_again(found),
        *_people(found, names),
        *_right("right", "people", found.accuracy),
        *_right("right", "rulings", found.rulings),
        *_probabilities(found),
        *_preferences(found),
        *_parts(found, names),
    ]


def value(figure: Measured) -> str:
    """A share in percent, a coefficient with two decimals; a dash where there is none."""
    if figure.value is None:
        return "-"
    return percent(figure.value) if figure.written == "share" else point(figure.value)


def ends(figure: Measured) -> str:
    """``41 to 60``: the interval in the unit of the value; empty where there is none."""
    if figure.value is None or figure.ci95 is None:
        return ""
    if figure.written == "share":
        return " to ".join(rounded(end * 100, 0) for end in figure.ci95)
    return " to ".join(point(end) for end in figure.ci95)


def _verdicts(found: Certificate) -> Iterator[CertificateLine]:
    for verdict, pairs in found.verdicts.items():
        share = len(pairs) / found.pairs if found.pairs else None
        figure = Measured(
            share, found.pairs, pairs=pairs, reason=None if found.pairs else "no pair"
        )
        yield CertificateLine(
            "verdicts",
            f"says {verdict}",
            figure,
            f"{len(pairs)} pair" + ("" if len(pairs) == 1 else "s"),
            f"the judge says {verdict}",
        )


def _order(found: Certificate) -> Iterator[CertificateLine]:
    place = found.position
    yield CertificateLine("order", "the two orders conflict", place.conflict)
    p = f"p {_p(place.first_p)}, one half by chance" if place.first_p is not None else ""
    yield CertificateLine("order", "first place wins, of those", place.first, p)
    mass = f"letters' probability, median {point(place.mass)}" if place.mass is not None else ""
    yield CertificateLine("order", "too much for the first place", place.size, mass)


def _again(found: Certificate) -> Iterator[CertificateLine]:
    for each in found.consistency:
        words = f"same under another {each.varied.replace('_', ' ')}"
        equal = each.equal
        yield CertificateLine(
            "again",
            words,
            Measured(equal.value, equal.n, equal.ci95, equal.reason, each.differing),
            f"kappa {value(each.kappa)} ({ends(each.kappa)})"
            if each.kappa.value is not None
            else "",
            words.replace("same", "differs"),
        )


def _people(found: Certificate, names: Names) -> Iterator[CertificateLine]:
    for two in found.people:
        yield _with(found, two, names)
    if len(found.people) > 1:
        yield CertificateLine(
            "people", "kappa with all of them", found.together, "", "somebody says otherwise"
        )
        limit = found.ceiling
        yield CertificateLine(
            "people", "kappa between people", limit.people, "the ceiling", "people differ"
        )
        yield CertificateLine(
            "people", "kappa of the judge there", limit.judge, "", "the judge differs from both"
        )
    for two in found.judges:
        yield _with(found, two, names)


def _with(found: Certificate, two: Agreement, names: Names) -> CertificateLine:
    other = two.annotators[0]
    figure = Measured(
        two.kappa.value,
        two.n,
        two.ci95,
        two.kappa.reason,
        found.differing.get(other, ()),
        "coefficient",
    )
    agree, ac1 = two.figures["p_o"].value, two.figures["ac1"].value
    remark = f"agree {percent(agree)}, AC1 {point(ac1)}" if two.n else ""
    return CertificateLine(
        "people", f"kappa with {names(other)}", figure, remark, f"{names(other)} differs"
    )


def _right(section: str, whose: str, found: Accuracy) -> Iterator[CertificateLine]:
    yield CertificateLine(section, f"right by {whose}", found.decided, "", f"wrong by {whose}")
    yield CertificateLine(
        section, f"right by {whose}, ties half", found.with_ties, "", f"wrong by {whose}"
    )


def _probabilities(found: Certificate) -> Iterator[CertificateLine]:
    of, scaled = found.calibration, found.temperature
    parts = (
        f"reliability {_three(of.reliability)} - resolution {_three(of.resolution)} +"
        f" uncertainty {_three(of.uncertainty)} + rest {_three(of.rest)}"
    )
    yield CertificateLine(
        "probabilities", "Brier score", of.brier, parts if of.brier.value is not None else ""
    )
    chance = (
        f"calibrated it would be {_three(of.ece_if_calibrated)}, under"
        f" {_three(of.ece_if_calibrated_high)} in 95 %"
    )
    yield CertificateLine(
        "probabilities", "ECE", of.ece, chance if of.ece.value is not None else ""
    )
    if scaled.temperature is None:
        figure = missing(scaled.reason or "", scaled.n)
    else:
        figure = Measured(scaled.temperature, scaled.n, written="coefficient")
    told = (
        f"on the other half Brier {_three(scaled.brier_before)} to {_three(scaled.brier)}, ECE"
        f" {_three(scaled.ece_before)} to {_three(scaled.ece)}"
    )
    yield CertificateLine(
        "probabilities", "temperature", figure, told if figure.value is not None else ""
    )


def _preferences(found: Certificate) -> Iterator[CertificateLine]:
    by = found.length
    yield CertificateLine("length", "takes the longer answer", by.judge)
    yield CertificateLine("length", "people take the longer", by.people)
    yield CertificateLine("length", "longer, more than people", by.more, "", "of unequal length")
    yield CertificateLine(
        "length",
        "coefficient of log length",
        by.coefficient,
        "given people's verdict",
        "judge and people name a side",
    )
    own = found.own_text
    yield CertificateLine("own text", "takes its own text", own.judge)
    yield CertificateLine("own text", "people take the judge's", own.people)
    yield CertificateLine(
        "own text", "own text, more than people", own.more, "", "its own text against another's"
    )


def _parts(found: Certificate, names: Names) -> Iterator[CertificateLine]:
    for part in found.categories:
        told = part.agreement
        remark = (
            f"kappa {point(told.kappa.value)}, agree {percent(told.figures['p_o'].value)},"
            f" AC1 {point(told.figures['ac1'].value)}; orders conflict {value(part.conflict)}"
            if told.n
            else f"orders conflict {value(part.conflict)}"
        )
        shown = in_words(told.value)
        yield CertificateLine(
            "category", f"right on {shown}", part.accuracy, remark, f"wrong on {shown}"
        )
    for each in found.principles:
        for person in each.people:
            yield CertificateLine(
                "principle",
                f"{each.principle_id} with {names(person.person)}",
                person.agreement,
                f"votes on {value(each.coverage)}, lift {value(person.lift)}"
                + (", contradicts" if person.contradicts else ""),
                f"{each.principle_id} and {names(person.person)} differ",
            )
    for two in found.constitutions:
        first, second = (found.called.get(each, each[:8]) for each in (two.first, two.second))
        yield CertificateLine(
            "principle",
            f"{first} less {second}, {names(two.person)}",
            two.difference,
            f"right {value(two.first_right)} and {value(two.second_right)} of the labels",
            f"asked under {first} and {second}",
        )


def _three(number: float | None) -> str:
    return NONE if number is None else rounded(number, 3).replace("0.", ".", 1)


def _p(p: float) -> str:
    return "under .001" if p < 0.001 else rounded(p, 3).replace("0.", ".", 1)
