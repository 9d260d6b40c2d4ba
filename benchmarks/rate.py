"""Share of the allowed rate that a long read uses, by the server's own clock.

The sandbox lets 5 or 50 calls a second through and answers each 0.2 s late, without blocking the
others. Pages that a total makes known, batches of keys, and the cursor of contacts are read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlcrm
from benchmarks.sandboxes import Served, sandbox

LATENCY_MS = 200
PEOPLE = {5: 10_000, 50: 60_000}
"""People by calls a second: enough for a read of seconds, few enough that it ends in ten."""

READS = {
    "pages by offset": "SELECT count(DISTINCT contact_id) FROM contact_tags@ac",
    "batches of keys": "SELECT count(DISTINCT c.email) FROM wanted w JOIN contacts@ac c USING (id)",
    "cursor of contacts": "SELECT count(DISTINCT email) FROM contacts@ac",
}


@dataclass(frozen=True, slots=True)
class Share:
    """How one statement used its allowance. seconds: of the whole statement."""

    rate: int
    read: str
    calls: int
    refused: int
    per_second: float
    seconds: float

    @property
    def share(self) -> float:
        """Calls a second, of those allowed."""
        return self.per_second / self.rate

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "share": round(self.share, 4)}


def run(rates: tuple[int, ...] = (5, 50)) -> Iterator[Share]:
    """Measure each read at each rate, in a session of its own."""
    for rate in rates:
        people = PEOPLE[rate]
        with sandbox(people, rate=rate, latency_ms=LATENCY_MS) as served:
            for read, sql in READS.items():
                yield _measured(served, rate, read, sql, people)
                time.sleep(1.1)  # the server's window is a second: the next read starts afresh


def _measured(served: Served, rate: int, read: str, sql: str, people: int) -> Share:
    settings = {**served.settings, "rate_limit": rate}
    with tempfile.TemporaryDirectory() as state, sqlcrm.connect(ac=settings, state=state) as db:
        db.execute(f"CREATE TABLE wanted AS SELECT range AS id FROM range(1, {people * 9 // 10})")
        served.stamps()
        before = len(served.calls())
        start = time.perf_counter()
        db.execute(sql).fetchall()
        seconds = time.perf_counter() - start
    stamps = served.stamps()
    statuses = [call["status"] for call in served.calls()[before:]]
    good = [at for at, status in zip(stamps, statuses, strict=True) if status == 200]
    span = max(good) - min(good)
    return Share(rate, read, len(stamps), statuses.count(429), (len(good) - 1) / span, seconds)
