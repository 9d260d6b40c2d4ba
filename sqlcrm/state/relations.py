"""The journal as tables: runs@sqlcrm, operations@sqlcrm and the others. Columns are stable."""

from __future__ import annotations

from dataclasses import dataclass, replace

Column = tuple[str, str, str]
"""Name, DuckDB type, SQL in the state file."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One readable table.

    latest: without arguments it is about the last write, not about everything.
    frozen: its rows end with their checksum, which is compared and not shown.
    where: always applies.
    """

    columns: tuple[Column, ...]
    source: str
    run: str
    statement: str
    order: str
    latest: bool = False
    frozen: bool = False
    where: str = "TRUE"

    @property
    def described(self) -> list[tuple[str, str]]:
        """Names and DuckDB types of the columns, in order."""
        return [(name, type_) for name, type_, _ in self.columns]

    def query(self, *, run: bool, statement: bool) -> str:
        """Return the SELECT; parameters are the run, then the statement, where asked for."""
        chosen = ", ".join([sql for _, _, sql in self.columns] + ["o.checksum"] * self.frozen)
        terms = [self.where]
        terms += [f"{self.run} = ?"] if run else []
        terms += [f"{self.statement} = ?"] if statement else []
        where = " AND ".join(terms)
        # Only constants of this module: no text of a user.
        return f"SELECT {chosen} FROM {self.source} WHERE {where} ORDER BY {self.order}"


_RUNS = Relation(
    columns=(
        ("run_id", "BIGINT", "r.run_id"),
        ("kind", "VARCHAR", "r.kind"),
        ("script", "VARCHAR", "r.script"),
        ("script_text", "VARCHAR", "r.script_text"),
        ("state", "VARCHAR", "r.state"),
        ("exit_code", "INTEGER", "r.exit_code"),
        ("started_at", "TIMESTAMPTZ", "r.started_at"),
        ("ended_at", "TIMESTAMPTZ", "r.ended_at"),
        ("statements", "BIGINT", "(SELECT count(*) FROM statements s WHERE s.run_id = r.run_id)"),
        (
            "calls",
            "BIGINT",
            "max((SELECT count(*) FROM requests q WHERE q.run_id = r.run_id), "
            "(SELECT coalesce(sum(s.calls), 0) FROM statements s WHERE s.run_id = r.run_id))",
        ),
        ("pid", "BIGINT", "r.pid"),
        ("host", "VARCHAR", "r.host"),
        ("process", "VARCHAR", "r.process"),
        ("version", "VARCHAR", "r.version"),
        ("of_run", "BIGINT", "r.of_run"),
        ("statements_total", "BIGINT", "r.statements_total"),
        ("error", "VARCHAR", "r.error"),
    ),
    source="runs r",
    run="r.run_id",
    statement="NULL",
    order="r.run_id",
)

_STATEMENTS = Relation(
    columns=(
        ("run_id", "BIGINT", "s.run_id"),
        ("statement", "BIGINT", "s.number"),
        ("text", "VARCHAR", "s.text"),
        ("verb", "VARCHAR", "s.verb"),
        ("alias", "VARCHAR", "s.alias"),
        ("connector", "VARCHAR", "s.connector"),
        ("origin", "VARCHAR", "a.origin"),
        ("account", "VARCHAR", "a.own_id"),
        ("table_name", "VARCHAR", "s.table_name"),
        ("state", "VARCHAR", "s.state"),
        ("started_at", "TIMESTAMPTZ", "s.started_at"),
        ("ended_at", "TIMESTAMPTZ", "s.ended_at"),
        ("source_rows", "BIGINT", "s.source_rows"),
        ("calls", "BIGINT", "s.calls"),
        ("error", "VARCHAR", "s.error"),
    ),
    source="statements s LEFT JOIN accounts a USING (account_id)",
    run="s.run_id",
    statement="s.number",
    order="s.run_id, s.number",
)

