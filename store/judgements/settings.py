"""Settings of the whole project, agreed by everybody who works on it: events like all decisions."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlite_utils import Database

from store.log import current_state, events
from store.records import Event

STRENGTH: Final = "strength"
"""True where labels are given on the four-point strength scale."""

REPEATS: Final = "repeats"
"""Every how many labels a hidden repeat is shown; 0 for none."""

QUEUE: Final = "queue"
"""In what order pairs are shown: :data:`PROJECT` or :data:`USEFUL`."""

PROJECT: Final = "project"
USEFUL: Final = "useful"

RANDOM_SHARE: Final = "random_share"
"""Share of the pairs drawn at random where useful ones come first (:mod:`store.rounds.draws`)."""

MINIMUM: Final = "minimum_seconds"
"""Seconds an item must have been on the screen before a key decides on it."""

JUDGE_MARGIN: Final = "judge_margin"
"""How near one half a judge's probability is a tie: from 0 (the default) to under one half."""

RUN_PAIRS: Final = "run_pairs"
"""The rules by which `run` pairs answers by itself; see :mod:`store.judgements.pairing`."""

BACKUPS: Final = "backups"
"""How many backups are kept that are made when the project is opened; 0 (the default) for none."""

ORIGINAL_LAST: Final = "original-last"
BEST_WORST: Final = "best-worst"
RULES: Final = (ORIGINAL_LAST, BEST_WORST)
"""Both hold until somebody says otherwise."""

MINIMUM_DEFAULT: Final = 0.4
"""Shorter than anybody takes to read an item, longer than a slip of the finger."""


def get(db: Database, key: str, default: Any = None) -> Any:
    """The value of a setting (anything JSON can say), or the default."""
    said = current_state.latest(db, "setting", key)
    return default if said is None else said.value["value"]


def some(db: Database, *keys: str) -> dict[str, Any]:
    """The values of these settings, by name; those that were never set are absent."""
    rows = db.execute(
        "SELECT item, json_extract(value, '$.value') FROM shared_head WHERE kind = 'setting'"
        " AND item IN (SELECT value FROM json_each(?))",
        [json.dumps(keys)],
    ).fetchall()
    return dict(rows)


def set(db: Database, key: str, value: Any, annotator: str, at: str) -> Event:  # noqa: A001
    """Change a setting for everybody."""
    return events.append(db, "setting", key, annotator, {"value": value}, at=at)


def minimum_seconds(db: Database) -> float:
    """The project's :data:`MINIMUM`; the default where it says something that is no time."""
    value = get(db, MINIMUM, MINIMUM_DEFAULT)
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 60
    return float(value) if is_time else MINIMUM_DEFAULT


def judge_margin(db: Database) -> float:
    """The project's :data:`JUDGE_MARGIN`."""
    return float(get(db, JUDGE_MARGIN, 0.0))


def pairs_by_run(db: Database, rule: str) -> bool:
    """Whether `run` pairs answers by this rule: :data:`ORIGINAL_LAST` or :data:`BEST_WORST`."""
    return rule in get(db, RUN_PAIRS, RULES)


def ordered(db: Database) -> dict[str, Any]:
    """All settings that were ever set, by name."""
    return {
        key: said.value["value"]
        for key, said in current_state.latest_of_each(db, "setting").items()
    }
