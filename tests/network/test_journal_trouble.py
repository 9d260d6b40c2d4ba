"""The journal fails while rows go out over HTTP: nothing is sent that is not on disk before."""

import errno
import os
import sqlite3
import subprocess
import sys
from collections import Counter

import pytest

from sqlcrm.errors import Busy, JournalProblem
from sqlcrm.session.resuming import due
from sqlcrm.state import process

ROWS = 6
SLOW = [
    ("notes", False),
    ("upserts", True),
    ("uniques", True),
    *((k, False) for k in ("upserts", "uniques", "items")),
]
QUICK = [("items", True), ("notes", True), ("jobs", True), ("batched", False), ("queue", False)]
CASES = [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)]


class Witness:
    """Looks into the journal's file, as another process would, whenever a write arrives."""

    def __init__(self, bench):
        self.path = bench.state / "journal.sqlite3"
        self.unknown = []
        apply = bench.crm._apply

        def witnessed(seen):
            if seen.method != "GET":
                self._look(seen)
            return apply(seen)

        bench.crm._apply = witnessed

    def _look(self, seen):
        rows = (seen.body or {}).get("rows", [seen.body])
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5) as found:
            sent = found.execute(
                "SELECT new_values FROM operations WHERE state = 'sent'"
            ).fetchall()
        found.close()
        for row in rows:
            name = row.get("name") or seen.path.rsplit("/", 1)[-1]  # a path names it else
            if not any(f'"{name}"' in text for (text,) in sent):
                self.unknown.append(name)


class Failing:
    """Lets the n-th write of the journal fail before its commit, and all behind it if `lasting`."""

    def __init__(self, number, *, lasting, code=errno.ENOSPC):
        self.number, self.lasting, self.code = number, lasting, code
        self.names = []

    def __call__(self, name):
        if not name.endswith("?"):
            return
        self.names.append(name[:-1])
        at = len(self.names) - 1
        if at == self.number or (self.lasting and at > self.number):
            raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize(("kind", "lasting"), CASES)
def test_a_journal_that_fails_at_its_nth_write_sends_nothing_that_is_not_on_disk(
    bench, names, kind, lasting, monkeypatch
):
    """A4, A5: for every n; what was sent without an outcome is resolved by resume, 0 dup 0 lost."""
    witness = Witness(bench)
    bench.warm()
    failed = []
    while True:
        bench.again()
        failing = Failing(len(failed), lasting=lasting)
        bench.db.session.journal.database.watch = failing
        rows = names(ROWS)
        values = ", ".join(f"('{name}')" for name in rows)
        sql = f"insert into {kind}@crm (name) values {values}"
        try:
            bench.db.execute(sql)
        except JournalProblem:
            failed.append(failing.names[len(failed)])
        else:
            break  # there is no n-th write
        sent = failing.names[: len(failed) - 1].count("sent")
        assert len(bench.crm.writes) == sent, (failed[-1], "nothing is sent behind the failure")
        assert not witness.unknown, failed[-1]
        with monkeypatch.context() as later:
            later.setattr(process, "is_alive", lambda *_: False)  # it has ended since
            _finished(bench, kind, rows, sql, failed[-1])
    assert Counter(failed)["sent"] == (1 if kind in {"batched", "jobs", "queue"} else ROWS)
    assert {"begin_run", "frozen", "settled", "ended_statement", "ended_run"} - {*failed} <= (
        {"settled"} if kind in {"jobs", "queue"} else set()
    )


def _finished(bench, kind, rows, sql, failed):
    """Resume, or run again where the journal never heard of the rows; hold all against all."""
    while bench.opened:
        bench.opened.pop().close()
    db = bench.open()
    if due(db.session):
        db.resume()
    if len(bench.crm.counts(kind)) < ROWS:  # it stopped before it sent them: run it again
        db.execute(sql)
    found = bench.crm.counts(kind)
    assert found == dict.fromkeys(rows, 1), failed
    unknown = kind == "notes" and failed == "settled"
    again = db.execute(sql).report
    assert again.counts.get("done", 0) == 0, failed
    assert again.counts.get("rejected", 0) == unknown, "what nobody can look up is not done twice"
    assert bench.crm.counts(kind) == found


def test_a_session_that_lives_on_makes_no_note_twice_of_which_the_outcome_was_not_written(
    bench, names
):
    """A5: the disk is full as the outcome is written; later the same statement runs again."""
    bench.warm()
    rows, journal = names(ROWS), bench.db.session.journal
    journal.database.watch = Failing(5, lasting=True)  # the outcome of the first row
    assert isinstance(bench.insert("notes", rows).error, JournalProblem)
    assert bench.crm.counts("notes") == {rows[0]: 1}
    journal.database.watch = None
    told = bench.insert("notes", rows)
    assert told.counts == {"rejected": 1, "done": ROWS - 1}
    assert "may have made it" in told.reasons[rows[0]]
    assert bench.crm.counts("notes") == dict.fromkeys(rows, 1)


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_journal_that_another_process_holds_lets_nothing_be_sent(bench, names):
    """A4: locked by another process: a clear error, 0 write requests."""
    bench.warm()
    db = bench.db
    db.session.journal.database._wait = 0.1
    path = str(bench.state / "journal.sqlite3")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy, match="in use by another sqlcrm"):
            db.execute("insert into items@crm (name) values ('a')")
        holder.communicate("")
    assert not bench.crm.writes
    bench.all_done(bench.insert("items", names(3)))


@pytest.mark.parametrize("verb", ["insert", "update", "resume", "undo", "apply"])
@pytest.mark.parametrize("how", ["newer", "cut off", "emptied", "no journal", "flipped"])
def test_a_journal_that_cannot_be_read_lets_nothing_be_sent(bench, names, how, verb):
    """A6: newer, cut off, emptied, something else, damaged: refused with a message, and kept."""
    bench.insert("items", names(3))
    plan = bench.state.parent / "a.plan"
    bench.db.plan("insert into items@crm (name) values ('planned')").save(plan)
    while bench.opened:
        bench.opened.pop().close()
    path = bench.state / "journal.sqlite3"
    _spoil(path, how)
    before, since = path.read_bytes(), len(bench.crm.writes)
    db = bench.open()
    with pytest.raises(JournalProblem, match="newer sqlcrm" if how == "newer" else "is damaged"):
        _tried(db, verb, plan)
    db.close()
    bench.opened.clear()
    assert len(bench.crm.writes) == since
    assert path.read_bytes() == before, "the file is kept as it is"


def _tried(db, verb, plan):
    if verb == "insert":
        db.execute("insert into items@crm (name) values ('a')")
    elif verb == "update":
        db.execute("update items@crm set note = 'new' where true")
    elif verb == "resume":
        db.resume()
    elif verb == "undo":
        db.undo(1).apply()
    else:
        db.load_plan(plan).apply()


def _spoil(path, how):
    """Damage a journal in one of the ways that happen."""
    data = path.read_bytes()
    if how == "newer":
        with sqlite3.connect(path) as found:
            found.execute("PRAGMA user_version = 99")
        found.close()
    elif how == "cut off":
        path.write_bytes(data[: len(data) - 1000])
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "no journal":
        path.write_bytes(b"dear diary" * 1000)
    else:
        page = len(data) // 4096 // 2 * 4096
        path.write_bytes(
            data[:page] + bytes(b ^ 0x5A for b in data[page : page + 4096]) + data[page + 4096 :]
        )
