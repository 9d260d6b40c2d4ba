"""What hangs on one contact, `GET /contacts/{id}/…`. Source: the fact sheet, §3.4."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.contacts import find
from sqlcrm_activecampaign.sandbox.resources import Handler, Routes
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Query, Row, answer, array, members, number, php

_ROWS = (  # collections whose rows point at a contact with `contact`
    "accountContacts", "bounceLogs", "contactAutomations", "contactGoals", "contactLists",
    "contactLogs", "contactTags", "deals", "fieldValues", "geoIps", "scoreValues", "trackingLogs",
)  # fmt: skip


def page(store: Store, call: Call, name: str, ids: Sequence[int], key: str = "") -> Reply:
    """One page of some rows of a collection, without `meta`, as sub-collections come."""
    limit, offset = Query(call.query).page()
    rows = store.rows.get(name) or store.table(name)
    shown = array(map(rows.encoded, ids[offset : offset + limit]))
    return Reply(200, members([(key or name, shown)]))


def _rows(name: str) -> Handler:
    def rows(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        key = find(store, keys[0])
        there = store.rows.get(name) or store.table(name)
        return page(store, call, name, there.having("contact", key))

    return rows


def _notes(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key, notes = find(store, keys[0]), store.table("notes")
    ids = [row for row in notes.having("relid", key) if notes.value(row, "reltype") == "Subscriber"]
    return page(store, call, "notes", ids)


def _secondary(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Deals in which the contact is a secondary contact, contacts and deals beside them."""
    key, table, deals = find(store, keys[0]), store.table("contactDeals"), store.table("deals")
    ids = table.having("contact", key)
    wanted = [number(table.value(row, "deal")) for row in ids]
    parts = [
        ("contacts", array([store.people.encoded(key)] if ids else [])),
        ("deals", array(deals.encoded(deal) for deal in wanted if deal in deals)),
        ("contactDeals", array(map(table.encoded, ids))),
    ]
    return Reply(200, members(parts))


def _entries(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """How often the contact entered each automation."""
    key, links = find(store, keys[0]), store.contact_automations
    counts: dict[int, int] = {}
    for row in links.having("contact", key):
        counts[links.at(row, "automation")] = counts.get(links.at(row, "automation"), 0) + 1
    automations = store.table("automations")
    rows: list[Row] = [
        {"id": str(row), "name": automations.value(row, "name"), "entryCount": str(count)}
        for row, count in sorted(counts.items())
        if row in automations
    ]
    return answer({"automationEntryCounts": rows})


def _data(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Where the contact was last seen; the envelope is singular."""
    key = find(store, keys[0])
    person = store.people.row(key)
    datum = {
        "contact": str(key),
        "tstamp": person["udate"],
        "geoTstamp": None,
        "geoIp4": "0",
        "geoCountry2": "",
        "geoCountry": "",
        "geoState": "",
        "geoCity": "",
        "geoTz": "",
        "links": [],
        "id": str(key),
    }
    return answer({"contactDatum": datum})


def _organization(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    key, accounts = store.people[find(store, keys[0])].orgid, store.table("accounts")
    row = {"name": accounts.value(key, "name"), "id": str(key)} if key in accounts else None
    return answer({"organization": row})


def _plus_append(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    find(store, keys[0])
    return Reply(200, php({}))


ROUTES: Routes = {
    **{f"GET contacts/*/{name}": _rows(name) for name in _ROWS},
    "GET contacts/*/notes": _notes,
    "GET contacts/*/contactDeals": _secondary,
    "GET contacts/*/automationEntryCounts": _entries,
    "GET contacts/*/contactData": _data,
    "GET contacts/*/organization": _organization,
    "GET contacts/*/plusAppend": _plus_append,
}
