"""The report: what a paper's appendix needs about the labels, as one document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from store.db import leftovers
from store.errors import BadInput, StoreError
from store.exporting import EXPLAINED, ExportOptions, Reason, plan
from store.exporting.background import Background
from store.reporting import (
    comparison,
    evaluation,
    figures,
    html,
    judgement,
    judges,
    people,
    scores,
)
from store.reporting.markdown import cell, table
from store.reporting.names import Names
from store.rounds import rounds


class DocumentForm(StrEnum):
    """What a report is written as."""

    MARKDOWN = "Markdown"
    HTML = "HTML"


_FORMS: Final = {
    ".md": DocumentForm.MARKDOWN,
    ".markdown": DocumentForm.MARKDOWN,
    ".html": DocumentForm.HTML,
    ".htm": DocumentForm.HTML,
}
_TITLE: Final = "Report on the labels"


def form_of(out: Path) -> DocumentForm:
    """What a file of this name is to hold.

    Raises:
        BadInput: the name has another ending.
    """
    found = _FORMS.get(out.suffix.lower())
    if found is None:
        raise BadInput(
            f"{out} has no ending that a report is written for: .md writes Markdown, .html a page"
        )
    return found


def compose(
    db: Database, *, pseudonyms: bool = False, form: DocumentForm = DocumentForm.MARKDOWN
) -> str:
    """The whole report; the same project gives the same text.

    Args:
        db: the project.
        pseudonyms: call people A1, A2 ... in the order of their names. Notes and reasons are not
            searched for names.
        form: Markdown, or one HTML page that needs nothing beside it.

    Raises:
        SealedRound: a round is still sealed; nothing is told before it has ended.
        StoreError: kappa differs from that of a recount from the labels.
    """
    rounds.guard(db)
    names = Names(db, pseudonyms=pseudonyms)
    parts = [
        f"# {_TITLE}\n",
        *_project(db),
        *people.annotators(db, names),
        *people.formal_rounds(db, names),
        *figures.between_people(db, names),
        *figures.people_and_models(db, names),
        *scores.preferred(db),
        *judges.judges(db, names),
        *figures.all_raters(db, names),
        *comparison.human_and_ai(db, names),
        *evaluation.before_and_after(db, names),
        *judgement.standing_rulings(db, names),
        *judgement.guideline(db, names),
        *_triplets(db),
    ]
    return "\n".join(parts) if form is DocumentForm.MARKDOWN else html.page(parts, _TITLE)


def write(text: str, out: Path, *, force: bool = False) -> None:
    """Put a report in a file, readable by its owner alone; whole, or not at all.

    Raises:
        StoreError: OUT exists and ``force`` was not given, or it cannot be written.
    """
    if os.path.lexists(out) and not (force and out.is_file()):
        raise StoreError(f"{out} exists already and was left as it is; choose another name")
    try:
        leftovers.sweep(out.absolute().parent)
        beside = leftovers.beside(out)
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(out)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{out} could not be written ({error.strerror or error}); nothing was left there"
        ) from error


_COUNTS = """
SELECT category, count(*),
       (SELECT count(*) FROM candidate JOIN kept_prompt AS p ON p.id = candidate.prompt_id
        WHERE p.category = prompt.category AND candidate.origin = 'revision'),
       (SELECT count(*) FROM kept_pair AS pair JOIN prompt_now AS p ON p.id = pair.prompt_id
        WHERE p.category = prompt.category)
FROM kept_prompt AS prompt GROUP BY category ORDER BY category
"""


def _project(db: Database) -> Iterator[str]:
    yield "## Data\n"
    counted = db.execute(_COUNTS).fetchall()
    rows = [[cell(row[0]), *(str(number) for number in row[1:])] for row in counted]
    totals = [str(sum(row[place] for row in counted)) for place in (1, 2, 3)]
    head = ["category", "prompts", "revisions", "pairs"]
    yield table(head, [*rows, ["all", *totals]]) + "\n"


def _triplets(db: Database) -> Iterator[str]:
    """What the labels and rulings come to."""
    made = plan(db, ExportOptions(format="trl"))
    yield "## What can be exported\n"
    ruled = made.by_basis.get("ruling", 0)
    yield (
        f"{len(made.rows)} of {made.pairs} pairs are decided and fit for training, {ruled} of them"
        " by a ruling.\n"
    )
    if made.counts:
        rows = [[reason, str(n), EXPLAINED[Reason(reason)]] for reason, n in made.counts.items()]
        yield table(["left out", "pairs", "because"], rows) + "\n"
    yield from _origin(made.background)


def _origin(behind: Background) -> Iterator[str]:
    lines = [
        f"- constitution {cell(rules.name)} {cell(rules.version)}, SHA-256 `{rules.id}`"
        for rules in behind.constitutions
    ]
    lines += [model.markdown for model in behind.models]
    if lines:
        yield "## Constitutions and models\n"
        yield "\n".join(lines) + "\n"
