"""Opens a session the way the command does, and what a command asks of it.

What only some commands need is imported where it is needed: a local query waits for none of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sqlcrm.catalog.config import find_config, load_config
from sqlcrm.dialect.tokens import tokenize
from sqlcrm.errors import ConfigurationError, JournalProblem, SqlError, did_you_mean
from sqlcrm.session.progress import Progress as Progress
from sqlcrm.session.progress import Watch, nobody
from sqlcrm.session.state import WAIT, Session
from sqlcrm.writing.guards import Limits as Limits


def open_session(
    config: Path | None = None,
    *,
    kind: str = "query",
    limits: Limits | None = None,
    progress: Watch = nobody,
    state: Path | None = None,
    wait: float = WAIT,
) -> Session:
    """Open a session with the connections file that `config`, SQLCRM_CONFIG or a folder names.

    state: the folder of the journal, instead of the user's own. wait: seconds to wait for another
    run that writes the same table.
    Raises: ConfigurationError, also for a file of the working folder that is not trusted.
    """
    found = find_config(config, Path.cwd())
    configs = load_config(found) if found is not None else {}
    return Session(configs, kind=kind, limits=limits, progress=progress, state=state, wait=wait)


def trust(path: Path) -> None:
    """Remember a connections file, by its content, as one that may be used."""
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}")
    from sqlcrm.state.journal import Journal
    from sqlcrm.state.trust import Trust

    load_config(path)
    with Journal() as journal:
        Trust(journal).trust(path)


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table as `sqlcrm tables` shows it."""

    connection: str
    table: str
    writes: str
    read_by: str
    doc: str


def tables(session: Session, alias: str | None = None) -> list[TableLine]:
    """Return the tables of one connection or of all; makes no call.

    Raises: ConfigurationError for an alias that is not configured.
    """
    from sqlcrm.catalog.connectors import load

    configs = session.connections.configs
    if alias is not None and alias.casefold() not in configs:
        raise ConfigurationError(
            f"there is no connection {alias!r}. {did_you_mean(alias, configs)}"
        )
    found = []
    for name, config in configs.items():
        if alias is not None and name != alias.casefold():
            continue
        connector = load(config.connector)
        for table in connector.tables:
            writes = " ".join(sorted({write.verb for write in table.writes}))
            by = ", ".join(dict.fromkeys(read.by for read in table.reads if read.by))
            found.append(TableLine(name, table.name, writes, by, table.doc))
        events = connector.webhooks.tables if connector.webhooks is not None else ()
        found += [TableLine(f"{name}_events", one.name, "", "", one.doc) for one in events]
    return found


def describe(session: Session, table: str, alias: str) -> list[tuple[str, str, str, str]]:
    """Return name, type, role and description of each column, the account's own included.

    Reading the account's own columns costs calls, the first time.
    Raises: SqlError for an alias or table that is not there.
    """
    from sqlcrm.catalog.tables import find_table
    from sqlcrm.session.events import declared, sender

    if sender(alias.casefold(), session.connections.configs):
        _, events = declared(session, table, alias.casefold())
        return [(one.name, str(one.type), "read only", one.doc) for one in events.all_columns]
    opened = session.connections.get(alias.casefold())
    found = opened.complete(find_table(opened.connector, table, alias).table)
    described = []
    for column in found.columns:
        roles = [
            "key" if column.name in found.key else "",
            "natural key" if column.name in found.natural_key else "",
            "read only" if column.readonly else "",
        ]
        role = ", ".join(filter(None, roles))
        described.append((column.name, str(column.type), role, column.doc))
    return described


def unfinished(session: Session) -> list[str]:
    """Return a line for each run that a crash or an interrupt ended before its work did."""
    from sqlcrm.session.resuming import due

    found = []
    for one in due(session):
        name = f" ({one.script})" if one.script else ""
        found.append(
            f"run {one.run}{name} of {one.started_at:%Y-%m-%d %H:%M} UTC {_ended(one.state)} "
            f"before its work was done: sqlcrm resume {one.run}"
        )
    return found


def _ended(state: str) -> str:
    return "crashed" if state == "crashed" else f"was {state}"


def prune(session: Session, older_than: float) -> dict[str, int]:
    """Take finished runs out of the journal that are older than so many seconds; return counts."""
    return dict(session.journal.prune(dt.timedelta(seconds=older_than)))


def forget(session: Session, address: str) -> dict[str, int]:
    """Take a person out of the journal, by their address; return counts of what held it."""
    return dict(session.journal.forget(address))


def abandon(session: Session, run: int) -> None:
    """End a run that still says running, though the machine that it ran on is gone."""
    session.journal.abandon(run, "given up by hand")


def forget_cancel(session: Session) -> None:
    """Make a session usable again after `cancel`: a shell outlives what it stopped."""
    session.forget_cancel()


def is_whole(text: str) -> bool:
    """Say whether a text typed so far ends with a semicolon, outside of quotes and comments."""
    try:
        tokens = tokenize(text)
    except SqlError:
        return False
    return bool(tokens) and tokens[-1].text == ";" and text[tokens[-1].start] == ";"


def history_file() -> Path:
    """Return the file of what was typed in the shell; made 0600.

    Raises: JournalProblem where it cannot be made.
    """
    from sqlcrm.state.folder import state_folder

    path = state_folder() / "history"
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise JournalProblem(f"{path} cannot be written ({error.strerror})") from None
    return path


@dataclass(frozen=True, slots=True)
class Checked:
    """What a live check of a connection found."""

    alias: str
    connector: str
    origin: str
    account: str
    user: str
    may: str


def check_connection(session: Session, alias: str) -> Checked:
    """Ask a connection who it is: one call.

    Raises: ConfigurationError, Denied, Unreachable.
    """
    configs = session.connections.configs
    if alias.casefold() not in configs:
        raise ConfigurationError(
            f"there is no connection {alias!r}. {did_you_mean(alias, configs)}"
        )
    opened = session.connections.get(alias.casefold())
    who = opened.identity
    origin = opened.client.origin
    return Checked(alias, opened.connector.name, origin, who.account, who.user, who.may)
