"""Which model a command uses: the flag, the environment, the project's last, the starter."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from engine.llama.weights import ChosenWeights
    from store.db.sqlite import Database

LAST_MODEL = "last_model"
"""Key of the project's last model in the file's local notes (``meta``)."""


def last_model(db: Database) -> str | None:
    """Path of the model this project used last."""
    from store.db import meta

    return meta.get(db, LAST_MODEL)


def remember_model(db: Database, path: Path) -> None:
    """Note the model as the project's last."""
    from store.db import meta

    meta.put(db, LAST_MODEL, str(path))


def chosen_model(flag: str | None, last: str | None) -> ChosenWeights:
    """The model to use, in the order of the design.

    Raises:
        NoModel: none is named and none is installed; says which command gets one.
        ModelFileError: the one that was named is not there.
    """
    from engine.llama.weights import find_model

    return find_model(flag, env=os.environ, last=last)


def model_in_use(project: Path) -> Path | None:
    """The model a command without ``--model`` would take here, None where there is none."""
    from engine.errors import EngineError
    from store.db.session import session
    from store.errors import StoreError

    last = None
    try:
        with session(project) as db:
            last = last_model(db)
    except StoreError:
        last = None
    try:
        return chosen_model(None, last).path
    except EngineError:
        return None
