"""Server-sent events, as the HTML standard (section 9.2) cuts a stream into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def event_data(lines: Iterable[bytes]) -> Iterator[str]:
    """The data of each event; comments and fields other than ``data`` are passed over.

    A last event that lacks its blank line is given out as well, since some servers forget it
    after ``[DONE]``; a line that broke off in the middle is not.

    Args:
        lines: the stream cut into lines, each with its line end.

    Raises:
        UnicodeDecodeError: a line is not UTF-8.
    """
    held: list[str] = []
    for raw in lines:
        if not raw.endswith(b"\n"):
            break
        line = raw.rstrip(b"\r\n")
        if line:
            field, _, value = line.partition(b":")
            if field == b"data":
                held.append(value.removeprefix(b" ").decode("utf-8"))
        elif held:
            yield "\n".join(held)
            held = []
    if held:
        yield "\n".join(held)
