"""pyarrow, which the extra ``pairlab[parquet]`` brings: imported here alone, when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from io import RawIOBase
from itertools import chain, islice
from typing import Any, BinaryIO, Final

EXTRA: Final = "pairlab[parquet]"

_PARQUET: Final = b"PAR1"
_FILE: Final = b"ARROW1"
_STREAM: Final = b"\xff\xff\xff\xff"
_BATCH: Final = 250
"""Rows looked at together: few enough that long texts do not fill the memory."""
_GROUP: Final = 40
"""Batches encoded together; a reader can take their rows apart from the others."""


def is_installed() -> bool:
    """Whether pyarrow can be imported."""
    return find_spec("pyarrow") is not None


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a Parquet file or one of Arrow."""
    return head.startswith((_PARQUET, _FILE, _STREAM))


def batches(stream: BinaryIO) -> Iterator[Any]:
    """The record batches of a Parquet or Arrow file on the disk.

    Raises:
        ValueError: it is broken; pyarrow's own errors are ValueErrors and OSErrors.
        OSError: likewise, or it cannot be read.
    """
    import pyarrow.ipc
    import pyarrow.parquet

    head = stream.read(len(_FILE))
    stream.seek(0)
    if head.startswith(_PARQUET):
        file = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
        yield from file.iter_batches(_BATCH)
    elif head.startswith(_FILE):
        reader = pyarrow.ipc.open_file(stream)
        yield from (reader.get_batch(i) for i in range(reader.num_record_batches))
    else:
        yield from pyarrow.ipc.open_stream(stream)


def unpacked_zstandard(raw: BinaryIO) -> Any:
    """A Zstandard stream, unpacked; reading raises OSError where it is broken or cut."""
    import pyarrow

    return pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, mode="r"), "zstd")


def columns(lines: Iterable[Mapping[str, Any]]) -> Any:
    """The columns that hold every one of some JSON objects, which are gone through once."""
    import pyarrow

    schema = pyarrow.schema([])
    for some in _portions(lines, _BATCH):
        found = pyarrow.table({key: [line.get(key) for line in some] for key in _keys(some)}).schema
        schema = pyarrow.unify_schemas([schema, found], promote_options="permissive")
    return schema


def write_parquet(stream: RawIOBase, lines: Iterable[Mapping[str, Any]], schema: Any) -> None:
    """Write a Parquet file of JSON objects; the same objects give the same bytes.

    Args:
        stream: where to, at its start.
        lines: a row each, all of the same fields.
        schema: from :func:`columns`, over all files that belong together; a column that the
            objects of this one do not have is left out.
    """
    import pyarrow
    import pyarrow.parquet

    portions = _portions(lines, _BATCH)
    first = next(portions, [])
    keys = _keys(first) if first else schema.names
    schema = pyarrow.schema([schema.field(key) for key in keys])
    with pyarrow.parquet.ParquetWriter(stream, schema, compression="zstd") as out:
        batches = (
            pyarrow.RecordBatch.from_pylist(some, schema) for some in chain([first], portions)
        )
        while group := list(islice(batches, _GROUP)):
            table = pyarrow.Table.from_batches(group).combine_chunks()
            out.write_table(table, row_group_size=table.num_rows or None)


def _portions(lines: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(lines)
    while some := list(islice(left, size)):
        yield some


def _keys(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for line in lines for key in line))
