"""`last_run('people@an')`: reading only what changed since a script's last complete run.

Its value is the watermark of that script and table, less the time by which the API's filter may
be late, so that a row that the filter did not find yet is found by the next run. A watermark is
kept once the whole script has run well: the earlier of when the reading began, by the CRM's own
clock, and of the youngest change that was read. Where changes were seen that were young by that
clock, rows are dated by it, and what is older than MARGIN is settled even if nothing changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlcrm.catalog.tables import find_table
from sqlcrm.dialect import Statement, statements
from sqlcrm.dialect.tokens import word
from sqlcrm.errors import ConfigurationError, SqlError
from sqlcrm.execution.engine import quote

if TYPE_CHECKING:
    from sqlcrm.execution.engine import Engine
    from sqlcrm.execution.staged import Staged
    from sqlcrm.session.connections import Connections
    from sqlcrm.state.journal import Journal
    from sqlcrm.state.watermarks import Watermarks

FUNCTION = "last_run"

_SECOND = dt.timedelta(seconds=1)
"""How much a Date header leaves out."""

_CUTS = {"limit", "fetch", "offset", "sample", "tablesample"}
"""Words by which a statement takes some of the rows: which, the next run would have to know."""

MARGIN = dt.timedelta(hours=2)
"""By how much, at the most, rows may be dated earlier than the answers that show them, so that the
dates of both are taken for those of one clock."""

SURE = dt.timedelta(days=7)
"""For how long it is believed that they are."""


class Host(Protocol):
    """What watermarks need of a session."""

    engine: Engine

    @property
    def connections(self) -> Connections:
        """The connections."""

    @property
    def journal(self) -> Journal:
        """The journal."""

    def account(self, alias: str) -> int:
        """Return the number of a connection's account in the journal."""


@dataclass(slots=True)
class _Use:
    """What a script's run has read of a table beyond its watermark.

    before: the watermark so far. young: when a change was last seen that was no older than MARGIN.
    began: when its first reading began, by the CRM's clock; None where that tells no time.
    seen: the youngest change read, in each of the readings.
    """

    account: int
    table: str
    column: str
    lag: float
    before: dt.datetime | None
    young: dt.datetime | None = None
    began: dt.datetime | None = None
    seen: list[dt.datetime | None] | None = None

    @property
    def since(self) -> dt.datetime | None:
        """From when on changes are wanted; None for all."""
        return None if self.before is None else self.before - dt.timedelta(seconds=self.lag)

    @property
    def after(self) -> dt.datetime | None:
        """Up to when all changes have been read; None where nothing is known of that."""
        if self.seen is None:
            return None
        ends = [max((one for one in (self.before, s) if one), default=None) for s in self.seen]
        known = [one for one in (*ends, self.began) if one is not None]
        surely = None not in ends or self.began is not None  # an empty list has no youngest row
        if not known or not surely:
            return None
        young = self.last_young
        if self.began is not None and young is not None and self.began - young < SURE:
            return max(min(known), self.began - MARGIN)
        return min(known)

    @property
    def last_young(self) -> dt.datetime | None:
        """When a change was last seen that was young by the answers' clock."""
        began = self.began
        if began is not None and any(s and began - s <= MARGIN for s in self.seen or ()):
            return began
        return self.young


