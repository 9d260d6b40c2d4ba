"""The values that go into the journal, and how they are written down."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

FORGOTTEN = "forgotten:"
"""How what stands for a forgotten person's values begins."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to happen to one source row; `number` is its place in the source, from 1.

    state: `planned`, `unchanged` or `rejected`, as planning left it.
    same_as: the number of the equal row whose operation stands for this one.
    """

    number: int
    table: str
    verb: str
    key: Mapping[str, Any]
    natural_key: Mapping[str, Any]
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None
    state: str
    reason: str = ""
    same_as: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one operation that was sent.

    state: `done`, `rejected`, `unknown`, or `planned` again where it provably was not sent.
    answer: the API's words.
    after: what the CRM is known to hold now where that differs from what was sent.
    """

    number: int
    state: str
    reason: str = ""
    remote_id: str = ""
    answer: str = ""
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An operation as the journal has it. Its values are what JSON makes of them: dates are text.

    operation: `operation.state` and `operation.reason` are those of now, like `state`.
    """

    operation: Operation
    state: str
    reason: str
    remote_id: str
    attempts: int
    sent_at: datetime | None
    after: Mapping[str, Any] | None
    undone_by: int | None

    @property
    def forgotten(self) -> bool:
        """Whether the person it is about was forgotten: its values are marks, nothing to undo."""
        values = (*self.operation.key.values(), *self.operation.values.values())
        return any(isinstance(one, str) and one.startswith(FORGOTTEN) for one in values)


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement that was not finished.

    own_id: the account's own id; `account` is its number in the journal.
    counts: how many operations are in which state; none where nothing was frozen yet.
    """

    statement: int
    text: str
    verb: str
    alias: str
    connector: str
    origin: str
    own_id: str
    account: int | None
    table: str
    state: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that was ended by a crash or by Ctrl-C before all was written.

    state: `crashed` also where the journal still says `running`.
    statements_total: how many statements the script has; None where that is not known.
    last: the number of the last one that was to write.
    """

    run: int
    kind: str
    script: str
    script_text: str
    started_at: datetime
    state: str
    statements_total: int | None
    statements: tuple[Pending, ...]
    last: int = 0


def now(at: datetime | None = None) -> str:
    """Return the time, or another one, as it is stored."""
    return (at or datetime.now(UTC)).isoformat(timespec="microseconds")


def to_text(text: str) -> str:
    """Return `text` fit for storing: lone surrogates, which UTF-8 lacks, become `\\udcff`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def to_json(values: Mapping[str, Any]) -> str:
    """Write values as JSON, one text for equal values: sorted keys, no spaces.

    Dates and times are ISO 8601; NaN and infinities, which JSON lacks, are text; what JSON does
    not know is text.
    """
    try:
        text = _STRICT.encode(values)
    except ValueError:
        text = _STRICT.encode(_without_nan(values))
    return to_text(text)


def checksum(number: int, *texts: str | None) -> int:
    """Return what tells whether a frozen row is still as it was frozen."""
    return zlib.crc32("\x1f".join([str(number), *(t or "" for t in texts)]).encode())


def _plain(value: Any) -> Any:
    """Return what stands in JSON for a value that JSON does not know."""
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value, key=str)
    return str(value)


def _without_nan(value: Any) -> Any:
    """Return the same value with floats that JSON lacks as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value


_STRICT = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_plain
)
