"""Calls made against the fewest possible, counted by the server, and results against full copies.

Each query runs in a session of its own: what one learned of the account helps no other.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb

import sqlcrm
from benchmarks.fewest import Facts, Query
from benchmarks.sandboxes import Served
from benchmarks.suite import LOCAL, QUERIES, TABLES, VALUES
from benchmarks.suite.known import AS_STATED, KNOWN

SCATTERED = "SELECT id, email FROM contacts WHERE email NOT LIKE '%+%' ORDER BY hash(id) LIMIT {n}"
COPIES = "copies"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one query. expected: the calls that it is known to make, from and up to."""

    name: str
    sql: str
    fewest: int
    made: int
    expected: tuple[int, int]
    how: str
    why: str
    reason: str
    same: bool
    asked: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Calls made for each call needed; 1 where none were needed and none were made."""
        return self.made / self.fewest if self.fewest else 1.0 + self.made

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "ratio": round(self.ratio, 3)}


class Suite:
    """The suite against one server: full copies of its tables, and the values in the queries."""

    def __init__(self, served: Served, folder: Path) -> None:
        self._served = served
        self._folder = folder
        self._copies = folder / "copies.duckdb"
        self._copy()
        self._values = dict(self._valued())
        self._facts = Facts(self._rows, served.total)

    def run(self, query: Query) -> Outcome:
        """Run one query; raises what sqlcrm raises."""
        fewest = query.fewest(self._facts)
        known = KNOWN.get(query.name, AS_STATED)
        sql = query.sql.format(**self._values)
        binds = [self._values[name] for name in query.binds]
        before = self._served.count()
        with self._session(sql) as db:
            got = db.execute(sql, binds or None).fetchall()
            after = self._served.count()
            same = self._same(db, query, sql, binds, got)
        asked = summary(self._served.calls()[before:after])
        return Outcome(
            name=query.name,
            sql=query.sql,
            fewest=fewest.calls,
            made=after - before,
            expected=(known.least(self._facts, fewest), known.most(self._facts, fewest)),
            how=fewest.how,
            why=query.why,
            reason=known.reason,
            same=same,
            asked=asked,
        )

    @contextmanager
    def _session(self, sql: str) -> Iterator[sqlcrm.Connection]:
        """Open a session that has the local tables which a query names."""
        with (
            tempfile.TemporaryDirectory(dir=self._folder) as state,
            sqlcrm.connect(ac=self._served.settings, state=state) as db,
        ):
            db.execute(f"ATTACH '{self._copies}' AS {COPIES} (READ_ONLY)")
            for name in LOCAL.keys() & set(re.findall(r"\w+", sql)):
                db.execute(f"CREATE TABLE {name} AS FROM {COPIES}.{name}")
            yield db

    def _same(
        self,
        db: sqlcrm.Connection,
        query: Query,
        sql: str,
        binds: Sequence[Any],
        got: Sequence[tuple[Any, ...]],
    ) -> bool:
        """Whether the rows are those that DuckDB gives on the full copies."""
        local = re.sub(r"(\w+)@ac", rf"{COPIES}.\1", sql)
        wanted = Counter(map(repr, db.execute(local, binds or None).fetchall()))
        found = Counter(map(repr, got))
        if not query.loose:
            return found == wanted
        any_of = Counter(map(repr, db.execute(re.sub(r" LIMIT \d+", "", local)).fetchall()))
        return found.total() == wanted.total() and found <= any_of

    def _copy(self) -> None:
        """Copy the tables whole; the API's totals prove that they are."""
        with (
            tempfile.TemporaryDirectory(dir=self._folder) as state,
            sqlcrm.connect(ac=self._served.settings, state=state) as db,
        ):
            db.execute(f"ATTACH '{self._copies}' AS {COPIES}")
            for table in TABLES:
                db.execute(f"CREATE TABLE {COPIES}.{table} AS SELECT * FROM {table}@ac")
            db.execute(f"DETACH {COPIES}")
        with duckdb.connect(self._copies) as db:
            for n in (150, 250):
                db.execute(f"CREATE TABLE scattered_{n} AS {SCATTERED.format(n=n)}")
        self._values = dict(self._valued())
        with duckdb.connect(self._copies) as db:
            for name, sql in LOCAL.items():
                db.execute(f"CREATE TABLE {name} AS {sql.format(**self._values)}")

    def _valued(self) -> Iterator[tuple[str, Any]]:
        with duckdb.connect(self._copies, read_only=True) as db:
            for name, sql in VALUES.items():
                found = db.execute(sql).fetchone()
                assert found is not None, name
                yield name, found[0]

    def _rows(self, source: str) -> int:
        with duckdb.connect(self._copies, read_only=True) as db:
            db.execute("SET TimeZone = 'UTC'")
            found = db.execute(f"SELECT count(*) FROM {source.format(**self._values)}").fetchone()
        assert found is not None
        return int(found[0])


def run(served: Served, queries: Sequence[Query] = QUERIES) -> list[Outcome]:
    """Run the queries of the suite against a server."""
    with tempfile.TemporaryDirectory(prefix="sqlcrm-calls-") as folder:
        suite = Suite(served, Path(folder))
        return [suite.run(query) for query in queries]


def summary(calls: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what was asked, alike calls together: path and parameters, without their values."""
    kinds = Counter(_kind(call) for call in calls)
    return tuple(f"{count} x {kind}" for kind, count in kinds.items())


_PAGING = re.compile(r"^(limit|offset|orders\[.*)$")


def _kind(call: Mapping[str, Any]) -> str:
    path = re.sub(r"/\d+(?=/|$)", "/{id}", str(call["path"]).removeprefix("/api/3"))
    pairs = parse_qsl(str(call["query"]), keep_blank_values=True)
    names = [f"{n}={v}" if n == "include" else n for n, v in pairs if not _PAGING.match(n)]
    return f"{path}?{'&'.join(dict.fromkeys(names))}" if names else path
