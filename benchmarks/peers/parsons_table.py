"""Parsons: its APIConnector page by page into its Table."""

from __future__ import annotations

from typing import Any

from parsons import Table
from parsons.utilities.api_connector import APIConnector

from benchmarks.peers.worker import FIVE, work


def _table(url: str) -> Any:
    api = APIConnector(f"{url}/api/3/", headers={"Api-Token": "sandbox-key"})
    rows: list[dict[str, Any]] = []
    while True:
        last = rows[-1]["id"] if rows else "0"
        query = {"limit": "100", "orders[id]": "ASC", "id_greater": last}
        page = api.get_request("contacts", params=query)
        rows += page["contacts"]
        if len(page["contacts"]) >= int(page["meta"]["total"]):
            return Table(rows)


def five(url: str) -> int:
    """Return how many rows a table of five columns has."""
    table = _table(url).cut(*FIVE)
    table.materialize()
    return int(table.num_rows)


def every(url: str) -> int:
    """Return how many rows a table of all columns has."""
    table = _table(url)
    table.materialize()
    return int(table.num_rows)


if __name__ == "__main__":
    work({"five": five, "all": every})
