"""Keeps what was read, for the rest of a statement, and longer where a connection allows.

An entry knows which rows of which table it holds in full: all, those that fulfil conditions, or
those with certain keys. It answers any scan that wants no more than these, of no more columns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlcrm.execution.engine import Engine, quote
from sqlcrm.planner.access import Access, known_values
from sqlcrm.planner.plan import Predicate, Scan
from sqlcrm.sdk import Column


@dataclass(frozen=True, slots=True)
class Entry:
    """What one table of the cache holds.

    pushed: the conditions that its rows were read with. by, keys: the column whose values they
    were read by. place: its quoted table. at: when it was read, on a clock that never goes back.
    access: by what.
    """

    account: str
    table: str
    columns: frozenset[str]
    params: tuple[tuple[str, Any], ...]
    pushed: tuple[Predicate, ...]
    by: str
    keys: frozenset[Any]
    place: str
    at: float
    access: Access


def entry(
    account: str, scan: Scan, access: Access, place: str, whole: Collection[str] = ()
) -> Entry:
    """Return what a stage holds that was read to its end by `access`.

    whole: columns of which the keys were all that there are.
    """
    name = "" if access.read.by in whole else access.read.by
    by = scan.relation.table.column(name) if name else None
    return Entry(
        account,
        scan.relation.table.name,
        frozenset(scan.columns),
        _params(scan),
        (*(p for p in access.pushed if p.column not in whole), *scan.fixed),
        name,
        frozenset(_folded(key, by) for key in access.keys) if name else frozenset(),
        place,
        time.monotonic(),
        access,
    )


def holding(
    entries: Iterable[Entry],
    account: str,
    scan: Scan,
    keys: Mapping[str, Sequence[Any]],
    ttl: float = math.inf,
) -> Entry | None:
    """Return the youngest entry, at most `ttl` seconds old, that holds all that a scan wants.

    keys: the values known to suffice, by column.
    """
    known = known_values(scan, keys)
    oldest = time.monotonic() - ttl
    usable = (
        entry
        for entry in entries
        if entry.account == account
        and entry.table == scan.relation.table.name
        and entry.at >= oldest
        and entry.columns.issuperset(scan.columns)
        and entry.params == _params(scan)
        and _holds(entry, scan, known)
    )
    return max(usable, key=lambda entry: entry.at, default=None)


def fill(engine: Engine, entry: Entry, scan: Scan, stage: str) -> int:
    """Copy an entry's rows into a stage; return how many there are."""
    if entry.place != stage:
        columns = ", ".join(quote(name) for name in scan.columns)
        engine.run(f"INSERT INTO {stage} ({columns}) SELECT {columns} FROM {entry.place}")
    return int(engine.query(f"SELECT count(*) FROM {stage}")[0][0])


class Cache:
    """The entries of a session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._entries: list[Entry] = []

    def find(
        self, account: str, scan: Scan, keys: Mapping[str, Sequence[Any]], ttl: float
    ) -> Entry | None:
        """Return an entry that holds all that a scan wants, as `holding` does."""
        return holding(self._entries, account, scan, keys, ttl)

    def keep(self, staged: Entry) -> None:
        """Keep a copy of a stage."""
        kept = replace(staged, place=self._engine.keep(staged.place, staged.table))
        for old in [one for one in self._entries if _within(one, kept)]:
            self._drop(old)
        self._entries.append(kept)

    def forget(self, accounts: str, tables: Collection[str] | None) -> None:
        """Drop what was read of these tables of some accounts; of all of them where None.

        accounts: how their names begin.
        """
        for entry in [e for e in self._entries if e.account.startswith(accounts)]:
            if tables is None or entry.table in tables:
                self._drop(entry)

    def _drop(self, entry: Entry) -> None:
        self._entries.remove(entry)
        self._engine.run(f"DROP TABLE IF EXISTS {entry.place}")


def _params(scan: Scan) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(scan.params.items()))


def _within(old: Entry, new: Entry) -> bool:
    """Whether a new entry holds all that an old one does."""
    same = (old.account, old.table, old.params) == (new.account, new.table, new.params)
    rows = not (new.by or new.pushed) or (
        (old.by, old.pushed) == (new.by, new.pushed) and old.keys <= new.keys
    )
    return same and old.columns <= new.columns and rows


def _holds(entry: Entry, scan: Scan, known: Mapping[str, Sequence[Any]]) -> bool:
    """Whether an entry has every row that a scan can want."""
    if entry.by:
        column = scan.relation.table.column(entry.by)
        values = known.get(entry.by)
        if values is None or not all(_folded(v, column) in entry.keys for v in values):
            return False
    wanted = (*scan.predicates, *scan.fixed)
    return all(any(implies(one, pushed) for one in wanted) for pushed in entry.pushed)


def _folded(value: Any, column: Column | None) -> Any:
    """Return a key as the API compares it: `1` and `true` are no more the same than A and a."""
    if isinstance(value, str) and column is not None and column.nocase:
        value = value.lower()
    return (type(value).__name__, value)


def implies(one: Predicate, other: Predicate) -> bool:
    """Whether every row that fulfils `one` fulfils `other`."""
    if one == other:
        return True
    if one.column != other.column or type(one.values[0]) is not type(other.values[0]):
        return False
    if one.op in {"=", "in"} and other.op in {"=", "in"}:
        return set(one.values) <= set(other.values)
    if isinstance(one.values[0], str):  # its order depends on the column's collation
        return False
    a, b = one.values[0], other.values[0]
    if one.op in {">", ">=", "="} and other.op in {">", ">="}:
        return bool(a > b or (a == b and (one.op == ">" or other.op == ">=")))
    if one.op in {"<", "<=", "="} and other.op in {"<", "<="}:
        return bool(a < b or (a == b and (one.op == "<" or other.op == "<=")))
    return False
