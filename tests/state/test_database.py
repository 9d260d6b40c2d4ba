"""What happens to the file when disks, other processes and people get in the way."""

import contextlib
import os
import random
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import Busy, Error, InternalError, JournalProblem
from sqlcrm.state import database as database_module
from sqlcrm.state.database import Database
from sqlcrm.state.journal import Journal, Operation, Settled

NAMES = ("runs", "statements", "operations", "requests", "unmatched", "rejected")


def operation(number: int, state: str = "planned") -> Operation:
    values = {"email": f"a{number}@x.org", "note": "x" * 200}
    return Operation(
        number, "contacts", "create", {}, {"email": values["email"]}, values, None, state
    )


def write_all(journal: Journal, rows: int = 20, sent: list[int] | None = None) -> int:
    """A whole run: per batch of five mark, "send" (to `sent`), settle."""
    account = journal.account("fake", "https://acme.example", "7")
    run = journal.begin_run("query")
    journal.begin_statement(run, 1, "INSERT", "insert")
    journal.freeze(run, 1, account, [operation(n) for n in range(1, rows + 1)], rows)
    for first in range(1, rows + 1, 5):
        batch = range(first, first + 5)
        journal.mark_sent(run, 1, batch)
        if sent is not None:
            sent.extend(batch)
        journal.settle(run, 1, [Settled(n, "done") for n in batch], [{"method": "POST"}])
    journal.end_statement(run, 1, "done")
    journal.end_run(run, "done", 0)
    return run


def read_all(journal: Journal) -> dict[str, list[tuple[Any, ...]]]:
    return {name: journal.relation(name)[1] for name in NAMES}


