"""Who has opted out is remembered, and the file names nobody."""

import contextlib
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sqlcrm.errors import JournalProblem
from sqlcrm.state.journal import Journal

ANA, BOB = ("ana@x.org", ""), ("bob@x.org", "")


@pytest.fixture
def account(journal: Journal) -> int:
    return journal.account("fake", "https://acme.example", "7")


def key_of(journal: Journal) -> Path:
    return journal.path.with_name("opt-outs.key")


def test_an_opt_out_is_found_whatever_the_case_and_by_scope(journal: Journal, account: int) -> None:
    seen = [(" Ana@X.org", "3", "unsubscribed"), ("contact_id 17", "", "bounced")]
    journal.remember_opt_outs(account, seen)
    asked = [("ANA@x.ORG ", "3"), ("ana@x.org", "4"), ("ana@x.org", ""), ("contact_id 17", "")]
    assert journal.opted_out(account, asked) == {
        ("ANA@x.ORG ", "3"): "unsubscribed",
        ("contact_id 17", ""): "bounced",
    }


def test_accounts_have_their_own(journal: Journal, account: int) -> None:
    other = journal.account("fake", "https://acme.example", "8")
    journal.remember_opt_outs(account, [(*ANA, "unsubscribed")])
    assert journal.has_opt_outs(account)
    assert not journal.has_opt_outs(other)
    assert journal.opted_out(other, [ANA]) == {}


def test_an_opt_out_is_dropped_only_where_it_is_told(journal: Journal, account: int) -> None:
    rows = [("ana@x.org", "3", "unsubscribed"), ("ana@x.org", "4", "unsubscribed")]
    journal.remember_opt_outs(account, rows)
    journal.forget_opt_outs(account, [("Ana@x.org", "3"), BOB])
    asked = [("ana@x.org", "3"), ("ana@x.org", "4")]
    assert journal.opted_out(account, asked) == {("ana@x.org", "4"): "unsubscribed"}


def test_a_changed_status_is_kept_and_a_known_one_costs_no_write(folder: Path) -> None:
    told: list[str] = []
    with Journal(folder, watch=told.append) as journal:
        account = journal.account("fake", "https://acme.example", "7")
        rows = [(f"a{n}@x.org", "3", "unsubscribed") for n in range(20_000)]
        journal.remember_opt_outs(account, rows)
        told.clear()
        journal.remember_opt_outs(account, rows)
        journal.remember_opt_outs(account, [])
        journal.forget_opt_outs(account, [("nobody@x.org", "3")])
        assert told == []
        journal.remember_opt_outs(account, [("a7@x.org", "3", "bounced"), *rows[8:]])
        assert told == ["opt_outs?", "opt_outs"]
        assert journal.opted_out(account, [("A7@x.org", "3")]) == {("A7@x.org", "3"): "bounced"}
        assert len(journal.opted_out(account, [(name, scope) for name, scope, _ in rows])) == 20_000


def test_neither_file_holds_an_address_and_the_key_is_private(
    journal: Journal, account: int
) -> None:
    journal.remember_opt_outs(account, [(*ANA, "unsubscribed")])
    key = key_of(journal)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 32
    assert b"ana" not in journal.path.read_bytes().lower()
    assert key.read_bytes() not in journal.path.read_bytes()


def test_another_folder_has_another_key(journal: Journal, account: int, tmp_path: Path) -> None:
    def hashes(of: Journal) -> list[str]:
        of.remember_opt_outs(of.account("fake", "https://acme.example", "7"), [(*ANA, "bounced")])
        return [str(row[0]) for row in of.database.rows("SELECT person_hash FROM opt_outs")]

    with Journal(tmp_path / "other") as other:
        assert hashes(journal) != hashes(other)


def test_looking_makes_no_key(journal: Journal, account: int) -> None:
    assert journal.opted_out(account, [ANA]) == {}
    journal.forget_opt_outs(account, [ANA])
    assert not key_of(journal).exists()


@pytest.mark.parametrize("harm", ["lost", "cut", "another", "a folder"])
def test_without_the_key_nothing_is_forgotten_silently(
    journal: Journal, account: int, folder: Path, harm: str
) -> None:
    journal.remember_opt_outs(account, [(*ANA, "unsubscribed")])
    key = key_of(journal)
    whole = key.read_bytes()
    key.unlink()
    if harm == "cut":
        key.write_bytes(whole[:31])
    elif harm == "another":
        key.write_bytes(bytes(32))
    elif harm == "a folder":
        key.mkdir()
    with Journal(folder) as later:
        assert later.has_opt_outs(account)
        for call in (
            lambda: later.opted_out(account, [ANA]),
            lambda: later.remember_opt_outs(account, [(*BOB, "bounced")]),
            lambda: later.forget_opt_outs(account, [ANA]),
        ):
            with pytest.raises(JournalProblem, match=r"opt-outs\.key .*Restore it"):
                call()
    assert key.exists() == (harm != "lost")
    if harm == "lost":
        key.write_bytes(whole)
        with Journal(folder) as later:
            assert later.opted_out(account, [ANA]) == {ANA: "unsubscribed"}


REMEMBER = """
import sys
from pathlib import Path
from sqlcrm.state.journal import Journal
sys.stdin.readline()
with Journal(Path(sys.argv[1])) as journal:
    account = journal.account("fake", "https://acme.example", "7")
    journal.remember_opt_outs(account, [(sys.argv[2] + "@x.org", "", "unsubscribed")])
"""


def test_processes_that_need_a_key_at_once_share_one(folder: Path) -> None:
    names = [f"p{n}" for n in range(6)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", REMEMBER, str(folder), name], stdin=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    with Journal(folder) as journal:
        account = journal.account("fake", "https://acme.example", "7")
        asked = [(f"{name}@x.org", "") for name in names]
        assert set(journal.opted_out(account, asked)) == set(asked)
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["journal.sqlite3", "opt-outs.key"]


def test_an_opt_out_that_could_not_be_written_is_an_error(journal: Journal, account: int) -> None:
    with contextlib.closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            Journal(journal.path.parent, wait=0.05) as second,
            pytest.raises(Exception, match="in use"),
        ):
            second.remember_opt_outs(account, [(*ANA, "unsubscribed")])
    assert journal.opted_out(account, [ANA]) == {}
