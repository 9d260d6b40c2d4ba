"""Rows as they read on the wire: ids, counters and links around what is stored."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.json import decode

from sqlcrm_action_network.sandbox.kinds import KINDS, OF_PEOPLE, RECORDS, Kind
from sqlcrm_action_network.sandbox.records import NOBODY
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import CURIES, Row

_GHOST = "00000000-0000-4000-8000-000000000404"  # a person's id that leads nowhere
_LINKS = ",".join(
    [
        '"self":{"href":"%"}',
        *(f'"{RECORDS[path].rel}":{{"href":"%/{path}"}}' for path in OF_PEOPLE),
    ]
)


def person(store: Store, number: int, base: str) -> Row:
    """A person with the links to what it did."""
    row: Row = decode(person_wire(store, number, f"{base}/people/{store.people.ids.of(number)}"))
    return row


def person_wire(store: Store, number: int, here: str) -> bytes:
    """The same as JSON, quickly. `here`: the person's own address."""
    links = _LINKS.replace("%", here)
    return b'{%s,"_links":{%s}}' % (store.people.wire(number, here[-36:]), links.encode())


def row_of(store: Store, path: str, number: int, base: str, above: str = "") -> Row:
    """A row of a kind that stands by itself; `above` is the campaign it is read through."""
    kind, table = KINDS[path], store.tables[path]
    stored = table.rows[number]
    key = table.ids.of(number)
    here = f"{base}{above}/{path}/{key}"
    row = {
        "identifiers": [f"action_network:{key}", *stored.get("identifiers", ())],
        **{name: value for name, value in stored.items() if name[0] != "_"},
    }
    row["identifiers"] = [f"action_network:{key}", *stored.get("identifiers", ())]
    if kind.sponsor:
        row["action_network:sponsor"] = _sponsor(store, stored, kind)
    row.update(_counters(store, kind, number))
    row["_links"] = {"self": {"href": here}, **_row_links(kind, stored, here, base)}
    if path == "petitions":
        creator: int | None = stored.get("_creator")
        if creator is not None and creator in store.people:
            row["_embedded"] = {"osdi:creator": person(store, creator, base)}
    if "_creator" in stored and stored["_creator"] in store.people:
        creator_id = store.people.ids.of(stored["_creator"])
        row["_links"]["osdi:creator"] = {"href": f"{base}/people/{creator_id}"}
    return row


def _sponsor(store: Store, stored: Row, kind: Kind) -> Row:
    if stored.get("_foreign"):
        title, url = "Another organization", "https://actionnetwork.org/groups/another-one"
    else:
        title, url = store.title, store.url
    return {"title": title, kind.sponsor: url}


def _row_links(kind: Kind, stored: Row, here: str, base: str) -> Row:
    links: Row = {"curies": CURIES}
    if kind.records == "events":
        links["osdi:events"] = {"href": f"{here}/events"}
    elif kind.records:
        records = RECORDS[kind.records]
        links[records.rel] = {"href": f"{here}/{records.path}"}
        if records.helper:
            links[records.helper] = {"href": f"{here}/{records.path}"}
    if kind.embed:
        links["action_network:embed"] = {"href": f"{here}/embed"}
    if kind.path == "messages":
        links["osdi:send_helper"] = {"href": f"{here}/send"}
        links["osdi:schedule_helper"] = {"href": f"{here}/schedule"}
        for rel, path in (("osdi:wrapper", "wrappers"), ("osdi:recipients", "lists")):
            if stored.get(f"_{path}"):
                links[rel] = {"href": f"{base}/{path}/{stored[f'_{path}']}"}
    return links


def _counters(store: Store, kind: Kind, number: int) -> Row:
    count = _COUNTS.get(kind.path)
    if count is None:
        return {}
    records = store.records.get(kind.records)
    version = records.version if records else store.version
    key = ("total", kind.path, number)
    return store.results(key, version, lambda: count(store, kind, number))


def _count(store: Store, kind: Kind, number: int) -> Row:
    return {kind.total: len(store.records[kind.records].of_parent(number))}


def _accepted(store: Store, kind: Kind, number: int) -> Row:
    attendances = store.records["attendances"]
    statuses = (attendances.values(one)["status"] for one in attendances.of_parent(number))
    return {kind.total: sum(status == "accepted" for status in statuses)}


def _raised(store: Store, kind: Kind, number: int) -> Row:
    donations = store.records["donations"]
    amounts = [Decimal(donations.values(one)["amount"]) for one in donations.of_parent(number)]
    return {kind.total: len(amounts), "total_amount": float(sum(amounts))}


def _hosted(store: Store, kind: Kind, number: int) -> Row:
    events = store.tables["events"].all("_campaign", number)
    rsvps = sum(len(store.records["attendances"].of_parent(event)) for event in events)
    return {kind.total: len(events), "total_rsvps": rsvps}


_COUNTS: dict[str, Callable[[Store, Kind, int], Row]] = {
    "petitions": _count,
    "forms": _count,
    "advocacy_campaigns": _count,
    "surveys": _count,
    "events": _accepted,
    "fundraising_pages": _raised,
    "event_campaigns": _hosted,
}


def record(store: Store, path: str, number: int, base: str, of_person: bool = False) -> Row:
    """What somebody did. Read through a person, donations lack the flat field of the person."""
    kind, records = RECORDS[path], store.records[path]
    above = KINDS[kind.parent]
    parent_table = store.tables[kind.parent]
    parent, who = records.parent[number], records.person[number]
    key, parent_id = records.ids.of(number), parent_table.ids.of(parent)
    person_id = _GHOST if who == NOBODY else store.people.ids.of(who)
    parent_url = f"{base}{way(store, kind.parent, parent)}/{kind.parent}/{parent_id}"
    person_url = f"{base}/people/{person_id}"
    values = records.values(number)
    row = {
        "identifiers": [f"action_network:{key}", *values.get("identifiers", ())],
        **{name: value for name, value in values.items() if name != "identifiers"},
    }
    if path in {"taggings", "items"}:
        row["item_type"] = "osdi:person"
    if above.id_field:
        field = "action_network:person_id"
        if path == "submissions" and store.switches.submission_typo:
            field = "action:person_id"
        if not (of_person and path == "donations"):
            row[field] = person_id
        row[above.id_field] = parent_id
    row["_links"] = {
        "self": {"href": f"{parent_url}/{path}/{key}"},
        above.one: {"href": parent_url},
        "osdi:person": {"href": person_url},
    }
    return row


def way(store: Store, parent: str, number: int) -> str:
    """The way to an event of a campaign that somebody else sponsors, or ""."""
    if parent != "events":
        return ""
    stored = store.tables["events"].rows[number]
    if not stored.get("_foreign"):
        return ""
    return f"/event_campaigns/{store.tables['event_campaigns'].ids.of(stored['_campaign'])}"
