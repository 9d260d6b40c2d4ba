"""The memory of who opted out: kept when a person is deleted, looked at when one is new.

A person is remembered by two names: the id that the CRM gives, and the address, which outlives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlcrm.errors import Error
from sqlcrm.execution.engine import quote
from sqlcrm.execution.staging import Staged
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Connector, Consent, Need, Table
from sqlcrm.session.lookups import Lookups, parts_of
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.state import Session
from sqlcrm.writing.consent import gains_person
from sqlcrm.writing.rows import Row

Seen = tuple[str, str, str]
"""Who opted out: the person's name, of what, in which status."""


def by_id(need: Need, key: Any) -> str:
    """Return the name of a person by the CRM's own id."""
    return f"{need.table} {key}"


def addresses(connector: Connector, table: Table) -> set[str]:
    """Return the columns of a table by which persons are named for good."""
    found = set()
    for other in connector.tables:
        person = other.consent.person if other.consent is not None else ""
        if isinstance(person, Need) and person.table == table.name:
            found.add(person.value)
        elif person and other.name == table.name:
            found.add(str(person))
    return found


def scope_of(consent: Consent, row: Mapping[str, Any]) -> str:
    """Return what a row's status is about, "" for everything."""
    return str(row.get(consent.scope, "")) if consent.scope else ""


def remember_reads(session: Session, prepared: Prepared) -> None:
    """Remember the opt-outs among the rows that a statement has read."""
    for staged in list(prepared.staging.done.values()):
        relation = staged.scan.relation
        consent = relation.table.consent
        if consent is None or not consent.person or consent.column not in staged.scan.columns:
            continue
        seen = list(_seen(session, prepared, staged, consent))
        if seen:
            try:
                people = session.people(relation.connection)
                session.journal.remember_opt_outs(people, seen)
            except (Error, OSError):
                return  # a query needs no journal; what writes has looked at it before


def _seen(session: Session, prepared: Prepared, staged: Staged, consent: Consent) -> Iterator[Seen]:
    """Yield the opt-outs that a stage holds, by every name of the person that is at hand."""
    person, columns = consent.person, staged.scan.columns
    name = person.by if isinstance(person, Need) else person
    if name not in columns or (consent.scope and consent.scope not in columns):
        return
    scope = quote(consent.scope) if consent.scope else "''"
    yes = ", ".join("?" for _ in consent.subscribed)
    query = (
        f"SELECT DISTINCT {quote(name)}, CAST({scope} AS VARCHAR), "
        f"CAST({quote(consent.column)} AS VARCHAR) FROM {staged.table} "
        f"WHERE {quote(name)} IS NOT NULL AND {quote(consent.column)} IS NOT NULL "
        f"AND {quote(consent.column)} NOT IN ({yes})"
    )
    rows = session.engine.query(query, list(consent.subscribed))
    if not isinstance(person, Need):
        yield from ((str(who), about, status) for who, about, status in rows)
        return
    addresses = _addresses(session, prepared, staged.scan.relation, person) if rows else {}
    for key, about, status in rows:
        yield by_id(person, key), about, status
        if key in addresses:
            yield addresses[key], about, status


def _addresses(
    session: Session, prepared: Prepared, relation: Relation, need: Need
) -> dict[Any, str]:
    """Return the addresses of persons that the same statement has read, by their key."""
    found: dict[Any, str] = {}
    for other in prepared.staging.done.values():
        table = other.scan.relation.table
        same = other.scan.relation.connection == relation.connection and table.name == need.table
        if not same or not {table.key[0], need.value} <= set(other.scan.columns):
            continue
        query = f"SELECT {quote(table.key[0])}, {quote(need.value)} FROM {other.table}"
        found |= {key: str(value) for key, value in session.engine.query(query) if value}
    return found


