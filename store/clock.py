"""Time as it is stored: ISO 8601 in UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime

from store.errors import BadInput


def stamp(moment: datetime) -> str:
    """A moment as ``2026-01-02T03:04:05.678Z``; strings of this form sort as the moments do."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def now() -> str:
    """This moment; called at the edges only (command line, app), never by the store."""
    return stamp(datetime.now(UTC))


def parse(at: str) -> datetime:
    """The moment a stored time names.

    Raises:
        BadInput: it is no time, or one without its zone.
    """
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise BadInput(f"'{at}' is no time; write it as 2026-01-02T03:04:05.678Z") from None
    if moment.tzinfo is None:
        raise BadInput(f"'{at}' does not say its zone; write it as 2026-01-02T03:04:05.678Z")
    return moment.astimezone(UTC)
