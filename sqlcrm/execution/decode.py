"""From decoded JSON to Arrow: only the wanted columns, each in its declared type."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.quick import BOOLEANS, MOMENT, Wire, quick
from sqlcrm.execution.sideloads import Sideloads
from sqlcrm.sdk import Column, Type, dig
from sqlcrm.sdk.paths import plain
from sqlcrm.transport.csv import Rows

ARROW = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.FLOAT: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: MOMENT,
    Type.TEXTS: pa.list_(pa.string()),
    Type.JSON: pa.string(),
}

_UNFIT = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
    OSError,  # a number of seconds beyond what the system can count
    RecursionError,
)
"""What reading a value of an unexpected shape may raise."""

NEAR = 16_000
"""So many values stay in the processor's cache: 400 rows of 40 columns. Texts that go to Arrow
while they are there take half the time."""


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of these columns."""
    return pa.schema([pa.field(column.name, ARROW[column.type]) for column in columns])


class Decoder:
    """Gathers the wanted values of pages and turns them into Arrow, column by column.

    where: connection and table in errors. zone: of times that come without one.
    Most columns hold one kind of wire value only, which is read for all rows at once. What does
    not fit, or holds anything odd, is read value by value; both ways give the same.
    """

    def __init__(self, columns: Sequence[Column], where: str, zone: str) -> None:
        self.columns = columns
        self.where = where
        self.schema = schema(columns)
        self._zone = ZoneInfo(zone)
        self._readers = [self._reader(column) for column in columns]
        paths = [column.path for column in columns if column.sideload is None]
        self._everywhere = list(dict.fromkeys(path for path in paths if plain(path)))
        self._held = [Wire(column) for column in columns]
        self._rows = self._near = 0

    def __len__(self) -> int:
        """Return how many rows were added and not taken."""
        return self._rows

    def add(self, rows: Sequence[Any], body: Any) -> None:
        """Add one page's rows; `body` is the whole reply, for what lies beside them.

        Raises: ShapeChanged for a row that is no object.
        """
        if isinstance(rows, Rows):
            for held in self._held:
                held.take(rows.column(held.column.path))
            self._rows += len(rows)
            return
        for row in rows:
            if not isinstance(row, dict):
                raise ShapeChanged(f"{self.where}: a row is {type(row).__name__}, no object")
        sideloads = Sideloads(body, rows, self.where)
        found = self._at_once(rows)
        for held in self._held:
            held.add(self._values(held.column, rows, found, sideloads))
        self._rows += len(rows)
        self._near += len(rows) * len(self._held)
        if self._near >= NEAR:
            self._near = 0
            for held in self._held:
                held.settle()

    def take(self) -> pa.RecordBatch:
        """Return all rows that were added since, columns as asked, all nullable.

        Raises: ShapeChanged for a value that is not of its type.
        """
        arrays = [
            self._array(held, read) for held, read in zip(self._held, self._readers, strict=True)
        ]
        self._held, self._rows, self._near = [Wire(column) for column in self.columns], 0, 0
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def batch(self, rows: Sequence[Any], body: Any) -> pa.RecordBatch:
        """Return one page's rows."""
        self.add(rows, body)
        return self.take()

    def _array(self, wire: Wire, read: Callable[[Any], Any]) -> pa.Array:
        found, column = quick(wire, self._zone), wire.column
        if found is not None:
            return found
        values = [read(value) for value in wire.values()]
        try:
            return pa.array(values, ARROW[column.type])
        except (pa.ArrowException, OverflowError, UnicodeEncodeError, ValueError) as error:
            message = f"{self.where}.{column.name}: a value is no {column.type} ({error})"
            raise ShapeChanged(message) from None

    def _at_once(self, rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
        """Return the values of members that every row has; one that was missing is not tried again.

        Turning whole rows into columns takes half the time of looking up one member after another.
        """
        while rows and len(self._everywhere) > 1:  # of one alone, itemgetter makes no tuples
            try:
                columns = zip(*map(itemgetter(*self._everywhere), rows), strict=True)
                return dict(zip(self._everywhere, columns, strict=True))
            except KeyError as missing:
                self._everywhere.remove(missing.args[0])
        return {}

    def _values(
        self,
        column: Column,
        rows: Sequence[Any],
        found: Mapping[str, Sequence[Any]],
        sideloads: Sideloads,
    ) -> Sequence[Any]:
        """Return a column's wire values, one a row. found: those at hand, by their member."""
        path = column.path
        if column.sideload is not None:
            return sideloads.values(column.sideload, path)
        if path in found:
            return found[path]
        if not plain(path):
            return [dig(row, path) for row in rows]
        return [row.get(path) for row in rows]

    def _reader(self, column: Column) -> Callable[[Any], Any]:
        """Return the function from a wire value to a Python value of the column's type."""
        plain = self._plain_reader(column)
        nulls, from_wire = set(column.nulls), column.from_wire

        def read(value: Any) -> Any:
            if value is None or (isinstance(value, str) and value in nulls):
                return None
            try:
                if from_wire is not None:
                    value = from_wire(value)
                value = None if value is None else plain(value)
            except _UNFIT:
                shown = repr(value)[:80]
                message = f"{self.where}.{column.name}: {shown} is no {column.type}"
                raise ShapeChanged(message) from None
            return None if isinstance(value, str) and value in nulls else value

        return read

    def _plain_reader(self, column: Column) -> Callable[[Any], Any]:
        readers: dict[Type, Callable[[Any], Any]] = {
            Type.TEXT: _text,
            Type.INTEGER: _integer,
            Type.FLOAT: float,
            Type.BOOLEAN: _boolean,
            Type.DATE: _date,
            Type.TIMESTAMP: self._moment,
            Type.TEXTS: _texts,
            Type.JSON: _json,
        }
        return readers[column.type]

    def _moment(self, value: Any) -> dt.datetime | None:
        """Read an ISO time; without a zone it is in the connector's; zero-dates are NULL."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC)
        if value.startswith("0000-00-00"):
            return None
        moment = dt.datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value) if isinstance(value, dict | list) else str(value)


def _integer(value: Any) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(value)
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError(value)
    return number


def _boolean(value: Any) -> bool:
    return BOOLEANS[value]


def _date(value: str) -> dt.date | None:
    return None if value.startswith("0000-00-00") else dt.date.fromisoformat(value[:10])


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return [_text(item) for item in value]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def check_expected(body: Any, expects: Sequence[str], where: str) -> None:
    """Refuse a reply that lacks what proves that the question was understood.

    A path is `a.b`, or `a[].b` for b in each item of the list a.
    """
    for path in expects:
        outer, _, inner = path.partition("[].")
        found = dig(body, outer)
        fine = found is not None
        if inner:
            fine = isinstance(found, list) and all(dig(item, inner) is not None for item in found)
        if not fine:
            raise ShapeChanged(f"{where}: the reply lacks {path}, though it was asked for")
