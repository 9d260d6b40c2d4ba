"""The commands that list things: tables, connections, runs; and trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlcrm.errors import Error
from sqlcrm.session import opening
from sqlcrm.session.scripts import Script
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.output import Output, chosen_style
from sqlcrm.shell.printing import Columns, Row
from sqlcrm.shell.running import Order, Runner
from sqlcrm.shell.signals import stopping

if TYPE_CHECKING:
    from sqlcrm.session.state import Session

_RUNS = """
SELECT * FROM (
    SELECT run_id, kind, script, state, exit_code, started_at, ended_at, statements, calls
    FROM runs@sqlcrm ORDER BY run_id DESC LIMIT {number}
) ORDER BY run_id
"""


@contextmanager
def _opened(config: Path | None) -> Iterator[Session]:
    session = opening.open_session(config)
    try:
        yield session
    finally:
        session.close()


def _print(format_: str, columns: Columns, rows: Sequence[Row]) -> None:
    with Output(chosen_style(format_, None, raw=False)) as output:
        output.rows(columns, rows)


def list_tables(config: Path | None, alias: str | None, format_: str) -> int:
    """Print the tables of one connection or of all."""
    with _opened(config) as session:
        if not session.connections.configs:
            return _nothing_configured()
        rows = table_rows(session, alias)
    _print(format_, TABLES, rows)
    return 0


def list_columns(config: Path | None, alias: str, table: str, format_: str) -> int:
    """Print the columns of one table, the account's own included."""
    with _opened(config) as session, stopping(session.cancel):
        rows = opening.describe(session, table, alias)
    _print(format_, COLUMNS, rows)
    return 0


COLUMNS = [(name, "VARCHAR") for name in ("column", "type", "role", "about")]
TABLES = [(name, "VARCHAR") for name in ("table", "writes", "read_by", "about")]


def table_rows(session: Session, alias: str | None) -> list[Row]:
    """Return tables as rows of TABLES, with the first sentence of what there is to say."""
    return [
        (
            f"{line.table}@{line.connection}",
            line.writes,
            line.read_by,
            line.doc.partition(". ")[0].removesuffix("."),
        )
        for line in opening.tables(session, alias)
    ]


def list_connections(config: Path | None, format_: str) -> int:
    """Print the connections as configured; no setting of theirs, since it may be a secret."""
    with _opened(config) as session:
        rows = [
            (alias, one.connector, one.read_only, _limit(one.rate_limit), str(one.file or ""))
            for alias, one in session.connections.configs.items()
        ]
    if not rows:
        return _nothing_configured()
    names = ("connection", "connector", "read_only", "rate_limit", "file")
    _print(format_, [(name, "VARCHAR") for name in names], rows)
    return 0


def _limit(limit: float | str | None) -> str:
    return "the API's own" if limit is None else str(limit)


def check_connections(config: Path | None, aliases: Sequence[str], format_: str) -> int:
    """Check connections live; return the exit code of the worst."""
    narrator, script, rows = Narrator(), Script(), []
    with _opened(config) as session, stopping(session.cancel):
        names = list(aliases) or list(session.connections.configs)
        if not names:
            return _nothing_configured()
        for alias in names:
            try:
                found = opening.check_connection(session, alias)
            except Error as error:
                narrator.error(f"@{alias}: {error}")
                script.codes.append(error.exit_code)
                continue
            rows.append(
                (alias, found.connector, found.origin, found.account, found.user, found.may)
            )
    columns = ("connection", "connector", "url", "account", "you", "may")
    if rows:
        _print(format_, [(name, "VARCHAR") for name in columns], rows)
    return script.exit_code


def trust_file(path: Path) -> int:
    """Trust a connections file."""
    opening.trust(path)
    Narrator().say(f"{path} is trusted as it is now")
    return 0


def list_runs(config: Path | None, number: int, format_: str) -> int:
    """Print the latest runs."""
    style = chosen_style(format_, None, raw=False)
    with _opened(config) as session, Output(style) as output:
        order = Order(_RUNS.format(number=number))
        return Runner(session, output, Narrator()).script(order)


def _nothing_configured() -> int:
    Narrator().say(
        "no connection is configured: write a sqlcrm.toml, or rehearse with "
        "sqlcrm sandbox activecampaign"
    )
    return 0
