"""What the ordinary resources have in common: list, get, create, change, delete.

A `Resource` declares what differs; areas with more to them bring handlers of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.columns import COLUMNS, blank
from sqlcrm_activecampaign.sandbox.filters import Filter, ordered
from sqlcrm_activecampaign.sandbox.rows import Rows
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Query,
    Row,
    answer,
    array,
    invalid,
    iso,
    loads,
    members,
    missing,
    number,
    part,
    php,
)

Handler = Callable[[Store, Call, tuple[str, ...]], Reply]
Routes = dict[str, Handler]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource under /api/3/.

    `model`: the internal name in "No Result found for MODEL". `missing`: the status of that.
    `filters` are asked for as `filters[name]`, `params` as plain parameters, `orders` as
    `orders[name]` and give the column. `total`: how `meta.total` is written, "none" for no meta.
    `aliases`: names in a request body that mean a column of another name.
    `ok`: the status of reading and changing. `unseen`: the status of "No Result found" on
    DELETE, where it is another than `missing`.
    `children`: collections whose rows go when a row goes, with the column that points here.
    """

    path: str
    singular: str
    model: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    params: Mapping[str, Filter] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    total: Literal["text", "number", "none"] = "text"
    missing: int = 404
    required: tuple[str, ...] = ()
    verbs: str = "GET POST PUT DELETE"
    aliases: Mapping[str, str] = field(default_factory=dict)
    children: tuple[tuple[str, str], ...] = ()
    shuffled: bool = False
    ok: int = 200
    unseen: int = 0

    def rows(self, store: Store) -> Rows:
        """The collection of this resource."""
        return store.rows.get(self.path) or store.table(self.path)

    def find(self, store: Store, key: str) -> int:
        """The id in a path, checked. Raises: Refused."""
        found = number(key)
        if found not in self.rows(store):
            raise missing(self.model, found, self.missing)
        return found

    def known(self, sent: Mapping[str, Any]) -> Row:
        """What was sent, under the names of columns; anything else is ignored."""
        columns = COLUMNS.get(self.path, {"name": ""})
        named = {self.aliases.get(name, name): value for name, value in sent.items()}
        return {name: value for name, value in named.items() if name in columns}


def stored(path: str, sent: Mapping[str, Any]) -> Row:
    """Values as they are kept: strings, money cut to whole cents, unless the column is newer."""
    columns = COLUMNS.get(path, {})
    return {name: _kept(value, columns.get(name)) for name, value in sent.items()}


def _kept(value: object, default: object) -> object:
    if value is None or isinstance(value, list | dict):
        return value
    if isinstance(default, bool):
        return bool(value)
    if isinstance(default, int):
        return number(value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if isfinite(value) else "0"
    return str(value)


def select(resource: Resource, store: Store, query: Query) -> Sequence[int]:
    """The ids that a list call asks for, in order. What it does not know, it ignores."""
    rows = resource.rows(store)
    asked = [
        (name, test, value)
        for prefix, tests in (("filters", resource.filters), ("", resource.params))
        for name, value in (query.of(prefix) if prefix else query.pairs)
        if value and (test := tests.get(name))
    ]
    orders = [(name, way) for name, way in query.of("orders") if name in resource.orders]

    def find() -> Sequence[int]:
        ids = rows.ids()
        for _, test, value in asked:
            ids = test(store, rows, ids, value)
        if resource.shuffled and not orders:
            return sorted(ids, key=lambda key: (key % 4 or 4, key))  # as recorded: 1,5,9,2,6,10
        for name, way in reversed(orders):
            ids = ordered(rows, ids, resource.orders[name], way)
        return ids

    if not asked and not orders and not resource.shuffled:
        return find()
    signature = (resource.path, *((name, value) for name, _, value in asked), *orders)
    return store.results(signature, find)


def listing(
    resource: Resource,
    store: Store,
    call: Call,
    within: Sequence[int] | None = None,
    sides: Sequence[tuple[str, bytes]] = (),
    meta: Mapping[str, Any] | None = None,
) -> Reply:
    """One page of a resource. `within` restricts it to a sub-collection, which has no meta."""
    query = Query(call.query)
    ids = select(resource, store, query)
    if within is not None:
        inside = set(within)
        ids = [key for key in ids if key in inside]
    ids = store.drifted(resource.path, ids)
    limit, offset = query.page()
    rows = resource.rows(store)
    page = array(rows.encoded(key) for key in ids[offset : offset + limit])
    parts = [*sides, (resource.path, page)]
    if within is None and resource.total != "none":
        total: object = len(ids) if resource.total == "number" else str(len(ids))
        parts.append(("meta", php({**(meta or {}), "total": total})))
    return Reply(resource.ok, members(parts))


def show(resource: Resource, store: Store, key: int, status: int = 200) -> Reply:
    """One row in its envelope."""
    return Reply(status, members([(resource.singular, resource.rows(store).encoded(key))]))


def echo(resource: Resource, store: Store, key: int, sent: Row, status: int) -> Reply:
    """A written row, with what was sent as it was sent: an int stays an int."""
    row = {**store.table(resource.path).row(key), **{name: _loose(sent[name]) for name in sent}}
    return answer({resource.singular: row}, status)


def _loose(value: object) -> object:
    if isinstance(value, float):  # PHP writes every digit there is: 156.24000000000000909…
        return f"{value:.57f}".rstrip("0").rstrip(".")
    return value


def create(resource: Resource, store: Store, sent: Row) -> tuple[int, Row]:
    """Store a new row from a request body: (its id, what was understood). Raises: Refused."""
    known = resource.known(sent)
    for name in resource.required:
        if known.get(name) in (None, ""):
            raise invalid(f"The {name} was not provided.", "field_missing", name)
    row = blank(resource.path, store.now()) | stored(resource.path, known)
    return store.table(resource.path).add(row), known


_CHANGED = ("mdate", "updatedTimestamp", "updated_timestamp")


def update(resource: Resource, store: Store, key: int, sent: Row) -> Row:
    """Change a row from a request body: what was understood."""
    known = resource.known(sent)
    fresh = blank(resource.path, store.now())
    touched = {name: fresh[name] for name in _CHANGED if name in fresh}
    if "udate" in fresh:
        touched["udate"] = iso(store.now())
    store.table(resource.path).change(key, touched | stored(resource.path, known))
    return known


def crud(resource: Resource) -> Routes:
    """The routes of an ordinary resource, for the verbs it has."""

    def list_all(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        return listing(resource, store, call)

    def get(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
        return show(resource, store, resource.find(store, keys[0]), resource.ok)

    def post(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        key, sent = create(resource, store, part(loads(call.body), resource.singular))
        return echo(resource, store, key, sent, 201)

    def put(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        key = resource.find(store, keys[0])
        sent = update(resource, store, key, part(loads(call.body), resource.singular))
        return echo(resource, store, key, sent, resource.ok)

    def delete(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
        key = number(keys[0])
        if key not in resource.rows(store):
            raise missing(resource.model, key, resource.unseen or resource.missing)
        remove(resource, store, key)
        return answer({})

    routes: Routes = {
        f"GET {resource.path}": list_all,
        f"GET {resource.path}/*": get,
        f"POST {resource.path}": post,
        f"PUT {resource.path}/*": put,
        f"DELETE {resource.path}/*": delete,
    }
    return {route: made for route, made in routes.items() if route.split()[0] in resource.verbs}


def remove(resource: Resource, store: Store, key: int) -> None:
    """Delete a row and what hangs on it."""
    for name, column in resource.children:
        store.delete_where(name, column, key)
    resource.rows(store).remove(key)
