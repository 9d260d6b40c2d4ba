"""What a write of the suite is, what it may cost, and which rows it works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.fewest import Cost, Facts, batches, each, least, one, pages

IMPORT = 250
"""Contacts that one call imports ("Bulk import")."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does to a table of the account: queries over full copies of what was there.

    table: of `benchmarks.writes_state`. Each query gives that table's rows, in its columns.
    """

    table: str
    added: str = ""
    removed: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One write. `{…}` are values that the runner fills in.

    members: a query for the ids of contacts that have the tag `Board` beforehand, which everybody
    else lacks. before: statements that sqlcrm runs beforehand, not counted. again: sql is run
    twice, and the second run is counted. undo: what is counted is taking sql back.
    """

    name: str
    sql: str
    fewest: Callable[[Facts], Cost]
    why: str
    changes: tuple[Change, ...] = ()
    members: str = ""
    before: tuple[str, ...] = field(default=())
    again: bool = False
    undo: bool = False


def everybody(f: Facts) -> Cost:
    """The whole list of contacts."""
    return pages(f.rows("contacts"), "contacts")


def posts(contacts: int) -> Cost:
    """Import so many contacts."""
    calls = -(-contacts // IMPORT)
    return Cost(calls, f"{contacts:,} imported / {IMPORT} = {calls}")


def imports(contacts: int) -> Cost:
    """Import so many contacts, and ask whether that is done."""
    return posts(contacts) + one("status")


def back(contacts: int) -> Cost:
    """Read back contacts whose ids are known."""
    return batches(contacts, "read back")


def found(f: Facts, addresses: str) -> Cost:
    """Find contacts by their addresses."""
    count = f.rows(addresses)
    return least(each(count, "addresses"), everybody(f))


SIZES = {"tagged": 1_000, "many": 1_000, "new": 500, "compared": 500, "undone": 500}
"""How many rows the larger writes have; a test takes fewer."""

LOCAL = {
    "scattered": "SELECT *, row_number() OVER (ORDER BY hash(id)) AS number FROM contacts "
    "WHERE email NOT LIKE '%+%'",
    "three": "SELECT id, email, 'Board' AS tag FROM scattered WHERE number <= 3",
    "five": "SELECT id, email FROM scattered WHERE number BETWEEN 4 AND 8",
    "twenty": "SELECT id, email FROM scattered WHERE number <= 20",
    "marked": "SELECT id, email FROM scattered WHERE number <= {tagged}",
    "applied": "SELECT id, email FROM scattered WHERE number <= {undone}",
    "seated": "SELECT id, email FROM scattered WHERE number <= 170",
    "board": "SELECT id, email FROM scattered WHERE number BETWEEN 21 AND 220",
    "named": "SELECT id, email, first_name, last_name AS family, phone, "
    "row_number() OVER (ORDER BY number) <= 50 AS differs FROM scattered "
    "WHERE first_name <> '' AND last_name <> '' ORDER BY number LIMIT {compared}",
    "respelt": "SELECT *, if(differs, 'Respelt', first_name) AS given FROM named",
    "newcomers": "SELECT range AS number, 'newcomer-' || range || '@example.net' AS email, "
    "'New' || range AS first_name, 'Comer' AS last_name, 'Delft' AS city, 'Gold' AS level "
    "FROM range(1, {new} + 1)",
    "mixed": "SELECT id, email, 'Mixed' AS given, first_name, last_name, phone FROM scattered "
    "WHERE number <= 150 UNION ALL SELECT NULL, email, 'Mixed', '', '', '' FROM newcomers "
    "WHERE number <= 150",
    "strangers": "SELECT id, email FROM scattered WHERE id NOT IN (SELECT contact_id "
    "FROM contact_lists WHERE list_id = {list}) ORDER BY number LIMIT {many}",
    "valueless": "SELECT id, email FROM scattered WHERE id NOT IN (SELECT contact_id "
    "FROM field_values WHERE field_id = {field}) ORDER BY number LIMIT {many}",
}
"""Local tables, in the order in which they are made."""