def states(path: Path) -> list[str]:
    """The states of all rows, read without our code."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT state FROM operations ORDER BY operation_id").fetchall()
    return [state for (state,) in rows]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Failing(sqlite3.Connection):
    """Raises at the n-th statement that writes, and at all after it."""

    left = 10**9
    error: Exception = OSError(5, "Input/output error")

    def count(self, sql: str) -> None:
        if not sql.startswith(("PRAGMA", "SELECT", "ROLLBACK")):
            type(self).left -= 1
            if type(self).left < 0:
                raise self.error

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self.count(sql)
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self.count(sql)
        return super().executemany(sql, *parameters)


def failing_at(step: int, error: Exception) -> type[Failing]:
    return type("FailingAt", (Failing,), {"left": step, "error": error})


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), sqlite3.OperationalError("disk I/O error")]
)
def test_a4_after_the_first_failed_write_nothing_is_sent_that_is_not_on_disk(
    tmp_path: Path, error: Exception
) -> None:
    messages: list[str] = []
    for step in range(200):
        path = tmp_path / str(step) / "journal.sqlite3"
        sent: list[int] = []
        with Journal(database=Database(path, factory=failing_at(step, error))) as journal:
            try:
                write_all(journal, sent=sent)
                break
            except JournalProblem as problem:
                messages.append(str(problem))
        on_disk = states(path) if path.exists() else []
        for number in sent:
            assert on_disk[number - 1] in {"sent", "done"}
        assert on_disk.count("sent") in {0, 5}
        assert set(on_disk[len(sent) + 5 :]) <= {"planned"}
    assert step > 40
    assert all(str(tmp_path) in message for message in messages)
    assert states(path) == ["done"] * 20


def test_a4_a5_a_full_disk_at_any_size_loses_nothing_and_the_journal_goes_on_later(
    tmp_path: Path,
) -> None:
    with Journal(tmp_path / "whole") as whole:
        write_all(whole)
        end = whole.path.stat().st_size
    problems = 0
    for size in range(0, end + 4096, 2048):
        sent: list[int] = []
        with Journal(tmp_path / str(size)) as journal:
            with largest_file(size):
                try:
                    write_all(journal, sent=sent)
                except JournalProblem:
                    problems += 1
            on_disk = states(journal.path) if journal.path.exists() else []
            assert all(on_disk[number - 1] in {"sent", "done"} for number in sent)
            write_all(journal)  # there is room again
        assert names_in(tmp_path / str(size)) == ["journal.sqlite3"]
    assert problems > 10


def test_an_outcome_that_cannot_be_written_leaves_the_row_as_sent(folder: Path) -> None:
    with Journal(folder) as journal:
        account = journal.account("fake", "https://acme.example", "7")
        run = journal.begin_run("query")
        journal.begin_statement(run, 1, "INSERT", "insert")
        journal.freeze(run, 1, account, [operation(1)], 1)
        journal.mark_sent(run, 1, [1])
        answer = Settled(1, "done", answer="x" * 100_000)
        with largest_file(journal.path.stat().st_size), pytest.raises(JournalProblem) as caught:
            journal.settle(run, 1, [answer])
        assert caught.value.exit_code == 2
        assert journal.counts(run, 1) == {"sent": 1}
        journal.settle(run, 1, [answer])
        assert journal.counts(run, 1) == {"done": 1}


def refused(folder: Path) -> JournalProblem:
    """The error that both reading and writing give; the file stays as it is."""
    path = folder / "journal.sqlite3"
    before = path.read_bytes()
    with Journal(folder) as journal, pytest.raises(JournalProblem):
        read_all(journal)
    with Journal(folder) as journal, pytest.raises(JournalProblem) as caught:
        write_all(journal)
    assert path.read_bytes() == before
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def written(folder: Path) -> Path:
    with Journal(folder) as journal:
        write_all(journal, 100)
    return folder / "journal.sqlite3"


def test_a6_a_truncated_journal_is_refused_and_kept(written: Path) -> None:
    whole = written.read_bytes()
    for size in [0, 1, 15, 16, 99, 100, 512, 4095, 4096, 4097, len(whole) // 2, len(whole) - 1]:
        written.write_bytes(whole[:size])
        assert "damaged" in str(refused(written.parent))


def frozen(journal: Journal) -> list[tuple[Any, ...]]:
    """What resuming goes by: numbers, tables, verbs, states, keys and values."""
    columns, rows = journal.relation("operations")
    names = {"number", "table_name", "verb", "state", "key", "natural_key", "new_values", "before"}
    places = [place for place, (name, _) in enumerate(columns) if name in names]
    return [tuple(row[place] for place in places) for row in rows]


def test_a6_a_flipped_bit_is_refused_or_changes_nothing_that_would_be_sent(
    written: Path, folder: Path
) -> None:
    whole = written.read_bytes()
    with Journal(folder) as journal:
        good = frozen(journal)
    dice = random.Random(6)  # noqa: S311 - no secret, only where to flip
    noticed: list[str] = []
    for _ in range(150):
        flipped = bytearray(whole)
        flipped[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        written.write_bytes(flipped)
        with Journal(folder) as journal:
            try:
                read_all(journal)
                assert frozen(journal) == good
            except JournalProblem as problem:
                noticed.append(str(problem))
        assert written.read_bytes() == flipped
    assert len(noticed) > 30  # the rest hit unused space or words for people
    assert all(str(written) in message for message in noticed)


def test_a6_a_flipped_bit_in_a_frozen_row_is_always_noticed(written: Path, folder: Path) -> None:
    whole = written.read_bytes()
    start = whole.index(b'{"email":"a7@x.org","note":"')
    for place in range(start, start + 60):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        written.write_bytes(flipped)
        with Journal(folder) as journal, pytest.raises(JournalProblem, match="damaged"):
            journal.relation("operations")


def test_a6_a_frozen_text_that_became_bytes_is_noticed(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute("UPDATE operations SET key = x'7b7d' WHERE number = 1")
        connection.commit()
    with Journal(written.parent) as journal, pytest.raises(JournalProblem, match="row 1 is not"):
        journal.relation("operations")


def test_a6_a_newer_schema_is_refused_with_what_to_do(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute("PRAGMA user_version = 99")
    message = str(refused(written.parent))
    assert "newer sqlcrm" in message
    assert "upgrade" in message


@pytest.mark.parametrize(
    "pragma", ["user_version = 0", "user_version = -1", "application_id = 7", "writable_schema"]
)
def test_a_database_that_is_not_ours_is_refused(written: Path, pragma: str) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        if pragma == "writable_schema":
            connection.execute("DROP TABLE trusted")
    refused(written.parent)


def test_a_text_file_in_its_place_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "journal.sqlite3").write_text("dear diary\n" * 1000)
    assert "damaged" in str(refused(folder))


def test_damage_in_a_large_file_is_found_by_check(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(written.parent) as journal:
        journal.database.check()
    monkeypatch.setattr(database_module, "CHECKED", 0)
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE operations SET state = 'dome' WHERE number = 3")
        connection.commit()
    with Journal(written.parent) as journal, pytest.raises(JournalProblem, match="damaged"):
        journal.database.check()
    with Journal(written.parent / "none") as journal:
        journal.database.check()


def test_a_broken_message_about_a_broken_schema_is_damage_too(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET name = CAST(x'ff' AS TEXT), sql = 'CREATE RUBBISH' "
            "WHERE name = 'trusted'"
        )
        connection.commit()
    refused(written.parent)


def test_text_that_is_not_utf8_and_times_that_are_none_are_damage(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        connection.execute("UPDATE runs SET script = CAST(x'ff' AS TEXT)")
        connection.execute("UPDATE requests SET at = 'noon'")
        connection.commit()
    for name in ("runs", "requests"):
        with Journal(written.parent) as journal, pytest.raises(JournalProblem, match="damaged"):
            journal.relation(name)


def test_a_folder_in_the_journals_place_is_an_error_that_names_it(folder: Path) -> None:
    (folder / "journal.sqlite3").mkdir(parents=True)
    with Journal(folder) as journal:
        for call in (journal.latest_write, lambda: journal.begin_run("query")):
            with pytest.raises(JournalProblem, match=r"journal\.sqlite3"):
                call()


def test_a_file_in_the_state_folders_place_is_an_error_that_names_it(folder: Path) -> None:
    folder.write_text("")
    with Journal(folder) as journal:
        for call in (journal.latest_write, lambda: journal.begin_run("query")):
            with pytest.raises(JournalProblem, match=r"journal\.sqlite3"):
                call()


AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from sqlcrm.errors import JournalProblem
from sqlcrm.state.journal import Journal
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
if sys.argv[2] == "read":
    print(Journal(folder).relation("runs")[1][0][4])
try:
    getattr(Journal(folder), *sys.argv[3:4])(*sys.argv[4:])
except JournalProblem as problem:
    print(problem)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(("mode", "does"), [(0o000, "not"), (0o444, "read")])
def test_a_journal_without_rights_is_an_error_that_says_so(
    open_folder: Path, mode: int, does: str
) -> None:
    with Journal(open_folder) as journal:
        write_all(journal)
        journal.path.chmod(mode)
    for call in (["latest_write"], ["begin_run", "query"]):
        command = [sys.executable, "-c", AS_ANOTHER_USER, str(open_folder), does, *call]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        printed = done.stdout
        assert done.stderr == ""
        assert printed.startswith("done\n") == (does == "read")
        if does == "not" or call[0] == "begin_run":
            assert "journal.sqlite3" in printed
            assert "writ" in printed


def test_a_journal_that_is_moved_away_while_in_use_stops_the_writer(folder: Path) -> None:
    with Journal(folder) as journal:
        write_all(journal)
        journal.path.rename(folder / "elsewhere")
        with pytest.raises(JournalProblem, match="moved"):
            journal.begin_run("query")


def test_a_lock_held_beyond_the_wait_is_busy_and_an_earlier_end_is_waited_for(
    written: Path,
) -> None:
    with contextlib.closing(sqlite3.connect(written, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with Journal(written.parent, wait=0.05) as journal:
            for call in (journal.latest_write, lambda: journal.begin_run("query")):
                with pytest.raises(Busy, match=r"journal\.sqlite3 is in use"):
                    call()
        with Journal(written.parent, wait=30) as journal:
            done = threading.Event()

            def write() -> None:
                journal.begin_run("query")
                done.set()

            thread = threading.Thread(target=write)
            thread.start()
            assert not done.wait(0.3)
            other.execute("ROLLBACK")
            thread.join(10)
            assert done.is_set()


def test_readers_hold_no_cursor_and_no_lock(folder: Path) -> None:
    with Journal(folder) as writer, Journal(folder) as reader:
        run = write_all(writer)
        seen = [reader.relation(name) for name in NAMES]
        reader.counts(run, 1)
        with contextlib.closing(sqlite3.connect(writer.path, timeout=0)) as other:
            other.execute("BEGIN EXCLUSIVE")  # would fail beside any reader
        write_all(writer)
        assert seen[0] != reader.relation("runs")


def test_a_reader_sees_the_state_before_a_write_that_is_going_on(written: Path) -> None:
    with Journal(written.parent) as writer, Journal(written.parent) as reader:
        with writer.database.writing() as connection:
            connection.execute("UPDATE operations SET state = 'unknown'")
            assert reader.counts(1, 1) == {"done": 100}
        assert reader.counts(1, 1) == {"unknown": 100}


def test_a_write_inside_a_write_is_our_mistake(folder: Path) -> None:
    with Journal(folder) as journal:
        write_all(journal)
        with journal.database.writing(), pytest.raises(InternalError, match="inside another"):
            journal.begin_run("query")
        journal.begin_run("query")


def test_a_wrong_statement_is_our_mistake_and_not_the_files(written: Path) -> None:
    with Journal(written.parent) as journal, pytest.raises(InternalError, match="report"):
        journal.database.rows("SELECT nothing")


WRITER = """
import sys
from pathlib import Path
from sqlcrm.state.journal import Journal, Operation, Settled
with Journal(Path(sys.argv[1])) as journal:
    sys.stdin.readline()
    for _ in range(5):
        account = journal.account("fake", "https://acme.example", "7")
        run = journal.begin_run("query")
        journal.begin_statement(run, 1, "INSERT", "insert")
        rows = [Operation(n, "t", "create", {}, {}, {"n": n}, None, "planned") for n in (1, 2, 3)]
        journal.freeze(run, 1, account, rows, 3)
        journal.mark_sent(run, 1, [1, 2, 3])
        journal.settle(run, 1, [Settled(n, "done") for n in (1, 2, 3)])
        journal.end_run(run, "done", 0)