class OptOuts:
    """What a write asks of the memory, and tells it."""

    def __init__(self, session: Session, lookups: Lookups, relation: Relation) -> None:
        self._session = session
        self._lookups = lookups
        self._relation = relation
        self._prepared: Prepared | None = None

    @property
    def _people(self) -> int:
        return self._session.people(self._relation.connection)

    def note_reads(self, prepared: Prepared) -> None:
        """Remember the opt-outs among the rows read."""
        self._prepared = prepared
        remember_reads(self._session, prepared)

    def recall(self, rows: Sequence[Row]) -> None:
        """Tell rows of persons who are new to the target in which status they left it.

        What was looked up to find out who is new is noted as any read is.
        """
        if self._prepared is not None:
            remember_reads(self._session, self._prepared)
        consent = self._relation.table.consent
        if consent is None or not consent.person:
            return
        raised = [r for r in rows if r.values.get(consent.column) in consent.subscribed]
        if not raised or not self._session.journal.has_opt_outs(self._people):
            return
        names = self._names(consent, raised)
        asked = {(one, scope_of(consent, r.values)) for r in raised for one in names[r.number]}
        known = self._session.journal.opted_out(self._people, sorted(asked))
        for row in raised:
            for one in names[row.number]:
                status = known.get((one, scope_of(consent, row.values)))
                row.opted_out = status if row.opted_out is None else row.opted_out

    def recall_for(
        self, rows: Sequence[Row], existing: Mapping[tuple[Any, ...], Mapping[str, Any]]
    ) -> None:
        """Do so for those of these rows that are new, or get their first address.

        existing: the rows that exist, by mark; others may know theirs as `before`.
        """
        consent = self._relation.table.consent
        before = {row.number: row.before or existing.get(row.mark) for row in rows}
        self.recall(
            [
                row
                for row in rows
                if before[row.number] is None
                or gains_person(consent, row.values, before[row.number])
            ]
        )

    def _names(self, consent: Consent, rows: Sequence[Row]) -> dict[int, list[str]]:
        """Return the names of each row's person."""
        person = consent.person
        if not isinstance(person, Need):
            return {r.number: [str(r.values[person])] for r in rows if r.values.get(person)}
        keys = {row.number: row.values.get(person.by) for row in rows}
        addresses = self._lookups.values_of(person, [k for k in keys.values() if k is not None])
        return {
            number: [by_id(person, key), *([str(addresses[key])] if key in addresses else [])]
            for number, key in keys.items()
        }

    def before_deleting(self, rows: Sequence[Row]) -> None:
        """Remember who opted out of what, before persons are deleted and their rows with them."""
        table = self._relation.table
        if table.consent is not None and isinstance(table.consent.person, str):
            self._remember_own(table, rows)
        opened = self._session.connections.get(self._relation.connection)
        for other, by in parts_of(opened.connector, table):
            self._remember_beside(other, by, rows)

    def _remember_own(self, table: Table, rows: Sequence[Row]) -> None:
        consent = table.consent
        if consent is None or not isinstance(consent.person, str):
            return
        seen = [
            (str(before[consent.person]), scope_of(consent, before), str(before[consent.column]))
            for row in rows
            if (before := row.before or {}).get(consent.person)
            and before.get(consent.column) is not None
            and before[consent.column] not in consent.subscribed
        ]
        self._session.journal.remember_opt_outs(self._people, seen)

    def _remember_beside(self, table: Table, by: str, rows: Sequence[Row]) -> None:
        """Read the statuses of persons about to be deleted, in another table.

        by: its column that has their key.
        """
        consent, key = table.consent, self._relation.table.key[0]
        people = {before[key]: before for row in rows if (before := row.before)}
        if consent is None or not people:
            return
        named = "" if isinstance(consent.person, Need) else consent.person
        relation = self._lookups.beside(table.name)
        columns = tuple(filter(None, (by, named, consent.scope, consent.column)))
        found = self._lookups.read(relation, columns, {by: sorted(people, key=str)})
        seen, subscribed = [], []
        for one in found:
            status, about = one[consent.column], scope_of(consent, one)
            if status is None or one[by] not in people:
                continue
            names = _named(consent, one, people[one[by]], one[by])
            if status not in consent.subscribed:
                seen += [(name, about, str(status)) for name in names]
            elif not named:  # an address alone may be somebody else's, too, who opted out
                subscribed += [(name, about) for name in names]
        journal = self._session.journal
        journal.remember_opt_outs(self._people, seen)
        if subscribed and journal.has_opt_outs(self._people):
            journal.forget_opt_outs(self._people, subscribed)


def _named(
    consent: Consent, row: Mapping[str, Any], person: Mapping[str, Any], key: Any
) -> list[str]:
    """Return the names of the person that a row is about. person: their own row, by this key."""
    if not isinstance(consent.person, Need):
        return [str(row[consent.person])] if row[consent.person] else []
    address = person.get(consent.person.value)
    return [by_id(consent.person, key), *([str(address)] if address else [])]
