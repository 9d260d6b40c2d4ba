"""What one writes by hand: httpx and json.

Most jobs keep the answers as Python objects without types; `cursor-typed` makes Arrow of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pyarrow as pa

from benchmarks.peers.worker import FIVE, work

HEADERS = {"Api-Token": "sandbox-key"}
SIZE = 100
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        *(pa.field(name, pa.string()) for name in FIVE[1:4]),
        pa.field("cdate", pa.timestamp("us", "UTC")),
    ]
)


def _client(url: str, connections: int = 1) -> httpx.Client:
    limits = httpx.Limits(max_connections=connections)
    return httpx.Client(base_url=f"{url}/api/3", headers=HEADERS, limits=limits, trust_env=False)


def _page(client: httpx.Client, **query: str | int) -> dict[str, Any]:
    asked = {"limit": SIZE, "orders[id]": "ASC", **query}
    answer = client.get("/contacts", params=asked).raise_for_status()
    return dict(json.loads(answer.content))


def _cursor(url: str) -> Iterator[list[dict[str, Any]]]:
    with _client(url) as client:
        last = 0
        while True:
            page = _page(client, id_greater=last)
            yield page["contacts"]
            if len(page["contacts"]) >= int(page["meta"]["total"]):
                return
            last = page["contacts"][-1]["id"]


def _offsets(connections: int, url: str) -> Iterator[list[dict[str, Any]]]:
    """Ask for the first page, then for the others at once."""
    with _client(url, connections) as client, ThreadPoolExecutor(connections) as pool:
        first = _page(client, offset=0)
        yield first["contacts"]
        offsets = range(SIZE, int(first["meta"]["total"]), SIZE)
        for page in pool.map(lambda offset: _page(client, offset=offset), offsets):
            yield page["contacts"]


def _five(pages: Iterator[list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in FIVE) for page in pages for row in page]


def _all(pages: Iterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for page in pages for row in page]


def _typed(pages: Iterator[list[dict[str, Any]]]) -> pa.Table:
    """Return five columns as Arrow, ids as numbers and times as times."""
    batches = []
    for page in pages:
        columns = {name: [row[name] for row in page] for name in FIVE}
        columns["id"] = list(map(int, columns["id"]))
        columns["cdate"] = list(map(datetime.fromisoformat, columns["cdate"]))
        batches.append(pa.RecordBatch.from_pydict(columns, schema=SCHEMA))
    return pa.Table.from_batches(batches, schema=SCHEMA)


if __name__ == "__main__":
    many = partial(_offsets, int(sys.argv[1]))
    work(
        {
            "cursor-five": lambda url: _five(_cursor(url)),
            "cursor-typed": lambda url: _typed(_cursor(url)),
            "cursor-all": lambda url: _all(_cursor(url)),
            "offsets-five": lambda url: _five(many(url)),
            "offsets-all": lambda url: _all(many(url)),
        }
    )
