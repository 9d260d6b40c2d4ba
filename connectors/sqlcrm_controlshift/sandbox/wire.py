"""How this API writes and reads: errors, times, pages, bodies.

The sheet does not know the keys of error bodies; this sandbox chooses `{"error": TEXT}` for
401, 404 and 429, and `{"errors": {FIELD: [TEXT]}}` for 422.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import HTTP
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sqlcrm.sandbox import Call, Reply

Row = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A call that is not carried out, with the answer to give."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def encode(value: object) -> bytes:
    """As JSON."""
    return _encode(value)


def answer(value: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, _encode(value))


def missing(what: str = "Not Found") -> Refused:
    """404."""
    return Refused(answer({"error": what}, 404))


def invalid(field: str, text: str) -> Refused:
    """422 about one field."""
    return Refused(answer({"errors": {field: [text]}}, 422))


@lru_cache(maxsize=65536)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%dT")


@lru_cache(maxsize=1024)  # the times of one row are often the same
def _text(epoch: int) -> str:
    days, second = divmod(epoch, 86_400)  # five times as fast as formatting the whole of it
    return f"{_day(days)}{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def iso(epoch: int | None) -> str | None:
    """A time as JSON has it: `2026-02-01T10:00:00Z`."""
    return None if epoch is None else _text(epoch)


def csv_time(epoch: int | None) -> str | None:
    """A time as the bulk files have it: `2026-02-01 10:00:00`."""
    return None if epoch is None else _text(epoch).replace("T", " ")[:-1]


def epoch(value: object, field: str) -> int | None:
    """A sent time in epoch seconds. Raises: Refused."""
    if value in {None, ""}:
        return None
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as problem:
        raise invalid(field, "is not a time") from problem
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def query(call: Call, name: str) -> str:
    """A query parameter, or ""; the last one where it is sent twice."""
    return dict(parse_qsl(call.query, keep_blank_values=True)).get(name, "")


def page_number(call: Call) -> int:
    """`page`; what is no page is the first one."""
    page = query(call, "page")
    return max(int(page), 1) if page.isascii() and page.isdigit() else 1


def pages(total: int, size: int) -> int:
    """How many pages there are: one at least."""
    return max(-(-total // size), 1)


def links(page: int, last: int) -> Row:
    """The paging keys that most lists share."""
    return {
        "current_page": page,
        "total_pages": last,
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last else None,
    }


def listing(
    name: str, rows: Sequence[bytes], meta: Row, parent: Mapping[str, object] | None = None
) -> Reply:
    """A page of rows that are JSON already; `parent` stands before them."""
    head = b"".join(b"%b:%b," % (_encode(key), _encode(row)) for key, row in (parent or {}).items())
    body = b'{%b"%b":[%b],"meta":%b}' % (head, name.encode(), b",".join(rows), _encode(meta))
    return Reply(200, body)


def body(call: Call) -> Row:
    """What was sent: JSON, a form (`signature[first_name]=Ana`) or a multipart form.

    Raises: Refused for a body that is none of these.
    """
    kind = call.header(b"content-type").partition(";")[0].strip().lower()
    if not call.body:
        return {}
    if kind == "multipart/form-data":
        return _multipart(call)
    if kind != "application/x-www-form-urlencoded":
        try:
            sent = json.loads(call.body)
        except ValueError:
            if kind == "application/json":
                raise Refused(answer({"error": "Bad Request"}, 400)) from None
        else:
            return sent if isinstance(sent, dict) else {}
    return _form(call.body.decode("utf-8", "replace"))


def _form(text: str) -> Row:
    sent: Row = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = name.replace("]", "").split("[")
        place, key = sent, first
        for part in rest:
            deeper = place.setdefault(key, [] if part == "" else {})
            if isinstance(deeper, list):
                deeper.append(value)
                break
            if not isinstance(deeper, dict):
                break
            place, key = deeper, part
        else:
            place[key] = value
    return sent


def _multipart(call: Call) -> Row:
    """Files as bytes by their field, other fields as text."""
    head = b"Content-Type: " + call.header(b"content-type").encode() + b"\r\n\r\n"
    message = message_from_bytes(head + call.body, policy=HTTP)
    parts = message.iter_parts() if message.is_multipart() else ()
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in parts
    }


def part(sent: Row, name: str) -> Row:
    """The object under a name. Raises: Refused where there is none."""
    value = sent.get(name)
    if not isinstance(value, dict):
        raise invalid(name, "can't be blank")
    return value


def flag(value: object) -> bool | None:
    """A truth as JSON or a form spells it; None for nothing."""
    if value is None or value == "":
        return None
    return value is True or str(value).lower() in {"true", "t", "1", "on", "yes"}


def number(value: object) -> int:
    """A number, or 0 where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0
