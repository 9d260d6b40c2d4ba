"""SYNCHRONIZE into a local table: DuckDB does it, by the same rules as for a remote one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlcrm.dialect import Step, Synchronize
from sqlcrm.errors import NotSupportedError, ProgrammingError, did_you_mean
from sqlcrm.execution.engine import quote
from sqlcrm.session.result import Result
from sqlcrm.session.sides import (
    listed,
    literal,
    past_limit,
    repeated,
    source_columns,
    step_of,
    unpaired,
)
from sqlcrm.session.telling import SHOWN
from sqlcrm.writing.report import Report

if TYPE_CHECKING:
    from sqlcrm.session.prepared import Prepared
    from sqlcrm.session.state import Session


def synchronize_locally(session: Session, prepared: Prepared) -> Result:
    """Synchronize a local table, in one transaction; return its report. Nothing is journaled.

    Raises: ProgrammingError where a key occurs twice on a side, or a column is not on both;
    GuardRefused past ERROR AFTER; DuckDB's word on a constraint of the target.
    """
    started, since = time.monotonic(), len(session.connections.calls)
    one = _Local(session, prepared)
    counts = one.run()
    calls = Counter(call.method for call in session.connections.calls[since:])
    return Result(
        report=Report(
            verb="synchronize",
            target=one.name,
            run=0,
            statement=session.statement,
            counts={state: number for state, number in counts.items() if number},
            calls=dict(calls),
            seconds=time.monotonic() - started,
            rejected=one.rejected,
            notices=tuple(one.notices),
        )
    )


class _Local:
    """One SYNCHRONIZE into a local table.

    Its stages: `source`, the rows that come, in the target's types; `operations`, what becomes of
    each row of both sides.
    """

    def __init__(self, session: Session, prepared: Prepared) -> None:
        assert prepared.statement.sync is not None  # noqa: S101 - its verb says so
        self._session, self._prepared = session, prepared
        self._sync: Synchronize = prepared.statement.sync
        self._target = prepared.staging.text(self._sync.target_name)
        self.name = prepared.readable(self._sync.target_name).replace('"', "")
        self._types = self._target_types()
        self._pairs: dict[str, str] = {}  # columns of the source by those of the target
        self._key = [self._column(name) for name in self._sync.key]
        self._keyless = self._sync.ignore_nulls in {"all", "identified by"}
        self._values = self._sync.ignore_nulls in {"all", "values"}
        self._source = self._operations = ""
        self.notices: list[str] = []
        self.rejected: list[tuple[int, dict[str, Any], str]] = []

    def run(self) -> dict[str, int]:
        """Do it; return how many rows are in each state."""
        self._pair()
        inserted, updated = self._written("insert"), self._written("update")
        self._stage()
        self._refuse_repeats()
        self._decide(updated)
        self._limit()
        counts = self._counts()
        if self._sync.errors is not None and counts["rejected"] > self._sync.errors:
            self.notices.append(f"stopped after {self._sync.errors:,} errors: nothing was written")
            return {**counts, "skipped": counts["skipped"] + counts["done"], "done": 0}
        if counts["done"]:
            with self._transaction():
                self._write(inserted, updated)
        return counts

    def _target_types(self) -> dict[str, str]:
        """Return the types of the target's columns by name.

        Raises: ProgrammingError where it is not there, or nothing that can be written.
        """
        engine = self._session.engine
        names = engine.columns(self._target)
        if names is None:
            raise ProgrammingError(
                f"there is no table {self.name} to synchronize: CREATE TABLE {self.name} (…) first"
            )
        if "rowid" in {name.casefold() for name in names}:
            raise NotSupportedError(f"{self.name} has a column rowid, by which DuckDB finds rows")
        if engine.columns(f"(SELECT rowid FROM {self._target})") is None:
            raise ProgrammingError(f"{self.name} is a view: only a table can be synchronized")
        return dict(row[:2] for row in engine.query(f"DESCRIBE SELECT * FROM {self._target}"))

    def _column(self, name: str) -> str:
        """Return a column of the target in the target's spelling."""
        for one in self._types:
            if one.casefold() == name.casefold():
                return one
        hint = did_you_mean(name, list(self._types))
        raise ProgrammingError(f"{self.name} has no column {name!r}. {hint}")

    def _pair(self) -> None:
        """Pair the columns of both sides by name."""
        names = source_columns(self._session, self._prepared, self._sync)
        known = {name.casefold(): name for name in self._types}
        for name in names:
            if name.casefold() in known:
                self._pairs.setdefault(known[name.casefold()], name)
        for name in self._key:
            if name not in self._pairs:
                raise ProgrammingError(
                    f"the source {self._sync.source_name} has no column {name}, which "
                    f"IDENTIFIED BY names. {did_you_mean(name, names)}"
                )
        alone = [name for name in names if name.casefold() not in known]
        self.notices += unpaired(alone, self.name, self._sync)

    def _written(self, verb: str) -> list[str]:
        """Return the columns that a step writes; a key is never updated, and always inserted."""
        step = self._sync.step(verb) or Step(verb)
        for name in (*step.columns, *step.excluded):
            if self._column(name) not in self._pairs:
                raise ProgrammingError(f"the source {self._sync.source_name} has no column {name}")
        chosen = [self._column(name) for name in step.columns] or list(self._pairs)
        without = {self._column(name) for name in step.excluded}
        chosen = [name for name in chosen if name not in without]
        if verb == "update":
            return [name for name in chosen if name not in self._key]
        return list(dict.fromkeys([*self._key, *chosen]))

    def _stage(self) -> None:
        """Bring the source's rows into the types of the target's columns."""
        engine, prepared = self._session.engine, self._prepared
        self._source = engine.stage_typed("source", [("number", "BIGINT")])
        # Made from the target itself, its columns keep their collations.
        engine.run(
            f'CREATE OR REPLACE TABLE {self._source} AS SELECT 0::BIGINT AS "row number", '
            f'NULL::VARCHAR AS "row problem", {listed(self._pairs)} FROM {self._target} LIMIT 0'
        )
        values, problems = [], []
        for name, own in self._pairs.items():
            value, kind = f"source.{quote(own)}", self._types[name]
            values.append(f"TRY_CAST({value} AS {kind})")
            problems.append(
                f"CASE WHEN {value} IS NOT NULL AND TRY_CAST({value} AS {kind}) IS NULL THEN "
                f"{literal(f'{name}: ')} || {value}::VARCHAR || {literal(f' is no {kind}')} END"
            )
        parts = f"row_number() OVER (), COALESCE({', '.join(problems)}), {', '.join(values)}"
        if self._sync.where:  # it may ask for remote tables
            scope = f"SELECT 1 FROM {self._sync.target_name} WHERE {self._sync.where}"
            prepared.stage(prepared.plan(scope))
        marked = f"SELECT {parts} FROM {self._sync.source} AS source"
        plan = prepared.plan(marked)
        prepared.stage(plan)
        self.notices += [*plan.notices, *prepared.staging.notices]
        # The plan may spell columns otherwise: what is run is the text that was planned.
        text = prepared.staging.text(marked)
        with engine.careful(text):
            self._run(f"INSERT INTO {self._source} {text}")

    def _run(self, text: str) -> list[tuple[Any, ...]]:
        return self._prepared.staging.run(text)

    @property
    def _there(self) -> str:
        """The target's rows within the scope."""
        where = f" WHERE {self._sync.where}" if self._sync.where else ""
        return f'(SELECT rowid AS "row id", * FROM {self._target}{where})'

    def _same_key(self) -> str:
        keys = (quote(name) for name in self._key)
        return " AND ".join(f"came.{key} IS NOT DISTINCT FROM there.{key}" for key in keys)

    def _keyed(self, side: str) -> str:
        """Return the condition that a row of a side has a key to be paired by."""
        if not self._keyless:
            return "true"
        keys = ", ".join(f"{side}.{quote(name)}::VARCHAR" for name in self._key)
        return f"COALESCE({keys}) IS NOT NULL"

    def _refuse_repeats(self) -> None:
        """Raise where a key occurs twice on a side, of the target only where it matters."""
        sound = f'came."row problem" IS NULL AND {self._keyed("came")}'
        self._refuse("source", "came", f"{self._source} AS came WHERE {sound}")
        there = f"{self._there} AS there WHERE {self._keyed('there')}"
        if self._sync.step("delete") is None:
            there += f" AND EXISTS (FROM {self._source} AS came WHERE {self._same_key()})"
        self._refuse("target", "there", there)

    def _refuse(self, side: str, alias: str, rows: str) -> None:
        keys = listed(self._key, f"{alias}.")
        query = f"SELECT {keys} FROM {rows} GROUP BY {keys} HAVING count(*) > 1"
        found = self._run(query)
        repeated(self._key, side, len(found), found[:3])

    def _decide(self, updated: Sequence[str]) -> None:
        """Write down what becomes of each row of both sides."""
        insert, update, delete = (self._sync.step(v) for v in ("insert", "update", "delete"))
        differs = "false" if update is None else self._differs(updated)
        verb = (
            f'CASE WHEN came."row number" IS NULL THEN {step_of(delete)} '
            f"WHEN came.\"row problem\" IS NOT NULL THEN 'rejected' "
            f"WHEN NOT {self._keyed('came')} THEN 'unchanged' "
            f"WHEN there.\"row id\" IS NULL AND {self._beyond()} THEN 'unchanged' "
            f'WHEN there."row id" IS NULL THEN {step_of(insert)} '
            f"WHEN {differs} THEN 'update' ELSE 'unchanged' END"
        )
        join = "LEFT" if delete is None else "FULL"
        self._operations = self._session.engine.stage_typed("operations", [("number", "BIGINT")])
        came = f"(SELECT * FROM {self._source} AS came WHERE {self._keyed('came')})"
        there = f"(SELECT * FROM {self._there} AS there WHERE {self._keyed('there')})"
        ours = f'came."row number" AS "row number", there."row id" AS "row id", {verb} AS verb'
        alone = (
            f'SELECT came."row number", NULL, '
            f"CASE WHEN came.\"row problem\" IS NULL THEN 'unchanged' ELSE 'rejected' END "
            f"FROM {self._source} AS came WHERE NOT ({self._keyed('came')})"
        )
        text = (
            f"SELECT {ours} FROM {came} AS came {join} JOIN {there} AS there "
            f"ON {self._same_key()} UNION ALL {alone}"
        )
        self._run(
            f"CREATE OR REPLACE TABLE {self._operations} AS SELECT *, row_number() OVER "
            f'(PARTITION BY verb ORDER BY "row number", "row id") AS place FROM ({text})'
        )

    def _beyond(self) -> str:
        """Return the condition that a row is there already, but outside the scope."""
        if not self._sync.where:
            return "false"
        return f"EXISTS (FROM {self._target} AS there WHERE {self._same_key()})"

    def _differs(self, updated: Sequence[str]) -> str:
        """Return the condition that a row is to be updated."""
        idle = {self._column(name) for name in self._sync.ignore_changes}
        parts = [
            f"(came.{quote(name)} IS DISTINCT FROM there.{quote(name)}"
            + (f" AND came.{quote(name)} IS NOT NULL)" if self._values else ")")
            for name in updated
            if name not in idle
        ]
        return f"({' OR '.join(parts)})" if parts else "false"

    def _by_verb(self) -> dict[str, int]:
        return dict(self._run(f"SELECT verb, count(*) FROM {self._operations} GROUP BY verb"))

    def _limit(self) -> None:
        """Apply EXIT and ERROR AFTER n ROWS."""
        counts = self._by_verb()
        for step in self._sync.steps:
            notice = past_limit(step, counts.get(step.verb, 0))
            if notice:
                self.notices.append(notice)
                self._run(
                    f"UPDATE {self._operations} SET verb = 'skipped' "
                    f"WHERE verb = '{step.verb}' AND place > {step.limit}"
                )

    def _counts(self) -> dict[str, int]:
        """Return how many rows are in each state, and note the first that are rejected."""
        counts = dict.fromkeys(("done", "unchanged", "rejected", "skipped"), 0)
        for verb, number in self._by_verb().items():
            counts[verb if verb in counts else "done"] += number
        if counts["rejected"]:
            self.rejected = [
                (number, dict(zip(self._key, key, strict=True)), problem)
                for number, problem, *key in self._run(
                    f'SELECT "row number", "row problem", {listed(self._key)} FROM {self._source} '
                    f'WHERE "row problem" IS NOT NULL ORDER BY 1 LIMIT {SHOWN}'
                )
            ]
        return counts

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do all of it or nothing; where the user has a transaction open, that one decides."""
        engine = self._session.engine
        if self._session.in_transaction:
            yield
            return
        engine.run("BEGIN")
        try:
            yield
        except BaseException:
            engine.run("ROLLBACK")
            raise
        engine.run("COMMIT")

    def _write(self, inserted: Sequence[str], updated: Sequence[str]) -> None:
        """Delete, update and insert what is written down."""
        ops = self._operations
        self._run(
            f"DELETE FROM {self._target} WHERE rowid IN "
            f"(SELECT \"row id\" FROM {ops} WHERE verb = 'delete')"
        )
        rows = f'{ops} AS o JOIN {self._source} AS came ON o."row number" = came."row number"'
        if updated:
            sets = ", ".join(self._assigned(quote(name)) for name in updated)
            self._run(
                f"UPDATE {self._target} AS there SET {sets} FROM (SELECT * FROM {rows} "
                "WHERE o.verb = 'update') AS came WHERE there.rowid = came.\"row id\""
            )
        self._run(
            f"INSERT INTO {self._target} ({listed(inserted)}) "
            f"SELECT {listed(inserted, 'came.')} FROM {rows} "
            "WHERE o.verb = 'insert' ORDER BY o.\"row number\""
        )

    def _assigned(self, name: str) -> str:
        value = f"COALESCE(came.{name}, there.{name})" if self._values else f"came.{name}"
        return f"{name} = {value}"
