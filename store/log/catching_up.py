"""Events that came into the file without their heads: by another program, a merge, an import."""

from __future__ import annotations

from sqlite_utils import Database

from store.log import current_state, set_aside


def catch_up(db: Database) -> None:
    """Set aside what cannot be used of the events, and have the heads say what the others do.

    Call inside a transaction.
    """
    news = set_aside.bring_up_to_date(db)
    current_state.refresh_since(db, news.since)
    for cell in {current_state.cell_of(event) for event in news.changed}:
        current_state.refresh(db, cell)
