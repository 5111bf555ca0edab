"""Doing something with a project whose file may be lost meanwhile.

What rescues it (:mod:`store.db.rescue`) is loaded where it is needed: hardly ever, and it takes
longer than opening a project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from store.db.project_database import ProjectDatabase
from store.errors import FileLost


@contextmanager
def guarded(db: ProjectDatabase, asked: Callable[[], str] | None = None) -> Iterator[None]:
    """Do something with a project, and see to it that nothing is lost where its file was.

    Args:
        db: the project.
        asked: describes what is done, with its texts; kept where it could not be written.

    Raises:
        FileLost: the file at the path is not the one that was opened; says what was kept where.
    """
    found = db.look()
    try:
        yield
    except FileLost as error:
        raise _rescued(db) from error
    except Exception as error:
        if found and db.look():
            raise
        lost = _rescued(db)
        if asked is not None:
            from store.db.rescue import keep_text

            keep_text(lost, asked())
        raise lost from error
    if not db.look():
        raise _rescued(db)


def _rescued(db: ProjectDatabase) -> FileLost:
    from store.db.rescue import rescued

    return rescued(db)
