"""How ActiveCampaign writes JSON, errors and dates, and how it reads a query string.

Source: the fact sheet on the ActiveCampaign API v3, §1 and §2.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from json.encoder import encode_basestring_ascii
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from sqlcrm.sandbox import Reply

Row = dict[str, Any]

CENTRAL = ZoneInfo("America/Chicago")  # the zone of ActiveCampaign's servers
_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_HOURS = [f"{hour:02d}" for hour in range(24)]
_MINUTES = [f":{second // 60:02d}:{second % 60:02d}" for second in range(3600)]
_encoder = json.JSONEncoder(separators=(",", ":"))


class Refused(Exception):
    """An error answer, raised where it is found and sent as it is."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status, body)
        self.reply = Reply(status, php(body))


def php(value: object) -> bytes:
    r"""JSON as PHP writes it: `/` as `\/`, everything beyond ASCII as `\uXXXX`."""
    return _encoder.encode(value).replace("/", "\\/").encode()


def text(value: str) -> str:
    """One JSON string, quotes included, as PHP writes it."""
    quoted = encode_basestring_ascii(value)
    return quoted.replace("/", "\\/") if "/" in quoted else quoted


def answer(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, php(body))


def members(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """A JSON object whose values are encoded already."""
    return b"{" + b",".join(b'"%s":%s' % (key.encode(), value) for key, value in parts) + b"}"


def array(rows: Iterable[bytes]) -> bytes:
    """A JSON array of rows that are encoded already."""
    return b"[" + b",".join(rows) + b"]"


def missing(model: str, key: object, status: int = 404) -> Refused:
    """Not found; `model` is ActiveCampaign's internal name, `Subscriber` for a contact."""
    return Refused(status, {"message": f"No Result found for {model} with id {key}"})


def invalid(title: str, code: str, pointer: str, **more: object) -> Refused:
    """A 422 in its canonical form."""
    source = {"pointer": f"/data/attributes/{pointer}"}
    error = {"title": title, "detail": "", "code": code, **more, "source": source}
    return Refused(422, {"errors": [error]})


@cache
def _shift(day: int) -> tuple[int, str] | None:
    """Central's distance from UTC on one UTC day, or None on a day when it changes."""
    start, end = (datetime.fromtimestamp(_DAY * day + at, CENTRAL) for at in (0, _DAY - 1))
    offset, late = start.strftime("%z"), end.strftime("%z")
    seconds = start.utcoffset()
    if offset != late or seconds is None:
        return None
    return int(seconds.total_seconds()), f"{offset[:3]}:{offset[3:]}"


@cache
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def central(seconds: int) -> tuple[str, str, str]:
    """(date, time, offset) in Central time."""
    shift = _shift(seconds // _DAY)
    if shift is None:
        exact = datetime.fromtimestamp(seconds, CENTRAL).isoformat()
        return exact[:10], exact[11:19], exact[19:]
    day, second = divmod(seconds + shift[0], _DAY)
    return _date(day), _HOURS[second // 3600] + _MINUTES[second % 3600], shift[1]


def iso(seconds: int) -> str:
    """`2018-09-28T13:50:41-05:00`: Central time, summer time included."""
    day, time, offset = central(seconds)
    return f"{day}T{time}{offset}"


def spaced(seconds: int) -> str:
    """`2018-09-28 13:50:41`: Central time too, even in fields with `utc` in their name."""
    day, time, _ = central(seconds)
    return f"{day} {time}"


def utc(seconds: int) -> str:
    """`2020-05-24T13:18:08+00:00`: real UTC, of deal custom fields and custom objects only."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def moment(value: str) -> int | None:
    """Epoch seconds of a date filter, or None where it is no date. Without a zone it is Central."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=CENTRAL)).timestamp())


def number(value: object) -> int:
    """An integer the way PHP reads one: what is none counts as 0."""
    try:
        return int(str(value))
    except ValueError:
        return 0


class Query:
    """The parameters of one call. What nobody asks for is ignored, as the real API does."""

    def __init__(self, query: str) -> None:
        self.pairs = parse_qsl(query, keep_blank_values=True) if query else []
        self._last = dict(self.pairs)  # PHP keeps the last of several

    def get(self, name: str, default: str = "") -> str:
        """The value of one parameter, or the default."""
        return self._last.get(name, default)

    def number(self, name: str) -> int:
        """The value of one parameter as PHP reads an integer; 0 where it is not given."""
        return number(self._last.get(name, 0))

    def all(self, name: str) -> list[str]:
        """Every value of a repeated parameter `name[]`."""
        return [value for key, value in self.pairs if key == f"{name}[]"]

    def of(self, name: str) -> list[tuple[str, str]]:
        """What is in the brackets of `name[…]`, inner brackets kept, with its value, in order."""
        start = f"{name}["
        return [
            (key[len(start) : -1], value)
            for key, value in self.pairs
            if key.startswith(start) and key.endswith("]")
        ]

    def page(self) -> tuple[int, int]:
        """(limit, offset): 20 rows by default, silently 100 at most (docs: Pagination)."""
        limit = self.number("limit")
        return (min(limit, 100) if limit > 0 else 20), max(self.number("offset"), 0)


def loads(body: bytes) -> Row:
    """The JSON object of a request body, or an empty one where it is none."""
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {"": value}


def objects(value: object) -> list[Row]:
    """The objects of an array in a request body; anything else in it is ignored."""
    if not isinstance(value, list):
        return []
    return [dict(entry) for entry in value if isinstance(entry, dict)]


def part(body: Mapping[str, Any], name: str) -> Row:
    """The object under the singular envelope key, or an empty one."""
    value = body.get(name)
    return dict(value) if isinstance(value, dict) else {}
