"""What was ruled and why, and the guideline's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlite_utils import Database

from store.items import pairs
from store.judgements import guidelines, labels, rulings
from store.records import Phase
from store.reporting.markdown import cell, quoted, table
from store.reporting.names import Names
from store.rounds import rounds

EXCERPT = 60
"""Characters of a prompt that stand for it in a table."""


def standing_rulings(db: Database, names: Names) -> Iterator[str]:
    """Every ruling that stands, in project order, and why people had disagreed."""
    found = rulings.all_standing(db)
    yield "## Rulings\n"
    if not found:
        yield "Nobody has ruled.\n"
        return
    counted = ", ".join(f"{cause.replace('_', ' ')} {n}" for cause, n in rulings.causes(db).items())
    yield f"Pairs ruled on: {len(found)}{f'; causes: {counted}' if counted else ''}.\n"
    hidden = rounds.hidden_pairs(db)
    order = sorted((pairs.get(db, pair_id).position, pair_id) for pair_id in found)
    head = ["pair", "prompt", "labels", "ruling", "by", "cause", "confidence", "reason"]
    yield table(head, [_ruling(db, found[pair_id], names, hidden) for _, pair_id in order]) + "\n"


def _ruling(
    db: Database, ruling: rulings.Ruling, names: Names, hidden: frozenset[str]
) -> list[str]:
    prompt = " ".join(pairs.text(db, ruling.pair_id).prompt_text.split())
    said = [
        f"{names(label.annotator)} {label.verdict}"
        for label in labels.of_pair(db, ruling.pair_id)
        if label.phase is Phase.FIRST
    ]
    return [
        f"`{ruling.pair_id[:12]}`",
        cell(prompt if len(prompt) <= EXCERPT else prompt[: EXCERPT - 3] + "..."),
        cell("not told yet" if ruling.pair_id in hidden else ", ".join(said)),
        cell(ruling.verdict),
        cell(names(ruling.by)),
        cell((ruling.cause or "-").replace("_", " ")),
        cell(ruling.confidence or "-"),
        cell(ruling.reason or "-"),
    ]


def guideline(db: Database, names: Names) -> Iterator[str]:
    """The versions, how many labels were made under each, and the text in force."""
    versions = guidelines.history(db)
    yield "## Guideline\n"
    if not versions:
        yield "There is no guideline.\n"
        return
    made = Counter(
        dict(
            db.execute(
                "SELECT guideline_id, count(*) FROM kept_label AS label_head WHERE phase = 'first'"
                " AND guideline_id IS NOT NULL AND given_by = 'person'"
                " GROUP BY guideline_id"
            ).fetchall()
        )
    )
    rows = [
        [str(g.version), g.at[:10], cell(names(g.author)), str(made[g.id]), f"`{g.id}`"]
        for g in versions
    ]
    yield table(["version", "since", "by", "labels under it", "SHA-256"], rows) + "\n"
    now = guidelines.current(db)
    if now is not None:
        yield f"In force is version {now.version}:\n"
        yield quoted(now.text) + "\n"
