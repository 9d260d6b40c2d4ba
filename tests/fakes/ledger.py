"""A small CRM over real HTTP that keeps a ledger of what it applied, and fails where it is told to.

Each table is of one kind: how rows are created there, and what the API promises about it.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sqlcrm.sdk import (
    BatchRefused,
    Bearer,
    Column,
    Connector,
    Consent,
    Flow,
    Identity,
    Offset,
    Outcome,
    RateLimit,
    Read,
    Request,
    Row,
    Setting,
    Table,
    Type,
    Write,
    matched,
)
from sqlcrm.transport.clock import REAL

LAG = 0.06
"""Seconds after which a row of `laggy` can be found."""

PAGE = 200
PENDING = 2
"""How often a job says that it is not done."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    how: "status" (an answer of that status), "early" (a reset when only the head was read),
    "half" (a reset in the middle of the body), "after" (a reset once all of it was read), "cut"
    (half the answer), "hang" (no answer), "idle" (the connection is closed when the request
    before was answered), "body" (the answer is changed by `twist`).
    applied: the request has its effect. times: so many requests in a row, this one and the next.
    only: the method that it concerns.
    """

    how: str = "status"
    status: int = 500
    applied: bool = False
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    twist: Callable[[Any], Any] | None = None
    only: str = ""

    @property
    def named(self) -> str:
        """What tests call it."""
        told = str(self.status) if self.how == "status" else self.how
        return f"{told}{'-applied' if self.applied else ''}{f'x{self.times}' * (self.times > 1)}"


@dataclass
class Seen:
    """One request that arrived: `applied` if it had its effect; on which connection it came."""

    number: int
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    connection: int
    authorization: str
    applied: bool = False


Answer = tuple[int, Any]


class Ledger:
    """The CRM. faults: by the number of the request, counted from 0 over all of them.

    refuses: says why a row is refused, "" where it is not. drops: rows that jobs lose without a
    word, only the first time if it `forgives`. share: of rows that are locked when they come in
    company. closes: no connection is kept.
    """

    def __init__(self) -> None:
        self.faults: dict[int, Fault] = {}
        self.seen: list[Seen] = []
        self.tables: dict[str, list[dict[str, Any]]] = {table.name: [] for table in TABLES}
        self.refuses: Callable[[Mapping[str, Any]], str] = lambda _row: ""
        self.drops: set[str] = set()
        self.share = 0.37
        self.forgives = False
        self.closes = False
        self.jobs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self._start(self._accept)

    # What tests ask.

    def clear(self) -> None:
        """Forget all rows, faults and requests."""
        with self._lock:
            self.faults, self.seen, self.jobs, self.drops = {}, [], {}, set()
            self.tables = {table.name: [] for table in TABLES}
            self.refuses, self.share = lambda _row: "", 0.37

    def counts(self, table: str) -> Counter[str]:
        """Return how many rows there are of each name."""
        return Counter(row["name"] for row in self.tables[table])

    @property
    def writes(self) -> list[Seen]:
        """The requests that were to change something."""
        return [one for one in self.seen if one.method != "GET"]

    def add(self, table: str, name: str, note: str = "") -> None:
        """Make a row behind everybody's back."""
        self._make(table, {"name": name, "note": note})

    # The wire.

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(sock)
            self._start(self._serve, sock, self.connections)

    def _serve(self, sock: socket.socket, connection: int) -> None:
        try:
            while self._one(sock, connection):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _one(self, sock: socket.socket, connection: int) -> bool:
        """Serve one request; return whether the connection stays open."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (got := sock.recv(65536)):
                return False
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        seen, length = self._read_head(head, connection)
        with self._lock:
            seen.number = len(self.seen)
            self.seen.append(seen)
            fault = self._fault(seen)
            ahead = self.faults.get(seen.number + 1)
        if fault is not None and fault.how in {"early", "half"}:
            while fault.how == "half" and len(body) < length // 2:
                body += sock.recv(65536)
            return self._reset(sock)
        while len(body) < length:
            body += sock.recv(65536)
        seen.body = json.loads(body) if body else None
        status, told = 0, None
        if fault is None or fault.applied or fault.how in {"cut", "body", "idle"}:
            with self._lock:
                seen.applied = seen.method != "GET"
                status, told = self._apply(seen)
        return self._answer(
            sock, fault, status, told, last=ahead is not None and ahead.how == "idle"
        )

    def _fault(self, seen: Seen) -> Fault | None:
        for first, fault in self.faults.items():
            met = first <= seen.number < first + fault.times and fault.how != "idle"
            if met and fault.only in {"", seen.method}:
                return fault
        return None

    @staticmethod
    def _read_head(head: bytes, connection: int) -> tuple[Seen, int]:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        parts = urlsplit(target)
        seen = Seen(
            0, method, parts.path, parse_qs(parts.query), None, connection,
            headers.get("authorization", ""),
        )  # fmt: skip
        return seen, int(headers.get("content-length", "0"))

    def _reset(self, sock: socket.socket) -> bool:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _answer(
        self, sock: socket.socket, fault: Fault | None, status: int, told: Any, *, last: bool
    ) -> bool:
        how = "" if fault is None else fault.how
        if how == "hang":
            with suppress(OSError):
                sock.recv(1)  # until the other side has had enough
            return False
        if how == "after":
            return self._reset(sock)
        headers = {"Content-Type": "application/json"}
        if fault is not None and how == "status":
            status, told = fault.status, fault.body or {"message": f"made up {fault.status}"}
            headers |= fault.headers
        if fault is not None and fault.twist is not None:
            told = fault.twist(told)
        data = b"" if told is None else json.dumps(told).encode()
        headers["Content-Length"] = str(len(data))
        if self.closes:
            headers["Connection"] = "close"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode("latin-1") + data
        if how == "cut":
            sock.sendall(whole[: len(whole) - len(data) // 2 - 1])
            return False
        sock.sendall(whole)
        return not (last or self.closes)

    def close(self) -> None:
        """Close everything."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    # The CRM.

    def _apply(self, seen: Seen) -> Answer:
        parts = [unquote(part) for part in seen.path.strip("/").split("/")]
        if parts == ["me"]:
            return 200, {"account": "ledger-1"}
        if parts[0] == "status":
            return self._status(parts[1])
        table = parts[0]
        if seen.method == "GET":
            return self._list(table, seen.query)
        if parts[1:] == ["batch"]:
            return getattr(self, f"_batch_{table}")(list(seen.body["rows"]))
        if seen.method == "POST":
            return self._create(table, seen.body)
        if table == "upserts":
            return self._upsert(parts[1], seen.body)
        found = [row for row in self.tables[table] if str(row["id"]) == parts[1]]
        if not found:
            return 404, {"message": "there is no such row"}
        if seen.method == "DELETE":
            self.tables[table].remove(found[0])
            return 204, None
        found[0].update(seen.body)
        return 200, found[0]

    def _list(self, table: str, query: Mapping[str, Sequence[str]]) -> Answer:
        seen = REAL.monotonic() - (LAG if table == "laggy" else 0.0)
        rows = [
            {name: row[name] for name in ("id", "name", "note", "status")}
            for row in self.tables[table]
            if row["made"] <= seen
            and ("name" not in query or row["name"] in query["name"])
            and ("id" not in query or str(row["id"]) in query["id"])
        ]
        first = int(query.get("offset", ["0"])[0])
        page = rows[first : first + int(query.get("limit", [str(PAGE)])[0])]
        return 200, {"rows": page, "meta": {"total": len(rows)}}

    def _make(self, table: str, body: Mapping[str, Any]) -> dict[str, Any]:
        rows = self.tables[table]
        row = {
            "id": max((r["id"] for r in rows), default=0) + 1,
            "name": body["name"],
            "note": body.get("note") or "",
            "status": body.get("status") or "",
            "made": REAL.monotonic(),
        }
        rows.append(row)
        return row

    def _create(self, table: str, body: Mapping[str, Any]) -> Answer:
        if why := self.refuses(body):
            return 422, {"message": why}
        if table == "uniques" and self.counts(table)[body["name"]]:
            return 409, {"message": "there is one of this name"}
        return 201, self._make(table, body)

    def _upsert(self, name: str, body: Mapping[str, Any]) -> Answer:
        if why := self.refuses({**body, "name": name}):
            return 422, {"message": why}
        found = [row for row in self.tables["upserts"] if row["name"] == name]
        row = found[0] if found else self._make("upserts", {**body, "name": name})
        row.update(body)
        return 200, row

    def _results(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Create the rows that are good; say of each by its name what became of it."""
        results = []
        for row in rows:
            why = self.refuses(row)
            made = None if why else self._make(table, row)
            ident = str(made["id"]) if made else ""
            results.append({"name": row["name"], "id": ident, "error": why})
        return results

    def _batch_batched(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        return 207, {"results": self._results("batched", rows)}

    def _batch_errors(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        """Answer 200, and name only those that were refused."""
        bad = [one for one in self._results("errors", rows) if one["error"]]
        return 200, {"errors": bad}

    def _batch_strict(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        if any(self.refuses(row) for row in rows):
            return 400, {"message": "one of the rows is wrong"}
        return 200, {"results": self._results("strict", rows)}

    def _batch_named(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        bad = {str(i): why for i, row in enumerate(rows) if (why := self.refuses(row))}
        if bad:
            return 400, {"message": "some of the rows are wrong", "culprits": bad}
        return 200, {"results": self._results("named", rows)}

    def _job(self, table: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
        number = str(len(self.jobs) + 1)
        self.jobs[number] = {"table": table, "rows": rows, "asked": 0, "done": False}
        return 202, {"job": number}

    def _batch_jobs(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        return self._job("jobs", rows)

    def _batch_queue(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        return self._job("queue", rows)

    def _status(self, number: str) -> Answer:
        job = self.jobs.get(number)
        if job is None:
            return 404, {"message": "there is no such job"}
        job["asked"] += 1
        if job["asked"] > PENDING and not job["done"]:
            job["done"] = True
            kept = [row for row in job["rows"] if row["name"] not in self.drops]
            self.drops -= {row["name"] for row in job["rows"] if self.forgives}
            self._results(job["table"], kept)
        return 200, {"state": "done" if job["done"] else "running"}

    def _batch_locked(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        results = []
        for at, row in enumerate(rows):
            locked = len(rows) > 1 and at * 37 % 100 < self.share * 100
            one = {"name": row["name"], "id": "", "error": "", "locked": locked}
            if not locked:
                one["id"] = str(self._make("locked", row)["id"])
            results.append(one)
        return 207, {"results": results}


def who() -> Flow[Identity]:
    """Say who the key belongs to."""
    reply = yield Request("GET", "/me")
    return Identity(account=str(reply.body["account"]))


def _told(result: Mapping[str, Any]) -> Outcome:
    """Return what a result says of its row."""
    if result.get("locked"):
        return Outcome("again", "the row is locked")
    if result.get("error"):
        return Outcome("rejected", str(result["error"]))
    return Outcome("done", id=str(result.get("id") or ""))


def _batch(table: str) -> Callable[[Sequence[Row]], Flow[Sequence[Outcome]]]:
    """Return the flow that creates many rows of a table in one call."""

    def send(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
        reply = yield Request("POST", f"/{table}/batch", body={"rows": list(rows)})
        body = reply.body if isinstance(reply.body, dict) else {}
        if reply.status == 400:
            culprits = {int(at): why for at, why in body.get("culprits", {}).items()}
            raise BatchRefused(str(body.get("message")), culprits)
        if reply.status > 400:
            return [Outcome("rejected", str(body.get("message")))] * len(rows)
        if reply.status == 202:
            return [Outcome("accepted", ticket=str(body["job"]))] * len(rows)
        if "errors" in body:  # those that are not named went well
            bad = {one["name"]: str(one["error"]) for one in body["errors"]}
            return [
                Outcome("rejected", bad[r["name"]]) if r["name"] in bad else Outcome("done")
                for r in rows
            ]
        return matched(rows, body.get("results") or [], lambda row: row["name"], _told)

    return send


def _finish(job: str) -> Flow[str]:
    """Wait for a job."""
    for _ in range(10):
        reply = yield Request("GET", "/status/{job}", fill={"job": job}, after=1.0)
        if reply.body.get("state") == "done":
            return "done"
    return "it is not done yet"


def _table(name: str, doc: str, *writes: Write, natural: bool = True) -> Table:
    pages = Offset(PAGE, "meta.total")
    return Table(
        name,
        doc=doc,
        key=("id",),
        natural_key=("name",) if natural else (),
        columns=(
            Column("id", Type.INTEGER, readonly=True),
            Column("name", required=True),
            Column("note"),
        ),
        reads=(
            Read(f"/{name}", "rows", pages),
            Read(f"/{name}", "rows", pages, by="name", param="name", batch=100),
            Read(f"/{name}", "rows", pages, by="id", param="id", batch=100),
        ),
        writes=writes,
    )


def _create(name: str, **more: Any) -> Write:
    return Write("insert", "POST", f"/{name}", **more)


def _many(name: str, **more: Any) -> Write:
    return Write("insert", batch=100, send=_batch(name), **more)


def _rest(name: str) -> tuple[Write, Write]:
    """Return update and delete, by id."""
    return (
        Write("update", "PUT", f"/{name}/{{id}}", repeatable=True),
        Write("delete", "DELETE", f"/{name}/{{id}}", repeatable=True),
    )


_PEOPLE = Table(
    "people",
    doc="People who may be subscribed.",
    key=("id",),
    natural_key=("name",),
    columns=(
        Column("id", Type.INTEGER, readonly=True),
        Column("name", required=True),
        Column("note"),
        Column("status"),
    ),
    reads=(Read("/people", "rows", Offset(PAGE, "meta.total")),),
    writes=(_create("people"), *_rest("people")),
    consent=Consent("status", subscribed=("on",), safe="none", person="name"),
)

TABLES = (
    _PEOPLE,
    _table("upserts", "Written by their name, as often as one likes.",
           Write("upsert", "PUT", "/upserts/{name}", repeatable=True)),
    _table("items", "Created; the API lets a name be there twice.",
           _create("items"), *_rest("items")),
    _table("uniques", "Created; the API refuses a name that is there.",
           _create("uniques", unique=True), *_rest("uniques")),
    _table("notes", "Only ever added.", _create("notes", append=True), natural=False),
    _table("laggy", "Created, and found a while later.", _create("laggy", settles=LAG * 2)),
    _table("batched", "Created a hundred a call, each with its own verdict.",
           _create("batched"), _many("batched")),
    _table("errors", "Created a hundred a call; the reply names what it refused.",
           _create("errors"), _many("errors")),
    _table("strict", "Created a hundred a call, all of them or none.", _many("strict")),
    _table("named", "The same, and the reply names the culprits.", _many("named")),
    _table("jobs", "Created by jobs, later.", _create("jobs"), _many("jobs", finish=_finish)),
    _table("queue", "Created by jobs, and in no other way.", _many("queue", finish=_finish)),
    _table("locked", "Created a hundred a call; some are locked in company.", _many("locked")),
)  # fmt: skip

connector = Connector(
    name="ledger",
    title="Ledger CRM",
    base_url="{url}",
    settings=(Setting("url"), Setting("token", secret=True)),
    auth=Bearer("token"),
    limits=(RateLimit(1000),),
    tables=TABLES,
    who=who,
)
