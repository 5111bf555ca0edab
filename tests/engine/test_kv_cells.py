"""Every token lies in the cell it was given, whatever came and went before."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.llama.host import binding, library
from engine.llama.host.binding import SEQUENCES
from engine.llama.host.kv_cells import FAR, TILE, CellLayout, KvPages, KvSequence, page_size
from engine.llama.host.token_batch import Span
from engine.llama.weights import starter_model
from tests.engine.cellmap import BLANK, CellMap

SIZE = 4
PAGES = 12


def cells_of(kv: KvSequence) -> list[int]:
    """Where a kv's tokens lie by its own account."""
    cells = []
    for position in range(len(kv.tokens)):
        page = [page for page in kv.pages if page.first <= position][-1]
        cells.append(page.number * SIZE + position - page.first)
    return cells


class Bench:
    def __init__(self) -> None:
        self.map = CellMap(SIZE * PAGES)
        self.pages = KvPages(self.map, SIZE, BLANK)  # type: ignore[arg-type]  # stands in for it
        self.kvs: list[KvSequence] = []
        self._numbers = iter(range(10**6))

    def new(self) -> KvSequence:
        taken = {kv.sequence for kv in self.kvs}
        kv = KvSequence(next(number for number in range(SEQUENCES) if number not in taken))
        self.kvs.append(kv)
        return kv

    def run(self, wanted: list[tuple[KvSequence, int]], *, complete: bool = True) -> None:
        """A run of the model over so many next tokens of each; or one that was interrupted.

        None where there is no room for it.
        """
        if sum(self.pages.needed(size, kv) for kv, size in wanted) > self.pages.free:
            return
        parts = []
        for kv, size in wanted:
            start = len(kv.tokens)
            for cells in self.pages.place(kv, size):
                tokens = [next(self._numbers) for _ in cells]
                parts.append((cells, kv, Span(kv.sequence, start, tokens, 10**6)))
                start += len(cells)
        parts.sort(key=lambda part: part[0].start)
        for cells, _strand, _span in parts:
            self.pages.open(cells)
        if parts and complete:
            self.map.decode([span for _cells, _strand, span in parts])
            for _cells, kv, span in parts:
                kv.tokens += span.tokens
        self.pages.settle([kv for kv, _size in wanted])

    def check(self) -> None:
        for kv in self.kvs:
            assert self.map.where(kv.sequence) == cells_of(kv)
        used = {page.number for kv in self.kvs for page in kv.pages}
        assert self.pages.free == PAGES - len(used)
        last = max((c for c, p in enumerate(self.map.position) if 0 <= p < FAR), default=-1)
        held = [cell for cell, position in enumerate(self.map.position) if position >= FAR]
        assert all(position >= 0 for position in self.map.position[: last + 1])
        assert all(cell // SIZE <= last // SIZE for cell in held)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.integers(1, 9)),
        st.tuples(st.just("write"), st.lists(st.integers(1, 6), min_size=1, max_size=4)),
        st.tuples(st.just("interrupt"), st.lists(st.integers(1, 6), min_size=1, max_size=4)),
        st.tuples(st.just("share"), st.integers(0, 9), st.integers(1, 20)),
        st.tuples(st.just("cut"), st.integers(0, 9), st.integers(0, 20)),
        st.tuples(st.just("drop"), st.integers(0, 9)),
    ),
    max_size=40,
)


@given(steps=steps)
def test_tokens_lie_where_they_were_put(steps: list[tuple[str, ...]]) -> None:
    bench = Bench()
    for what, *rest in steps:
        number = rest[0]
        if what == "new":
            bench.run([(bench.new(), int(number))])
        elif not bench.kvs:
            continue
        elif what in {"write", "interrupt"}:
            wanted = list(zip(bench.kvs, [int(size) for size in number], strict=False))
            bench.run(wanted, complete=what == "write")
        else:
            kv = bench.kvs[int(number) % len(bench.kvs)]
            if what == "share" and kv.tokens:
                bench.pages.share(kv, bench.new(), min(int(rest[1]), len(kv.tokens)))
            elif what == "cut":
                bench.pages.cut(kv, min(int(rest[1]), len(kv.tokens)))
            elif what == "drop":
                bench.pages.cut(kv, 0)
                bench.kvs.remove(kv)
        bench.check()


