"""Operations that come back from a file or the journal: their account, table, types, carriers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlcrm.catalog.tables import find_table
from sqlcrm.errors import WrongAccount
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Table
from sqlcrm.session.connections import Opened
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.prepared import staging
from sqlcrm.session.relations import complete
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation
from sqlcrm.writing.checks import Unfit, fitted
from sqlcrm.writing.plan import WritePlan


def check_account(opened: Opened, alias: str, connector: str, origin: str, account: str) -> None:
    """Raise WrongAccount where a connection does not lead to this account any more."""
    now_ = (opened.connector.name, opened.client.origin, opened.identity.account)
    if now_ != (connector, origin, account):
        raise WrongAccount(
            f"@{alias} is {now_[0]} account {now_[2]} at {now_[1]} now; this is about {connector} "
            f"account {account} at {origin}. Nothing was written"
        )


def relation_of(
    session: Session, alias: str, table: str, operations: Sequence[Operation]
) -> Relation:
    """Return the table that operations are about, with custom columns where they have some."""
    opened = session.connections.get(alias)
    declared = find_table(opened.connector, table, alias).table
    relation = Relation(f"written {alias} {table}", table, alias, declared, complete=False)
    names = {n for o in operations for n in (*o.values, *(o.before or {}), *o.natural_key)}
    if all(declared.column(name) is not None for name in names):
        return relation
    return complete(relation, session.connections)


def typed(table: Table, operation: Operation) -> Operation:
    """Return an operation that came from JSON with every value in its column's type."""
    return replace(
        operation,
        key=_typed(table, operation.key),
        natural_key=_typed(table, operation.natural_key),
        values=_typed(table, operation.values),
        before=None if operation.before is None else _typed(table, operation.before),
    )


def _typed(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        column = table.column(name)
        try:
            plain = value is None or value == "" or column is None
            found[name] = value if plain or column is None else fitted(column, value)
        except Unfit:
            found[name] = value  # rejected rows hold what did not fit
    return found


def with_carriers(session: Session, plan: WritePlan, *, bulk: bool = True) -> WritePlan:
    """Return a plan with what carries it. bulk: whether many rows may go in one call."""
    return Lookups(session, staging(session), plan.relation).carried(plan, bulk=bulk)
