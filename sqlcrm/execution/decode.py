"""From decoded JSON to Arrow: only the wanted columns, each in its declared type."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk import Column, Sideload, Type, dig, rows_at

ARROW = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.FLOAT: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
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

_TRUE = {True, "1", "true", "True", "t", "yes"}
_FALSE = {False, "0", "false", "False", "f", "no"}


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of these columns."""
    return pa.schema([pa.field(column.name, ARROW[column.type]) for column in columns])


class Decoder:
    """Turns the rows of a page into Arrow. `where` names connection and table in errors."""

    def __init__(self, columns: Sequence[Column], where: str, zone: str) -> None:
        self.columns = columns
        self.where = where
        self.schema = schema(columns)
        self._zone = ZoneInfo(zone)
        self._readers = [self._reader(column) for column in columns]

    def batch(self, rows: Sequence[Any], body: Any) -> pa.RecordBatch:
        """Return one page's rows, columns as asked, all nullable.

        Raises: ShapeChanged for a row that is no object or a value that is not of its type.
        """
        for row in rows:
            if not isinstance(row, dict):
                raise ShapeChanged(f"{self.where}: a row is {type(row).__name__}, no object")
        arrays = [
            self._array(column, [read(value) for value in self._values(column, rows, body)])
            for column, read in zip(self.columns, self._readers, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _array(self, column: Column, values: list[Any]) -> pa.Array:
        try:
            return pa.array(values, ARROW[column.type])
        except (pa.ArrowException, OverflowError, UnicodeEncodeError, ValueError) as error:
            message = f"{self.where}.{column.name}: a value is no {column.type} ({error})"
            raise ShapeChanged(message) from None

    def _values(self, column: Column, rows: Sequence[Any], body: Any) -> list[Any]:
        """Return a column's wire values, one a row."""
        if column.sideload is not None:
            beside = _beside(column.sideload, column.path, body, rows, self.where)
            return [beside.get(str(row.get("id"))) for row in rows]
        if "." in column.path:
            return [dig(row, column.path) for row in rows]
        return [row.get(column.path) for row in rows]

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


def _beside(load: Sideload, key: str, body: Any, rows: Sequence[Any], where: str) -> dict[str, Any]:
    """Return the values of one sideloaded field by the id of their row.

    Raises: ShapeChanged where the reply does not hold what was asked for: an API that ignores
    the question would otherwise look like rows without values.
    """
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for item in rows_at(body, load.name, where) if dig(body, load.name) is not None else ():
        if not isinstance(item, dict):
            raise ShapeChanged(f"{where}: one of {load.name} is {type(item).__name__}, no object")
        seen.add(str(item.get("id")))
        if str(item.get(load.by)) == key:
            found[str(item.get(load.parent))] = item.get(load.value)
    for row in rows:
        ids = row.get(load.name)
        if not isinstance(ids, list) or not seen.issuperset(map(str, ids)):
            raise ShapeChanged(f"{where}: the reply lacks {load.name}, though it was asked for")
    return found


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
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError(value)


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
