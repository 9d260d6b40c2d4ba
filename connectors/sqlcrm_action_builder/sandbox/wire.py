"""How Action Builder writes JSON, dates and errors, and how it cuts lists into pages.

Source: the fact sheet on the Action Builder API v1, §1, §2 and §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sqlcrm.sandbox import Call, Reply

Row = dict[str, Any]

TOP = "/api/rest/v1"
PER_PAGE = 25  # rows a page, at most
_DAY = 86_400_000  # milliseconds
_EPOCH = date(1970, 1, 1)
_MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(1440)]
_SECONDS = [f":{second:02d}." for second in range(60)]
_MILLIS = [f"{milli:03d}Z" for milli in range(1000)]
_HEADERS = ((b"cache-control", b"max-age=0, private, must-revalidate"),)
_HAL = "application/hal+json"


class Refused(Exception):
    """An error answer, raised where it is found and sent as it is."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.reply = answer({"error": message}, status)


def answer(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return raw(msgspec.json.encode(body), status)


def raw(body: bytes, status: int = 200) -> Reply:
    """An answer that is encoded already."""
    return Reply(status, body, _HEADERS, _HAL)


def text(value: object) -> str:
    """A value as JSON."""
    return msgspec.json.encode(value).decode()


def missing(what: str) -> Refused:
    """Not found, or not here."""
    return Refused(404, f"{what} not found")


@cache
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def day(moment: int) -> str:
    """`2022-12-16`, of milliseconds since the epoch."""
    return _date(moment // _DAY)


def iso(moment: int) -> str:
    """`2022-12-16T15:20:39.770Z`, of milliseconds since the epoch."""
    days, rest = divmod(moment, _DAY)
    minute, rest = divmod(rest, 60_000)
    second, rest = divmod(rest, 1000)
    return f"{_date(days)}T{_MINUTES[minute]}{_SECONDS[second]}{_MILLIS[rest]}"


def moment(value: str) -> int | None:
    """Milliseconds since the epoch of a date somebody wrote, UTC where it has no zone."""
    try:
        parsed = datetime.fromisoformat(value)
        seconds = parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1000)


def body_of(call: Call) -> Row:
    """The JSON object that was sent. Raises: Refused."""
    try:
        value = msgspec.json.decode(call.body or b"{}")
    except (ValueError, RecursionError) as problem:
        raise Refused(400, "The body is not valid JSON") from problem
    if not isinstance(value, dict):
        raise Refused(400, "The body has to be a JSON object")
    return value


def objects(value: object) -> list[Row]:
    """The objects of an array in a body; anything else in it is ignored."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def word(value: object) -> str:
    """A string that was sent, or "" where it is none."""
    return value if isinstance(value, str) else ""


class Query:
    """The parameters of a call."""

    def __init__(self, query: str) -> None:
        self.values = dict(parse_qsl(query, keep_blank_values=True)) if query else {}

    def number(self, name: str, default: int) -> int:
        """A number from 1 on, or the default where it is none."""
        value = self.values.get(name, "")
        number = int(value) if value.isdecimal() and len(value) < 10 else 0
        return number or default

    def page(self) -> tuple[int, int]:
        """(page from 1 on, rows a page); more than 25 a page are 25."""
        return self.number("page", 1), min(self.number("per_page", PER_PAGE), PER_PAGE)

    @property
    def filter(self) -> str:
        """The filter, "" for none."""
        return self.values.get("filter", "")


def window(rows: Sequence[Any], start: int, end: int, hidden: int | None) -> Sequence[Any]:
    """`rows[start:end]`, as if the row at place `hidden` were not there."""
    if hidden is None or hidden >= end:
        return rows[start:end]
    if hidden < start:
        return rows[start + 1 : end + 1]
    return [*rows[start:hidden], *rows[hidden + 1 : end + 1]]


def linked(links: Mapping[str, str]) -> Row:
    """Links by relation, as HAL has them."""
    return {relation: {"href": href} for relation, href in links.items()}
