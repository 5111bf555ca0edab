"""Which cells of llama.cpp's cache hold which text, and how a text keeps its cells together.

The reason: on a CPU llama.cpp computes attention in tiles of neighbouring cells and skips those
in which nothing is looked at; texts whose cells lie among those of others take two to three times
as long. So the cache is divided into *pages* of neighbouring cells, and a page holds tokens of one
text only, in their order. llama.cpp has no way to name a cell: it writes a token to the first free
one. But a cell that belongs to some sequence is not free, and the saved state of a sequence can be
restored without computing anything: a sequence of blank cells holds the cells of a page until
their token comes.

This is the only module that knows the private layout of such a state. The check:
:meth:`CellLayout.like` takes a real state apart and gives None for any other layout, and a host
that has loaded a model restores blank cells once before it relies on them. The fallback: without
a layout (:class:`KvPages` with None) llama.cpp places tokens as it likes, pages are there for
counting only, and the same texts come, slower on a CPU.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.llama.host.binding import SEQUENCES, Context

FAR = 1 << 28
"""Position of the first blank cell: no text is that long."""

_HEAD = struct.Struct("=IiII")  # magic, sequence, streams, cells
_CELL = struct.Struct("=iIi")  # position, sequences, sequence
_LAYERS = struct.Struct("=II")  # values transposed, layers
_ROW = struct.Struct("=iQ")  # type, bytes of a cell


class CellLayout(NamedTuple):
    """The layout of a saved sequence, without its numbers."""

    magic: int
    layers: int
    rows: tuple[tuple[int, int], ...]
    """Type and bytes a cell of each layer's keys, then of each layer's values."""

    @classmethod
    def like(cls, state: bytes, cells: int) -> CellLayout | None:
        """The layout of ``state``, a saved sequence of ``cells`` cells from position 0.

        None where it is not laid out as ``llama_kv_cache::state_write`` lays out a plain cache
        under flash attention: sliding windows, recurrent states, transposed values.
        """
        try:
            magic, _sequence, streams, count = _HEAD.unpack_from(state)
            at = _HEAD.size
            for position in range(cells):
                if _CELL.unpack_from(state, at)[:2] != (position, 1):
                    return None
                at += _CELL.size
            transposed, layers = _LAYERS.unpack_from(state, at)
            at += _LAYERS.size
            rows = []
            while at < len(state):
                kind, size = _ROW.unpack_from(state, at)
                rows.append((kind, size))
                at += _ROW.size + size * cells
        except struct.error:
            return None
        plain = (streams, count, transposed, len(rows)) == (1, cells, 0, 2 * layers)
        return cls(magic, layers, tuple(rows)) if plain and at == len(state) else None

    def state(self, first: int, cells: int) -> bytes:
        """So many blank cells, the first of them at position ``FAR + first``."""
        parts = [_HEAD.pack(self.magic, 0, 1, cells)]
        parts += [_CELL.pack(FAR + first + cell, 1, 0) for cell in range(cells)]
        parts.append(_LAYERS.pack(0, self.layers))
        for kind, size in self.rows:
            parts += [_ROW.pack(kind, size), bytes(size * cells)]
        return b"".join(parts)


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
    owner: KvSequence
    """Who may fill it further."""
    filled: int = 0
    """Cells with a token, or about to get one."""
    kvs: list[KvSequence] = field(default_factory=list)
    """Those who have tokens in it."""


@dataclass(eq=False, slots=True)
class KvSequence:
    """One sequence of the cache."""

    sequence: int
    tokens: list[int] = field(default_factory=list)
    """Evaluated tokens."""
    pages: list[Page] = field(default_factory=list)
    """Where they lie."""


class KvPages:
    """Gives sequences their cells."""

    def __init__(self, context: Context, size: int, blank: CellLayout | None) -> None:
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
        self._free: list[int] = []
        self._mark = 0
        """Pages below it have no empty cell, those from it on nothing else."""
        self._holes: list[Page] = []
        self._take_all()

    def reset(self) -> None:
        """All are free again, and wiped."""
        self._context.clear()
        self._take_all()

    def _take_all(self) -> None:
        self._free[:] = range(self._context.cells // self.size)
        self._mark = 0
        self._holes.clear()

    @property
    def free(self) -> int:
        """Pages nobody uses."""
        return len(self._free)

    def needed(self, tokens: int, kv: KvSequence | None = None) -> int:
        """Pages that so many more tokens take, at the end of a sequence or on their own."""
        return -(-(tokens - (self._room(kv) if kv else 0)) // self.size)

    def _room(self, kv: KvSequence) -> int:
        last = kv.pages[-1] if kv.pages else None
        return self.size - last.filled if last and last.owner is kv else 0

    def place(self, kv: KvSequence, most: int) -> list[range]:
        """Cells for the next tokens of a sequence, at most so many, in ascending order.

        Raises:
            RuntimeError: there is no free cell; who asks has seen to it that there are.
        """
        placed: list[range] = []
        start = len(kv.tokens)
        while most > 0:
            if not self._room(kv) and not self._add_page(kv, start):
                break
            page = kv.pages[-1]
            size = min(most, self._room(kv))
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

    def _add_page(self, kv: KvSequence, start: int) -> bool:
        # tokens of one run go to ascending cells
        ascending = start > len(kv.tokens)
        at = bisect.bisect(self._free, kv.pages[-1].number) if ascending else 0
        if at == len(self._free):
            if not ascending:
                raise RuntimeError("the cache is full")
            return False
        page = Page(self._free.pop(at), start, kv, kvs=[kv])
        if page.number == self._mark:
            self._mark += 1
            self._hold(page)
        kv.pages.append(page)
        return True

    def share(self, source: KvSequence, target: KvSequence, length: int) -> None:
        """Let the empty ``target`` begin with the first ``length`` tokens of ``source``."""
        self._context.copy(source.sequence, target.sequence, length)
        target.tokens[:] = source.tokens[:length]
        target.pages[:] = [page for page in source.pages if page.first < length]
        for page in target.pages:
            page.kvs.append(target)

    def cut(self, kv: KvSequence, length: int) -> None:
        """Keep only the first ``length`` tokens of a sequence, and none in waiting."""
        if length:
            self._context.cut(kv.sequence, length)
        else:
            self._context.forget(kv.sequence)
        del kv.tokens[length:]
        self.settle([kv])

    def settle(self, kvs: Iterable[KvSequence]) -> None:
        """Take back the cells that sequences were given or have had, and that hold no token."""
        for kv in kvs:
            for page in reversed(kv.pages[:]):
                if page.first >= len(kv.tokens):
                    kv.pages.remove(page)
                    page.kvs.remove(kv)
                filled = max([0, *(_extent(other, page) for other in page.kvs)])
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


def _extent(kv: KvSequence, page: Page) -> int:
    """How many cells of a page hold tokens of a sequence."""
    following = kv.pages.index(page) + 1
    end = len(kv.tokens)
    if following < len(kv.pages):
        end = min(end, kv.pages[following].first)
    return end - page.first
