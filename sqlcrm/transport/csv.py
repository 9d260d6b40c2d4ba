"""CSV bodies: read in pieces as they come in, plain or in bzip2, and kept as compact columns.

A body may be far larger than one of JSON: it is a file of a whole table. What is kept of it takes
about as much memory as the text itself, and rows become Python objects only where they are used.
"""

from __future__ import annotations

import bz2
import csv
from collections.abc import Iterator, Sequence
from typing import Any, overload

import pyarrow as pa

from sqlcrm.transport.bodies import BOM, FREE, PIECE, RATIO, BadBody

CAP = 1024 * 1024 * 1024  # bytes of the text
BLOCK = 8 * 1024 * 1024  # bytes of text that are parsed at once
AT_ONCE = 2_000  # rows that become objects at once
BZIP2 = b"BZh"
HEADER = 1024 * 1024  # bytes that a header takes at the most

Row = dict[str, str | None]


class Rows(Sequence[Row]):
    """The rows of a CSV by the names of its header; an empty value is None."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[Row]:
        for batch in self._table.to_batches(max_chunksize=AT_ONCE):
            yield from batch.to_pylist()

    def column(self, name: str) -> pa.Array:
        """Return all values of a column; a name that the header lacks has none."""
        if name not in self._table.column_names:
            return pa.nulls(len(self), pa.string())
        return self._table.column(name).combine_chunks()

    def having(self, name: str, value: str) -> Rows:
        """Return the rows with one more value, the same for all, unless they have the column."""
        if name in self._table.column_names:
            return self
        same = pa.repeat(pa.scalar(value, pa.string()), len(self))
        return Rows(self._table.append_column(name, same))

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Rows: ...

    def __getitem__(self, place: int | slice) -> Row | Rows:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                raise ValueError("rows are cut without steps")
            return Rows(self._table.slice(start, max(0, stop - start)))
        start = range(len(self))[place]
        (row,) = self._table.slice(start, 1).to_pylist()
        found: Row = row
        return found


class Collector:
    """Takes a body as it comes in, and gives its rows at its end.

    size: bytes of text so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._raw = 0
        self._start = b""
        self._begun = False
        self._bzip2: bz2.BZ2Decompressor | None = None
        self._text = bytearray()
        self._names: list[str] = []
        self._tables: list[pa.Table] = []

    def feed(self, chunk: bytes) -> None:
        """Add a part of the body."""
        self._raw += len(chunk)
        if not self._begun:
            chunk = self._start + chunk
            if len(chunk) < len(BZIP2):
                self._start = chunk
                return
            self._begin(chunk)
        if self._bzip2 is None:
            self._add(chunk)
        else:
            self._inflate(chunk)

    def done(self) -> Rows:
        """Return all rows."""
        if not self._begun:
            self._begin(self._start)
            self._add(self._start)
        if self._bzip2 is not None and not self._bzip2.eof:
            raise BadBody("its bzip2 ends too early")
        self._parse(last=True)
        if not self._names:
            raise BadBody("it is empty, without a header")
        schema = pa.schema([(name, pa.string()) for name in self._names])
        return Rows(pa.concat_tables(self._tables) if self._tables else schema.empty_table())

    def _begin(self, chunk: bytes) -> None:
        self._begun = True
        if chunk.startswith(BZIP2):
            self._bzip2 = bz2.BZ2Decompressor()

    def _inflate(self, chunk: bytes) -> None:
        assert self._bzip2 is not None  # noqa: S101 - only called with one
        try:
            while chunk or not (self._bzip2.needs_input or self._bzip2.eof):
                if self._bzip2.eof:  # one stream after another is still one file
                    self._bzip2 = bz2.BZ2Decompressor()
                self._add(self._bzip2.decompress(chunk, PIECE))
                chunk = self._bzip2.unused_data if self._bzip2.eof else b""
        except OSError:
            raise BadBody("its bzip2 is damaged") from None

    def _add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > CAP:
            raise BadBody(f"it is larger than {CAP // 1024 // 1024} MB", again=False)
        if self._bzip2 is not None and self.size > FREE and self.size > RATIO * self._raw:
            raise BadBody(f"it inflates to over {RATIO} times its size", again=False)
        self._text += piece
        if len(self._text) >= BLOCK:
            self._parse()

    def _parse(self, *, last: bool = False) -> None:
        """Parse the rows that are whole, and keep the rest for later."""
        text = bytes(self._text)
        end = len(text) if last else _whole(text)
        if end == 0:
            return
        begin = 0 if self._names else self._head(text[:end])
        if begin < end:
            self._tables.append(_table(text[begin:end], self._names))
        del self._text[:end]

    def _head(self, text: bytes) -> int:
        """Read the header; return where the rows begin."""
        skipped = len(BOM) if text.startswith(BOM) else 0
        end = _whole(text[: HEADER + skipped], first=True) or len(text)
        try:
            line = text[skipped:end].decode()
            (names,) = csv.reader([line], strict=True)
        except (UnicodeDecodeError, csv.Error, ValueError):
            raise BadBody("its header is no CSV", again=False) from None
        if not names or "" in names or len(set(names)) < len(names):
            raise BadBody("its header lacks a name, or has one twice", again=False)
        self._names = names
        return end


def _whole(text: bytes, *, first: bool = False) -> int:
    """Return where the last whole row ends, or the first one; 0 where none does.

    A line that ends within quotes is part of a value: there are as many quotes before the end of a
    row as make pairs, those that are doubled within a value included.
    """
    if first:
        end = text.find(b"\n")
        while end >= 0 and text.count(b'"', 0, end) % 2:
            end = text.find(b"\n", end + 1)
        return end + 1
    quotes = text.count(b'"')
    end, behind = text.rfind(b"\n"), 0
    stop = len(text)
    while end >= 0:
        behind += text.count(b'"', end, stop)
        if (quotes - behind) % 2 == 0:
            return end + 1
        stop = end
        end = text.rfind(b"\n", 0, end)
    return 0


def _table(text: bytes, names: Sequence[str]) -> pa.Table:
    """Parse whole rows; all values are texts, and empty ones null."""
    from pyarrow import csv as arrow_csv

    kept: dict[str, Any] = dict.fromkeys(names, pa.string())
    if text.count(b'"') % 2:
        raise BadBody("a quote of its CSV is not closed")
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(text),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=list(names)
            ),
            arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1),
            arrow_csv.ConvertOptions(column_types=kept, strings_can_be_null=True, null_values=[""]),
        )
    except pa.ArrowInvalid as problem:
        if "UTF8" in str(problem):
            raise BadBody("its text is not UTF-8", again=False) from None
        raise BadBody("its CSV has a row that does not fit its header", again=False) from None
