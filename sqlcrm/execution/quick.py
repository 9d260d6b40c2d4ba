"""Reads a whole column of wire values at once, where all of them are of one usual kind.

None is returned for anything unusual; `decode` then reads value by value, and says what is wrong.
Whatever is returned here equals what that would give. Wire values are those of decoded JSON.
Columns of texts, which most are, are given to Arrow first; it does the rest without Python objects.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from sqlcrm.sdk import Column, Type

BOOLEANS = {
    **dict.fromkeys((True, "1", "true", "True", "t", "yes"), True),
    **dict.fromkeys((False, "0", "false", "False", "f", "no"), False),
}
"""Wire values of truth; 1 and 0 are the same keys as True and False."""

WORDS = {
    truth: [w for w, t in BOOLEANS.items() if t is truth and w is not t] for truth in (True, False)
}

ZONED, LOCAL = 25, 19
"""Lengths of `2026-11-21T20:15:00-06:00` and of `2026-11-21 20:15:00`."""

ZERO = "0000-00-00"
"""How a zero-date begins: no date."""

MOMENT = pa.timestamp("us", tz="UTC")
CLOCK = pa.timestamp("us")

Values = list[Any]
_Reader = Callable[[Values, set[type]], pa.Array | None]


def _microseconds(year: int) -> int:
    """Return the time from the epoch until a year begins."""
    return (dt.date(year, 1, 1) - dt.date(1970, 1, 1)) // dt.timedelta(microseconds=1)


SAFE = _microseconds(3), _microseconds(9998)
"""Moments so near that no zone leads out of the years that Python has."""

KNOWN = 0, _microseconds(2037)
"""Between these Arrow knows the clocks of all zones as Python does; later, it forgets when summer
begins."""


class Wire:
    """The wire values of one column, as they come in.

    Texts are handed to Arrow by the way, see `settle`; they come back from it as they were.
    """

    def __init__(self, column: Column) -> None:
        self.column = column
        self._textual = column.type in _OF_TEXTS and column.from_wire is None
        self._texts: list[pa.Array] = []
        self._values: Values = []

    def add(self, values: Sequence[Any]) -> None:
        """Add values of further rows."""
        self._values += values

    def take(self, texts: pa.Array) -> None:
        """Add texts that are Arrow's already."""
        self.settle()
        if self._textual and not self._values:
            self._texts.append(texts)
        else:
            self._values += texts.to_pylist()

    def settle(self) -> None:
        """Give what has come to Arrow, if it is texts, while the processor still has it at hand."""
        if not self._textual or not self._values:
            return
        try:
            self._texts.append(pa.array(self._values, pa.string()))
        except (pa.ArrowException, UnicodeEncodeError):
            self._textual = False
        else:
            self._values = []

    def texts(self) -> pa.Array | None:
        """Return all values as texts, None where they are not, or need not be."""
        self.settle()
        if not self._textual:
            return None
        return pa.concat_arrays(self._texts) if self._texts else pa.array([], pa.string())

    def values(self) -> Values:
        """Return all values as they came."""
        return [text for part in self._texts for text in part.to_pylist()] + self._values


def quick(wire: Wire, zone: ZoneInfo) -> pa.Array | None:
    """Return the column as Arrow, None where it must be read value by value.

    zone: of times that come without one.
    """
    column = wire.column
    if column.from_wire is not None:
        return None
    try:
        texts = wire.texts()
        if texts is not None:
            return _OF_TEXTS[column.type](_without(texts, column.nulls), zone)
        read = _OF_VALUES.get(column.type)
        return None if read is None else _of_values(wire.values(), set(column.nulls), read)
    except (pa.ArrowException, ValueError, TypeError, KeyError, OverflowError):
        return None


@cache
def _scalar(text: str | None) -> pa.Scalar:
    return pa.scalar(text, pa.string())  # making it takes longer than comparing a column with it


def _without(texts: pa.Array, nulls: Sequence[str]) -> pa.Array:
    """Put NULL in place of texts that mean it."""
    for null in nulls if texts.null_count < len(texts) else ():
        texts = _except(texts, pc.equal(texts, _scalar(null)))
    return texts


