"""People, and their subscriptions to text messages.

Source: Action Network API v2 documentation, "People", "Person signup helper", "Metadata"; how
statuses, phones and emptied fields behave: public clients. Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlcrm.sdk import (
    Column,
    Consent,
    Filter,
    Modified,
    Need,
    Read,
    Row,
    Table,
    Write,
    dig,
)
from sqlcrm_action_network.columns import amount, identity, made_and_changed, text, value
from sqlcrm_action_network.flows import PEOPLE, custom_fields, people_by_address
from sqlcrm_action_network.persons import ADDRESS, STATUSES, person_columns
from sqlcrm_action_network.wire import (
    LAG,
    SETTLES_PEOPLE,
    UNCOUNTED,
    UNSUBSCRIBED,
    by_text,
    by_time,
    digits,
    equals,
    own_id,
    unblank,
    was_there,
)

MOVED = (
    "a phone number that somebody else has moves to the new person, and its subscription to text "
    "messages ends; undo does not bring that back"
)

ENDS = (
    "another phone number gets no text messages until UPDATE mobile_subscriptions … WITH OPT IN; "
    "undo brings back a number, not its subscription, nor that of whoever had the new one"
)

POST = "postal_addresses[primary]"

COLUMNS = (
    *identity(),
    *person_columns(
        doc="New people are unsubscribed unless a row says subscribed; that is for this group."
    ),
    text("phone_type", "phone_numbers[primary].number_type", readonly=True),
    text("address_language", f"{POST}.language", readonly=True),
    amount("latitude", f"{POST}.location.latitude", readonly=True),
    amount("longitude", f"{POST}.location.longitude", readonly=True),
    text("location_accuracy", f"{POST}.location.accuracy", readonly=True),
    value("custom_fields", readonly=True, doc="All, as JSON; each is a column of its own, too."),
    *made_and_changed(doc="When the person came to this group's list."),
)

TAKEN = frozenset(s.casefold() for column in COLUMNS for s in (column.name, *column.aliases))


def _phone(written: Any) -> str | None:
    """Ask for a phone number in the form in which it is kept; what has none is not pushed."""
    try:
        number = digits(written)
    except ValueError:
        return None
    return equals("phone_number")(number) if number else None


def _doubts(sent: Row, reply: Any) -> str:
    """Say that a person who was to be new was there, and may have lost the subscription."""
    if not was_there(reply):
        return ""
    return UNSUBSCRIBED if dig(sent, "email_addresses[primary].status") else ""


TIMES = (*by_time("modified_date"), *by_time("created_date"))

FILTERS = (
    *TIMES,
    by_text("family_name"),
    by_text("given_name"),
    by_text("region"),
    by_text("postal_code"),
    Filter("phone", "=", "filter", wire=_phone),
)

people = Table(
    "people",
    doc=(
        "People of the group, whatever their status; unsubscribed ones, too. Custom fields are "
        "columns. The API deletes nobody."
    ),
    key=("id",),
    natural_key=("email",),
    columns=COLUMNS,
    more_columns=partial(custom_fields, TAKEN),
    modified=Modified("modified_date", lag=LAG),
    touches=("mobile_subscriptions",),
    consent=Consent(
        column="email_status", subscribed=("subscribed",), safe="unsubscribed", person="email"
    ),
    reads=(
        Read("/people", PEOPLE, UNCOUNTED, filters=FILTERS),
        Read("/people/{id}", "", by="id"),
        # Unpaged: an address has one person, and the page behind that one would be empty.
        Read("/people", PEOPLE, by="email", fetch=people_by_address),
        Read("/people", PEOPLE, by="phone", param="filter", wire=equals("phone_number")),
    ),
    writes=(
        # The signup helper finds people by address and phone, so sending it again changes nothing.
        # It subscribes new people by itself: the Consent sends a status with each.
        Write(
            "insert", "POST", "/people", wrap="person", reply="", id_at="identifiers",
            repeatable=True, settles=SETTLES_PEOPLE, shows=True,
            defaults={"email_status": "subscribed"}, doubts=_doubts,
            undo="The person stays: the API cannot delete people.",
            notice={"phone": MOVED},
        ),
        # An address of somebody else is left as it was, with status 200; so is much that is
        # emptied. The reply shows it.
        Write(
            "update", "PUT", "/people/{id}", reply="", repeatable=True, shows=True,
            together=(ADDRESS,), follows={"email_status": "email"}, notice={"phone": ENDS},
        ),
    ),
    example=(
        "SELECT id, email, postal_code FROM people@an "
        "WHERE modified_date >= TIMESTAMPTZ '2026-01-01 00:00:00Z'"
    ),
)  # fmt: skip


def _with_phone(person: Row) -> Sequence[Row]:
    has = unblank(dig(person, "phone_numbers[primary].number")) is not None
    return (person,) if has else ()


mobile_subscriptions = Table(
    "mobile_subscriptions",
    doc=(
        "Who gets text messages: one row for each person with a phone number. A number is new "
        "where people.phone is written, and unsubscribed then; UPDATE … WITH OPT IN subscribes it."
    ),
    key=("person_id",),
    natural_key=("person_id",),
    each=_with_phone,
    columns=(
        Column("person_id", at="identifiers", readonly=True, from_wire=own_id),
        Column("phone_number", at="phone_numbers[primary].number", readonly=True),
        Column("status", at="phone_numbers[primary].status", choices=STATUSES),
        *made_and_changed(),
    ),
    modified=Modified("modified_date", lag=LAG),
    touches=("people",),
    consent=Consent(
        column="status", subscribed=("subscribed",), safe="unsubscribed",
        person=Need("email", "person_id", "people", "email"),
    ),
    reads=(
        Read(
            "/people", PEOPLE, UNCOUNTED,
            filters=(*TIMES, Filter("phone_number", "=", "filter", wire=_phone)),
        ),
        Read("/people/{person_id}", "", by="person_id"),
    ),
    writes=(
        Write(
            "update", "PUT", "/people/{person_id}", reply="", repeatable=True, shows=True,
            columns=("status",),
        ),
    ),
    example="SELECT person_id FROM mobile_subscriptions@an WHERE status = 'subscribed'",
)  # fmt: skip

TABLES = (people, mobile_subscriptions)