_OPERATIONS = Relation(
    columns=(
        ("operation_id", "BIGINT", "o.operation_id"),
        ("run_id", "BIGINT", "o.run_id"),
        ("statement", "BIGINT", "o.statement"),
        ("number", "BIGINT", "o.number"),
        ("connector", "VARCHAR", "a.connector"),
        ("origin", "VARCHAR", "a.origin"),
        ("account", "VARCHAR", "a.own_id"),
        ("table_name", "VARCHAR", "o.table_name"),
        ("verb", "VARCHAR", "o.verb"),
        ("state", "VARCHAR", "o.state"),
        ("reason", "VARCHAR", "o.reason"),
        ("key", "JSON", "o.key"),
        ("natural_key", "JSON", "o.natural_key"),
        ("new_values", "JSON", "o.new_values"),
        ("before", "JSON", "o.before"),
        ("after", "JSON", "o.after"),
        ("same_as", "BIGINT", "o.same_as"),
        ("remote_id", "VARCHAR", "o.remote_id"),
        ("answer", "VARCHAR", "o.answer"),
        ("attempts", "BIGINT", "o.attempts"),
        ("batch", "BIGINT", "o.batch"),
        ("sent_at", "TIMESTAMPTZ", "o.sent_at"),
        ("ended_at", "TIMESTAMPTZ", "o.ended_at"),
        ("undone_by", "BIGINT", "o.undone_by"),
    ),
    source="operations o JOIN accounts a USING (account_id)",
    run="o.run_id",
    statement="o.statement",
    order="o.run_id, o.statement, o.number",
    frozen=True,
)

_REQUESTS = Relation(
    columns=(
        ("request_id", "BIGINT", "q.request_id"),
        ("run_id", "BIGINT", "q.run_id"),
        ("statement", "BIGINT", "q.statement"),
        ("connection", "VARCHAR", "q.connection"),
        ("account", "VARCHAR", "a.own_id"),
        ("started_at", "TIMESTAMPTZ", "q.at"),
        ("method", "VARCHAR", "q.method"),
        ("path", "VARCHAR", "q.path"),
        ("query", "VARCHAR", "q.query"),
        ("status", "INTEGER", "q.status"),
        ("attempt", "BIGINT", "q.attempt"),
        ("waited_ms", "DOUBLE", "q.waited_ms"),
        ("ms", "DOUBLE", "q.ms"),
        ("bytes", "BIGINT", "q.bytes"),
        ("error", "VARCHAR", "q.error"),
    ),
    source="requests q LEFT JOIN accounts a USING (account_id)",
    run="q.run_id",
    statement="q.statement",
    order="q.request_id",
)

_UNMATCHED = Relation(
    columns=(
        ("run_id", "BIGINT", "u.run_id"),
        ("statement", "BIGINT", "u.statement"),
        ("source", "VARCHAR", "u.source"),
        ("target_table", "VARCHAR", "u.target_table"),
        ("target_column", "VARCHAR", "u.target_column"),
        ("value", "VARCHAR", "u.value"),
        ("rows", "BIGINT", "u.rows"),
    ),
    source="unmatched u",
    run="u.run_id",
    statement="u.statement",
    order="u.rowid",
    latest=True,
)

_EVENTS = Relation(
    columns=(
        ("event_position", "BIGINT", "e.position"),
        ("event_id", "VARCHAR", "e.own_id"),
        ("connection", "VARCHAR", "e.alias"),
        ("connector", "VARCHAR", "e.connector"),
        ("origin", "VARCHAR", "e.origin"),
        ("type", "VARCHAR", "e.type"),
        ("person", "VARCHAR", "e.person"),
        ("state", "VARCHAR", "e.state"),
        ("attempts", "BIGINT", "e.attempts"),
        ("error", "VARCHAR", "e.error"),
        ("received_at", "TIMESTAMPTZ", "e.received_at"),
        ("retry_at", "TIMESTAMPTZ", "e.retry_at"),
        ("ended_at", "TIMESTAMPTZ", "e.ended_at"),
        ("run_id", "BIGINT", "e.run_id"),
        ("data", "JSON", "nullif(e.data, '')"),
    ),
    source="events e",
    run="e.run_id",
    statement="NULL",
    order="e.position",
)

RELATIONS = {
    "runs": _RUNS,
    "statements": _STATEMENTS,
    "operations": _OPERATIONS,
    "requests": _REQUESTS,
    "unmatched": _UNMATCHED,
    "events": _EVENTS,
    "rejected": replace(_OPERATIONS, latest=True, where="o.state = 'rejected'"),
}
"""Every readable table by its name before `@sqlcrm`."""
