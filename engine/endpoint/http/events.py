"""Server-sent events, as the HTML standard (section 9.2) cuts a stream into them."""

from __future__ import annotations

from codecs import BOM_UTF8


class EventReader:
    """The data of each event; comments and fields other than ``data`` are passed over."""

    def __init__(self) -> None:
        self.held_bytes = 0
        """Bytes taken that belong to no event so far."""
        self._line = bytearray()
        """The beginning of a line whose end has not come."""
        self._data: list[str] = []
        self._first = True
        """No line has ended yet."""
        self._after_cr = False

    def push(self, data: bytes) -> list[str]:
        """Take the next bytes; returns the events that are complete by now.

        Raises:
            UnicodeDecodeError: a line is not UTF-8.
        """
        if self._after_cr:
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif data:
            self._after_cr = False
        self._line += data
        self.held_bytes += len(data)
        if b"\n" not in data:
            return []
        *lines, rest = bytes(self._line).split(b"\n")
        self._line = bytearray(rest)
        if self._first:
            self._first, lines[0] = False, lines[0].removeprefix(BOM_UTF8)
        events = []
        for line in lines:
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
