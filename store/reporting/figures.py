"""Agreement: every figure with its interval, the table, the slices, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from sqlite_utils import Database

from store.agreement import agreement, agreement_many, bands, dawid_skene, statistics, tables
from store.agreement.counts import Counts
from store.agreement.intervals import dirichlet
from store.agreement.kappa import kappa
from store.agreement.models import with_models
from store.agreement.ranked import ranked_pairs
from store.agreement.recount import audit
from store.agreement.report import Agreement
from store.agreement.roles import roles
from store.agreement.slices import Slice, look_first
from store.agreement.strength import strength
from store.agreement.tables import BY
from store.judgements import settings
from store.reporting import couples
from store.reporting.crowd import weighed
from store.reporting.markdown import cell, figure, interval, table
from store.reporting.names import Names
from store.rounds import draws

_VERDICTS = {"a": "a", "b": "b", "tie": "tie", "both_bad": "both bad"}


def between_people(db: Database, names: Names) -> Iterator[str]:
    """All people at once where there are more than two, then each two.

    Raises:
        StoreError: the figures differ from those of a recount from the labels.
    """
    yield "## Agreement\n"
    people = tables.annotators(db)
    found = [two for one, other in combinations(people, 2) if (two := agreement(db, one, other)).n]
    if not found:
        yield "No two people have a pair in common: agreement is unknown.\n"
        return
    yield (
        "First passes given blind count, and nothing else; ties and both bad are verdicts of their"
        " own. Intervals are 95 %: smoothed (the large-sample interval with 1/(2k) added to each"
        " cell of the table) and Dirichlet (posterior of the table with 1/k added, 2000 draws).\n"
    )
    if (order := draws.order(db)).told:
        yield f"{order.words().capitalize()}.\n"
    if len(people) > 2:
        yield from _everybody(db, people, names)
    for two in found:
        audit(db, two)
        yield from _two(db, two, names)


def people_and_models(db: Database, names: Names) -> Iterator[str]:
    """People against the models that judged the same pairs.

    Raises:
        StoreError: the figures differ from those of a recount from the labels.
    """
    found = with_models(db, tables.annotators(db))
    if not found:
        return
    for two in found:
        audit(db, two)
    yield "## People and models\n"
    yield (
        "A model's labels are in no figure between people; p_o is the share of pairs on which it"
        " gave the person's verdict.\n"
    )
    rows = [[*couples.row(two, names), _few(two.n)] for two in found]
    yield table([*couples.head("person and model"), ""], rows) + "\n"


def all_raters(db: Database, names: Names) -> Iterator[str]:
    """People and models weighed against each other, where there are three or more."""
    found = dawid_skene.crowd(db)
    if found is not None:
        yield "## All raters together\n"
        yield from weighed(found, names)
        yield ""


def _everybody(db: Database, people: list[str], names: Names) -> Iterator[str]:
    whole = agreement_many(db, people)
    yield f"### All {len(people)}: {', '.join(cell(names(name)) for name in people)}\n"
    rows = [
        ["Krippendorff's alpha, nominal", figure(whole.alpha), str(whole.n)],
        ["Fleiss' kappa, pairs that all labelled", figure(whole.fleiss), str(whole.fleiss_n)],
    ]
    yield table(["", "value", "pairs"], rows) + "\n"


def _two(db: Database, two: Agreement, names: Names) -> Iterator[str]:
    first, second = two.annotators
    yield f"### {cell(names(first))} and {cell(names(second))}\n"
    yield table(["", "value"], _figures(two)) + "\n"
    if two.kappa.reason:
        yield f"Kappa is undefined: {two.kappa.reason}.\n"
    if two.advice:
        yield f"{two.advice[0].upper()}{two.advice[1:]}.\n"
        yield f"{two.power().words().capitalize()}.\n"
    yield _contingency(two.counts, cell(names(first)), cell(names(second))) + "\n"
    coded = roles(db, first, second)
    if coded.n:
        value = kappa(coded.table)
        both = ", ".join(coded.labels[:2])
        yield (
            f"Coded by role ({both}) over {coded.n} pairs: kappa {figure(value)},"
            f" {interval(dirichlet(coded.table))} (Dirichlet). It is lower when nearly all prefer"
            " one role.\n"
        )
    if behind := ranked_pairs(db, first, second):
        yield f"{behind.words}; kappa over whole prompts {interval(behind.ci95)}.\n"
    if settings.get(db, settings.STRENGTH, False):
        yield _scale(db, first, second) + "\n"
    for by in BY:
        parts = agreement(db, first, second, by=by).slices
        if len(parts) > 1:
            yield f"By {by}:\n"
            others = [each.column for each in statistics.beside_kappa("slice")]
            head = [by, "n", "kappa", "95 %", *others, "disagreed", ""]
            worst = look_first(parts)
            yield table(head, [_slice(part, worst=part is worst) for part in parts]) + "\n"


def _figures(two: Agreement) -> list[list[str]]:
    verdicts = f" ({two.q} verdicts)"
    return [
        ["pairs with both labels, n", str(two.n)],
        ["only the first, only the second", f"{two.counts.only_first}, {two.counts.only_second}"],
        [statistics.HEADLINE.label, figure(two.kappa)],
        ["smoothed interval", interval(two.ci95, 3)],
        ["Dirichlet interval", interval(dirichlet(two.counts.table), 3)],
        *(
            [each.label, figure(two.figures[each.key]) + verdicts * each.over_used]
            for each in statistics.beside_kappa("report", len(two.counts.labels))
        ),
        ["band", f"{two.band or '-'}{f' ({bands.TOO_FEW})' if bands.is_few(two.n) else ''}"],
    ]


def _contingency(counts: Counts, first: str, second: str) -> str:
    words = [_VERDICTS[label] for label in counts.labels]
    rows = [
        [word, *(str(number) for number in line), str(total)]
        for word, line, total in zip(words, counts.table, counts.rows, strict=True)
    ]
    rows.append(["all", *(str(total) for total in counts.columns), str(counts.n)])
    return table([f"{first} (rows), {second} (columns)", *words, "all"], rows)


def _scale(db: Database, first: str, second: str) -> str:
    found = strength(db, first, second)
    return (
        f"On the strength scale over {found.counts.n} pairs: quadratic kappa"
        f" {figure(found.quadratic)}, {interval(found.interval())} (Dirichlet), linear"
        f" {figure(found.linear)}; outside the scale {found.both_bad} pairs with both bad and"
        f" {found.unstated} without a strength."
    )


def _slice(part: Slice, *, worst: bool) -> list[str]:
    return [
        cell(part.value),
        str(part.n),
        figure(part.kappa, 2),
        interval(part.ci95),
        *(figure(part.figures[each.key], 2) for each in statistics.beside_kappa("slice")),
        f"{part.counts.disagreed} of {part.n}",
        "look here" if worst else _few(part.n),
    ]


def _few(n: int) -> str:
    return "too few" if n < bands.FEW_IN_SLICE else ""
