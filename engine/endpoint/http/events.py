"""Server-sent events, as the HTML standard (section 9.2) cuts a stream into them."""

from __future__ import annotations


class EventReader:
    """The data of each event; comments and fields other than ``data`` are passed over."""

    def __init__(self) -> None:
        self.held_bytes = 0
        """Bytes taken that belong to no event so far."""
        self._line = bytearray()
        """The beginning of a line whose end has not come."""
        self._data: list[str] = []

    def push(self, data: bytes) -> list[str]:
        """Take the next bytes; returns the events that are complete by now.

        Raises:
            UnicodeDecodeError: a line is not UTF-8.
        """
        self._line += data
        self.held_bytes += len(data)
        if b"\n" not in data:
            return []
        *lines, rest = bytes(self._line).split(b"\n")
        self._line = bytearray(rest)
        events = []
        for raw in lines:
            line = raw.rstrip(b"\r")
            if line:
                field, _, value = line.partition(b":")
                if field == b"data":
                    self._data.append(value.removeprefix(b" ").decode("utf-8"))
            else:
                events += self.end()
        return events

    def end(self) -> list[str]:
        """The event that the stream ends with.

        One that lacks its blank line is given out as well, since some servers forget it after
        ``[DONE]``; a line that broke off in the middle is not.
        """
        data, self._data = self._data, []
        self.held_bytes = len(self._line)
        return ["\n".join(data)] if data else []
