"""sqlcrm's own jobs: rows to Arrow, a GROUP BY, a table of three columns."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcrm
from benchmarks.peers.worker import work

FIVE = "SELECT id, email, first_name, last_name, created_at FROM contacts@ac"
ALL = "SELECT * FROM contacts@ac"
GROUPED = "SELECT email_domain, count(*) FROM contacts@ac GROUP BY email_domain"
KEPT = "CREATE TABLE kept AS SELECT id, email, first_name FROM contacts@ac"


@contextmanager
def _connected(url: str) -> Iterator[sqlcrm.Connection]:
    settings = {"connector": "activecampaign", "url": url, "api_key": "sandbox-key"}
    with (
        tempfile.TemporaryDirectory() as state,
        sqlcrm.connect(ac={**settings, "rate_limit": "off"}, state=state) as db,
    ):
        yield db


def _arrow(url: str, sql: str) -> Any:
    with _connected(url) as db:
        return db.execute(sql).arrow()


def _grouped(url: str) -> int:
    """Return how many contacts the groups count."""
    with _connected(url) as db, _spilling(db):
        return sum(count for _, count in db.execute(GROUPED).fetchall())


def _kept(url: str) -> int:
    with _connected(url) as db, _spilling(db):
        db.execute(KEPT)
        found = db.execute("SELECT count(*) FROM kept").fetchone()
        assert found is not None
        return int(found[0])


@contextmanager
def _spilling(db: sqlcrm.Connection) -> Iterator[None]:
    """Fail where DuckDB writes to its temporary folder meanwhile."""
    found = db.execute("SELECT current_setting('temp_directory')").fetchone()
    assert found is not None
    assert found[0], "DuckDB has no temporary folder"
    spilled, ended = set[str](), threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            spilled.update(str(path) for path in Path(found[0]).rglob("*") if path.is_file())

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
    assert not spilled, f"DuckDB spilled to {sorted(spilled)}"


if __name__ == "__main__":
    work(
        {
            "five": lambda url: _arrow(url, FIVE),
            "all": lambda url: _arrow(url, ALL),
            "grouped": _grouped,
            "kept": _kept,
        }
    )
