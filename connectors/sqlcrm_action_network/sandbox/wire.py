"""How Action Network writes JSON, errors and dates, and how it reads a call.

Source: the fact sheet on the Action Network API v2, sections 1, 2 and 11.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sqlcrm.sandbox import Call, Reply

Row = dict[str, Any]

BASE = "/api/v2"
HOME = "https://actionnetwork.org"
HAL = "application/hal+json"
PAGE = 25  # rows of a page, by default and at most
CURIES = [
    {"name": name, "href": f"{HOME}/docs/v2/{{rel}}", "templated": True}
    for name in ("osdi", "action_network")
]
_EPOCH = date(1970, 1, 1)
_HOURS = [f"{hour:02d}" for hour in range(24)]
_MINUTES = [f":{second // 60:02d}:{second % 60:02d}" for second in range(3600)]
_HEADERS = ((b"cache-control", b"max-age=0, private, must-revalidate"),)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Refused(Exception):
    """An error answer, raised where it is found and sent as it is."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status, error)
        self.status = status
        self.reply = answer({"error": error}, status)


def answer(body: object, status: int = 200) -> Reply:
    """A JSON answer; it is 200 for what was created, too."""
    return Reply(status, _encode(body), _HEADERS, HAL)


def missing(what: str, key: str) -> Refused:
    """Not there, or not in this key's group."""
    return Refused(404, f"Couldn't find {what} with id = {key}")


@cache
def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def iso(seconds: int) -> str:
    """`2014-03-25T17:11:33Z`."""
    day, second = divmod(seconds, 86_400)
    return f"{_day(day)}T{_HOURS[second // 3600]}{_MINUTES[second % 3600]}Z"


def moment(value: object) -> int | None:
    """Epoch seconds of an ISO date, or None where it is none. Without a zone it is UTC."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


class Ask:
    """One call, as the handlers see it."""

    def __init__(self, call: Call, keyed: bool, base: str) -> None:
        self.call = call
        self.keyed = keyed
        self.base = base
        self.next_base = ""  # where `next` links lead, if not here

    @cached_property
    def params(self) -> dict[str, str]:
        """The query string; what nobody asks for is ignored. A bare `+` is a space."""
        query = self.call.query
        return dict(parse_qsl(query, keep_blank_values=True)) if query else {}

    def number(self, name: str, default: int) -> int:
        """A whole number above 0, or the default."""
        value = self.params.get(name, "")
        return int(value) if value.isdecimal() and int(value) else default

    @property
    def background(self) -> bool:
        """Whether the documented flag is set; any other spelling is just another parameter."""
        return self.params.get("background_request") == "true"

    @cached_property
    def json(self) -> bool:
        """Whether the body is JSON at all; one that is not is left unread."""
        kind = self.call.header(b"content-type")
        return bool(self.call.body) and (not kind or "json" in kind)

    @cached_property
    def body(self) -> Row:
        """The object in the body; empty where it is not JSON. Raises: Refused."""
        if not self.json:
            return {}
        try:
            value = _decode(self.call.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise Refused(400, "The request body could not be parsed as JSON") from problem
        return value if isinstance(value, dict) else {}


def part(body: Row, name: str) -> Row:
    """The object under a key, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[Row]:
    """The objects of an array; anything else in it is ignored."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def strings(value: object) -> list[str]:
    """The strings of an array; anything else in it is ignored."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def linked(body: Row, rel: str) -> str:
    """The last segment of a link's address, or ""."""
    href = part(part(body, "_links"), rel).get("href")
    return href.rstrip("/").rpartition("/")[2] if isinstance(href, str) else ""
