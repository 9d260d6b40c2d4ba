"""A file that an older sqlcrm wrote is brought up to date: wholly or not at all."""

import contextlib
import random
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import Error, JournalProblem
from sqlcrm.state.database import Database
from sqlcrm.state.events import Arrival, Events, Source
from sqlcrm.state.journal import Journal, Settled
from sqlcrm.state.schema import APPLICATION, SCHEMA, VERSION, created

OLD = (Path(__file__).with_name("journal_v1.sql")).read_text(encoding="utf-8")
TABLES = ("runs", "statements", "operations", "requests", "unmatched", "trusted")


@pytest.fixture
def old(folder: Path) -> Path:
    """A journal of schema 1, as its own code wrote it."""
    folder.mkdir(mode=0o700)
    path = folder / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
    return path


@pytest.fixture
def second(folder: Path) -> Path:
    """A journal of schema 2, whose last run was pruned."""
    folder.mkdir(mode=0o700)
    path = folder / "journal.sqlite3"
    text = Path(__file__).with_name("journal_v2.sql").read_text(encoding="utf-8")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(text)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 2")
    return path


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            for name in TABLES
        }


def version_of(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def kept_as_they_were(before: dict[str, list[dict[str, Any]]], path: Path) -> None:
    for name, rows in rows_of(path).items():
        assert len(rows) == len(before[name])
        for row, was in zip(rows, before[name], strict=True):
            assert {key: row[key] for key in was} == was


def test_an_old_journal_keeps_every_row_and_gains_what_is_new(old: Path, folder: Path) -> None:
    before = rows_of(old)
    with Journal(folder) as journal:
        assert journal.counts(1, 1) == {"done": 2, "planned": 1, "unchanged": 1, "unknown": 1}
        kept_as_they_were(before, old)
        (run,) = journal.unfinished()
        assert (run.run, run.state, run.statements[0].counts["planned"]) == (1, "interrupted", 1)
        account = journal.account("fake", "https://acme.example", "7")
        assert [made[0] for made in journal.made_before(account, "notes")] == [2]
        journal.resolve(1, 1, [Settled(2, "done", after={"first_name": "ana"})])
        assert len(journal.stored_as(account, "contacts")) == 1
        new = journal.begin_run("resume", of_run=1)
        assert new == 3  # numbers go on
    with contextlib.closing(sqlite3.connect(old)) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        assert sorted(sql for (sql,) in found if "sqlite_sequence" not in sql) == sorted(
            created(SCHEMA).values()
        )
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_journal_of_schema_2_keeps_every_row_and_takes_events(second: Path, folder: Path) -> None:
    before = rows_of(second)
    with Journal(folder) as journal:
        assert journal.counts(1, 1) == {"done": 1, "planned": 1, "unchanged": 1, "unknown": 1}
        kept_as_they_were(before, second)
        source = Source("cs", "fake", "https://acme.example")
        assert Events(journal.database).store([Arrival(source, "1", "a", "ana", "{}")]) == 1
        assert journal.begin_run("listen") == 4  # the number of a pruned run stays taken
    assert version_of(second) == VERSION
    assert version_of(folder / "journal.sqlite3.v2") == 2
    assert rows_of(folder / "journal.sqlite3.v2") == before


def test_a_private_copy_of_the_old_file_is_kept(old: Path, folder: Path) -> None:
    before = rows_of(old)
    old.chmod(0o644)
    with Journal(folder) as journal:
        journal.counts(1, 1)
    copy = folder / "journal.sqlite3.v1"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert version_of(copy) == 1
    assert rows_of(copy) == before
    assert sorted(path.name for path in folder.iterdir()) == ["journal.sqlite3", copy.name]


def test_a_failure_at_any_step_leaves_the_old_file_and_the_next_try_succeeds(
    old: Path, folder: Path
) -> None:
    before, left = rows_of(old), [0]

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if not sql.startswith(("PRAGMA", "SELECT", "ROLLBACK")):
                left[0] -= 1
                if left[0] == 0:
                    raise OSError(28, "No space left on device")
            return super().execute(sql, *parameters)

    for step in range(2, 40):  # the first BEGIN only looks
        left[0] = step
        try:
            with Journal(database=Database(old, factory=Failing)) as journal:
                journal.counts(1, 1)
        except JournalProblem:
            if version_of(old) == 1:
                assert rows_of(old) == before
            else:  # it was looked over once more
                kept_as_they_were(before, old)
        else:
            break
    assert step > 15
    assert version_of(old) == VERSION
    kept_as_they_were(before, old)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["journal.sqlite3", "journal.sqlite3.v1"]


LOOK = """
import sys
from pathlib import Path
from sqlcrm.state.journal import Journal
sys.stdin.readline()
with Journal(Path(sys.argv[1])) as journal:
    print(journal.begin_run("query"), sum(journal.counts(1, 1).values()))
"""


def test_processes_that_open_an_old_journal_at_once_migrate_it_once(
    old: Path, folder: Path
) -> None:
    before = rows_of(old)
    command = [sys.executable, "-c", LOOK, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in range(6)]
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    printed = sorted(child.communicate(timeout=60)[0].strip() for child in children)
    assert printed == [f"{n} 5" for n in range(3, 9)]
    assert version_of(old) == VERSION
    after = rows_of(old)
    assert after["operations"] == [{**row, "after": None} for row in before["operations"]]
    assert version_of(folder / "journal.sqlite3.v1") == 1


def test_an_old_file_with_strange_tables_is_refused_and_not_migrated(
    old: Path, folder: Path
) -> None:
    with contextlib.closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE watermarks")
    before = old.read_bytes()
    with Journal(folder) as journal, pytest.raises(JournalProblem, match="damaged"):
        journal.unfinished()
    assert old.read_bytes() == before


def test_a6_a_flipped_bit_in_an_old_file_is_refused_or_changes_nothing_that_would_be_sent(
    old: Path, folder: Path
) -> None:
    """A6: the old file is kept, as it is or as the copy."""
    whole = old.read_bytes()
    with Journal(folder) as journal:
        good = [one.operation for one in journal.operations(1, 1)]
    dice = random.Random(6)  # noqa: S311 - no secret, only where to flip
    used = [place for place, byte in enumerate(whole) if byte]  # most of a small file is empty
    noticed = 0
    for _ in range(100):
        flipped = bytearray(whole)
        flipped[dice.choice(used)] ^= 1 << dice.randrange(8)
        old.write_bytes(flipped)
        copy = folder / "journal.sqlite3.v1"
        copy.unlink(missing_ok=True)
        try:
            with Journal(folder) as journal:
                found = [one.operation for one in journal.operations(1, 1)]
            assert [(one.key, one.values) for one in found] == [
                (one.key, one.values) for one in good
            ]
        except JournalProblem:
            noticed += 1
        kept = copy if copy.exists() else old
        assert kept.stat().st_size == len(whole)
        assert kept == copy or old.read_bytes() == flipped
    assert noticed > 30


def test_a_new_file_that_only_says_it_is_old_is_refused(journal: Journal) -> None:
    journal.begin_run("query")
    journal.close()
    with contextlib.closing(sqlite3.connect(journal.path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(Error, match="damaged"):
        journal.begin_run("query")
