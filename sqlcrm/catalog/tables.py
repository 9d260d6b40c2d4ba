"""Finds a table by any of its spellings: contact_tags, ContactTags, ContactTagsByContactId."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlcrm.errors import SqlError, did_you_mean
from sqlcrm.sdk import Connector, Table


@dataclass(frozen=True, slots=True)
class Named:
    """A table, and the column that the name itself says it is read by ("" for none)."""

    table: Table
    by: str = ""


def find_table(connector: Connector, name: str, alias: str) -> Named:
    """Return the table called `name`, without regard to case and underscores.

    `<Table>By<Column>` is the same table, its first argument being that column.
    Raises: SqlError that offers the nearest names; the caller knows the place.
    """
    spelled = dict(_spellings(connector))
    found = spelled.get(_plain(name))
    if found is not None:
        return found
    hint = did_you_mean(name, [table.name for table in connector.tables])
    raise SqlError(f"{alias} ({connector.title}) has no table {name!r}. {hint}")


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _spellings(connector: Connector) -> Iterator[tuple[str, Named]]:
    """Yield every spelling; a table's own name comes last, so that it wins."""
    for table in connector.tables:
        for read in table.reads:
            column = table.column(read.by) if read.by else None
            for word in (column.name, *column.aliases) if column is not None else ():
                yield _plain(f"{table.name}by{word}"), Named(table, read.by)
    for table in connector.tables:
        yield _plain(table.name), Named(table)