def _except(texts: pa.Array, unwanted: pa.Array) -> pa.Array:
    return pc.if_else(unwanted, _scalar(None), texts) if unwanted.true_count else texts


def _ends(numbers: pa.Array) -> tuple[Any, Any]:
    """Return the least and the greatest number, or None twice."""
    least, greatest = pc.min_max(numbers).values()
    return least.as_py(), greatest.as_py()


def _within(times: pa.Array, border: tuple[int, int]) -> bool:
    least, greatest = _ends(times.view(pa.int64()))
    return bool(border[0] <= least and greatest < border[1])


def _texts(texts: pa.Array, _: ZoneInfo) -> pa.Array:
    return texts


def _integers(texts: pa.Array, _: ZoneInfo) -> pa.Array | None:
    if pc.ascii_is_decimal(texts).false_count:
        return None  # Arrow would read hexadecimal numbers as well
    return texts.cast(pa.int64())


def _booleans(texts: pa.Array, _: ZoneInfo) -> pa.Array | None:
    places = pc.index_in(texts, _FLAGS)
    return None if places.null_count > texts.null_count else pc.less(places, _FIRST_FALSE)


def _moments(texts: pa.Array, zone: ZoneInfo) -> pa.Array | None:
    told = _except(texts, pc.starts_with(texts, ZERO))
    if told.null_count == len(told):
        return pa.nulls(len(told), MOMENT)
    shortest, longest = _ends(pc.binary_length(told))
    if shortest != longest:
        return None
    if longest == ZONED:
        moments = told.cast(MOMENT)
        return moments if _within(moments, SAFE) else None
    if longest == LOCAL:
        local = told.cast(CLOCK)
        if _within(local, KNOWN):
            return pc.assume_timezone(local, zone.key, ambiguous="earliest").cast(MOMENT)
    if shortest >= LOCAL and zone.key == "UTC":  # parts of a second, or Arrow refuses it
        clock = told.cast(CLOCK)
        return pc.assume_timezone(clock, "UTC") if _within(clock, SAFE) else None
    return None


def _dates(texts: pa.Array, _: ZoneInfo) -> pa.Array | None:
    told = _except(texts, pc.starts_with(texts, ZERO))
    if told.null_count == len(told):
        return pa.nulls(len(told), pa.date32())
    shortest, longest = _ends(pc.binary_length(told))
    if shortest < len(ZERO):
        return None
    if longest > len(ZERO):
        told = pc.utf8_slice_codeunits(told, 0, len(ZERO))
    days = told.cast(pa.date32())
    return days if _within(days.cast(CLOCK), SAFE) else None


_FLAGS = pa.array(WORDS[True] + WORDS[False], pa.string())
_FIRST_FALSE = pa.scalar(len(WORDS[True]), pa.int32())

_OF_TEXTS: dict[Type, Callable[[pa.Array, ZoneInfo], pa.Array | None]] = {
    Type.TEXT: _texts,
    Type.INTEGER: _integers,
    Type.BOOLEAN: _booleans,
    Type.TIMESTAMP: _moments,
    Type.DATE: _dates,
}


def _whole(wire: Values, kinds: set[type]) -> pa.Array | None:
    return pa.array(wire, pa.int64()) if kinds <= {int} else None


def _floats(wire: Values, kinds: set[type]) -> pa.Array | None:
    if kinds <= {float}:
        return pa.array(wire, pa.float64())
    if not kinds <= {int, float, str}:
        return None
    return pa.array([None if v is None else float(v) for v in wire], pa.float64())


def _truths(wire: Values, kinds: set[type]) -> pa.Array | None:
    if kinds == {bool}:
        return pa.array(wire, pa.bool_())
    if not kinds <= {str, bool, int}:
        return None
    return pa.array([None if v is None else BOOLEANS[v] for v in wire], pa.bool_())


def _of_values(wire: Values, nulls: set[str], read: _Reader) -> pa.Array | None:
    kinds = set(map(type, wire)) - {type(None)}
    if str in kinds and not nulls.isdisjoint(wire):
        wire = [None if value in nulls else value for value in wire]
    return read(wire, kinds)


_OF_VALUES: dict[Type, _Reader] = {
    Type.INTEGER: _whole,
    Type.FLOAT: _floats,
    Type.BOOLEAN: _truths,
}
