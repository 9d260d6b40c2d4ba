"""Runs a text of SQL for the command line: results to where they go, the rest told on stderr."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sqlcrm.errors import Cancelled, Error
from sqlcrm.session.opening import Limits, open_session, unfinished
from sqlcrm.session.scripts import Script, run_script
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.output import Output
from sqlcrm.shell.printing import EXPLAINED, Style
from sqlcrm.shell.signals import stopping

if TYPE_CHECKING:
    from sqlcrm.session.result import Result
    from sqlcrm.session.scripts import Statement
    from sqlcrm.session.state import Session

_COUNTED = re.compile(
    r"(alter|analyze|attach|begin|checkpoint|comment|commit|copy|create|delete|detach|drop|export"
    r"|import|insert|install|load|merge|pragma|reset|rollback|set|start|truncate|update|use"
    r"|vacuum)\b",
    re.IGNORECASE,
)
"""Statements that DuckDB answers with a number of rows or with "Success", which is no result."""

_ANSWERS = (["Count"], ["Success"])


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line.

    name: of the script's file, "" for a text of its own.
    """

    text: str
    name: str = ""
    config: Path | None = None
    limits: Limits = field(default_factory=Limits)
    params: Mapping[str, str] = field(default_factory=dict)
    go_on: bool = False
    style: Style = field(default_factory=Style)
    path: Path | None = None
    wait: float = 60.0
    report: Path | None = None


def execute(order: Order) -> int:
    """Run every statement of an order and return the exit code."""
    check_params(order)
    narrator = Narrator()
    kind = "script" if order.name else "query"
    if order.report is not None:
        from sqlcrm.session.page import check_place

        check_place(order.report)
    with Output(order.style, order.path) as output:
        session = open_session(
            order.config,
            kind=kind,
            limits=order.limits,
            progress=narrator.progress,
            wait=order.wait,
        )
        try:
            if order.name or "@" in order.text:
                narrator.lines(f"note: {line}" for line in noticed(session))
            return Runner(session, output, narrator).script(order)
        finally:
            session.close()


def write_report(session: Session, path: Path | None, narrator: Narrator) -> None:
    """Write the page about the last run, where one was asked for."""
    if path is None:
        return
    if session.last_run is None:
        narrator.say(f"nothing was read or written: {path} was not written")
        return
    from sqlcrm.session.page import write_page

    write_page(session.journal, session.last_run, path)
    narrator.say(f"wrote {path}")


def noticed(session: Session) -> list[str]:
    """Return what is to be said of runs to resume; a query needs no journal: it may be broken."""
    try:
        return unfinished(session)
    except Error:
        return []


def check_params(order: Order) -> None:
    """Refuse a parameter that the text does not have.

    Raises: UsageError.
    """
    for name in order.params:
        if not re.search(rf"\${re.escape(name)}\b", order.text):
            raise click.UsageError(f"--param {name}: there is no ${name} in the text")


class Runner:
    """Runs texts in one session and tells what came of them."""

    def __init__(self, session: Session, output: Output, narrator: Narrator) -> None:
        self._session = session
        self._output = output
        self._narrator = narrator

    def script(self, order: Order) -> int:
        """Run a text to its end and return the exit code.

        Raises: SqlError for a text that cannot be cut into statements.
        """
        with stopping(self._session.cancel) as interruption:
            script = run_script(
                self._session,
                order.text,
                name=order.name,
                binds=order.params,
                go_on=order.go_on,
                on_result=self.show,
            )
        self._narrator.clear()
        write_report(self._session, order.report, self._narrator)
        if interruption.asked and (script.errors or script.left):
            self._interrupted(script)
            return Cancelled.exit_code
        self._end(script)
        return script.exit_code

    def show(self, statement: Statement, result: Result) -> None:
        """Show what one statement gave back."""
        for report in result.all_reports:
            self._narrator.lines(report.lines())
        if result.report is not None and not result.columns:
            return
        self._narrator.lines(f"note: {notice}" for notice in result.notices)
        if not result.columns:
            return
        if result.names in _ANSWERS and _COUNTED.match(statement.text):
            self._narrator.lines(
                _rows(row[0]) for row in result.rows() if result.names[0] == "Count"
            )
            return
        self._narrator.clear()
        count = self._output.result(result)
        counts = self._output.path is None and result.names != EXPLAINED
        if counts and self._output.style.format in {"table", "markdown"}:
            self._narrator.say(_rows(count))

    def _interrupted(self, script: Script) -> None:
        """Say which run it was and what is left of it; the last error is the interruption."""
        for error in script.errors[:-1]:
            self._narrator.error(error)
        if script.run is None:
            self._narrator.error("interrupted; nothing was written")
            return
        self._narrator.error(
            f"interrupted: run {script.run} was stopped; sqlcrm resume {script.run} finishes it"
        )

    def _end(self, script: Script) -> None:
        for error in script.errors:
            self._narrator.error(error)
        if script.left:
            statements = "statement was" if script.left == 1 else "statements were"
            self._narrator.say(f"{script.left} further {statements} not run")
        output = self._output
        if output.path is None:
            return
        if script.errors:
            self._narrator.say(f"{output.path} was not written")
        elif not output.results:
            self._narrator.say(f"there was no result set: {output.path} was not written")
        else:
            output.keep()
            self._narrator.say(f"wrote {output.path}")


def _rows(count: int) -> str:
    return f"({count:,} row{'' if count == 1 else 's'})"
