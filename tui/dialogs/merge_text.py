"""What a merge brought, in words; knows no screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui.formatting import counted
from tui.visible import one_line

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.merging.conflicts import Conflict
    from store.merging.merge import Merged

NOUNS = {
    "prompt": ("prompt", "prompts"),
    "candidate": ("answer", "answers"),
    "critique": ("critique", "critiques"),
    "pair": ("pair", "pairs"),
    "event": ("entry of the log", "entries of the log"),
    "category": ("category for a prompt here", "categories for prompts here"),
}
"""How the rows worth telling are called."""

HEADS = ("labels of", "in that file", "new", "changed", "conflicts")
"""Of the table of people."""

TOLD = 20
"""How many events that cannot be used are named one by one."""

STANDS = {
    "ours": "ours stands, theirs is in the log",
    "theirs": "theirs stands, ours is in the log",
    "own": "each file keeps its own",
}


def told(merged: Merged) -> Iterator[str]:
    """What came in, or would, a line each; the conflicts are :func:`conflicts`."""
    if not merged.anything:
        yield f"{merged.path} has nothing that is not here already."
        return
    if merged.encrypted == (True, False):
        yield f"{merged.path} is plain and stays so; this project stays encrypted."
    elif merged.encrypted == (False, True):
        yield f"{merged.path} is encrypted and stays so; this project is plain, and its texts here."
    would = "would come in" if merged.dry_run else "came in"
    brought = {**merged.added, "category": merged.categorised}
    new = [counted(n, *noun) for table, noun in NOUNS.items() if (n := brought[table])]
    yield f"From {merged.path} {would}: {', '.join(new)}."
    yield from _people(merged)
    for replica, count in merged.adopted.items():
        events = counted(count, "event")
        yield f"  {events} of a fork (replica {replica[:8]}), under a replica id of their own"
    if merged.set_aside:
        events = counted(len(merged.set_aside), "event")
        yield f"  {events} cannot be used: kept, and counted nowhere"
    for each in merged.set_aside[:TOLD]:
        yield f"    {one_line(each.told(), 200)}"
    if len(merged.set_aside) > TOLD:
        yield f"    and {len(merged.set_aside) - TOLD} more; doctor names them"


def _people(merged: Merged) -> Iterator[str]:
    """A table of whose labels came: how many are there, new, changed, in conflict."""
    if not merged.people:
        return
    rows = [
        (one_line(each.annotator, 40), *(f"{number:,}" for number in each[1:]))
        for each in merged.people
    ]
    widths = [max(map(cell_len, column)) for column in zip(HEADS, *rows, strict=True)]
    yield ""
    for who, *numbers in (HEADS, *rows):
        cells = [
            " " * (width - cell_len(each)) + each
            for each, width in zip(numbers, widths[1:], strict=True)
        ]
        yield "  " + "   ".join([who + " " * (widths[0] - cell_len(who)), *cells])
    for names in merged.look_alikes:
        words = " and ".join(one_line(name, 40) for name in names)
        yield f"  {words} look the same: one person under two names? They are counted apart."
    yield ""


def conflicts(merged: Merged) -> Iterator[str]:
    """What the two files say differently, and what stands, a line each."""
    for each in merged.conflicts:
        yield _conflict(each)


def _conflict(each: Conflict) -> str:
    who = f" of {each.annotator}" if each.annotator else ""
    stands = STANDS.get(each.stands, "both stand")
    return (
        f"conflict · {each.what}{who} · {one_line(each.about or each.item, 80)}:"
        f" here {one_line(each.ours, 60)},"
        f" there {one_line(each.theirs, 60)}; {stands}"
    )