"""


def test_processes_that_start_and_write_at_once_share_one_whole_journal(folder: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(folder)]
    with contextlib.ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        failures = [child.communicate()[1] for child in children]
    assert failures == [""] * 4
    with Journal(folder) as journal:
        journal.database.check()
        assert [row[4] for row in journal.relation("runs")[1]] == ["done"] * 20
        assert [row[9] for row in journal.relation("operations")[1]] == ["done"] * 60
        assert len({row[6] for row in journal.relation("operations")[1]}) == 1
    assert names_in(folder) == ["journal.sqlite3"]


def test_threads_share_one_journal(folder: Path) -> None:
    errors: list[BaseException] = []
    with Journal(folder) as journal:

        def work() -> None:
            try:
                write_all(journal)
            except BaseException as error:  # noqa: BLE001 - shown by the test
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert [row[4] for row in journal.relation("runs")[1]] == ["done"] * 4


def test_ctrl_c_inside_a_write_undoes_it_and_the_journal_goes_on(folder: Path) -> None:
    with Journal(folder) as journal:
        write_all(journal)

        def interrupted() -> None:
            with journal.database.writing() as connection:
                connection.execute("DELETE FROM operations")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert journal.counts(1, 1) == {"done": 20}
        write_all(journal)


def test_e9_folders_are_0700_and_files_0600_whatever_the_umask(folder: Path) -> None:
    modes: list[int] = []

    class Looking(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            cursor = super().execute(sql, *parameters)
            modes.extend(stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir())
            names.update(p.suffix for p in folder.iterdir())
            return cursor

    names: set[str] = set()
    before = os.umask(0)
    try:
        with Journal(database=Database(folder / "journal.sqlite3", factory=Looking)) as journal:
            write_all(journal)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ".sqlite3-journal" in names
    assert set(modes) == {0o600}


def test_e9_a_journal_that_others_may_read_is_closed_to_them_again(written: Path) -> None:
    written.chmod(0o644)
    with Journal(written.parent) as journal:
        journal.latest_write()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_it_is_as_safe_as_sqlite_can_be(written: Path) -> None:
    with Journal(written.parent) as journal:
        values = {
            name: journal.database.rows(f"PRAGMA {name}")[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert values == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1}


def test_a_journal_in_another_mode_is_brought_back_to_the_safe_one(written: Path) -> None:
    with contextlib.closing(sqlite3.connect(written)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    with Journal(written.parent) as journal:
        assert journal.database.rows("PRAGMA journal_mode") == [("delete",)]
    assert names_in(written.parent) == ["journal.sqlite3"]


def test_where_even_undoing_fails_the_next_opening_undoes(written: Path) -> None:
    class Broken(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if broken and sql in {"COMMIT", "ROLLBACK"}:
                raise OSError(5, "Input/output error")
            return super().execute(sql, *parameters)

    broken: list[bool] = []
    with Journal(database=Database(written, factory=Broken)) as journal:
        run = journal.begin_run("query")
        broken.append(True)
        with pytest.raises(JournalProblem, match="Input/output error"):
            journal.end_run(run, "done", 0)
        broken.clear()
        assert journal.relation("runs")[1][-1][4] == "running"
        journal.end_run(run, "done", 0)


def test_every_problem_is_one_of_our_errors(folder: Path) -> None:
    codes = [getattr(sqlite3, name) for name in dir(sqlite3) if name.startswith("SQLITE_")]
    database = Database(folder / "journal.sqlite3")
    for code in {code for code in codes if isinstance(code, int) and 0 < code < 10_000}:
        error = sqlite3.OperationalError("it failed")
        error.sqlite_errorcode = code
        assert isinstance(database._problem(error), Error)
