import os
import pty
import select
import signal
import stat
import sys
import time

import pytest

from sqlcrm.shell.repl import is_taken, parts


class Terminal:
    """The shell in a terminal of its own."""

    def __init__(self, work, environment, *arguments) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # the child
            os.chdir(work)
            settings = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
            command = [sys.executable, "-m", "sqlcrm", *arguments]
            os.execve(sys.executable, command, environment | settings)  # noqa: S606 - our own command
        self.prompted()

    def read(self, awaited: str) -> str:
        """Return what is shown until something is; what follows is for the next call."""
        end = time.monotonic() + 20
        while awaited.encode() not in self.seen:
            there, _, _ = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))
            assert there, f"{awaited!r} did not come: {self.seen.decode()!r}"
            try:
                self.seen += os.read(self.fd, 4096)
            except OSError:  # the other side is closed
                self.seen += b"<closed>"
                assert awaited == "<closed>", self.seen.decode()
        found, _, self.seen = self.seen.partition(awaited.encode())
        return (found + awaited.encode()).decode()

    def prompted(self) -> str:
        return self.read("sqlcrm>")

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def end(self) -> int:
        self.read("<closed>")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)


@pytest.fixture
def terminal(work, environment, config):
    opened = Terminal(work, environment, "--config", str(config))
    yield opened
    opened.kill()


def test_a_conversation(terminal, tmp_path):
    terminal.type("select 6 * 7 as answer;\r")
    assert "42" in terminal.read("(1 row)")
    terminal.prompted()
    terminal.type("select\r")
    terminal.read("->")
    terminal.type("'two' || ' lines' as text\r;\r")
    assert "two lines" in terminal.read("(1 row)")
    terminal.prompted()
    terminal.type("select emial from contacts@ac;\r")
    assert "error: " in terminal.read("^^^^^")
    terminal.prompted()
    terminal.type("\\d tags@ac\r")
    terminal.read("subscriber_count")
    terminal.prompted()
    terminal.type("\\q\r")
    assert terminal.end() == 0
    history = tmp_path / "state/history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+select 6 * 7 as answer;" in history.read_text()


def test_a_guard_asks_and_no_is_the_answer_unless_yes_is_typed(terminal):
    terminal.type("insert into tags@ac (tag, tag_type) values ('asked', 'contact');\r")
    terminal.read("1 done")
    terminal.prompted()
    for answer, told in (("\r", "you said no"), ("\x03", "you said no"), ("y\r", "1 done")):
        terminal.type("delete from tags@ac where tag = 'asked';\r")
        terminal.read("apply? [y/N]")
        terminal.type(answer)
        terminal.read(told)
        terminal.prompted()


def test_ctrl_c_stops_a_statement_and_keeps_the_session(terminal):
    terminal.type("create table kept as select 'still here' as a;\r")
    terminal.read("\n")
    terminal.prompted()
    text = "select 'be' || 'gun' as a; select sum(i % 7) from range(1000000000000) t(i);"
    terminal.type(f"{text}\r")
    terminal.read("begun")
    terminal.type("\x03")
    terminal.read("error: interrupted; nothing was written")
    terminal.prompted()
    terminal.type("select a, (select count(*) from tags@ac) > 0 as tags from kept;\r")
    assert "true" in terminal.read("(1 row)")
    terminal.prompted()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 130


def test_statements_are_read_from_a_pipe(sqlcrm, work):
    (work / "more.sql").write_text("insert into t values (5);")
    ran = sqlcrm(stdin="create table t (i int);\n\\i more.sql\n\\d t\nselect i\nfrom t;\n\\?\n")
    assert "INTEGER" in ran.stdout
    assert "|   5 |" in ran.stdout
    assert "\\dt [alias]" in ran.stderr


def test_the_first_error_from_a_pipe_ends_it(bare):
    ran = bare(stdin="select 1 as one;\nselect nope;\nselect 3 as three;\n", code=1)
    assert "one" in ran.stdout
    assert "three" not in ran.stdout
    assert "there is no command \\x" in bare(stdin="\\x\n", code=1).stderr
    assert bare(stdin="\\q\nselect 1;").stdout == ""


def test_no_one_is_asked_in_a_pipe(sqlcrm):
    assert "--yes" in sqlcrm(stdin="delete from tags@ac where true;", code=6).stderr


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("\\dt", True),
        ("select 1", False),
        ("select ';'", False),
        ("select ';", False),
        ("select 1 -- ;", False),
        ("select 1;", True),
        ("select 1; -- done", True),
        ("/* ; */", False),
    ],
)
def test_a_text_is_taken_when_its_semicolon_is_one(text, taken):
    assert is_taken(text) is taken


def test_a_text_is_cut_into_statements_and_commands():
    text = "select\n1;\n\n\\dt\nselect ';\n';\nselect 3"
    assert list(parts(text)) == ["select\n1;\n", "\\dt\n", "select ';\n';\n", "select 3"]
