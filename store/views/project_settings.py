"""The settings of a project as they hold now, defaults included."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from store.db import rolling
from store.judgements import settings
from store.rounds import draws


def in_force(db: Database) -> dict[str, Any]:
    """Every setting by its name, as ``setting --json`` has it."""
    order = draws.order(db)
    return {
        settings.STRENGTH: bool(settings.get(db, settings.STRENGTH, default=False)),
        settings.REPEATS: int(settings.get(db, settings.REPEATS, default=0)),
        settings.MINIMUM: settings.minimum_seconds(db),
        settings.QUEUE: settings.USEFUL if order.useful else settings.PROJECT,
        settings.RANDOM_SHARE: order.share,
        settings.JUDGE_MARGIN: settings.judge_margin(db),
        settings.BACKUPS: rolling.wanted(db),
        settings.RUN_PAIRS: [rule for rule in settings.RULES if settings.pairs_by_run(db, rule)],
    }
