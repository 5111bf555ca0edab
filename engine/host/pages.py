"""Which cells of llama.cpp's cache hold which text.

The cache is divided into *pages* of neighbouring cells, and a page holds tokens of one text only,
in their order. On a CPU llama.cpp computes attention in tiles of neighbouring cells and skips
those in which nothing is looked at: texts whose cells lie among those of others take two to three
times as long. llama.cpp has no way to name a cell, and writes to the first free one; so the cells
of a page that are still to be filled are held by a blank sequence until their token comes.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.host.blank import FAR, Blank
from engine.host.library import SEQUENCES, Context

TILE = 64
"""Cells llama.cpp's attention looks at together on a CPU (``ggml_fa_tile_config``)."""
_MOST_PAGES = 256 - SEQUENCES
"""llama.cpp has 256 sequence numbers, and each page needs one for its blank cells."""


@dataclass(eq=False, slots=True)
class Page:
    """Neighbouring cells, filled from the first on."""

    number: int
    first: int
    """Position of the token in its first cell."""
    owner: Strand
    """Who may fill it further."""
    filled: int = 0
    """Cells with a token, or about to get one."""
    strands: list[Strand] = field(default_factory=list)
    """Those who have tokens in it."""


@dataclass(eq=False, slots=True)
class Strand:
    """One sequence of the cache."""

    sequence: int
    tokens: list[int] = field(default_factory=list)
    """Evaluated tokens."""
    pages: list[Page] = field(default_factory=list)
    """Where they lie."""


class Pages:
    """Gives strands their cells."""

    def __init__(self, context: Context, size: int, blank: Blank | None) -> None:
        """All are free.

        Args:
            context: the cells.
            size: cells of a page.
            blank: how cells are held; None leaves it to llama.cpp which cells it writes to,
                and pages are there for counting only.
        """
        self.size = size
        self._context = context
        self._blank = blank
        self._free = list(range(context.cells // size))
        self._mark = 0
        """Pages below it have no empty cell, those from it on nothing else."""
        self._holes: list[Page] = []

    @property
    def free(self) -> int:
        """Pages nobody uses."""
        return len(self._free)

    def needed(self, tokens: int, strand: Strand | None = None) -> int:
        """Pages that so many more tokens take, at the end of a strand or on their own."""
        return -(-(tokens - (self._room(strand) if strand else 0)) // self.size)

    def _room(self, strand: Strand) -> int:
        last = strand.pages[-1] if strand.pages else None
        return self.size - last.filled if last and last.owner is strand else 0

    def place(self, strand: Strand, most: int) -> list[range]:
        """Cells for the next tokens of a strand, at most so many, in ascending order.

        Raises:
            RuntimeError: there is no free cell; who asks has seen to it that there are.
        """
        placed: list[range] = []
        start = len(strand.tokens)
        while most > 0:
            if not self._room(strand) and not self._add_page(strand, start):
                break
            page = strand.pages[-1]
            size = min(most, self._room(strand))
            cell = page.number * self.size + page.filled
            placed.append(range(cell, cell + size))
            page.filled += size
            start += size
            most -= size
        return placed

    def open(self, cells: range) -> None:
        """Let llama.cpp write to cells of one page, with its next run.

        To be called when all cells of the run are known: a new page is held by what takes the
        first empty cells.
        """
        if self._blank:
            number, start = divmod(cells.start, self.size)
            at = FAR + start
            self._context.vacate(SEQUENCES + number, at, at + len(cells))

    def _add_page(self, strand: Strand, start: int) -> bool:
        # tokens of one run go to ascending cells
        ascending = start > len(strand.tokens)
        at = bisect.bisect(self._free, strand.pages[-1].number) if ascending else 0
        if at == len(self._free):
            if not ascending:
                raise RuntimeError("the cache is full")
            return False
        page = Page(self._free.pop(at), start, strand, strands=[strand])
        if page.number == self._mark:
            self._mark += 1
            self._hold(page)
        strand.pages.append(page)
        return True

    def share(self, source: Strand, target: Strand, length: int) -> None:
        """Let the empty ``target`` begin with the first ``length`` tokens of ``source``."""
        self._context.copy(source.sequence, target.sequence, length)
        target.tokens[:] = source.tokens[:length]
        target.pages[:] = [page for page in source.pages if page.first < length]
        for page in target.pages:
            page.strands.append(target)

    def cut(self, strand: Strand, length: int) -> None:
        """Keep only the first ``length`` tokens of a strand, and none in waiting."""
        if length:
            self._context.cut(strand.sequence, length)
        else:
            self._context.forget(strand.sequence)
        del strand.tokens[length:]
        self.settle([strand])

    def settle(self, strands: Iterable[Strand]) -> None:
        """Take back the cells that strands were given or have had, and that hold no token."""
        for strand in strands:
            for page in reversed(strand.pages[:]):
                if page.first >= len(strand.tokens):
                    strand.pages.remove(page)
                    page.strands.remove(strand)
                filled = max([0, *(_extent(other, page) for other in page.strands)])
                if filled < page.filled:
                    page.filled = filled
                    self._holes.append(page)
                    if not filled:
                        bisect.insort(self._free, page.number)
        self._mend()

    def _mend(self) -> None:
        """Hold the cells that have become empty, or give up the last pages where all are."""
        if self._blank:
            mark = self._mark
            while mark and self._is_free(mark - 1):
                mark -= 1
                self._context.forget(SEQUENCES + mark)
            self._mark = mark
            # each restored state takes the first empty cells, and they are its own
            for page in sorted(self._holes, key=lambda hole: hole.number):
                if page.number < mark:
                    self._hold(page)
        self._holes.clear()

    def _is_free(self, number: int) -> bool:
        at = bisect.bisect_left(self._free, number)
        return at < len(self._free) and self._free[at] == number

    def _hold(self, page: Page) -> None:
        if self._blank:
            state = self._blank.state(page.filled, self.size - page.filled)
            self._context.restore(SEQUENCES + page.number, state)


def page_size(cells: int) -> int:
    """Cells of a page, so that there are not more pages than sequence numbers."""
    return TILE * -(-cells // (TILE * _MOST_PAGES))


def _extent(strand: Strand, page: Page) -> int:
    """How many cells of a page hold tokens of a strand."""
    following = strand.pages.index(page) + 1
    end = len(strand.tokens)
    if following < len(strand.pages):
        end = min(end, strand.pages[following].first)
    return end - page.first
