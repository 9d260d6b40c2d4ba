"""Checks of a connector against its sandbox, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from sqlcrm.conformance.bench import Bench
from sqlcrm.conformance.consent import CHECKS
from sqlcrm.conformance.people import Roll
from sqlcrm.conformance.repeating import Repeating, bag
from sqlcrm.conformance.ways import ask
from sqlcrm.errors import Error
from sqlcrm.sandbox import Options, Running, Sandbox, serve
from sqlcrm.sdk import Connector, Filter, Table, validate
from sqlcrm.session.api import Connection, connect

SUBSCRIPTION = re.compile(
    r"(^|_)(status|(un)?subscri\w*|opt(ed|s)?(_?(in|out)\w*)?|consents?|bounced?|mailings?"
    r"|marketing|newsletters?|suppress\w*|do_not\w*|dn[cd]|black_?list\w*|blocked)($|_)"
)
"""Names of columns that might say whether a person is written to."""


class Conformance(Repeating):
    """Subclass it with a connector and its sandbox.

    samples: by table, a row that can be inserted; placeholders `{contacts.id}` stand for a value
    of an existing row. people: how many people the sandbox holds.
    skip: tables that cannot be listed whole although a read says so, each with the reason.
    no_consent: "table.column" of columns that can be written, are named like a subscription and are
    none, each with the reason. A table that has one declares a `Consent`, and is then tested for
    every way in which a person could be subscribed who said no; `people` should be enough for a
    dozen who did and two dozen who never were asked. collections: by table, the name of its rows in
    the sandbox's state, where it is not that which replies have. apart: tables that declare a
    Consent and cannot be listed, so that this kit cannot see who is subscribed there; each with the
    test of yours that sees to it. lost: tables of which the API cannot make all deleted rows again,
    each with the reason.
    """

    connector: ClassVar[Connector]
    sandbox: ClassVar[Sandbox]
    samples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    people: ClassVar[int] = 250
    skip: ClassVar[Mapping[str, str]] = {}
    no_consent: ClassVar[Mapping[str, str]] = {}
    collections: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Mapping[str, str]] = {}
    lost: ClassVar[Mapping[str, str]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Let each table that declares a Consent pass every check."""
        if "subscription" in metafunc.fixturenames:
            tables = [t for t in self.connector.tables if t.consent and t.name not in self.apart]
            found = [(t, name) for t in tables for name in CHECKS]
            names = [f"{table.name}: {name}" for table, name in found]
            metafunc.parametrize("subscription", found, ids=names)

    @pytest.fixture(scope="class")
    @classmethod
    def crm(cls) -> Iterator[Running]:
        """Serve the sandbox without limits."""
        with serve([cls.sandbox], Options(people=cls.people, limits="off")) as running:
            yield running[0]

    @pytest.fixture(autouse=True)
    def unhurried(self) -> Iterator[None]:
        """Let no wait take any time: a sandbox shows at once what was written."""
        from sqlcrm.transport import testing

        with testing():
            yield

    @pytest.fixture
    def db(self, crm: Running, tmp_path: Any) -> Iterator[Connection]:
        """Open a session on the sandbox with a journal of its own."""
        with self._open(crm, tmp_path) as connection:
            yield connection

    @pytest.fixture(scope="class")
    @classmethod
    def rolls(cls) -> dict[str, Roll]:
        """Keep who is there after a reset, by table."""
        return {}

    def _open(self, crm: Running, state: Any, **more: Any) -> Connection:
        settings = {**crm.settings, "rate_limit": "off", **more}
        return connect(crm=settings, state=state, yes=True)

    def _listed(self) -> list[Table]:
        return [
            table
            for table in self.connector.tables
            if table.name not in self.skip
            and any(not read.by or read.over is not None for read in table.reads)
        ]

    def test_the_declaration_is_valid(self) -> None:
        """No mistake in tables, keys, reads and writes; limits are declared."""
        validate(self.connector)
        assert self.connector.source, "say where the facts come from, and when they were read"

    def test_every_table_is_documented(self) -> None:
        """Each table says what it is and shows one statement."""
        bare = [t.name for t in self.connector.tables if not (t.doc and t.example)]
        assert bare == []

    def test_every_table_reads_into_its_declared_columns(self, db: Connection) -> None:
        """SELECT * of each table that can be listed gives rows with unique keys."""
        for table in self._listed():
            key = ", ".join(f'"{name}"' for name in table.key)
            assert db.execute(f"SELECT * FROM {table.name}@crm").description
            twice = f"SELECT {key} FROM {table.name}@crm GROUP BY ALL HAVING count(*) > 1"
            if table.key:
                assert db.execute(twice).fetchall() == [], table.name

    def test_a_filter_never_loses_a_row(self, db: Connection) -> None:
        """What the API filters, checked again, equals the same condition on a full copy."""
        for table in self._listed():
            db.execute(f"CREATE OR REPLACE TABLE full_copy AS SELECT * FROM {table.name}@crm")
            for read in table.reads:
                for condition in read.filters if not read.by else ():
                    self._same_rows(db, table, condition)

    def _same_rows(self, db: Connection, table: Table, condition: Filter) -> None:
        name = f'"{condition.column}"'
        query = f"SELECT DISTINCT {name} FROM full_copy WHERE {name} IS NOT NULL ORDER BY 1"
        values = [row[0] for row in db.execute(query).fetchall()]
        for value in _some(values):
            where, bind = _condition(name, condition.op, value)
            found = db.execute(f"SELECT * FROM {table.name}@crm WHERE {where}", [bind]).fetchall()
            full = db.execute(f"SELECT * FROM full_copy WHERE {where}", [bind]).fetchall()
            assert bag(found) == bag(full), (table.name, where, bind)

    def test_a_lookup_equals_a_scan(self, db: Connection) -> None:
        """Each key lookup gives what the same condition gives on a full copy."""
        for table in self._listed():
            db.execute(f"CREATE OR REPLACE TABLE full_copy AS SELECT * FROM {table.name}@crm")
            for by in dict.fromkeys(read.by for read in table.reads if read.by):
                distinct = f'SELECT DISTINCT "{by}" FROM full_copy WHERE "{by}" IS NOT NULL'
                values = [row[0] for row in db.execute(f"{distinct} ORDER BY 1").fetchall()]
                for value in _some(values):
                    where = f'"{by}" = ?'
                    query = f"SELECT * FROM {table.name}@crm WHERE {where}"
                    found = db.execute(query, [value]).fetchall()
                    full = db.execute(f"SELECT * FROM full_copy WHERE {where}", [value]).fetchall()
                    assert bag(found) == bag(full), (table.name, by, value)

    def test_an_insert_cannot_double(self, db: Connection) -> None:
        """A sample row inserted twice is done once and unchanged once."""
        for name, row in self.samples.items():
            values = [self.value(db, value) for value in row.values()]
            columns, marks = ", ".join(row), ", ".join("?" for _ in row)
            insert = f"INSERT INTO {name}@crm ({columns}) SELECT {marks}"
            first, second = (db.execute(insert, values).report for _ in range(2))
            assert first is not None, name
            assert second is not None, name
            assert dict(first.counts) == {"done": 1}, (name, first.lines())
            assert dict(second.counts) == {"unchanged": 1}, (name, second.lines())

    def test_nobody_is_subscribed_who_did_not_ask_for_it(
        self, crm: Running, tmp_path: Any, subscription: tuple[Table, str], rolls: dict[str, Roll]
    ) -> None:
        """Every way in which a subscription could rise, judged by the sandbox's own state."""
        from sqlcrm.transport import testing

        table, name = subscription
        sample = self.samples.get(table.name, {})
        with (
            testing(),
            Bench(self.connector, table, crm, tmp_path, sample, self.collections, rolls) as bench,
        ):
            CHECKS[name](bench)

    def test_what_is_named_like_a_subscription_is_one_or_has_a_reason(self) -> None:
        """A writable column that sounds like one has a Consent, or stands in no_consent."""
        found = {
            f"{table.name}.{column.name}"
            for table in self.connector.tables
            for column in table.columns
            if {write.verb for write in table.writes} - {"delete"} and not column.readonly
            if SUBSCRIPTION.search(column.name)
            if table.consent is None or table.consent.column != column.name
        }
        assert found == set(self.no_consent)
        assert all(self.no_consent.values()), "say why it is none"

    def test_a_secret_never_shows(self, crm: Running, tmp_path: Any) -> None:
        """A refused secret stands in no error, no report and no representation."""
        canary = "canary-8d1f0c7e-secret"
        secrets = {s.name: canary for s in self.connector.settings if s.secret}
        assert secrets, "a connector has a secret"
        with self._open(crm, tmp_path, **secrets) as db, pytest.raises(Error) as caught:
            db.execute(f"SELECT * FROM {self._listed()[0].name}@crm")
        assert canary not in f"{caught.value!s} {caught.value!r} {db!r} {db.__dict__!r}"

    @pytest.mark.parametrize("fault", ["truncated", "html-error", "500", "lost-reply"])
    def test_a_fault_gives_the_right_rows_or_an_error(
        self, crm: Running, tmp_path: Any, fault: str
    ) -> None:
        """Never fewer rows with success, whatever breaks on the way."""
        from sqlcrm.transport import testing

        table = self._listed()[0].name
        with testing(), self._open(crm, tmp_path) as db:
            right = db.execute(f"SELECT * FROM {table}@crm").fetchall()
            ask(crm, "faults", {"name": fault, "share": 0.3})
            try:
                found = db.execute(f"SELECT * FROM {table}@crm").fetchall()
            except Error:
                return
            finally:
                ask(crm, "faults", {})
            assert bag(found) == bag(right)


def _some(values: list[Any]) -> list[Any]:
    """Return the first, a middle and the last of some values."""
    picked = [values[0], values[len(values) // 2], values[-1]] if values else []
    return list(dict.fromkeys(picked))


def _condition(name: str, op: str, value: Any) -> tuple[str, Any]:
    """Return a condition that uses a declared filter, and its bind."""
    if op == "contains":
        return f"{name} LIKE ?", f"%{_plain(value)[1:4] or _plain(value)}%"
    if op == "prefix":
        return f"{name} LIKE ?", f"{_plain(value)[:3]}%"
    return f"{name} {op} ?", value


def _plain(value: Any) -> str:
    text = str(value)
    return "".join(c for c in text if c not in "%_\\")
