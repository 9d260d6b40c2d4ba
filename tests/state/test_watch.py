"""Killed, or out of room, at any transition: what was announced is on disk, nothing else."""

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sqlcrm.errors import Busy, JournalProblem
from sqlcrm.state.journal import Journal, Operation, Settled

Watch = Callable[[str], None]

NAMES = [
    *("account", "begin_run", "begin_statement", "frozen", "start_statement"),
    *("sent", "settled", "sent", "resolved", "sent", "reset", "sent", "settled", "sent", "settled"),
    *("resolved", "skipped", "unmatched", "requests", "ended_statement", "ended_run"),
    *("begin_run", "undone", "hash_key", "opt_outs", "source", "ended_run"),
]
"""What `write` goes through."""


def nothing(number: int) -> None:
    """Make no call."""


def write(journal: Journal, sent: Callable[[int], None] = nothing) -> None:
    """Every transition that there is, with a "call" wherever one may be made."""
    account = journal.account("fake", "https://acme.example", "7")
    run = journal.begin_run("script", "job.sql", "…", statements=1)
    journal.begin_statement(run, 1, "…", "insert", account=account, state="planned")
    note = {"note": "x" * 3000}
    rows = [Operation(n, "t", "create", {}, {"n": n}, note, None, "planned") for n in range(1, 6)]
    journal.freeze(run, 1, account, rows, len(rows))
    journal.start_statement(run, 1)

    def send(number: int) -> None:
        journal.mark_sent(run, 1, [number])
        sent(number)

    send(1)
    journal.settle(run, 1, [Settled(1, "done", after={"n": 1})], [{"method": "POST"}])
    send(2)
    journal.resolve(run, 1, [Settled(2, "done")])
    send(3)
    journal.reset(run, 1, [3])
    send(3)
    journal.settle(run, 1, [Settled(3, "rejected")])
    send(4)
    journal.settle(run, 1, [Settled(4, "unknown")])
    journal.resolve(run, 1, [Settled(4, "done")])
    journal.skip(run, 1, "given up")
    journal.note_unmatched(run, 1, [("s", "t", "c", "v", 1)])
    journal.log_requests(run, 1, [{"method": "GET"}])
    journal.end_statement(run, 1, "done")
    journal.end_run(run, "done", 0)
    undo = journal.begin_run("undo", of_run=run)
    journal.mark_undone(run, 1, [1], undo)
    journal.remember_opt_outs(account, [("ana@x.org", "", "unsubscribed")])
    journal.remember_source(account, "t", "h", 5)
    journal.end_run(undo, "done", 0)


def states(path: Path) -> dict[int, str]:
    """The states of all rows, read without our code."""
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT number, state FROM operations").fetchall())


def test_each_transition_is_told_before_its_commit_and_after(folder: Path) -> None:
    told: list[str] = []
    with Journal(folder, watch=told.append) as journal:
        write(journal)
        pairs = [part for name in NAMES for part in (f"{name}?", name)]
        assert told == pairs
        told.clear()
        run = journal.begin_run("query")
        with contextlib.closing(sqlite3.connect(journal.path)) as connection:
            connection.execute("UPDATE runs SET process = 'boot:1' WHERE run_id = ?", (run,))
            connection.commit()
        journal.abandon(run, "why")
        journal.take_over(run)
        assert told[2:] == ["abandoned?", "abandoned", "taken_over?", "taken_over"]


def test_what_a_watcher_sees_before_the_commit_nobody_else_does(folder: Path) -> None:
    seen: dict[str, dict[int, str]] = {}

    def look(name: str) -> None:
        if name.startswith("frozen"):
            seen[name] = states(folder / "journal.sqlite3")

    with Journal(folder, watch=look) as journal:
        write(journal)
    assert seen == {"frozen?": {}, "frozen": dict.fromkeys(range(1, 6), "planned")}


def test_a_watcher_that_raises_before_the_commit_undoes_it(folder: Path) -> None:
    def refuse(name: str) -> None:
        if name == "sent?":
            raise ZeroDivisionError

    with Journal(folder, watch=refuse) as journal:
        with pytest.raises(ZeroDivisionError):
            write(journal)
        assert states(journal.path) == dict.fromkeys(range(1, 6), "planned")


