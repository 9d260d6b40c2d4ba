"""What a write did, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STATES = ("done", "unchanged", "rejected", "skipped", "unknown", "sent", "planned")


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Keys of a source that met nothing in a remote table."""

    source: str
    table: str
    column: str
    values: tuple[tuple[Any, int], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one written statement.

    run: 0 for a local table, which no journal is kept of. counts: rows by state. calls: requests by
    method, reads included. seconds: wall time. rejected: the first rejected rows, each with number,
    natural key and reason.
    """

    verb: str
    target: str
    run: int
    statement: int
    counts: Mapping[str, int]
    calls: Mapping[str, int]
    seconds: float
    rejected: Sequence[tuple[int, Mapping[str, Any], str]] = ()
    unknown: Sequence[tuple[int, Mapping[str, Any], str]] = ()
    skipped: Sequence[tuple[int, Mapping[str, Any], str]] = ()
    unmatched: Sequence[Unmatched] = ()
    notices: Sequence[str] = field(default=())

    @property
    def exit_code(self) -> int:
        """5 where outcomes are unknown, 4 where rows were rejected, 0 otherwise."""
        if self.counts.get("unknown"):
            return 5
        return 4 if self.counts.get("rejected") else 0

    @property
    def rows(self) -> int:
        """How many source rows there were."""
        return sum(self.counts.values())

    def lines(self) -> list[str]:
        """Return the report as a person reads it."""
        parts = [f"{self.counts[s]:,} {s}" for s in STATES if self.counts.get(s)]
        calls = sum(self.calls.values())
        by = ", ".join(f"{n:,} {method}" for method, n in sorted(self.calls.items()))
        found = [
            f"{self.verb.upper()} {self.target}: {', '.join(parts) or 'no rows'}"
            f"  ({calls:,} call{'' if calls == 1 else 's'}{f': {by}' if by else ''}; "
            f"{self.seconds:.1f} s{f'; run {self.run}' if self.run else ''})"
        ]
        bad = {"rejected": self.rejected, "unknown": self.unknown, "skipped": self.skipped}
        for title, rows in bad.items():
            found += [f"  {title} row {n}: {_shown(key)}{why}" for n, key, why in rows]
            more = self.counts.get(title, 0) - len(rows)
            if rows and more > 0:
                where = f": SELECT * FROM {_where(title)}" if self.run else ""
                found.append(f"  … and {more:,} more{where}")
        for one in self.unmatched:
            names = ", ".join(str(value) for value, _ in one.values[:3])
            dots = ", …" if len(one.values) > 3 else ""
            found.append(
                f"  {len(one.values):,} of {one.source} met no {one.table}.{one.column}: "
                f"{names}{dots} (SELECT * FROM unmatched@sqlcrm)"
            )
        return found + [f"  note: {notice}" for notice in self.notices]


def _shown(key: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{name} {value}" for name, value in key.items() if value is not None)
    return f"{parts}: " if parts else ""


def _where(title: str) -> str:
    return (
        "rejected@sqlcrm" if title == "rejected" else f"operations@sqlcrm WHERE state = '{title}'"
    )
