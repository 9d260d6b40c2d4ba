"""What checks of consent ask of a bench."""

from __future__ import annotations

from sqlcrm.conformance.bench import Bench
from sqlcrm.conformance.people import Subscribers
from sqlcrm.execution.engine import quote
from sqlcrm.session.api import Connection

NOTHING: Subscribers = frozenset()


def risen(bench: Bench, before: Subscribers) -> Subscribers:
    """Return who is subscribed by now that was not before."""
    return bench.subscribers() - before


def looked(bench: Bench, db: Connection) -> None:
    """Read who is subscribed, with a query like any other."""
    columns = f"t.{quote(bench.consent.column)}" + "".join(f", t.{quote(n)}" for n in bench.scoped)
    text = f"SELECT {columns}, t.{quote(bench.who)} FROM {bench.table.name}@crm AS t"
    if bench.need:
        text = (
            f"SELECT {columns}, p.{quote(bench.address)} FROM {bench.people.name}@crm AS p JOIN "
            f"{bench.table.name}@crm AS t ON t.{quote(bench.who)} = p.{quote(bench.people.key[0])}"
        )
    assert db.execute(text).fetchall()
