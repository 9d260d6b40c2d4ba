"""Values as text: for tables, CSV and JSON, safe to show in a terminal and to open in Excel."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, and those that turn the direction of writing: an API's text may hold them."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_PHONE = re.compile(r"\+\d[\d ()./-]{4,}\d")


def escaped(text: str, keep: str = "") -> str:
    """Return a text with its invisible characters shown, like \\x1b, except those in `keep`."""

    def shown(found: re.Match[str]) -> str:
        one = found[0]
        if one in keep:
            return one
        number = ord(one)
        return _SHORT.get(one) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")

    return _INVISIBLE.sub(shown, text)


def plain(value: Any) -> str:
    """Return a value as a cell of a table or CSV file; not for None."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | tuple | dict):
        return to_json(value)
    return str(value)


def cell(value: Any) -> str:
    """Return a value as a person sees it in a table, in one line."""
    return "NULL" if value is None else escaped(plain(value))


def csv_line(values: Sequence[Any], *, raw: bool) -> str:
    """Return one line of CSV, as RFC 4180 wants it. NULL is empty, an empty text is `""`.

    raw: leave texts alone that a spreadsheet would take for a formula.
    """
    return ",".join("" if v is None else _csv_cell(v, raw=raw) for v in values) + "\n"


def _csv_cell(value: Any, *, raw: bool) -> str:
    text = plain(value)
    if isinstance(value, str) and not raw and _is_formula(text):
        text = f"'{text}"
    if not text or any(c in text for c in ',"\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _is_formula(text: str) -> bool:
    """Say whether a spreadsheet would compute this text; numbers and phone numbers stay."""
    if not text.startswith(_FORMULA):
        return False
    return not (_NUMBER.fullmatch(text) or _PHONE.fullmatch(text))


def to_json(value: Any) -> str:
    """Return a value as JSON in one line, safe to show."""
    text = json.dumps(_jsonable(value), ensure_ascii=False, allow_nan=False)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _jsonable(value: Any) -> Any:
    """Return a value in the types that JSON has."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return plain(value)


def _number(value: Decimal) -> float | int | str:
    """Return a decimal as a JSON number where that loses nothing, else as text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and value.as_tuple().exponent == 0:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)