class Incremental:
    """The watermarks of one run of a script."""

    def __init__(self, session: Host) -> None:
        self._session = session
        self._script: tuple[str, str, dict[str, Any]] | None = None
        self._key = ""
        self.left = False  # whether the script left out rows that a later run is to have
        self._uses: dict[tuple[str, str], _Use] = {}
        self._wanted: set[tuple[str, str]] = set()  # of the statement under way

    def begin(self, name: str, text: str, binds: Mapping[str, Any] | None) -> None:
        """Start with a script; name: of its file, "" where there is none."""
        self._script = (str(Path(name).resolve()), text, dict(binds or {})) if name else None
        self._key = ""
        self.left = False
        self._uses.clear()
        self._wanted.clear()

    def prepare(self, statement: Statement) -> list[str]:
        """Give `last_run` its values for a statement; return what the user must know of them.

        Raises: SqlError for an argument that is no table with a watermark.
        """
        named = {_named(self._session, statement, at) for at in _calls(statement)}
        self._wanted = {(alias, table) for alias, table, _ in named}
        if not named:
            return []
        words = {word(token) for token in statement.lexed.tokens}
        cut = sorted(words & _CUTS) if self._script and statement.explain is None else []
        self.left |= bool(cut)
        cases = "".join(
            f" WHEN '{spelled}' THEN TIMESTAMPTZ '{_text(self._use(alias, table).since)}'"
            for alias, table, spelled in sorted(named)
        )
        macro = f"CREATE OR REPLACE TEMP MACRO {FUNCTION}(t) AS CASE lower(t){cases} END"
        self._session.engine.run(macro)
        if statement.explain is not None:
            self._wanted = set()  # nothing is done with what it reads
        if cut:
            what = " and ".join(one.upper() for one in cut)
            return [f"{FUNCTION}() stays where it is: {what} may leave changes out"]
        if self._script:
            return []
        return [f"{FUNCTION}() is kept for scripts (sqlcrm run FILE): here it is -infinity"]

    def note(self, began: dt.datetime, staged: Iterable[Staged]) -> None:
        """Note what a statement has read. began: when it began to, by our own clock."""
        for one in staged:
            relation = one.scan.relation
            use = self._uses.get((relation.connection, relation.table.name))
            if (relation.connection, relation.table.name) not in self._wanted or use is None:
                continue
            if not one.pages and one.cached is None and not one.shared:
                continue  # nothing was read
            read_at = began - dt.timedelta(seconds=one.cached or 0.0)
            ahead = self._session.connections.get(relation.connection).client.ahead
            if ahead is not None:
                at = read_at + dt.timedelta(seconds=ahead) - _SECOND
                use.began = at if use.began is None else min(use.began, at)
            if use.column in one.scan.columns and not one.stopped:
                sql = f"SELECT max({quote(use.column)})::VARCHAR FROM {one.table}"
                (text,) = self._session.engine.query(sql)[0]
                seen = dt.datetime.fromisoformat(text) if text else None
                use.seen = [*(use.seen or ()), seen]

    def save(self) -> None:
        """Keep how far the script has read, now that all of it went well."""
        marks = [
            (use.account, use.table, at, use.last_young)
            for use in self._uses.values()
            if (at := use.after) is not None
        ]
        if self._script and marks and not self.left:
            self._kept.save(self._key, marks)

    def _named_by_all(self) -> str:
        """Return what names the script, with the accounts of all connections in its text."""
        from sqlcrm.state.watermarks import script_key

        path, text, binds = self._script or ("", "", {})
        aliases = {ref.alias for statement in statements(text) for ref in statement.lexed.refs}
        known = aliases & self._session.connections.configs.keys()
        return script_key(path, text, binds, [self._session.account(one) for one in known])

    @property
    def _kept(self) -> Watermarks:
        from sqlcrm.state.watermarks import Watermarks

        return Watermarks(self._session.journal.database)

    def _use(self, alias: str, table: str) -> _Use:
        """Return the use of a table's watermark; the first one of a run reads it."""
        if (alias, table) not in self._uses:
            session = self._session
            declared = find_table(session.connections.get(alias).connector, table, alias).table
            assert declared.modified is not None  # noqa: S101 - `_named` has looked
            column, lag = declared.modified.column, declared.modified.lag
            before, young, account = None, None, 0
            if self._script:
                account = session.account(alias)
                self._key = self._key or self._named_by_all()
                before, young = self._kept.read(account, self._key, table)
            self._uses[alias, table] = _Use(account, table, column, lag, before, young)
        return self._uses[alias, table]


def _text(moment: dt.datetime | None) -> str:
    return "-infinity" if moment is None else moment.isoformat()


def _calls(statement: Statement) -> Iterator[int]:
    """Yield where the argument of each `last_run(` of a statement stands among its tokens."""
    tokens = statement.lexed.tokens
    for at in range(len(tokens) - 2):
        if word(tokens[at]) == FUNCTION and tokens[at + 1].text == "(":
            yield at + 2


def _named(session: Host, statement: Statement, at: int) -> tuple[str, str, str]:
    """Return the alias and the table that an argument names, and its text as SQL, in small letters.

    Raises: SqlError that points at it.
    """
    token, after = statement.lexed.tokens[at], statement.lexed.tokens[at + 1 : at + 2]
    text = statement.text

    def wrong(message: str) -> SqlError:
        return SqlError(message, text, token.start, token.end + 1)

    name, _, alias = token.text.partition("@")
    quoted = text[token.start : token.start + 1] == "'"
    if not quoted or not alias or not after or after[0].text != ")":
        raise wrong(f"{FUNCTION} takes the name of a remote table: {FUNCTION}('people@an')")
    alias = alias.casefold()
    try:
        found = find_table(session.connections.get(alias).connector, name, alias)
    except (SqlError, ConfigurationError) as error:
        raise wrong(str(error)) from None
    if found.table.modified is None:
        raise wrong(f"the API of {token.text} does not tell which rows changed since a moment")
    return alias, found.table.name, token.text.lower().replace("'", "''")
