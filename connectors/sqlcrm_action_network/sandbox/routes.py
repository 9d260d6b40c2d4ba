"""Which handler answers which address. Every second part of an address is an id, shown as `*`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from msgspec import Raw

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox import (
    filters,
    messages,
    recording,
    rendering,
    rows,
    signup,
    smaller,
)
from sqlcrm_action_network.sandbox.kinds import (
    ACTIONS,
    KINDS,
    OF_PEOPLE,
    PERSON_FILTERS,
    RECORDS,
)
from sqlcrm_action_network.sandbox.pages import Listing, Shown, page
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Ask, answer, missing

Keys: TypeAlias = "tuple[str, ...]"
Handler = Callable[[Store, Ask, Keys], Reply]
Routes = dict[str, Handler]

BLIND = frozenset(  # what may be called without a key
    f"POST {RECORDS[path].parent}/*/{path}" for path in RECORDS if RECORDS[path].helper
) | {"GET "}


def build() -> Routes:
    """All routes."""
    routes: Routes = {
        "GET ": lambda _store, ask, _keys: smaller.entry(ask),
        "GET metadata": lambda _store, ask, _keys: smaller.metadata(ask),
        "GET metadata/custom_fields": lambda store, ask, _: smaller.custom_fields(store, ask),
        "POST tags": lambda store, ask, _: smaller.add_tag(store, ask),
        "POST unique_id_lists": lambda store, ask, _: smaller.write_ids(store, ask),
        "PUT unique_id_lists/*": lambda store, ask, keys: smaller.write_ids(
            store, ask, rows.find(store, "unique_id_lists", keys[0])
        ),
        **_people(),
        **_messages(),
        **_campaigns(),
    }
    for path in KINDS:
        routes |= _rows(path)
    for path in RECORDS:
        routes |= _records(path)
    return routes


def _people() -> Routes:
    routes: Routes = {
        "GET people": _list_people,
        "POST people": _sign_up,
        "GET people/*": lambda store, ask, keys: _person(store, ask, _find(store, keys[0])),
        "PUT people/*": _put_person,
        "GET donations": lambda store, ask, _: recording.listed(
            store, ask, "donations", "", store.records["donations"].numbers()
        ),
        "GET donations/*": lambda store, ask, keys: recording.read(
            store, ask, "donations", recording.find(store, "donations", keys[0])
        ),
    }
    for path in OF_PEOPLE:
        routes[f"GET people/*/{path}"] = partial(_list_of_person, path)
        routes[f"GET people/*/{path}/*"] = partial(_record_of_person, path)
    return routes


def _find(store: Store, key: str) -> int:
    number = store.people.find(key)
    if number is None:
        raise missing("person", key)
    return number


def _person(store: Store, ask: Ask, number: int) -> Reply:
    return answer(rendering.person(store, number, ask.base))


def _list_people(store: Store, ask: Ask, _: Keys) -> Reply:
    text = ask.params.get("filter", "")
    comparisons = filters.parse(store, text, PERSON_FILTERS)
    numbers = store.people.numbers()
    if comparisons:
        version = store.now() if store.switches.filter_lag else store.version
        numbers = store.results(
            ("people", text), version, lambda: filters.people(store, comparisons)
        )
    way, of = f"{ask.base}/people", store.people.ids.of

    def render(number: int) -> Shown:
        here = f"{way}/{of(number)}"
        return here, Raw(rendering.person_wire(store, number, here))

    return page(store, ask, Listing("/people", "osdi:people", numbers, render, counted=False))


def _sign_up(store: Store, ask: Ask, _: Keys) -> Reply:
    number = signup.sign_up(store, signup.sent(ask.body))
    row = rendering.person(store, number, ask.base)
    store.done("people", ask.body, row)
    return answer(row)


def _put_person(store: Store, ask: Ask, keys: Keys) -> Reply:
    number = _find(store, keys[0])
    if ask.json:
        signup.change(store, number, ask.body)
    return _person(store, ask, number)


def _list_of_person(path: str, store: Store, ask: Ask, keys: Keys) -> Reply:
    numbers = store.records[path].of_person(_find(store, keys[0]))
    return recording.listed(store, ask, path, f"/people/{keys[0]}", numbers)


def _record_of_person(path: str, store: Store, ask: Ask, keys: Keys) -> Reply:
    person = _find(store, keys[0])
    number = recording.find(store, path, keys[1])
    if store.records[path].person[number] != person:
        raise missing(path.removesuffix("s"), keys[1])
    return recording.read(store, ask, path, number)


def _rows(path: str) -> Routes:
    """What each collection that stands by itself can do."""
    routes: Routes = {
        f"GET {path}": lambda store, ask, _: rows.listed(store, ask, path),
        f"GET {path}/*": lambda store, ask, keys: rows.read(
            store, ask, path, rows.find(store, path, keys[0])
        ),
    }
    if path in ACTIONS:
        routes[f"GET {path}/*/embed"] = lambda store, ask, keys: rows.embed(
            store, ask, path, rows.find(store, path, keys[0])
        )
    if KINDS[path].writable:
        routes[f"POST {path}"] = lambda store, ask, _: rows.add(store, ask, path)
        routes[f"PUT {path}/*"] = lambda store, ask, keys: rows.put(
            store, ask, path, rows.find(store, path, keys[0])
        )
    return routes


def _records(path: str) -> Routes:
    """What can be done with the records under a row."""
    kind = RECORDS[path]

    def parent(store: Store, keys: Keys) -> int:
        return rows.find(store, kind.parent, keys[0])

    return _under(path, f"{kind.parent}/*", parent, lambda keys: f"/{kind.parent}/{keys[0]}")


def _under(
    path: str,
    route: str,
    parent: Callable[[Store, Keys], int],
    above: Callable[[Keys], str],
) -> Routes:
    kind = RECORDS[path]

    def one(store: Store, keys: Keys) -> int:
        return recording.find(store, path, keys[-1], parent(store, keys))

    routes: Routes = {
        f"GET {route}/{path}": lambda store, ask, keys: recording.listed(
            store, ask, path, above(keys), store.records[path].of_parent(parent(store, keys))
        ),
        f"GET {route}/{path}/*": lambda store, ask, keys: recording.read(
            store, ask, path, one(store, keys)
        ),
    }
    if kind.posts:
        routes[f"POST {route}/{path}"] = lambda store, ask, keys: recording.add(
            store, ask, path, parent(store, keys)
        )
    if kind.puts:
        routes[f"PUT {route}/{path}/*"] = lambda store, ask, keys: recording.put(
            store, ask, path, one(store, keys)
        )
    if kind.deletes:
        routes[f"DELETE {route}/{path}/*"] = lambda store, _ask, keys: recording.delete(
            store, one(store, keys)
        )
    return routes


def _campaigns() -> Routes:
    """Events under their event campaign: for those of other sponsors, the only way there is."""
    above = "event_campaigns/*/events"
    under = _under(
        "attendances",
        f"{above}/*",
        _event,
        lambda keys: f"/event_campaigns/{keys[0]}/events/{keys[1]}",
    )
    return {
        f"GET {above}": lambda store, ask, keys: rows.listed(
            store,
            ask,
            "events",
            store.tables["events"].all("_campaign", _campaign(store, keys)),
            f"/event_campaigns/{keys[0]}",
        ),
        f"POST {above}": lambda store, ask, keys: rows.add(
            store, ask, "events", _within(store, keys), f"/event_campaigns/{keys[0]}"
        ),
        f"GET {above}/*": lambda store, ask, keys: rows.read(
            store, ask, "events", _event(store, keys), f"/event_campaigns/{keys[0]}"
        ),
        f"PUT {above}/*": lambda store, ask, keys: rows.put(
            store, ask, "events", _event(store, keys), f"/event_campaigns/{keys[0]}"
        ),
        **under,
    }


def _campaign(store: Store, keys: Keys) -> int:
    return rows.find(store, "event_campaigns", keys[0])


def _within(store: Store, keys: Keys) -> dict[str, object]:
    campaign = _campaign(store, keys)
    foreign = store.tables["event_campaigns"].rows[campaign].get("_foreign", False)
    return {"_campaign": campaign, "_foreign": foreign}


def _event(store: Store, keys: Keys) -> int:
    number = store.tables["events"].find(keys[1])
    if number not in store.tables["events"].all("_campaign", _campaign(store, keys)):
        raise missing("event", keys[1])
    return number


def _messages() -> Routes:
    def find(store: Store, keys: Keys) -> int:
        return rows.find(store, "messages", keys[0])

    return {
        "POST messages": lambda store, ask, _: messages.add(store, ask),
        "PUT messages/*": lambda store, ask, keys: messages.put(store, ask, find(store, keys)),
        "POST messages/*/send": lambda store, _, keys: messages.send(store, find(store, keys)),
        "DELETE messages/*/send": lambda store, _, keys: messages.stop(store, find(store, keys)),
        "POST messages/*/schedule": lambda store, ask, keys: messages.schedule(
            store, ask, find(store, keys)
        ),
        "DELETE messages/*/schedule": lambda store, _, keys: messages.cancel(
            store, find(store, keys)
        ),
    }
