"""What a kill test needs: a CRM to write to, children to kill, and a judge."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlcrm.sandbox import Clock, Options, Running, serve
from sqlcrm_activecampaign.sandbox import sandbox

HERE = Path(__file__).parent
KILLED = -9
PEOPLE = 60
MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder in it: a kill needs no disk, fsync does
APPENDED = {"notes", "deal_tasks"}
"""Tables without key or read-back: only their rows may end as unknown."""

VOLATILE = {
    "id", "links", "hash", "rating_tstamp", "cdate", "udate", "mdate", "adate", "edate", "sdate",
    "created_timestamp", "updated_timestamp", "created_utc_timestamp", "updated_utc_timestamp",
    "scoreValues", "accountContacts", "subscriber_count", "unsubscriber_count", "ip4Sub",
}  # fmt: skip
"""What no two runs have in common: ids, times, and what is counted from other rows."""

State = dict[str, list[dict[str, Any]]]


class Ahead(Clock):
    """A clock that can be set ahead, so that no test waits for an import to be carried out."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class Crm:
    """A served sandbox and its control endpoints."""

    def __init__(self, running: Running, clock: Ahead) -> None:
        self.url = running.url
        self.clock = clock
        self.settings = {**running.settings, "rate_limit": "off"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Api-Token": "sandbox-key", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def reset(self) -> None:
        self.ask("POST", "/_sandbox/reset", {})

    def calm(self) -> None:
        """Clear faults."""
        self.ask("POST", "/_sandbox/faults", {})

    def later(self) -> None:
        """Let the imports that were accepted be carried out."""
        self.clock.ahead += 10
        self.ask("GET", "/api/3/users/me")

    def state(self) -> State:
        return dict(self.ask("GET", "/_sandbox/state"))


@contextlib.contextmanager
def served(people: int = PEOPLE, latency_ms: float = 0) -> Iterator[Crm]:
    clock = Ahead()
    options = Options(people=people, limits="off", clock=clock, latency_ms=latency_ms)
    with serve([sandbox], options) as running:
        yield Crm(running[0], clock)


class Nursery:
    """The fork server of `child.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "child"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, order: dict[str, Any]) -> int:
        return int(self._ask({"start": order})["pid"])

    def wait(self, pid: int) -> int:
        return int(self._ask({"wait": pid})["status"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, command: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    try:
        yield found
    finally:
        found.close()


@dataclass
class Place:
    """One user's state folder, one CRM, and the children that work there."""

    crm: Crm
    nursery: Nursery
    folder: Path
    mutant: str = ""
    notes: int = 0
    transitions: set[str] = field(default_factory=set)

    def child(self, job: str, text: str = "", **order: Any) -> dict[str, Any]:
        """Let a child do a job; return its note, with its exit status."""
        return self.ended(self.begun(job, text, **order))

    def begun(self, job: str, text: str = "", **order: Any) -> tuple[int, Path]:
        self.notes += 1
        note = self.folder / f"note-{self.notes}-{job}.json"
        pid = self.nursery.start(
            {
                "job": job, "text": text, "settings": self.crm.settings, "note": str(note),
                "state": str(self.folder / "state"), "mutant": self.mutant, **order,
            }
        )  # fmt: skip
        return pid, note

    def ended(self, begun: tuple[int, Path]) -> dict[str, Any]:
        pid, note = begun
        status = self.nursery.wait(pid)
        found = json.loads(note.read_text()) if note.exists() else {}
        found["status"] = status
        self.transitions.update(found.get("transitions", ()))
        assert status in {0, KILLED}, "a child broke: its traceback stands above"
        return dict(found)

    def journal(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        path = self.folder / "state" / "journal.sqlite3"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def outcomes(self, run: int) -> dict[int, Counter[str]]:
        """Return by statement how many rows are in which state, and how the statement ended."""
        found: dict[int, Counter[str]] = {}
        for number, state in self.journal(
            "SELECT number, state FROM statements WHERE run_id = ?", (run,)
        ):
            found[number] = Counter({f"statement {state}": 1})
        for number, state, count in self.journal(
            "SELECT statement, state, count(*) FROM operations WHERE run_id = ? GROUP BY 1, 2",
            (run,),
        ):
            found.setdefault(number, Counter())[state] += count
        return found

    def runs(self) -> list[int]:
        return [int(run) for (run,) in self.journal("SELECT run_id FROM runs ORDER BY run_id")]

    def unknown(self) -> Counter[tuple[str, str]]:
        """Return table and values of the rows whose outcome is unknown."""
        rows = self.journal("SELECT table_name, new_values FROM operations WHERE state = 'unknown'")
        return Counter((str(table), str(values)) for table, values in rows)


@contextlib.contextmanager
def place(crm: Crm, children: Nursery, mutant: str = "") -> Iterator[Place]:
    """Give a fresh CRM and an empty state folder."""
    crm.calm()
    crm.reset()
    folder = Path(tempfile.mkdtemp(prefix="kill-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield Place(crm, children, folder, mutant)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def normalised(state: State) -> dict[str, Counter[str]]:
    """Return the rows of each resource without what no two runs share; people by address."""
    people = {row["id"]: row["email"] for row in state["contacts"]}
    return {
        name: Counter(_row(row, people) for row in rows) for name, rows in state.items() if rows
    }


def _row(row: dict[str, Any], people: dict[str, str]) -> str:
    kept = {name: value for name, value in row.items() if name not in VOLATILE}
    for name in ("contact", "owner"):
        if isinstance(kept.get(name), str):
            kept[name] = people.get(kept[name], kept[name])
    if kept.get("reltype") == "Subscriber":
        kept["relid"] = people.get(kept["relid"], kept["relid"])
    return json.dumps(kept, sort_keys=True)


def difference(
    found: dict[str, Counter[str]], wanted: dict[str, Counter[str]], excused: Counter[str]
) -> list[str]:
    """Return what is lost and what is doubled. excused: notes that may be there or not."""
    wrong = []
    for name in sorted({*found, *wanted}):
        ours, theirs = found.get(name, Counter()), wanted.get(name, Counter())
        for row, count in (theirs - ours).items():
            if name == "notes" and count <= excused[json.loads(row)["note"]]:
                continue
            wrong.append(f"lost {count} of {name}: {row}")
        wrong += [f"{count} too many of {name}: {row}" for row, count in (ours - theirs).items()]
    return wrong


def seconds_to_resume(there: Place, text: str, at: str, times: int = 1) -> float:
    """Return how long a resume takes, from the kill to its end; Python has started by then."""
    assert there.child("run", text, kill={"at": at, "times": times})["status"] == KILLED
    began = time.monotonic()
    note = there.child("resume")
    assert note["rounds"] == 1
    return time.monotonic() - began
