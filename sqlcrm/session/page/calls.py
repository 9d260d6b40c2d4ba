"""The calls of a run, counted by method."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

_READS = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt. `at`: when it was sent; it had waited before that. Times are in seconds."""

    statement: int
    method: str
    at: dt.datetime
    waited: float
    seconds: float
    bytes: int
    failed: bool
    repeated: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a row of `requests`."""
        status = row["status"] or 0
        return cls(
            statement=row["statement"],
            method=row["method"],
            at=row["started_at"],
            waited=row["waited_ms"] / 1000,
            seconds=row["ms"] / 1000,
            bytes=row["bytes"],
            failed=status == 0 or status >= 400 or bool(row["error"]),
            repeated=row["attempt"] > 1,
        )

    @property
    def reads(self) -> bool:
        """Whether it cannot have changed anything."""
        return self.method.upper() in _READS


@dataclass(frozen=True, slots=True)
class Line:
    """The calls of one method: how many, how many of them failed or were repetitions, seconds."""

    method: str
    count: int
    failed: int
    repeated: int
    waited: float
    seconds: float
    bytes: int

    @classmethod
    def of(cls, method: str, calls: Sequence[Call]) -> Self:
        """Count calls."""
        return cls(
            method=method,
            count=len(calls),
            failed=sum(one.failed for one in calls),
            repeated=sum(one.repeated for one in calls),
            waited=sum(one.waited for one in calls),
            seconds=sum(one.seconds for one in calls),
            bytes=sum(one.bytes for one in calls),
        )


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by method, and all of them together."""

    lines: tuple[Line, ...]
    total: Line


def by_method(calls: Iterable[Call]) -> Calls:
    """Count calls by method, the most frequent first."""
    groups: dict[str, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.method, []).append(call)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    total = Line.of("all", [call for group in groups.values() for call in group])
    return Calls(tuple(Line.of(*group) for group in ordered), total)
