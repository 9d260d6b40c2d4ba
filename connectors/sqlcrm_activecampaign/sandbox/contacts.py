"""Reading contacts: the list, one contact, what is sideloaded, sub-collections. §3 of the facts."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.contact_search import Segments, search
from sqlcrm_activecampaign.sandbox.resources import Routes
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Query, array, members, missing, number, php

_NESTED = {  # include=a.b: a → b → (the collection of b, the column of a that points there)
    "contactTags": {"tag": ("tags", "tag")},
    "fieldValues": {"field": ("fields", "field")},
    "contactLists": {"list": ("lists", "list")},
    "scoreValues": {"score": ("scores", "score")},
    "accountContacts": {"account": ("accounts", "account")},
    "contactAutomations": {"automation": ("automations", "automation")},
    "deals": {"stage": ("dealStages", "stage"), "group": ("dealGroups", "group")},
    "geoIps": {"geoAddress": ("geoAddresses", "geoaddrid")},
}
_ALWAYS = (  # what GET /contacts/{id} sideloads unasked
    "contactAutomations", "contactLists", "deals", "fieldValues", "geoIps.geoAddress",
    "accountContacts",
)  # fmt: skip
_OWN = {"scoreValues", "accountContacts"}  # id arrays that every contact has anyway


class Included:
    """Rows that belong to some contacts, as siblings of them and as ids on each of them."""

    def __init__(self, store: Store, contacts: Sequence[int], names: Iterable[str]) -> None:
        self._store = store
        self._contacts = contacts
        self.siblings: dict[str, dict[int, None]] = {}
        self._ids: list[tuple[str, dict[int, Sequence[int]]]] = []
        for name in names:
            first, _, second = name.strip().partition(".")
            if first in _NESTED:
                self._add(first)
                self._nest(first, second)

    def _add(self, name: str) -> None:
        if name in self.siblings:
            return
        rows = self._store.rows.get(name) or self._store.table(name)
        found = {key: rows.having("contact", key) for key in self._contacts}
        self.siblings[name] = {row: None for keys in found.values() for row in keys}
        if name not in _OWN:
            self._ids.append((name, found))

    def _nest(self, name: str, inner: str) -> None:
        target = _NESTED[name].get(inner)
        if target is None:
            return
        path, column = target
        rows, there = self._store.rows[name], self._store.rows.get(path) or ()
        wanted = {number(rows.value(row, column)): None for row in self.siblings[name]}
        self.siblings.setdefault(path, {}).update(
            {key: None for key in sorted(wanted) if key in there}
        )

    def contact(self, key: int) -> bytes:
        """One contact with the id arrays of what was included."""
        row = self._store.people.encoded(key)
        if not self._ids:
            return row
        arrays = b"".join([_id_array(name, found[key]) for name, found in self._ids])
        return row[:-1] + arrays + b"}"

    def parts(self) -> list[tuple[str, bytes]]:
        """The sibling arrays."""
        return [
            (name, array(map(self._store.rows[name].encoded, keys)))
            for name, keys in self.siblings.items()
        ]


def _id_array(name: str, ids: Sequence[int]) -> bytes:
    joined = '","'.join(map(str, ids))
    return f',"{name}":["{joined}"]'.encode() if ids else f',"{name}":[]'.encode()


def routes() -> Routes:
    """Routes that read contacts; the segments that were asked for live as long as they do."""
    segments = Segments()

    def list_contacts(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        query = Query(call.query)
        ids = _after(search(store, query, segments), query)
        if not (query.get("email") or query.get("ids") or query.all("ids")):
            ids = store.drifted("contacts", ids)
        limit, offset = query.page()
        page = ids[offset : offset + limit]
        names = ["scoreValues", *query.get("include").split(",")]
        included = Included(store, page, names)
        parts = [*included.parts(), ("contacts", array(map(included.contact, page)))]
        return Reply(200, members([*parts, ("meta", _meta(query, len(ids), limit, offset))]))

    return {"GET contacts": list_contacts, "GET contacts/*": get_contact}


def _after(ids: Sequence[int], query: Query) -> Sequence[int]:
    """The keyset: ids above or below one. Quick where the order is by id."""
    above, below = query.number("id_greater"), query.number("id_less")
    if not above and not below:
        return ids
    if any(pair != ("id", "ASC") for pair in query.of("orders")):
        return [key for key in ids if key > above and not 0 < below <= key]
    start = bisect_right(ids, above) if above else 0
    return ids[start : bisect_left(ids, below) if below else len(ids)]


def _meta(query: Query, total: int, limit: int, offset: int) -> bytes:
    """`page_input` tells what was understood: a filter that is not in it did nothing."""
    orders = query.of("orders")
    understood = {
        "segmentid": query.number("segmentid"),
        "formid": query.number("formid"),
        "listid": query.number("listid"),
        "tagid": query.number("tagid"),
        "limit": limit,
        "offset": offset,
        "search": query.get("search") or None,
        "sort": orders[0][0] if orders else None,
        "seriesid": query.number("seriesid"),
        "waitid": query.number("waitid"),
        "status": number(query.get("status", "-1")),
        "forceQuery": query.number("forceQuery"),
    }
    cache = hashlib.md5(repr(understood).encode(), usedforsecurity=False).hexdigest()
    page_input = {**understood, "cacheid": cache}
    return php({"total": str(total), "sortable": True, "page_input": page_input})


def find(store: Store, key: str) -> int:
    """The contact in a path. Raises: Refused, under the model's name `Subscriber`."""
    found = number(key)
    if found not in store.people:
        raise missing("Subscriber", found)
    return found


def get_contact(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """One contact with everything that is sideloaded unasked."""
    key = find(store, keys[0])
    included = Included(store, [key], _ALWAYS)
    return Reply(200, members([*included.parts(), ("contact", included.contact(key))]))
