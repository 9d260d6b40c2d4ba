"""One table that declares a Consent, its sandbox, and the sessions of a check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.conformance.people import Member, Roll, Subscribers, invented
from sqlcrm.conformance.roll import called
from sqlcrm.conformance.ways import PATHS, ask, literal, sampled
from sqlcrm.execution.engine import quote
from sqlcrm.sandbox import Running
from sqlcrm.sdk import Connector, Consent, Need, Table, dig
from sqlcrm.session.api import Connection, connect


class Bench:
    """One table that declares a Consent, on a sandbox, with sessions as a check wants them.

    sample: a row of the table that could be inserted. collections: by table, the name under which
    the sandbox's state has its rows, where it is not the one that replies have. rolls: by table,
    who is there after a reset, as far as it is known by now.
    """

    def __init__(
        self,
        connector: Connector,
        table: Table,
        crm: Running,
        folder: Path,
        sample: Mapping[str, Any],
        collections: Mapping[str, str],
        rolls: dict[str, Roll],
    ) -> None:
        assert table.consent is not None, f"{table.name} declares no Consent"
        self.connector = connector
        self.table = table
        self.crm = crm
        self.consent: Consent = table.consent
        self.yes = self.consent.subscribed[0]
        self.folder = folder
        self._sample = sample
        self._extra: dict[str, Any] = {}
        self._collections = collections
        self._open = ExitStack()
        self._outside: Connection | None = None
        self._rolls = rolls
        self._made = 0

    def __enter__(self) -> Bench:
        ask(self.crm, "reset", {})
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def session(self, state: str = "ours", **policy: Any) -> Connection:
        """Open a session; those of one state folder share a memory."""
        settings = {**self.crm.settings, "rate_limit": "off", **policy}
        return self._open.enter_context(connect(crm=settings, state=self.folder / state, yes=True))

    @property
    def outside(self) -> Connection:
        """Somebody else, of whose doings our sessions learn from the CRM alone."""
        if self._outside is None:
            self._outside = self.session("outside")
        return self._outside

    @property
    def need(self) -> Need | None:
        """Where the person is named: in another table, None for this one."""
        return self.consent.person if isinstance(self.consent.person, Need) else None

    @property
    def people(self) -> Table:
        """The table whose rows are the persons."""
        named = self.need.table if self.need else self.table.name
        return next(table for table in self.connector.tables if table.name == named)

    @property
    def address(self) -> str:
        """The column of `people` that holds the address."""
        return self.need.value if self.need else str(self.consent.person)

    @property
    def who(self) -> str:
        """The column of the table that names the person."""
        return self.need.by if self.need else str(self.consent.person)

    @property
    def deletes_people(self) -> bool:
        """Whether persons can be deleted, and be made again."""
        return all(self.people.carrier(verb) is not None for verb in ("delete", "insert"))

    def can(self, path: str) -> bool:
        """Whether the table has the writes that a way to subscribe needs."""
        carriers = [self.table.carrier(verb) for verb in PATHS[path][1]]
        return all(c and (not c.columns or self.consent.column in c.columns) for c in carriers)

    @property
    def first(self) -> Sequence[Member] | None:
        """For whom a statement that subscribes new people carries an opt-in, None for all."""
        return None if self.consent.unseen else ()

    def must(self, path: str) -> None:
        """Skip a check of what the API cannot do."""
        if not self.can(path):
            pytest.skip(f"{self.table.name} cannot be written by {path}")

    @property
    def roll(self) -> Roll:
        """Who is subscribed, who is not, and who was never asked."""
        if self.table.name not in self._rolls:
            self._rolls[self.table.name] = called(self)
        return self._rolls[self.table.name]

    @property
    def scoped(self) -> list[str]:
        """The columns that name a row beside the person: what its status is about, and more."""
        named = dict.fromkeys((self.consent.scope, *self.table.natural_key))
        return [name for name in named if name not in {"", self.who, *self.table.optional}]

    def rows(self, *tables: Table) -> list[Sequence[Mapping[str, Any]]]:
        """Return the sandbox's own rows of tables."""
        state = ask(self.crm, "state")
        reads = [
            next(r for r in table.reads if not r.by or (r.over and not r.within))
            for table in tables
        ]
        names = [read.at.rsplit(".", maxsplit=1)[-1] for read in reads]
        return [
            table.within(state[self._collections.get(table.name) or name])
            for table, name in zip(tables, names, strict=True)
        ]

    def writes(self) -> list[str]:
        """Return the calls since the reset that were no reads."""
        calls = ask(self.crm, "calls")
        return [f"{c['method']} {c['path']}" for c in calls if c["method"] != "GET"]

    def subscribers(self) -> Subscribers:
        """Return who is subscribed by the sandbox's own state."""
        rows, people = self.rows(self.table, self.people)
        names: dict[str, str] = {}
        if self.need:
            key, value = (_path(self.people, n) for n in (self.people.key[0], self.address))
            names = {str(dig(row, key)): str(dig(row, value)) for row in people}
        column = self.table.column(self.consent.column)
        found = set()
        for row in rows:
            status = dig(row, column.path) if column else None
            status = column.from_wire(status) if column and column.from_wire else status
            if str(status) in {str(each) for each in self.consent.subscribed}:
                who = str(dig(row, _path(self.table, self.who)))
                about = [str(dig(row, _path(self.table, name))) for name in self.scoped]
                found.add((names.get(who, who).casefold(), "".join(about)))
        return frozenset(found)

    def named(self, members: Iterable[Member]) -> Subscribers:
        """Return members as subscribers are named."""
        return frozenset(
            (m.address.strip().casefold(), "".join(str(m.key[name]) for name in self.scoped))
            for m in members
        )

    @property
    def extra(self) -> dict[str, Any]:
        """Return what a new row must have beside its key and status."""
        needed = {c.name for c in self.table.columns if c.required}
        own = {self.who, *self.scoped, self.consent.column}
        for name in needed & self._sample.keys() - own - self._extra.keys():
            self._extra[name] = sampled(self.outside, self._sample[name])
        return self._extra

    def want(
        self, db: Connection, members: Sequence[Member], *status: Any, kind: str = ""
    ) -> list[str]:
        """Put rows into the table `wanted`; return the names of its columns.

        status: the one that all get; the table has no such column without one.
        """
        given = [self.consent.column] if status else []
        names = [*members[0].key, *self.extra, *given]
        rows = [[*m.key.values(), *({**self.extra, **m.extra}).values(), *status] for m in members]
        marks = ", ".join(f"({', '.join('?' for _ in names)})" for _ in rows)
        parts = ", ".join(
            f"CAST({quote(n)} AS {kind}) AS {quote(n)}" if kind and n in given else quote(n)
            for n in names
        )
        held = ", ".join(quote(name) for name in names)
        db.execute(
            f"CREATE OR REPLACE TABLE wanted AS SELECT {parts} FROM (VALUES {marks}) AS v({held})",
            [value for row in rows for value in row],
        )
        return names

    def subscribe(
        self, db: Connection, path: str, members: Sequence[Member], *status: Any, **more: Any
    ) -> Any:
        """Write a status for members by one of PATHS; return the report."""
        return db.execute(self.statement(db, path, members, *status, **more)).report

    def statement(
        self,
        db: Connection,
        path: str,
        members: Sequence[Member],
        *status: Any,
        meant: Sequence[Member] | None = (),
        kind: str = "",
    ) -> str:
        """Return the statement that writes a status for members, its rows being in `wanted`.

        meant: for whom the statement carries an opt-in, None for everybody.
        """
        self.must(path)
        names = self.want(db, members, *status, kind=kind)
        template, _, source = PATHS[path]
        keys = list(members[0].key)
        others = [name for name in names if name not in keys]
        tail = ""
        if meant is None:
            tail = " WITH OPT IN"
        elif meant:
            tail = f" WITH OPT IN WHERE {source}.{quote(self.who)} IN ({self.keys(meant)})"
        text = template.format(
            table=f"{self.table.name}@crm",
            names=", ".join(map(quote, names)),
            values=", ".join(f"w.{quote(name)}" for name in names),
            keys=", ".join(map(quote, keys)),
            on=" AND ".join(f"t.{quote(k)} = w.{quote(k)}" for k in keys),
            sets=", ".join(f"{quote(n)} = w.{quote(n)}" for n in others),
            status=quote(self.consent.column),
        )
        return text + tail

    def keys(self, members: Iterable[Member]) -> str:
        """Return what names the persons in the table, as it may stand in IN (…)."""
        return ", ".join(literal(m.key[self.who]) for m in members)

    def import_people(self, db: Connection, addresses: Sequence[str]) -> None:
        """Make persons, where they have a table of their own."""
        if self.need is None:
            return
        marks = ", ".join("(?)" for _ in addresses)
        text = f"INSERT INTO {self.people.name}@crm ({quote(self.address)}) VALUES {marks}"
        db.execute(text, list(addresses))

    def delete_people(self, db: Connection, members: Sequence[Member]) -> None:
        """Delete persons."""
        db.execute(self.deletion(members))

    def deletion(self, members: Sequence[Member]) -> str:
        """Return the statement that deletes persons."""
        name = self.people.key[0] if self.need else self.who
        return f"DELETE FROM {self.people.name}@crm WHERE {quote(name)} IN ({self.keys(members)})"

    def come_back(self, db: Connection, members: Sequence[Member]) -> list[Member]:
        """Import persons anew, each address in another spelling; return who they are now."""
        spelled = [f" {m.address.upper()} " for m in members]
        if self.need is None:
            return [
                replace(m, key={**m.key, self.who: s})
                for m, s in zip(members, spelled, strict=True)
            ]
        self.import_people(db, spelled)
        key, address = quote(self.people.key[0]), quote(self.address)
        marks = ", ".join("?" for _ in members)
        text = f"SELECT {address}, {key} FROM {self.people.name}@crm WHERE {address} IN ({marks})"
        rows = self.outside.execute(text, [m.address for m in members]).fetchall()
        ids = {str(a).strip().casefold(): key for a, key in rows}
        return [replace(m, key={**m.key, self.who: ids[m.address.casefold()]}) for m in members]

    def fresh(self) -> str:
        """Return an address that nobody has."""
        self._made += 1
        return invented(self.people.column(self.address), "conformance", self._made)


def _path(table: Table, name: str) -> str:
    column = table.column(name)
    assert column is not None, f"{table.name} has no column {name}"
    return column.path
