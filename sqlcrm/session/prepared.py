"""A statement made ready to run: its values bound, its names resolved, its stages at hand."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlglot import exp

from sqlcrm.dialect import LOCAL, SYSTEM, Statement
from sqlcrm.errors import DatabaseError, ProgrammingError, SqlError, did_you_mean
from sqlcrm.execution.staging import Connection, Staging
from sqlcrm.planner.build import Environment, read_plan, wanting
from sqlcrm.planner.constants import Binds as Values
from sqlcrm.planner.plan import ReadPlan, Relation
from sqlcrm.planner.sharing import shared
from sqlcrm.planner.sources import sql
from sqlcrm.session.events import are_events, stage_events
from sqlcrm.session.progress import Progress
from sqlcrm.session.relations import complete, local_name, remote, spreadsheet, system
from sqlcrm.session.result import Binds
from sqlcrm.session.state import Session


class Prepared:
    """A statement with its binds, its relations and its stages."""

    def __init__(
        self,
        session: Session,
        statement: Statement,
        binds: Binds,
    ) -> None:
        self.session = session
        self.statement = statement
        self.named = _named(statement, binds)
        lexed = statement.lexed
        marks = {m: str(n) for m, n in zip(lexed.binds, lexed.numbers, strict=True)}
        by_mark = {mark: self.named[name] for mark, name in marks.items()}
        self.binds = Values(by_mark, self.named)
        self.relations: dict[str, Relation] = {}
        self.given: dict[str, str] = {}
        self.undiscovered: list[Relation] = []
        self._known: dict[str, list[str] | None] = {}
        for ref in statement.lexed.refs:
            if ref.alias == LOCAL:
                self.given[ref.mark] = local_name(ref)
        for ref in statement.reads:
            if ref.kind == "file":
                self.given[ref.mark] = spreadsheet(ref, session.engine, self.binds, statement.text)
            elif ref.alias == SYSTEM:
                self.given[ref.mark] = system(ref, session.engine, session.journal, statement.text)
            elif are_events(ref, session.connections.configs):
                self.given[ref.mark] = stage_events(session, ref, statement.text)
            else:
                self.relations[ref.mark] = remote(ref, session.connections, statement.text)
        # What decides about a write is asked of the API itself.
        kept = statement.target is None and not session.in_transaction  # ROLLBACK would undo it
        cache = session.cache if kept else None
        self.staging = Staging(
            session.engine,
            partial(connected, session),
            self.named,
            marks,
            self.given,
            cache,
            partial(_tell, session),
        )

    def plan(self, text: str, *, discover: bool = True) -> ReadPlan:
        """Plan a marked query of this statement, reading custom columns where it needs them.

        discover: false makes no call; `undiscovered` then names the tables that need one.
        """
        relations = {mark: r for mark, r in self.relations.items() if mark in text}
        if not relations:
            return ReadPlan(text, ())
        zone = self.session.engine.zone()
        environment = Environment(self.binds, zone, self._local_columns, self._evaluate)
        wanted = wanting(text, relations, environment)
        self.undiscovered = [] if discover else wanted
        for relation in wanted if discover else ():
            found = complete(relation, self.session.connections)
            relations[found.mark] = self.relations[found.mark] = found
        return shared(read_plan(text, relations, environment, self.statement.text))

    def stage(self, plan: ReadPlan) -> None:
        """Check a plan's text, then read its remote tables.

        Raises: SqlError that points at an unknown column and offers the nearest names.
        """
        for scan in plan.scans:
            self.session.pending.refuse(scan.relation)
        self.prepare(plan)
        began = dt.datetime.now(dt.UTC)
        self.staging.stage(plan)
        self.session.remember(self.staging.done.values())
        self.session.incremental.note(
            began, [self.staging.done[s.relation.mark] for s in plan.scans]
        )

    def prepare(self, plan: ReadPlan, *, check: bool = True) -> None:
        """Make a plan's stages, and let DuckDB check the text against them."""
        try:
            self.staging.prepare(plan, check=check)
        except SqlError as error:
            raise self._pointing(error) from None

    def readable(self, text: str) -> str:
        """Return a text with the user's names in place of marks."""
        for ref in self.statement.lexed.refs:
            text = text.replace(ref.mark, ref.name)
        return text

    def _pointing(self, error: SqlError) -> SqlError:
        """Return DuckDB's word on an unknown column with the place and all columns there are."""
        found = re.match(r'Referenced column "([^"]+)" not found', error.message)
        if found is None or error.text:
            return error
        name, text = found[1], self.statement.text
        known = [c.name for r in self.relations.values() for c in r.table.columns]
        start = text.casefold().find(name.casefold())
        message = f"there is no column {name!r}. {did_you_mean(name, known)}"
        return SqlError(message, text, start, start + len(name))

    def _local_columns(self, node: exp.Expr) -> list[str] | None:
        """Return the columns of a local source, None where they are not known."""
        place = node.copy()
        place.set("joins", None)
        text = sql(place)
        if text is None or any(mark in text for mark in self.relations):
            return None
        if text not in self._known:
            self._known[text] = self.session.engine.columns(self.staging.text(text))
        return self._known[text]

    def _evaluate(self, expression: str) -> tuple[str, str] | None:
        """Return the type and the text of a constant expression; None for NULL and for errors."""
        try:  # TRY: an error would end the user's transaction
            query = f"SELECT typeof(v), v::VARCHAR FROM (SELECT TRY({expression}) AS v)"
            kind, text = self.staging.run(query)[0]
        except DatabaseError:
            return None
        return None if text is None else (str(kind), str(text))


def connected(session: Session, alias: str) -> Connection:
    """Return what staging asks of a connection."""
    opened = session.connections.get(alias)
    return Connection(
        opened.client,
        opened.connector.zone,
        opened.account_key,
        session.settings.cache_ttl(opened.config.cache_ttl),
        session.connections.calls,
        {table.name: table for table in opened.connector.tables},
    )


def staging(session: Session) -> Staging:
    """Return stages for reads that belong to no statement; what they bring is not kept."""
    tell = partial(_tell, session)
    return Staging(session.engine, partial(connected, session), {}, {}, None, None, tell)


def _tell(session: Session, table: str, rows: int, pages: int, of: int | None) -> None:
    session.progress(Progress(table, rows, pages, of))


def _named(statement: Statement, binds: Binds) -> dict[str, Any]:
    """Return binds by name: the second `?` is 2, as `?2` and `$2` are.

    Raises: ProgrammingError where their number does not fit.
    """
    numbers = statement.lexed.numbers
    if isinstance(binds, Mapping):
        if numbers:
            raise ProgrammingError("the statement has ?, so its values come as a sequence")
        return {str(name): value for name, value in binds.items()}
    values = list(binds or ())
    if numbers and len(values) != max(numbers):
        raise ProgrammingError(f"the statement has {max(numbers)} ?, and {len(values)} values")
    return {str(i): value for i, value in enumerate(values, 1)}