# Kept beside this test: it is run by the children.
CHILD = """
import importlib.util, os, signal, sys
from pathlib import Path
from sqlcrm.state.journal import Journal
spec = importlib.util.spec_from_file_location("watched", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folder, log = Path(sys.argv[2]), os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
at = int(sys.argv[4])
for step in range(at, at + int(sys.argv[5])):
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    left = step
    def watch(name):
        global left
        os.write(log, f"{step} {name}\\n".encode())
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    journal = Journal(folder / str(step), watch=watch)
    module.write(journal, lambda number: os.write(log, f"{step} send {number}\\n".encode()))
    os._exit(0)
"""
AFTER = {"sent", "done", "rejected", "unknown"}


def test_a1_killed_at_every_transition_nothing_is_sent_that_is_not_on_disk(tmp_path: Path) -> None:
    """A1: SIGKILL just before and just after every commit."""
    steps = 2 * len(NAMES)
    log = tmp_path / "log"
    arguments = [str(Path(__file__)), str(tmp_path), str(log), "1", str(steps)]
    subprocess.run([sys.executable, "-c", CHILD, *arguments], check=True, timeout=120)
    lines = [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    killed: set[str] = set()
    for step in range(1, steps + 1):
        told = [what for number, what in lines if int(number) == step]
        path = tmp_path / str(step) / "journal.sqlite3"
        found = states(path)
        killed.add(told[-1])
        for what in told:
            if what.startswith("send "):
                number = int(what.removeprefix("send "))
                again = "reset" in told  # row 3 is planned again after its first sending
                assert found[number] in AFTER | ({"planned"} if number == 3 and again else set())
        if "frozen" in told:
            assert len(found) == 5
        elif "frozen?" in told:
            assert found == {}
        with Journal(path.parent) as journal:  # and it goes on
            journal.unfinished()
            write(journal)
    assert killed == {part for name in NAMES for part in (f"{name}?", name)}


def test_a4_with_no_room_for_the_nth_commit_nothing_more_is_sent(tmp_path: Path) -> None:
    """A4, A5: the limit on file sizes strikes at each commit in turn, in a process of its own."""
    failed = set()
    for nth, name in enumerate(NAMES, 1):
        log = tmp_path / f"{nth}.log"
        folder = tmp_path / str(nth)
        child = os.fork()
        if not child:
            _write_without_room(folder, log, nth)
        assert os.waitpid(child, 0)[1] == 0
        told = log.read_text().splitlines()
        assert told[-1] == "JournalProblem"
        assert f"{name}?" in told[-2]  # not even a commit was told after it
        failed.add(name)
        found = states(folder / "journal.sqlite3")
        for number in [int(line.split()[1]) for line in told if line.startswith("send ")]:
            assert found[number] in AFTER | ({"planned"} if number == 3 else set())
        if name in {"settled", "resolved"}:  # A5: the outcome's own commit
            assert "sent" in found.values() or "unknown" in found.values()
        with Journal(folder) as journal:
            write(journal)
    assert failed == set(NAMES)


def _write_without_room(folder: Path, log: Path, nth: int) -> None:
    """Run in a child: from the n-th commit on, no file may be written. Never returns."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    lines: list[str] = []

    def watch(name: str) -> None:
        lines.append(name)
        if sum(line.endswith("?") for line in lines) == nth:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))

    code = 1
    try:
        with Journal(folder, watch=watch) as journal:
            write(journal, lambda number: lines.append(f"send {number}"))
    except JournalProblem:
        lines.append("JournalProblem")
        code = 0
    finally:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        os.write(told, "\n".join(lines).encode())
        os._exit(code)


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_journal_that_another_process_holds_is_busy_before_anything_is_sent(
    folder: Path,
) -> None:
    with Journal(folder) as journal:
        write(journal)
    sent: list[int] = []
    command = [sys.executable, "-c", HOLD, str(folder / "journal.sqlite3")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with Journal(folder, wait=0.05) as journal, pytest.raises(Busy, match="in use by another"):
            write(journal, sent.append)
        holder.communicate(b"\n")
    assert sent == []
    with Journal(folder, wait=0.05) as journal:  # its lock went with it
        journal.begin_run("query")
