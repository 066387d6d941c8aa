"""Rows as CSV or as Parquet, piece by piece: what is written is handed on and forgotten."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from analytics.exports.columns import Column, Kind
from analytics.models import Export

Rows = Sequence[Mapping[str, Any]]

CONTENT_TYPES: Final = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.PARQUET: "application/vnd.apache.parquet",
}


class Writer(Protocol):
    def begin(self) -> bytes: ...

    def batch(self, rows: Rows) -> bytes: ...

    def end(self) -> bytes: ...


def writer_for(format_: str, columns: Sequence[Column], *, is_continued: bool) -> Writer:
    """`is_continued`: what is written follows a CSV that was cut, so its heading is not repeated."""
    if format_ == Export.Format.PARQUET:
        return ParquetWriter(columns)
    return CsvWriter(columns, has_heading=not is_continued)


def pieces(writer: Writer, batches: Iterable[Rows]) -> Iterator[bytes]:
    yield writer.begin()
    for batch in batches:
        yield writer.batch(batch)
    yield writer.end()


#: Cells that begin with one of these are formulas to a spreadsheet; an apostrophe before them makes them text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class CsvWriter:
    """UTF-8 with a mark by which Excel knows it; yes and no as 1 and 0, times as ISO 8601, unknown as nothing."""

    def __init__(self, columns: Sequence[Column], *, has_heading: bool = True) -> None:
        self._columns = columns
        self._has_heading = has_heading

    def begin(self) -> bytes:
        return ("\ufeff" + self._lines([[one.name for one in self._columns]])).encode() if self._has_heading else b""

    def batch(self, rows: Rows) -> bytes:
        return self._lines([_cell(row[one.name]) for one in self._columns] for row in rows).encode()

    def end(self) -> bytes:
        return b""

    @staticmethod
    def _lines(rows: Iterable[Sequence[str]]) -> str:
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        return written.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case datetime():
            return value.isoformat()
        case str():
            text = value.replace("\x00", "")
            return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text
        case _:
            return str(value)


class ParquetWriter:
    """One row group a batch. The list of groups stands at the end, so a file that was cut cannot be read: continuing
    gives a second file with the rest."""

    def __init__(self, columns: Sequence[Column]) -> None:
        import pyarrow as pa  # slow and large to load, which only who exports Parquet shall pay
        import pyarrow.parquet as pq

        types = {
            Kind.NUMBER: pa.int64(),
            Kind.DECIMAL: pa.float64(),
            Kind.YES_NO: pa.bool_(),
            Kind.TEXT: pa.string(),
            Kind.TIME: pa.timestamp("us", tz="UTC"),
        }
        self._table = pa.Table
        self._schema = pa.schema([pa.field(one.name, types[one.kind]) for one in columns])
        self._written = _Taken()
        self._file = pq.ParquetWriter(self._written, self._schema, compression="zstd")

    def begin(self) -> bytes:
        return self._written.take()

    def batch(self, rows: Rows) -> bytes:
        self._file.write_table(self._table.from_pylist([_plain(row) for row in rows], schema=self._schema))
        return self._written.take()

    def end(self) -> bytes:
        self._file.close()
        return self._written.take()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, list | dict) else value for name, value in row.items()}


class _Taken(io.RawIOBase):
    """A file whose contents are taken away as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._waiting.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken, self._waiting = b"".join(self._waiting), []
        return taken
