"""Checks of writes: the second run is empty, a plan writes nothing, undo restores."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from sqlcrm.conformance.ways import ask, literal, sampled
from sqlcrm.execution.engine import quote
from sqlcrm.sandbox import Running
from sqlcrm.sdk import Connector, Table, Type
from sqlcrm.session.api import Connection

Rows = Sequence[tuple[Any, ...]]

BACK = {"insert": "delete", "update": "update", "delete": "insert"}
"""The write that takes another one back."""


class Repeating:
    """The part of the kit that writes sample rows. `samples` are the connector's."""

    connector: ClassVar[Connector]
    samples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    lost: ClassVar[Mapping[str, str]] = {}

    def value(self, db: Connection, value: Any) -> Any:
        """Return a value of a sample; `{table.column}` stands for one of a row that exists."""
        return sampled(db, value)

    def _sampled(self, crm: Running, db: Connection) -> Iterator[tuple[Table, dict[str, Any]]]:
        """Yield each table with its sample, on a sandbox as it was at first."""
        for name, row in self.samples.items():
            ask(crm, "reset", {})
            table = next(table for table in self.connector.tables if table.name == name)
            values = {column: self.value(db, value) for column, value in row.items()}
            db.execute(f"CREATE OR REPLACE TABLE sample AS SELECT {_selected(values)}")
            yield table, values

    def test_a_second_run_writes_nothing(self, crm: Running, db: Connection) -> None:
        """INSERT, DO UPDATE, UPDATE and SYNCHRONIZE: once more, and all is as it should be."""
        for table, row in self._sampled(crm, db):
            for text in (*_inserts(table, row), *_updates(table, row)):
                assert db.execute(text).report is not None
                since = len(_writes(crm))
                report = db.execute(text).report
                assert report is not None
                assert set(report.counts) == {"unchanged"}, (text, report.lines())
                assert _writes(crm)[since:] == [], text

    def test_a_plan_writes_nothing(self, crm: Running, db: Connection) -> None:
        """Nor do PLAN and EXPLAIN, whatever the statement is."""
        listed = next(t for t in self.connector.tables if any(not r.by for r in t.reads))
        for table, row in self._sampled(crm, db):
            # After a first call: links in the state may lead to where the last one came in.
            db.execute(f"SELECT * FROM {listed.name}@crm").fetchall()
            state = ask(crm, "state")
            for text in (*_inserts(table, row), *_updates(table), *_deletes(table)):
                assert db.plan(text).operations, text
                for verb in ("PLAN", "EXPLAIN"):
                    db.execute(f"{verb} {text}").fetchall()
            assert _writes(crm) == []
            assert ask(crm, "state") == state

    def test_undo_restores_what_was(self, crm: Running, db: Connection) -> None:
        """An INSERT, UPDATE or DELETE taken back leaves the rows that were, by their values.

        A row made again may have another id. Of an INSERT or UPDATE that undo leaves traces of, the
        declaration says so in words, and the words are believed.
        """
        for table, row in self._sampled(crm, db):
            done = {
                "insert": _inserts(table, row)[:1],
                "update": _updates(table),
                "delete": _deletes(table),
            }
            for verb, texts in done.items():
                write, back = table.carrier(verb), table.carrier(BACK[verb])
                stays = table.name in self.lost if verb == "delete" else write and write.undo
                restores = write is not None and not stays
                for text in texts if back is not None and restores else ():
                    self._undone(db, table, text)

    def _undone(self, db: Connection, table: Table, text: str) -> None:
        names = [quote(c.name) for c in table.columns if not c.readonly]
        query = f"SELECT {', '.join(names)} FROM {table.name}@crm"
        was = bag(db.execute(query).fetchall())
        report = db.execute(text).report
        assert report is not None
        assert dict(report.counts) == {"done": 1}, (text, report.lines())
        assert bag(db.execute(query).fetchall()) != was, text
        db.undo(report.run).apply()
        assert bag(db.execute(query).fetchall()) == was, text


def _inserts(table: Table, row: Mapping[str, Any]) -> list[str]:
    """Return the statements that make a sample, which lies in the table `sample`."""
    if not table.natural_key or table.carrier("insert") is None:
        return []
    names = ", ".join(map(quote, row))
    keys = ", ".join(map(quote, table.natural_key))
    text = f"INSERT INTO {table.name}@crm ({names}) SELECT {names} FROM sample"
    found = [text, f"{text} ON CONFLICT ({keys}) DO NOTHING"]
    if set(table.natural_key) <= set(row):
        steps = "INSERT"
        write = table.carrier("update")
        others = set(row) - set(table.natural_key)
        if write is not None and others and (not write.columns or others <= set(write.columns)):
            found.append(f"{text} ON CONFLICT ({keys}) DO UPDATE")
            steps = "INSERT OR UPDATE"
        found.append(f"SYNCHRONIZE sample TO {table.name}@crm WITH {steps} IDENTIFIED BY {keys}")
    return found


def _updates(table: Table, row: Mapping[str, Any] | None = None) -> list[str]:
    """Return an UPDATE of one row, of a text that may be anything; none where there is none."""
    write = table.carrier("update")
    if write is None or not table.key:
        return []
    for column in table.columns:
        plain = column.type is Type.TEXT and not (column.choices or column.check or column.readonly)
        can = not write.columns or column.name in write.columns
        if plain and can and column.name not in {*table.natural_key, *(row or ())}:
            change = f"{quote(column.name)} = 'Conformance'"
            return [f"UPDATE {table.name}@crm SET {change} WHERE {_last(table)}"]
    return []


def _deletes(table: Table) -> list[str]:
    """Return a DELETE of one row."""
    if table.carrier("delete") is None or not table.key:
        return []
    return [f"DELETE FROM {table.name}@crm WHERE {_last(table)}"]


def _last(table: Table) -> str:
    """Return a condition that one row fulfils."""
    key = quote(table.key[0])
    return f"{key} = (SELECT max({key}) FROM {table.name}@crm)"


def _selected(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{literal(value)} AS {quote(name)}" for name, value in values.items())


def _writes(crm: Running) -> list[str]:
    """Return the calls since the sandbox was reset that were no reads."""
    return [f"{c['method']} {c['path']}" for c in ask(crm, "calls") if c["method"] != "GET"]


def bag(rows: Rows) -> Counter[str]:
    """Return rows such that equal ones are equal, in any order."""
    return Counter(repr(tuple(_still(value) for value in row)) for row in rows)


def _still(value: Any) -> Any:
    return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