def test_texts_written_side_by_side_have_pages_of_their_own() -> None:
    bench = Bench()
    first, second = bench.new(), bench.new()
    for _ in range(SIZE):
        bench.run([(first, 1), (second, 1)])
    assert bench.map.where(first.sequence) == [0, 1, 2, 3]
    assert bench.map.where(second.sequence) == [4, 5, 6, 7]


def test_what_is_free_at_the_end_is_not_held() -> None:
    bench = Bench()
    low, high = bench.new(), bench.new()
    bench.run([(low, 2)])
    bench.run([(high, 3 * SIZE)])
    bench.pages.cut(high, 0)
    held = [cell for cell, position in enumerate(bench.map.position) if position >= 0]
    assert held == [0, 1, 2, 3]


def test_what_no_page_is_left_for_is_refused() -> None:
    bench = Bench()
    kv = bench.new()
    bench.run([(kv, SIZE * PAGES)])
    assert len(kv.tokens) == SIZE * PAGES
    with pytest.raises(RuntimeError, match="full"):
        bench.pages.place(bench.new(), 1)


def test_after_an_interruption_a_strand_goes_on_in_its_page() -> None:
    bench = Bench()
    kv = bench.new()
    bench.run([(kv, SIZE - 1)])
    bench.run([(kv, 3)], complete=False)
    assert bench.pages.needed(1, kv) == 0
    bench.run([(kv, 3)])
    assert bench.map.where(kv.sequence) == list(range(SIZE + 2))


def test_there_is_a_number_for_each_page() -> None:
    assert page_size(10_240) == TILE
    assert 200_000 // page_size(200_000) <= 256 - SEQUENCES
    assert page_size(200_000) % TILE == 0


def saved(cells: int, *, streams: int = 1, transposed: int = 0) -> bytes:
    head = struct.pack("=IiII", 7, 3, streams, cells)
    table = b"".join(struct.pack("=iIi", position, 1, 3) for position in range(cells))
    rows = b"".join(struct.pack("=iQ", 1, 6) + bytes(6 * cells) for _ in range(4))
    return head + table + struct.pack("=II", transposed, 2) + rows


def test_a_blank_state_is_laid_out_like_a_saved_one() -> None:
    blank = CellLayout.like(saved(2), 2)
    assert blank == CellLayout(7, 2, ((1, 6),) * 4)
    state = blank.state(5, 2)
    assert [struct.unpack_from("=i", state, 16 + 12 * cell)[0] for cell in (0, 1)] == [
        FAR + 5,
        FAR + 6,
    ]
    assert len(state) == len(saved(2))


def test_other_layouts_are_not_imitated() -> None:
    assert CellLayout.like(saved(2, streams=2), 2) is None
    assert CellLayout.like(saved(2, transposed=1), 2) is None
    assert CellLayout.like(saved(2)[:-1], 2) is None
    assert CellLayout.like(saved(2) + b"\0", 2) is None
    assert CellLayout.like(b"", 2) is None


def test_llama_cpp_leaves_held_cells_alone() -> None:
    path = starter_model()
    assert path is not None
    library.start()
    model = binding.Model(str(path), 0, use_extra_bufts=True)
    context = binding.Context(model, 256, 1)
    try:
        context.decode([Span(0, 0, [5, 6], 9)])
        blank = CellLayout.like(context.state(0), 2)
        assert blank is not None
        context.forget(0)
        for page in range(4):
            assert context.restore(SEQUENCES + page, blank.state(0, TILE))
        with pytest.raises(RuntimeError, match="came back with 1"):
            context.decode([Span(0, 0, [5], 9)])
        context.vacate(SEQUENCES + 2, FAR + 7, FAR + 8)
        assert context.decode([Span(0, 0, [5], 9)])
        with pytest.raises(RuntimeError, match="came back with 1"):
            context.decode([Span(0, 1, [6], 9)])
        assert context.length(0) == 1
    finally:
        context.free()
        model.free()
