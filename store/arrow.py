"""pyarrow, which the extra ``pairlab[parquet]`` brings: imported here alone, when it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO, Final

EXTRA: Final = "pairlab[parquet]"

_PARQUET: Final = b"PAR1"
_FILE: Final = b"ARROW1"
_STREAM: Final = b"\xff\xff\xff\xff"
_BATCH: Final = 256
"""Rows decoded together: few enough that long texts do not fill the memory."""


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


def columns(lines: Sequence[Mapping[str, Any]]) -> Any:
    """The columns that hold every one of some JSON objects."""
    import pyarrow

    return pyarrow.table({key: [line.get(key) for line in lines] for key in _keys(lines)}).schema


def parquet(lines: Sequence[Mapping[str, Any]], schema: Any) -> bytes:
    """A Parquet file of JSON objects; the same objects give the same bytes.

    Args:
        lines: a row each.
        schema: from :func:`columns`, over all files that belong together; a column that no object
            of this one has is left out.
    """
    import pyarrow
    import pyarrow.parquet

    keys = _keys(lines) if lines else schema.names
    schema = pyarrow.schema([schema.field(key) for key in keys])
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(lines, schema), out, compression="zstd", row_group_size=10_000
    )
    return bytes(out.getvalue())


def _keys(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for line in lines for key in line))
