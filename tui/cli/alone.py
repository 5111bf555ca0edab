"""One run at a time: two would write the same texts twice, and pay a server for both."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.cli.log import log_file
from tui.cli.output import fail


@contextmanager
def alone(project: Path) -> Iterator[None]:
    """Be the one process on this machine that writes texts in a project without a screen.

    The right ends with the process, however that ends. It lies beside the logs: a lock on the
    project file itself would break SQLite's own.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    name = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:16]
    path = log_file().parent / f"run-{name}.lock"
    while True:
        with path.open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fail(
                    f"another run writes in {project.name} now: nothing was written;"
                    " wait for its end, or stop it and run this again"
                )
            if not path.exists() or not os.path.samestat(path.stat(), os.fstat(lock.fileno())):
                continue  # it was the file of a run that has just ended
            try:
                yield
            finally:
                path.unlink()
            return
