"""The power fails at any moment: what was announced is on disk, and the file opens.

The journal's own code runs on an SQLite (that of apsw) whose file system records every write, sync
and deletion. From the record we make the disk as it may be after a power loss at each of these
moments: what was synced is there; of what was not, nothing, all, or any part down to sectors of
512 bytes. What is so made is opened with the SQLite that Python ships. Not shown by this: a disk
that lies about syncing.
"""

import contextlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from sqlcrm.state.database import Database
from sqlcrm.state.events import Arrival, Events, Source
from sqlcrm.state.journal import Journal, Operation, Settled

SECTOR = 512
ROWS = 10
AFTER = {"sent", "done", "rejected", "unknown"}


@dataclass(frozen=True)
class Event:
    """Something that SQLite did to a file."""

    what: str
    name: str
    at: int = 0
    data: bytes = b""


@dataclass
class Record:
    """What happened to the files of a folder, and what was announced after how many events."""

    events: list[Event] = field(default_factory=list)
    announced: list[tuple[int, int, str]] = field(default_factory=list)
    synchronous: bool = True


RECORD = Record()


class RecordedFile(apsw.VFSFile):
    """A file whose changes are recorded."""

    def __init__(self, name: Any, flags: list[int]) -> None:
        self.name = Path(name.filename() if hasattr(name, "filename") else name).name
        super().__init__("", name, flags)
        if flags[0] & apsw.SQLITE_OPEN_MAIN_JOURNAL:
            RECORD.events.append(Event("create", self.name))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        RECORD.events.append(Event("write", self.name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        RECORD.events.append(Event("truncate", self.name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        RECORD.events.append(Event("sync", self.name))


class RecordedFiles(apsw.VFS):
    """The system's files, recorded."""

    def __init__(self) -> None:
        super().__init__("recorded", "")

    def xOpen(self, name: Any, flags: list[int]) -> RecordedFile:  # noqa: N802
        return RecordedFile(name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(name, syncdir)
        RECORD.events.append(Event("delete", Path(name).name, int(syncdir)))


class Result:
    """What a statement gave, as sqlite3 shows it."""

    def __init__(self, rows: list[Any], rowcount: int, lastrowid: int) -> None:
        self._rows, self.rowcount, self.lastrowid = rows, rowcount, lastrowid

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None


class Connection:
    """As much of sqlite3's connection as the journal uses, on recorded files."""

    def __init__(self, address: str, **ignored: Any) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
        self._real = apsw.Connection(address, flags, vfs="recorded")

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        if not RECORD.synchronous:
            sql = sql.replace("synchronous = EXTRA", "synchronous = OFF")
        before = self._real.total_changes()
        rows = self._real.execute(sql, tuple(parameters)).fetchall()
        changed = self._real.total_changes() - before
        return Result(rows, changed, self._real.last_insert_rowid())

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Result:
        before = self._real.total_changes()
        self._real.executemany(sql, rows)
        return Result([], self._real.total_changes() - before, 0)

    def close(self) -> None:
        self._real.close()


@dataclass
class Disk:
    """A file as it surely is, and what was done to it since its last sync."""

    data: bytes | None
    pending: list[Event] = field(default_factory=list)

    def image(self, dice: random.Random | None, *, everything: bool) -> bytes | None:
        """Return what may be found: all of the pending, none, or what the dice say."""
        chosen = self.pending if everything else []
        if dice is not None:
            chosen = [
                part for event in self.pending for part in _parts(event) if dice.random() < 0.5
            ]
        return _applied(self.data, chosen)


def _parts(event: Event) -> list[Event]:
    """Return an event, a write as sectors."""
    if event.what != "write":
        return [event]
    return [
        Event("write", event.name, event.at + start, event.data[start : start + SECTOR])
        for start in range(0, len(event.data), SECTOR)
    ]


def _applied(data: bytes | None, events: Sequence[Event]) -> bytes | None:
    """Return a file after some events; a write into one that is not there makes it."""
    for event in events:
        if event.what == "create":
            data = data or b""
        elif event.what == "truncate":
            data = (data or b"")[: event.at].ljust(event.at, b"\0")
        else:
            whole = bytearray((data or b"").ljust(event.at + len(event.data), b"\0"))
            whole[event.at : event.at + len(event.data)] = event.data
            data = bytes(whole)
    return data


def _disks(start: bytes, name: str) -> Iterator[dict[str, Disk]]:
    """Yield the files before the first event and after each."""
    disks = {name: Disk(start), f"{name}-journal": Disk(None)}
    yield disks
    for event in RECORD.events:
        disk = disks[event.name]
        if event.what == "delete":
            assert event.at == 1  # synchronous=EXTRA: the folder is synced as well
            disks[event.name] = Disk(None)
        elif event.what == "sync":
            disks[event.name] = Disk(_applied(disk.data, disk.pending))
        else:
            disk.pending.append(event)
        yield disks


def _write(path: Path) -> None:
    """A run on recorded files; each row is announced as it is sent and done."""

    def announce(number: int, state: str) -> None:
        RECORD.announced.append((len(RECORD.events), number, state))

    with Journal(database=Database(path, factory=Connection)) as journal:  # type: ignore[arg-type]
        account = journal.account("fake", "https://acme.example", "7")
        run = journal.begin_run("query")
        journal.begin_statement(run, 1, "INSERT", "insert", account=account)
        note = {"note": "x" * 2000}
        rows = [
            Operation(n, "t", "create", {}, {"n": n}, note, None, "planned") for n in range(ROWS)
        ]
        journal.freeze(run, 1, account, rows, ROWS)
        for number in range(ROWS):
            announce(number, "planned")
        for number in range(ROWS):
            journal.mark_sent(run, 1, [number])
            announce(number, "sent")
            journal.settle(run, 1, [Settled(number, "done", answer="y" * 100)])
            announce(number, "done")
        journal.end_statement(run, 1, "done")
        journal.end_run(run, "done", 0)


@pytest.fixture
def start(folder: Path) -> Iterator[Path]:
    """A new journal, on disk, and files that are recorded."""
    with Journal(folder) as journal:
        journal.account("fake", "https://acme.example", "7")
        path = journal.path
    RECORD.events.clear()
    RECORD.announced.clear()
    RECORD.synchronous = True
    files = RecordedFiles()
    yield path
    files.unregister()


def _broken(found: dict[int, str], moment: int) -> list[str]:
    """Return what had been announced by that moment and is not so on this disk."""
    broken = []
    for at, number, state in RECORD.announced:
        allowed = {"planned": AFTER | {"planned"}, "sent": AFTER, "done": {"done"}}[state]
        if at <= moment and found.get(number) not in allowed:
            broken.append(f"row {number}, {state}, is {found.get(number)} at {moment}")
    return broken


def _found(folder: Path) -> dict[int, str]:
    """Open what the power loss left, with our code, and return the states of all rows."""
    with Journal(folder) as journal:
        run = journal.relation("runs")[1]
        return {one.operation.number: one.state for one in journal.operations(1, 1)} if run else {}


def _lay(
    folder: Path, disks: dict[str, Disk], dice: random.Random | None, everything: bool
) -> None:
    folder.mkdir(mode=0o700, parents=True)
    for name, disk in disks.items():
        data = disk.image(dice, everything=everything)
        if data is not None:
            (folder / name).write_bytes(data)


def test_a7_no_power_loss_breaks_the_journal_or_loses_what_was_announced(
    start: Path, tmp_path: Path
) -> None:
    """A7: every moment around a sync or a deletion; >= 100 of them."""
    before = start.read_bytes()
    _write(start)
    dice = random.Random(7)  # noqa: S311 - no secret, only what is lost
    edges = [n for n, event in enumerate(RECORD.events) if event.what in {"sync", "delete"}]
    assert len(edges) >= 100
    opened = 0
    for moment, disks in enumerate(_disks(before, start.name)):
        kinds = [(False, None), (True, None), (False, dice)] if moment in edges else []
        kinds += [(False, None)] if moment - 1 in edges else []  # just after it
        for everything, chance in kinds:
            folder = tmp_path / str(opened)
            _lay(folder, disks, chance, everything)
            assert _broken(_found(folder), moment) == []
            opened += 1
    assert opened == 4 * len(edges)
    assert _found(start.parent) == dict.fromkeys(range(ROWS), "done")


def test_a7_no_power_loss_loses_an_event_that_was_acknowledged(start: Path, tmp_path: Path) -> None:
    """A7: a call is answered when `store` has returned; its events stay together."""
    before, source = start.read_bytes(), Source("cs", "fake", "https://acme.example")
    with contextlib.closing(Database(start, factory=Connection)) as database:  # type: ignore[arg-type]
        for call in range(20):
            arrivals = [Arrival(source, f"{call}-{n}", "a", "ana", "{}") for n in range(3)]
            assert Events(database).store(arrivals) == 3
            RECORD.announced.append((len(RECORD.events), call, "stored"))
    dice = random.Random(8)  # noqa: S311 - no secret, only what is lost
    edges = [n for n, event in enumerate(RECORD.events) if event.what in {"sync", "delete"}]
    for moment, disks in enumerate(_disks(before, start.name)):
        for everything, chance in [(False, None), (False, dice)] if moment in edges else []:
            folder = tmp_path / f"{moment}-{chance is None}"
            _lay(folder, disks, chance, everything)
            with Journal(folder) as journal:
                found = [row[1] for row in journal.relation("events")[1]]
            calls = {call for at, call, _ in RECORD.announced if at <= moment}
            assert len(found) % 3 == 0
            assert {f"{call}-{n}" for call in calls for n in range(3)} <= set(found)


def test_a7_the_record_shows_what_an_unsynced_journal_would_lose(
    start: Path, tmp_path: Path
) -> None:
    """Else the test above could not fail."""
    RECORD.synchronous = False
    before = start.read_bytes()
    _write(start)
    assert not any(event.what == "sync" for event in RECORD.events)
    lost = []
    RECORD.events = [event for event in RECORD.events if event.what != "delete"]
    for moment, disks in enumerate(_disks(before, start.name)):
        if moment == len(RECORD.events):
            _lay(tmp_path / "after", disks, None, everything=False)
            lost = _broken(_found(tmp_path / "after"), 10**9)
    assert len(lost) == 3 * ROWS


def test_the_recorded_files_are_what_is_on_disk(start: Path) -> None:
    before = start.read_bytes()
    _write(start)
    *_, last = _disks(before, start.name)
    assert last[start.name].image(None, everything=True) == start.read_bytes()
    with contextlib.closing(sqlite3.connect(start)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
