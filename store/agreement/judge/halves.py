"""The two halves of a project: what is learnt on one is told on the other."""

from __future__ import annotations

from store import ids


def half_of(prompt_id: str) -> int:
    """0 or 1: the half a prompt belongs to, with all its pairs and everything asked about them.

    It follows from the prompt's id alone, so that it is the same in every copy of a project, and
    is independent of what else is drawn by that id. A judge is shown rulings of the other half
    only, and a temperature is fitted on one half and told on the other.
    """
    return int(ids.digest("half", prompt_id)[:8], 16) & 1
