"""Share of the allowed rate that single writes use, by the server's own clock."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator

import sqlcrm
from benchmarks.rate import LATENCY_MS, Share
from benchmarks.sandboxes import Served, sandbox

SECONDS = 12
"""How long the writes of a statement take at the allowed rate."""

WRITES = {
    "UPDATE, each row by its id": "UPDATE contacts@ac SET last_name = 'Rated' WHERE id <= {rows}",
    "tags, each by itself": "INSERT INTO contact_tags@ac (contact_id, tag_id) "
    "SELECT range, {tag} FROM range(1, {rows} + 1)",
}


def run(rates: tuple[int, ...] = (5, 20), seconds: int = SECONDS) -> Iterator[Share]:
    """Measure each write at each rate, in a session of its own."""
    for rate in rates:
        rows = rate * seconds
        with sandbox(rows + 50, rate=rate, latency_ms=LATENCY_MS) as served:
            tag = {"tag": {"tag": "Rated", "tagType": "contact"}}
            number = served.client.post("/api/3/tags", json=tag).json()["tag"]["id"]
            for name, sql in WRITES.items():
                time.sleep(1.1)  # the server's window is a second: each starts afresh
                yield _measured(served, rate, name, sql.format(rows=rows, tag=number))


def _measured(served: Served, rate: int, name: str, sql: str) -> Share:
    settings = {**served.settings, "rate_limit": rate}
    with (
        tempfile.TemporaryDirectory() as state,
        sqlcrm.connect(ac=settings, state=state, yes=True) as db,
    ):
        db.execute("SET bulk = off")
        served.stamps()
        before = len(served.calls())
        start = time.perf_counter()
        db.execute(sql)
        seconds = time.perf_counter() - start
    made = list(zip(served.stamps(), served.calls()[before:], strict=True))
    good = [at for at, call in made if call["status"] < 300 and call["method"] != "GET"]
    refused = sum(call["status"] == 429 for _, call in made)
    per_second = (len(good) - 1) / (max(good) - min(good))
    return Share(rate, name, len(good), refused, per_second, seconds)
