"""Runs several statements as one run, and says how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.dialect import Statement
from sqlcrm.errors import Cancelled, Error, ProgrammingError
from sqlcrm.session.result import Result
from sqlcrm.session.run import parsed, pointing, run
from sqlcrm.session.state import Session
from sqlcrm.session.transactions import give_up

_WORST_FIRST = (130, 5, 6, 3, 2, 1, 4)


@dataclass(slots=True)
class Script:
    """How a script ended: errors in order, statements that never ran, the exit code.

    skipped: whether rows were left out that a later run is to write.
    """

    errors: list[Error] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    left: int = 0
    run: int | None = None
    skipped: bool = False

    @property
    def exit_code(self) -> int:
        """The most serious code of all statements; 0 where all went well."""
        return next((code for code in _WORST_FIRST if code in self.codes), 0)


def run_script(
    session: Session,
    text: str,
    *,
    name: str = "",
    binds: Mapping[str, Any] | None = None,
    go_on: bool = False,
    on_result: Callable[[Statement, Result], None],
) -> Script:
    """Run every statement of a script; `on_result` is given each result as it comes.

    An error stops the script, and so do unknown outcomes, unless `go_on`; rejected rows do not.
    Raises: SqlError for a text that cannot be parsed: nothing ran then.
    """
    found = parsed(session, text)
    session.begin(name, text, statements=len(found))
    session.incremental.begin(name, text, binds)
    script = Script()
    for number, statement in enumerate(found, 1):
        session.next_statement()
        stop = _step(session, statement, text, binds, script, on_result)
        script.run = session.run_number
        if stop and (not go_on or script.codes[-1] == Cancelled.exit_code):
            script.left = len(found) - number
            break
    if len(session.pending) and session.kind != "shell":
        give_up(session, "the script ended before COMMIT")
        script.errors.append(ProgrammingError("BEGIN without COMMIT: nothing of it was written"))
        script.codes.append(ProgrammingError.exit_code)
    code = script.exit_code
    if code in {0, 4} and not script.errors and not script.skipped:
        session.incremental.save()
    session.end(code)
    return script


def _step(
    session: Session,
    statement: Statement,
    text: str,
    binds: Mapping[str, Any] | None,
    script: Script,
    on_result: Callable[[Statement, Result], None],
) -> bool:
    """Run one statement; return whether the script must stop."""
    try:
        with pointing(statement, text):
            result = run(session, statement, _used(statement, binds))
        on_result(statement, result)
    except Error as error:
        script.errors.append(error)
        script.codes.append(error.exit_code)
        return True
    codes = [report.exit_code for report in result.all_reports] or [0]
    words = statement.text.casefold().split()[:1]
    script.skipped |= words == ["rollback"]
    script.skipped |= any(report.counts.get("skipped") for report in result.all_reports)
    script.codes += codes
    return 5 in codes


def _used(statement: Statement, binds: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return those binds that a statement names: DuckDB refuses others."""
    words = {token.text for token in statement.lexed.tokens}
    return {name: value for name, value in (binds or {}).items() if name in words}
