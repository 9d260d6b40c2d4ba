"""What the journal costs, as a share of a run: the time in its transactions, against all of it.

Rows are written down before and after each call, on disk. How much that matters depends on how long
the API takes: so the same writes are made at several latencies.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlcrm
from benchmarks.sandboxes import Served, sandbox
from sqlcrm.state.database import Database

SINGLES = 200
BULK = 5_000
LATENCIES_MS = (0, 50, 200)

WRITES = {
    "single": "UPDATE contacts@ac SET last_name = 'Journal' WHERE id <= {rows}",
    "bulk": "INSERT INTO contact_tags@ac (contact_id, tag_id) SELECT c.id, t.id "
    "FROM contacts@ac c, tags@ac t WHERE t.tag = 'Journal' AND c.id <= {rows}",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """One run. seconds: of all of it. journal: of them, in transactions, from begin to the end.

    commits: of each transaction, the seconds until it was on disk.
    """

    write: str
    rows: int
    latency_ms: int
    seconds: float
    journal: float
    commits: tuple[float, ...]

    @property
    def share(self) -> float:
        """The journal's part of the run."""
        return self.journal / self.seconds

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        median = statistics.median(self.commits)
        found = {**asdict(self), "commits": len(self.commits), "median_commit": median}
        return {**found, "share": round(self.share, 4)}


@dataclass(slots=True)
class _Watched:
    """Transactions that were measured. journal: seconds from begin to end, the rows included."""

    journal: float = 0.0
    commits: list[float] = field(default_factory=list)
    since: float = 0.0

    def told(self, name: str) -> None:
        """Hear of a commit, just before and just after it."""
        if name.endswith("?"):
            self.since = time.perf_counter()
        else:
            self.commits.append(time.perf_counter() - self.since)


@contextmanager
def _watching(db: sqlcrm.Connection) -> Iterator[_Watched]:
    """Measure every transaction of the journal while the block runs."""
    watched, original = _Watched(), Database.writing

    @contextmanager
    def writing(database: Database, name: str = "") -> Iterator[sqlite3.Connection]:
        start = time.perf_counter()
        try:
            with original(database, name) as connection:
                yield connection
        finally:
            watched.journal += time.perf_counter() - start

    database = db.session.journal.database
    database.watch = watched.told
    Database.writing = writing  # type: ignore[method-assign, assignment]
    try:
        yield watched
    finally:
        Database.writing = original  # type: ignore[method-assign]
        database.watch = None


def run(
    singles: int = SINGLES, bulk: int = BULK, latencies: Sequence[int] = LATENCIES_MS
) -> Iterator[Cost]:
    """Measure single writes at each latency, then a bulk run."""
    for latency in latencies:
        with sandbox(max(singles, 100) + 50, latency_ms=latency) as served:
            yield _measured(served, "single", singles, latency)
    with sandbox(bulk + 50) as served:
        yield _measured(served, "bulk", bulk, 0)


def _measured(served: Served, write: str, rows: int, latency: int) -> Cost:
    tag = {"tag": {"tag": "Journal", "tagType": "contact"}}
    served.client.post("/api/3/tags", json=tag).raise_for_status()
    with (
        tempfile.TemporaryDirectory() as state,
        sqlcrm.connect(ac=served.settings, state=state, yes=True) as db,
    ):
        if write == "single":
            db.execute("SET bulk = off")
        db.execute("SELECT count(*) FROM tags@ac").fetchall()  # the connection is open
        with _watching(db) as watched:
            start = time.perf_counter()
            report = db.execute(WRITES[write].format(rows=rows)).report
            seconds = time.perf_counter() - start
    if report is None or report.counts != {"done": rows}:
        raise RuntimeError(f"{write} of {rows}: {report}")
    return Cost(write, rows, latency, seconds, watched.journal, tuple(watched.commits))
