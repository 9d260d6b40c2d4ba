"""Time from a kill to a run that is finished: SIGKILL in the middle, then `Connection.resume()`.

Another process resumes at once; its start, its imports and the opening of its session are counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.sandboxes import Served, environment, sandbox

LATENCY_MS = 20
ROUNDS = 3
PATIENCE = 60.0  # seconds until a child that writes nothing is given up

SINGLE = "SET bulk = off; UPDATE contacts@ac SET last_name = 'Resumed' WHERE id <= {rows}"
BULK = (
    "INSERT INTO contact_tags@ac (contact_id, tag_id) SELECT c.id, t.id "
    "FROM contacts@ac c, tags@ac t WHERE t.tag = 'Resumed' AND c.id <= {rows}"
)


@dataclass(frozen=True, slots=True)
class Killed:
    """What is killed: after so many calls that write, of the statement's rows."""

    name: str
    sql: str
    rows: int
    calls: int


KILLED = (
    Killed("1,000 single writes", SINGLE, 1_000, 500),
    Killed("bulk import of 2,000 rows", BULK, 2_000, 4),
)


@dataclass(frozen=True, slots=True)
class Resumed:
    """One kill. looked, done: seconds after it, until all look-ups were done, and everything.

    sent: rows that had been sent and had no answer. left: rows that had not been sent. calls: made
    by the resuming process. right: whether each row was then written, and none twice.
    """

    name: str
    sent: int
    left: int
    looked: float
    done: float
    calls: int
    right: bool

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def run(rounds: int = ROUNDS, killed: Sequence[Killed] = KILLED) -> Iterator[Resumed]:
    """Kill each as often as there are rounds, each time on a fresh account."""
    for one in killed:
        with sandbox(one.rows + 50, latency_ms=LATENCY_MS) as served:
            for _ in range(rounds):
                yield _once(served, one)


def _once(served: Served, killed: Killed) -> Resumed:
    client = served.client
    client.post("/_sandbox/reset").raise_for_status()
    tag = {"tag": {"tag": "Resumed", "tagType": "contact"}}
    number = client.post("/api/3/tags", json=tag).raise_for_status().json()["tag"]["id"]
    links = served.total("contactTags")
    with tempfile.TemporaryDirectory() as state:
        order = {"settings": served.settings, "state": state}
        sql = killed.sql.format(rows=killed.rows)
        at = _kill({**order, "job": "run", "sql": sql}, served, killed)
        before = served.count()
        told = _child({**order, "job": "resume"}).communicate()[0]
        calls = served.count() - before
    found = json.loads(told)
    if killed.sql is BULK:
        new = served.total("contactTags") - links
        right = new == killed.rows == served.total("contacts", tagid=number)
    else:
        state_ = client.get("/_sandbox/state").json()["contacts"]
        right = sum(one["lastName"] == "Resumed" for one in state_) == killed.rows
    right = right and found["after"].keys() == {"done"}
    return Resumed(
        killed.name,
        found["before"].get("sent", 0),
        found["before"].get("planned", 0),
        found["looked"] - at,
        found["done"] - at,
        calls,
        right,
    )


def _child(order: dict[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.writes_child", json.dumps(order)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())


def _kill(order: dict[str, Any], served: Served, killed: Killed) -> float:
    """Let a process write until the server has had enough of its calls, then kill it."""
    start, end = len(served.calls()), time.monotonic() + PATIENCE
    with _child(order) as child:
        while _written(served, start) < killed.calls:
            if child.poll() is not None or time.monotonic() > end:
                child.kill()
                raise RuntimeError(f"{killed.name}: the process ended before it was killed")
            time.sleep(0.01)
        child.kill()
        return time.time()


def _written(served: Served, start: int) -> int:
    return sum(call["method"] in {"POST", "PUT"} for call in served.calls()[start:])
