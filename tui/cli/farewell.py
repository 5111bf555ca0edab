"""What is said on the terminal when the app is left: what was done, where it is, how to go on."""

from __future__ import annotations

from pathlib import Path

from store.views.worked import Worked
from tui.formatting import counted

_DONE = (
    ("label", "pair labelled", "pairs labelled"),
    ("decision", "revision decided", "revisions decided"),
    ("own answer", "answer written", "answers written"),
    ("ruling", "case ruled on", "cases ruled on"),
    ("note", "note", None),
    ("flag", "flag", None),
    ("guideline", "version of the guideline", "versions of the guideline"),
)


def lines(worked: Worked, minutes: int, project: Path, command: str) -> list[str]:
    """Three short lines, which a terminal of 80 cells seldom breaks; none where nothing was done.

    Args:
        worked: since the app was opened.
        minutes: how long that was.
        project: the file.
        command: what opens the app again from here.
    """
    done = [
        counted(number, one, more)
        for kind, one, more in _DONE
        if (number := worked.counts.get(kind))
    ]
    if not done:
        return []
    hours, rest = divmod(minutes, 60)
    time = f"{hours} h {rest} min" if hours else f"{minutes} min" if minutes else "under a minute"
    left = [
        *([f"{counted(worked.pairs_left, 'pair')} to label"] if worked.pairs_left else ()),
        *(
            [f"{counted(worked.revisions_left, 'revision')} to decide"]
            if worked.revisions_left
            else ()
        ),
    ]
    waits = f"{' and '.join(left)} left" if left else "nothing waits for you"
    return [
        f"{', '.join(done)} in {time}",
        f"all of it is in {project}; {waits}",
        f"go on with: {command}",
    ]
