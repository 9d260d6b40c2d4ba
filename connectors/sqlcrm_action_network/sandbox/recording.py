"""Records of what people did: lists of them, reading, adding and changing one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox import filters, rendering
from sqlcrm_action_network.sandbox.kinds import RECORDS
from sqlcrm_action_network.sandbox.pages import Listing, page, shown
from sqlcrm_action_network.sandbox.person_fields import ONLY_IN
from sqlcrm_action_network.sandbox.signup import sent, sign_up, take_tag
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import (
    Ask,
    Refused,
    Row,
    answer,
    iso,
    linked,
    missing,
    moment,
    objects,
    part,
    strings,
)

NO_PERSON = "You must specify a valid person id"
NO_KEY = "API Key invalid or not present"
REFERRER = "action_network:referrer_data"


def listed(store: Store, ask: Ask, path: str, above: str, numbers: Sequence[int]) -> Reply:
    """A page of records. `above`: the address that they are read under."""
    kind = RECORDS[path]
    comparisons = filters.parse(store, ask.params.get("filter", ""), kind.filters)
    of_person = above.startswith("/people/")
    records = store.records[path]

    def read(number: int) -> Row:
        values = records.values(number)
        ids = [f"action_network:{records.ids.of(number)}", *values.get("identifiers", ())]
        return {**values, "identifiers": ids}

    found = numbers
    if comparisons:
        key = ("records", path, above, ask.params["filter"])
        found = store.results(key, store.version, lambda: filters.rows(comparisons, numbers, read))
    listing = Listing(
        f"{above}/{path}",
        kind.rel,
        found,
        lambda number: shown(rendering.record(store, path, number, ask.base, of_person)),
        kind.counted,
        kind.link_rel,
    )
    return page(store, ask, listing)


def find(store: Store, path: str, key: str, parent: int | None = None) -> int:
    """The record with this id under its parent. Raises: Refused."""
    records = store.records[path]
    number = records.find(key)
    if number is None or (parent is not None and records.parent[number] != parent):
        raise missing(path.removesuffix("s"), key)
    return number


def read(store: Store, ask: Ask, path: str, number: int) -> Reply:
    """One record."""
    return answer(rendering.record(store, path, number, ask.base))


def add(store: Store, ask: Ask, path: str, parent: int) -> Reply:
    """POST of a record, in either form. A helper that fails says 200 and `{}`."""
    if "person" in ask.body and path != "taggings":
        try:
            values = _values(store, ask, path, parent)
            person = sign_up(store, sent(ask.body), ONLY_IN)
        except Refused:
            return answer({})
    elif not ask.keyed:
        raise Refused(403, NO_KEY)
    else:
        found = store.people.find(linked(ask.body, "osdi:person"))
        if found is None:
            raise Refused(400, NO_PERSON)
        person, values = found, _values(store, ask, path, parent)
    number, new = _record(store, path, parent, person, values)
    row = rendering.record(store, path, number, ask.base)
    if new:
        store.done(path, ask.body, row)
    return answer(row if ask.keyed else {})


def _record(store: Store, path: str, parent: int, person: int, values: Row) -> tuple[int, bool]:
    """(the record, whether it is new)"""
    records = store.records[path]
    existing = records.between(parent, person) if RECORDS[path].once else None
    if existing is not None:
        return existing, False
    number = records.add(parent, person, values)
    if path == "donations":
        payment = {**part(values, "payment"), "reference_number": records.ids.of(number)}
        records.change(number, {"payment": payment})
    store.people.touch(person, store.now())
    return number, True


def _values(store: Store, ask: Ask, path: str, parent: int) -> Row:
    """What a new record says, defaults included. Raises: Refused."""
    body, now = ask.body, iso(store.now())
    backdated = moment(body["created_date"]) if body.get("created_date") else None
    values: Row = {
        "created_date": iso(backdated) if backdated is not None else now,
        "modified_date": now,
    }
    values |= {name: body[name] for name in RECORDS[path].writable if name in body}
    if part(body, REFERRER):
        values[REFERRER] = body[REFERRER]
    identifiers = strings(body.get("identifiers"))
    if identifiers:
        values["identifiers"] = identifiers
    if path == "attendances":
        values.setdefault("status", "accepted")
    if path == "outreaches":
        values.setdefault("type", store.tables["advocacy_campaigns"].rows[parent]["type"])
    return _donated(store, parent, values) if path == "donations" else values


def _donated(store: Store, parent: int, values: Row) -> Row:
    if not store.tables["fundraising_pages"].rows[parent].get("_api"):
        raise Refused(400, "Donations can only be added to fundraising pages created by the API")
    for name, value in values.items():
        if value in ("", None, [], {}):
            raise Refused(400, f"{name} can't be blank")
    recipients = objects(values.get("recipients"))
    try:
        amount = sum((Decimal(str(one["amount"])) for one in recipients), Decimal(0))
    except (KeyError, InvalidOperation) as problem:
        raise Refused(400, "recipients must have an amount") from problem
    if not recipients:
        raise Refused(400, "recipients can't be blank")
    recurrence = part(values, "action_network:recurrence") or {"recurring": False}
    return {
        **values,
        "currency": str(values.get("currency", "USD")).lower(),
        "amount": f"{amount:.2f}",
        "payment": {"method": "Credit Card", "authorization_stored": False},
        "action_network:recurrence": recurrence,
    }


def put(store: Store, ask: Ask, path: str, number: int) -> Reply:
    """PUT of a record: what was sent and may be changed, is; its person never."""
    kind, records = RECORDS[path], store.records[path]
    if ask.json:
        values = {name: ask.body[name] for name in kind.writable if name in ask.body}
        if part(ask.body, REFERRER):
            values[REFERRER] = ask.body[REFERRER]
        records.change(number, {**values, "modified_date": iso(store.now())})
        store.people.touch(records.person[number], store.now())
    return read(store, ask, path, number)


def delete(store: Store, tagging: int) -> Reply:
    """DELETE, which only taggings know."""
    take_tag(store, tagging)
    return answer({"notice": "This tagging was successfully deleted."})
