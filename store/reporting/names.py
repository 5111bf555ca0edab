"""What people are called in a report: by their names, or by pseudonyms."""

from __future__ import annotations

from sqlite_utils import Database

from store import ids


class Names:
    """Names or pseudonyms (A1, A2 ... in the order of the names); models keep their names."""

    def __init__(self, db: Database, *, pseudonyms: bool) -> None:
        rows = db.execute(
            "SELECT DISTINCT annotator FROM sound_event ORDER BY annotator"
        ).fetchall()
        people = [name for (name,) in rows if ids.is_person(name)]
        self._hidden = {name: f"A{n}" for n, name in enumerate(people, 1)} if pseudonyms else {}

    def __call__(self, name: str) -> str:
        """How this annotator is called."""
        return self._hidden.get(name, name)
