"""Runs whose process died are shown as crashed, others never."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqlcrm.state import process
from sqlcrm.state.journal import Journal

BEGIN = """
import os, sys
from pathlib import Path
from sqlcrm.state.journal import Journal
journal = Journal(Path(sys.argv[1]))
print(journal.begin_run("script", "job.sql"), flush=True)
sys.stdin.read()
os.kill(os.getpid(), 9)
"""


def state(journal: Journal, run: int) -> str:
    columns, rows = journal.relation("runs", run=run)
    return str(dict(zip([name for name, _ in columns], rows[0], strict=True))["state"])


def test_a_killed_run_is_shown_as_crashed_and_a_living_one_as_running(
    journal: Journal, folder: Path
) -> None:
    command = [sys.executable, "-c", BEGIN, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        run = int(child.stdout.readline())
        assert state(journal, run) == "running"
        child.communicate()
    assert state(journal, run) == "crashed"
    mine = journal.begin_run("query")
    assert state(journal, mine) == "running"
    journal.end_run(mine, "done", 0)
    assert state(journal, mine) == "done"


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_the_old_one() -> None:
    me = os.getpid()
    assert process.is_alive(me, process.token(me), process.host())
    assert not process.is_alive(me, process.token(me) + "0", process.host())


def test_a_zombie_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.token(child.pid) == ""
    child.communicate()


def test_without_proc_the_pid_alone_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "PROC", tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.communicate()
    assert process.token(os.getpid()) == ""
    assert process.is_alive(os.getpid(), "", process.host())
    assert process.is_alive(1, "", process.host())
    assert process.token(1) == ""
    assert not process.is_alive(child.pid, "", process.host())


def test_a_process_of_somebody_else_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", refuse)
    assert process.is_alive(1, "", process.host())


def test_a_run_of_another_machine_is_never_called_crashed() -> None:
    assert process.is_alive(2**30, "boot:1", "another-machine")


def test_a_process_may_call_itself_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    boot = tmp_path / "sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True)
    boot.write_text("b\n")
    (tmp_path / "5").mkdir()
    fields = " ".join(str(n) for n in range(4, 30))
    (tmp_path / "5/stat").write_text(f"5 (a) R 1 (b\n) S {fields}")
    monkeypatch.setattr(process, "PROC", tmp_path)
    assert process.token(5) == "b:22"
