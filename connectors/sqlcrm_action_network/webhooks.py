"""What Action Network sends by itself: what people did, some minutes later, as they entered it.

Source: Action Network webhooks documentation, "General principles" and the page of each payload;
read 2026-11-22. Nothing is signed, so the secret is a part of the address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlcrm.sdk import Column, Event, EventTable, Row, ShapeChanged, Webhooks, dig
from sqlcrm_action_network.columns import amount, text, texts, value, when
from sqlcrm_action_network.tables.records import MONEY, OUTREACH
from sqlcrm_action_network.wire import last_part, unblank

KEY, SPONSOR, DONATION = "idempotency_key", "action_network:sponsor", "osdi:donation"


def events(body: Any) -> Sequence[Event]:
    """Return what a call tells: each object of its array has what happened under its type.

    Raises: ShapeChanged where nothing of it is such an object.
    """
    items = [item for item in body if isinstance(item, dict)] if isinstance(body, list) else []
    told = [(item, type_, data) for item in items for type_, data in _told(item)]
    if body != [] and not told:
        raise ShapeChanged("a call is no array of objects with what happened")
    keys = Counter(_key(item) for item, _, _ in told)
    return [
        Event(
            type_,
            _own_id(_key(item), data, shared=keys[_key(item)] > 1),
            _person(data),
            _row(type_, data, item.get(SPONSOR)),
        )
        for item, type_, data in told
    ]


def _told(item: Row) -> Iterator[tuple[str, Row]]:
    """Yield what happened, by its type; what stands beside a type that is known is no event."""
    data = {name: one for name, one in item.items() if isinstance(one, dict) and name != SPONSOR}
    known = {name: one for name, one in data.items() if name in TYPES}
    yield from (known or data).items()


def _key(item: Row) -> str:
    key = item.get(KEY)
    return key if isinstance(key, str) else ""


def _own_id(key: str, data: Row, *, shared: bool) -> str:
    """Return what names an event, the same in each try; "" where nothing does.

    A key is said to be of a message, and a message may have several outreaches: where they share
    one, the record tells them apart.
    """
    if not key or not shared:
        return key
    record = last_part(dig(data, "_links.self.href"))
    return f"{key}/{record}" if record else ""


def _person(data: Row) -> str:
    """Return the address of whom it is about, else the person's id."""
    address = dig(data, "person.email_addresses[primary].address")
    if isinstance(address, str) and address.strip():
        return address.strip().lower()
    return last_part(dig(data, "_links.osdi:person.href")) or ""


def _row(type_: str, data: Row, sponsor: Any) -> Row:
    row = {**data, SPONSOR: sponsor}
    if type_ == DONATION and row.get("amount") is None:
        row["amount"] = _sum(row.get("recipients"))
    return row


def _sum(recipients: Any) -> str | None:
    """Return what a donation comes to: its recipients' amounts, as the API adds them up."""
    try:
        amounts = [Decimal(str(one["amount"])) for one in recipients]
        return str(sum(amounts)) if amounts else None
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None


def _id_of(address: Any) -> str | None:
    found: str | None = unblank(last_part(address))
    return found


def _linked(name: str, relation: str, **more: Any) -> Column:
    """The id of a row that is named by its address."""
    return Column(
        name, at=f"_links.{relation}.href", nulls=(), readonly=True, from_wire=_id_of, **more
    )


MAIL, PHONE, POST = (
    f"person.{name}[primary]" for name in ("email_addresses", "phone_numbers", "postal_addresses")
)

PERSON = (
    _linked("person_id", "osdi:person"),
    text("email", f"{MAIL}.address", nocase=True, doc="NULL where a phone number alone was given."),
    text("email_status", f"{MAIL}.status", doc="subscribed where that was done by it."),
    text("given_name", "person.given_name"),
    text("family_name", "person.family_name"),
    text("phone", f"{PHONE}.number"),
    text("phone_type", f"{PHONE}.number_type"),
    text("phone_status", f"{PHONE}.status", doc="Whether text messages may be sent."),
    texts("address_lines", f"{POST}.address_lines"),
    text("locality", f"{POST}.locality", doc="City."),
    text("region", f"{POST}.region", doc="State or province."),
    text("postal_code", f"{POST}.postal_code"),
    text("country", f"{POST}.country", doc="Two letters."),
    amount("latitude", f"{POST}.location.latitude"),
    amount("longitude", f"{POST}.location.longitude"),
    texts("languages_spoken", "person.languages_spoken"),
    value("custom_fields", "person.custom_fields", doc="Those that were entered, as JSON."),
)
"""What was entered of a person; what was not is NULL, whatever the person's record has."""

DATA = "action_network:referrer_data"

COMMON = (
    texts("add_tags", doc="Names of tags that it was to add; whether it did is not told."),
    text("referrer_source", f"{DATA}.source"),
    text("referrer_website", f"{DATA}.website"),
    text("referrer_email", f"{DATA}.email_referrer"),
    text("referrer_mobile_message", f"{DATA}.mobile_message_referrer"),
    when("created_date", doc="When it happened; events do not come in this order."),
    when("modified_date"),
    text("sponsor_title", f"{SPONSOR}.title", doc="The group where it happened, of a network."),
    text("sponsor_url", f"{SPONSOR}.url"),
)

RECORD = (
    _linked("id", "self", doc="Of the record, as in the table of all of them."),
    texts("identifiers"),
)


def _table(type_: str, doc: str, *columns: Column) -> EventTable:
    """Return the table of a type: `osdi:signature` makes `signature_created`."""
    shown = [replace(one, readonly=True, required=False) for one in columns]
    return EventTable(f"{type_.partition(':')[2]}_created", type_, tuple(shown), doc=doc)


def _record(type_: str, parent: Column, doc: str, *own: Column) -> EventTable:
    return _table(type_, doc, *RECORD, parent, *PERSON, *own, *COMMON)


TABLES = (
    _record(
        "osdi:signature",
        _linked("petition_id", "osdi:petition"),
        "Somebody signed a petition.",
        text("comments"),
    ),
    _record(
        "osdi:attendance",
        # event_id is what an event of any type is called.
        _linked("attended_event_id", "osdi:event", doc="In events; NULL for ticketed events."),
        "Somebody answered to an event, or bought tickets for one.",
        text("status", doc="accepted, declined, tentative or needs action."),
        value("tickets", doc="Of ticketed events, as JSON."),
    ),
    _record("osdi:submission", _linked("form_id", "osdi:form"), "Somebody sent in a form."),
    _record(
        DONATION,
        _linked("fundraising_page_id", "osdi:fundraising_page"),
        "Somebody donated. Later payments of a recurring donation may not be told.",
        *MONEY,
    ),
    _record(
        "osdi:outreach",
        _linked("advocacy_campaign_id", "osdi:advocacy_campaign"),
        "A letter or a call to one target, or a form for it that was begun and led to none.",
        *OUTREACH,
    ),
    _record(
        "action_network:response",
        _linked("survey_id", "action_network:survey"),
        "Somebody answered a survey.",
    ),
    _table(
        "action_network:upload",
        "Somebody was in an upload, or came by the person signup helper of the API.",
        *PERSON,
        *COMMON,
    ),
    _table(
        "action_network:action",
        "Anything else: people who were added by hand, or subscribed by a report or a ladder.",
        *PERSON,
        *COMMON,
    ),
)

TYPES: Mapping[str, EventTable] = {table.type: table for table in TABLES}

WEBHOOKS = Webhooks(events=events, tables=TABLES)
