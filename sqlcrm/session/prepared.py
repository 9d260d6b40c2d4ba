"""A statement made ready to run: its values bound, its names resolved, its stages at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from sqlcrm.dialect import LOCAL, SYSTEM, Statement
from sqlcrm.errors import ProgrammingError, SqlError, did_you_mean
from sqlcrm.execution.staging import Connection, Staging
from sqlcrm.planner.build import Environment, read_plan, wanting
from sqlcrm.planner.constants import Binds as Values
from sqlcrm.planner.plan import ReadPlan, Relation
from sqlcrm.planner.sources import sql
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
        self._known: dict[str, list[str] | None] = {}
        for ref in statement.lexed.refs:
            if ref.alias == LOCAL:
                self.given[ref.mark] = local_name(ref)
        for ref in statement.reads:
            if ref.kind == "file":
                self.given[ref.mark] = spreadsheet(ref, session.engine, self.binds, statement.text)
            elif ref.alias == SYSTEM:
                self.given[ref.mark] = system(
                    ref, session.engine, session.journal, session.connections, statement.text
                )
            else:
                self.relations[ref.mark] = remote(ref, session.connections, statement.text)
        self.staging = Staging(session.engine, self._connect, self.named, marks, self.given)

    def plan(self, text: str) -> ReadPlan:
        """Plan a marked query of this statement, reading custom columns where it needs them."""
        relations = {mark: r for mark, r in self.relations.items() if mark in text}
        if not relations:
            return ReadPlan(text, ())
        environment = Environment(self.binds, self.session.engine.zone(), self._local_columns)
        for relation in wanting(text, relations, environment):
            found = complete(relation, self.session.connections)
            relations[found.mark] = self.relations[found.mark] = found
        return read_plan(text, relations, environment, self.statement.text)

    def stage(self, plan: ReadPlan) -> None:
        """Check a plan's text, then read its remote tables.

        Raises: SqlError that points at an unknown column and offers the nearest names.
        """
        try:
            self.staging.prepare(plan)
        except SqlError as error:
            raise self._pointing(error) from None
        self.staging.stage(plan)

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

    def _connect(self, alias: str) -> Connection:
        opened = self.session.connections.get(alias)
        return Connection(opened.client, opened.connector.zone)

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
