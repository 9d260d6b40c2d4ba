"""Brings a source value to the form that its column has, or says why it cannot have it."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlcrm.sdk import Column, Type

# What DuckDB's infinity arrives as; it has no zone, and is no moment either.
_INFINITE = {dt.datetime.max, dt.datetime.min}  # noqa: DTZ901 - see above


class Unfit(ValueError):
    """A value that its column cannot hold; the text is the reason a person reads."""


def fitted(column: Column, value: Any, zone: str = "UTC") -> Any:
    """Return a value in its column's type; blank text is NULL, as for the APIs.

    zone: of times that carry none, the session's.
    Raises: Unfit with the reason.
    """
    if value is None or (isinstance(value, str) and value.strip() == "" and "" in column.nulls):
        return None
    try:
        value = _READERS[column.type](value)
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(zone))
    except Unfit:
        raise
    except (ValueError, TypeError, ArithmeticError):
        raise Unfit(f"{column.name}: {_shown(value)} is no {_WORDS[column.type]}") from None
    if column.check == "email":
        value = _email(column, value)
    if column.choices and value not in column.choices:
        choices = ", ".join(str(choice) for choice in column.choices)
        raise Unfit(f"{column.name}: {_shown(value)} is not one of {choices}")
    return value if column.normal is None else _normal(column, value)


def _normal(column: Column, value: Any) -> Any:
    """Return a value in the form in which the CRM keeps it."""
    try:
        return column.normal(value) if column.normal is not None else value
    except ValueError as problem:
        raise Unfit(f"{column.name}: {problem}") from None


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _email(column: Column, value: str) -> str:
    """Return an address that is well-formed; whether it exists is the CRM's business."""
    from email_validator import EmailNotValidError, validate_email

    address = value.strip()
    try:
        validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise Unfit(f"{column.name}: {_shown(address)} is no e-mail address: {error}") from None
    return address


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        raise TypeError
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, float | Decimal) and value != int(value):
        raise ValueError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def _float(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False, "t": True, "f": False}
    found = words.get(str(value).strip().casefold())
    if found is None:
        raise ValueError(value)
    return found


def _date(value: Any) -> dt.date:
    if isinstance(value, str):
        return dt.date.fromisoformat(value.strip())
    day = value.date() if isinstance(value, dt.datetime) else value
    if not isinstance(day, dt.date) or day in {dt.date.max, dt.date.min}:
        raise TypeError(value)
    return day


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, str):
        moment = dt.datetime.fromisoformat(value.strip())
    elif isinstance(value, dt.datetime):
        moment = value
    else:
        moment = dt.datetime.combine(value, dt.time())
    if moment.replace(tzinfo=None) in _INFINITE:
        raise ValueError(value)
    return moment


def _texts(value: Any) -> list[str]:
    items = [value] if isinstance(value, str) else list(value)
    if None in items:
        raise TypeError(value)
    return [_text(item) for item in items]


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


_READERS = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.FLOAT: _float,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.TIMESTAMP: _moment,
    Type.TEXTS: _texts,
    Type.JSON: _json,
}
_WORDS = {
    Type.TEXT: "text",
    Type.INTEGER: "whole number",
    Type.FLOAT: "number",
    Type.BOOLEAN: "true or false",
    Type.DATE: "date (YYYY-MM-DD)",
    Type.TIMESTAMP: "time (ISO 8601)",
    Type.TEXTS: "list of texts",
    Type.JSON: "JSON",
}


def same(column: Column, left: Any, right: Any) -> bool:
    """Whether two values are one to the CRM: blanks, case and order of choices do not count."""
    return bool(comparable(column, left) == comparable(column, right))


def identical(left: Any, right: Any) -> bool:
    """Whether writing `left` over `right` would change nothing; only choices have no order."""
    if isinstance(left, list) and isinstance(right, list):
        return sorted(left) == sorted(right)
    return bool(_unblank(left) == _unblank(right))


def _unblank(value: Any) -> Any:
    """Return NULL for what is blank: APIs do not tell them apart."""
    return None if isinstance(value, str | list) and not value else value


def comparable(column: Column, value: Any) -> Any:
    """Return a value such that equal ones are one to the CRM, and that can be a dict's key."""
    if isinstance(value, str):
        text = value.strip()
        return (text.lower() if column.nocase else text) or None
    if isinstance(value, list):
        return tuple(sorted(str(item) for item in value)) or None
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return value
