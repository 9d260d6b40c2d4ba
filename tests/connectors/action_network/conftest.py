"""A session on a sandbox of Action Network, and what it calls."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm_action_network.sandbox import sandbox


@dataclass(frozen=True, slots=True)
class Network:
    """A session, and the sandbox behind it."""

    db: sqlcrm.Connection
    crm: Running

    def rows(self, sql: str, *binds: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.db.execute(sql, list(binds)).fetchall()

    def one(self, sql: str, *binds: Any) -> Any:
        """Return the first value of a query."""
        return self.rows(sql, *binds)[0][0]

    def counts(self, sql: str, *binds: Any) -> dict[str, int]:
        """Run a write and return how many rows had which outcome."""
        report = self.db.execute(sql, list(binds)).report
        assert report is not None
        return dict(report.counts)

    def reasons(self) -> list[str]:
        """Return the reasons of the last run's operations."""
        sql = (
            "SELECT reason FROM operations@sqlcrm "
            "WHERE run_id = (SELECT max(run_id) FROM operations@sqlcrm)"
        )
        return [reason for (reason,) in self.rows(sql)]

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the sandbox something, or tell it, behind the session's back."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.crm.url}/_sandbox/{path}", data, headers)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def calls(self, since: int = 0) -> Sequence[str]:
        """Return the calls since the sandbox was reset, as `GET /people`."""
        made = self.ask("calls")[since:]
        return [f"{one['method']} {one['path'].removeprefix('/api/v2')}" for one in made]

    def writes(self, since: int = 0) -> Sequence[str]:
        """Return those that were no reads."""
        return [call for call in self.calls(since) if not call.startswith("GET")]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Serve the sandbox, without limits."""
    with serve([sandbox], Options(people=120, limits="off")) as found:
        yield found[0]


@pytest.fixture
def network(running: Running, tmp_path: Path) -> Iterator[Network]:
    """Open a session on the sandbox as it is at first."""
    settings = {**running.settings, "rate_limit": "off"}
    with sqlcrm.connect(an=settings, state=tmp_path, yes=True) as db:
        found = Network(db, running)
        found.ask("reset", {})
        yield found
