"""Completing the search line of mode B while it is typed."""

from __future__ import annotations

from textual.suggester import Suggester

from store.views.query import completed


class SearchSuggester(Suggester):
    """Suggests the first filter, or value of one, that goes on as typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The line typed and the rest of its last word, or None."""
        return completed(value)
