"""The shell's commands that begin with a backslash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlcrm.errors import ProgrammingError, did_you_mean
from sqlcrm.session.opening import describe
from sqlcrm.shell.listing import COLUMNS, TABLES, table_rows
from sqlcrm.shell.running import Order, Runner
from sqlcrm.shell.signals import stopping
from sqlcrm.shell.sources import read_script

if TYPE_CHECKING:
    from sqlcrm.session.state import Session
    from sqlcrm.shell.narration import Narrator
    from sqlcrm.shell.output import Output


@dataclass(frozen=True, slots=True)
class Desk:
    """What is at hand in the shell: a session, where results go, and who tells the rest."""

    session: Session
    output: Output
    narrator: Narrator

    def run(self, text: str, name: str = "") -> int:
        """Run statements and return their exit code."""
        return Runner(self.session, self.output, self.narrator).script(Order(text, name))


class Leave(Exception):
    """The person wants to leave."""


def obey(desk: Desk, text: str) -> int:
    """Carry out one command and return its exit code.

    Raises: Leave; ProgrammingError for a command that does not exist.
    """
    word, _, argument = text.partition(" ")
    command = _COMMANDS.get(word)
    if command is None:
        hint = did_you_mean(word, _COMMANDS)
        raise ProgrammingError(f"there is no command {word}. {hint} \\? lists them")
    return command(desk, argument.strip())


def _quit(_desk: Desk, _argument: str) -> int:
    raise Leave


def _help(desk: Desk, _argument: str) -> int:
    desk.narrator.lines(_HELP.splitlines())
    return 0


def _tables(desk: Desk, argument: str) -> int:
    """Show the tables of a connection or of all; those of this session are DuckDB's."""
    desk.output.rows(TABLES, table_rows(desk.session, argument.removeprefix("@") or None))
    return 0


def _describe(desk: Desk, argument: str) -> int:
    table, at, alias = argument.partition("@")
    if not table:
        raise ProgrammingError("\\d takes a table, such as contacts@ac; \\dt lists them")
    if not at or alias.casefold() in {"inmemorystorage", "sqlcrm"}:
        return desk.run(_DESCRIBE.format(argument))
    with stopping(desk.session.cancel):
        rows = describe(desk.session, table, alias)
    desk.output.rows(COLUMNS, rows)
    return 0


def _include(desk: Desk, argument: str) -> int:
    if not argument:
        raise ProgrammingError("\\i takes the name of a script")
    return desk.run(read_script(Path(argument).expanduser()), argument)


_DESCRIBE = "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})"

_COMMANDS: dict[str, Callable[[Desk, str], int]] = {
    "\\q": _quit,
    "\\?": _help,
    "\\dt": _tables,
    "\\d": _describe,
    "\\i": _include,
}

_HELP = """\
SELECT …;         run a statement; it may have several lines and ends with ;
\\dt [alias]       list the tables of a connection, or of all
\\d table@alias    list the columns of a table, those of your account included
\\i file           run a script
\\?                this help
\\q                leave; so does Ctrl-D. Ctrl-C stops what runs"""
