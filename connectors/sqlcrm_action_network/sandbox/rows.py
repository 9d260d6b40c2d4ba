"""Actions and the other collections that stand by themselves: lists, reading, adding, changing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox import filters, rendering
from sqlcrm_action_network.sandbox.kinds import KINDS
from sqlcrm_action_network.sandbox.pages import Listing, page, shown
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.tables import Table
from sqlcrm_action_network.sandbox.wire import (
    Ask,
    Refused,
    Row,
    answer,
    iso,
    linked,
    missing,
    strings,
)

_FIXED = frozenset({"title", "origin_system"})  # what null does not clear
_STYLES = ("default_styles", "layout_only_styles", "no_styles")


def listed(
    store: Store, ask: Ask, path: str, numbers: Sequence[int] | None = None, above: str = ""
) -> Reply:
    """A page of a collection."""
    kind, table = KINDS[path], store.tables[path]
    comparisons = filters.parse(store, ask.params.get("filter", ""), kind.filters)
    found = table.numbers() if numbers is None else numbers
    if comparisons:
        found = filters.rows(comparisons, found, lambda number: _stored(table, number))
    listing = Listing(
        f"{above}/{path}",
        kind.rel,
        found,
        lambda number: shown(rendering.row_of(store, path, number, ask.base, above)),
    )
    return page(store, ask, listing)


def _stored(table: Table, number: int) -> Row:
    """A row as far as filters compare it."""
    row = table.rows[number]
    own = f"action_network:{table.ids.of(number)}"
    return {**row, "identifiers": [own, *row.get("identifiers", ())]}


def find(store: Store, path: str, key: str) -> int:
    """The row with this id that is reachable in its own collection. Raises: Refused."""
    table = store.tables[path]
    number = table.find(key)
    if number is None or (table.listed and not table.listed(table.rows[number])):
        raise missing(path.removesuffix("s").replace("_", " "), key)
    return number


def read(store: Store, ask: Ask, path: str, number: int, above: str = "") -> Reply:
    """One row."""
    return answer(rendering.row_of(store, path, number, ask.base, above))


def add(store: Store, ask: Ask, path: str, more: Row | None = None, above: str = "") -> Reply:
    """POST of an action. One with an identifier that is known already is that one."""
    body, table = ask.body, store.tables[path]
    for identifier in strings(body.get("identifiers")):
        known = table.by_identifier(identifier)
        if known is not None:
            return put(store, ask, path, known, above)
    required = ("title", "origin_system", *(("type",) if path == "advocacy_campaigns" else ()))
    for name in required:
        if not body.get(name):
            raise Refused(400, f"{name} can't be blank")
    now = iso(store.now())
    row: Row = {"created_date": now, "modified_date": now, "_api": True, **(more or {})}
    row |= {name: body[name] for name in KINDS[path].writable if name in body}
    row["identifiers"] = _custom(body)
    if path == "events":
        row.setdefault("status", "confirmed")
    row.setdefault("browser_url", None)  # no public page
    creator = linked(body, "osdi:creator") or linked(body, "osdi:organizer")
    number = store.people.find(creator) if creator else None
    if number is not None:
        row["_creator"] = number
    return read(store, ask, path, table.add(row), above)


def put(store: Store, ask: Ask, path: str, number: int, above: str = "") -> Reply:
    """PUT of an action: only the keys that were sent change."""
    row = store.tables[path].rows[number]
    if ask.json:
        for name in KINDS[path].writable:
            if name in ask.body and not (name in _FIXED and not ask.body[name]):
                row[name] = ask.body[name]
        kept = [*row.get("identifiers", ()), *_custom(ask.body)]
        row["identifiers"] = list(dict.fromkeys(kept))
        row["modified_date"] = iso(store.now())
    return read(store, ask, path, number, above)


def _custom(body: Row) -> list[str]:
    sent = strings(body.get("identifiers"))
    return [one for one in sent if ":" in one and not one.startswith("action_network:")]


def embed(store: Store, ask: Ask, path: str, number: int) -> Reply:
    """The HTML to put an action on a page of one's own, six times."""
    key = store.tables[path].ids.of(number)
    here = f"{ask.base}/{path}/{key}/embed"
    body: Row = {
        f"embed_{size}_{style}": f"<div id='can-{path}-{size}-{style}-{key}'></div>"
        for size in ("standard", "full")
        for style in _STYLES
    }
    return answer({**body, "_links": {"self": {"href": here}}})
