"""E-mail addresses, phone numbers and postal addresses of entities.

They lie within their entity, are added to and changed by writing that, and can never be deleted.
Source: Action Builder API v1 docs, "People" and the changelog of 2024-09-17; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Consent, Read, Table, Type, Write
from sqlcrm_action_builder.columns import STATUSES, entry_id
from sqlcrm_action_builder.flows import PEOPLE_AT
from sqlcrm_action_builder.objects import details
from sqlcrm_action_builder.wire import OWN, PAGES, PEOPLE, SETTLES, digits, equals

OF_PERSON = f"{PEOPLE}/{{person_id}}"

NEVER = "The API cannot delete it: it stays with the entity."


def _in(where: str, name: str, field: str = "", type_: Type = Type.TEXT, **more: object) -> Column:
    """A column of an entry, which lies in a list of its entity."""
    return Column(name, type_, at=f"{where}[].{field or name}", **more)  # type: ignore[arg-type]


def _person() -> Column:
    return Column("person_id", required=True, doc="Id of the entity; mostly a person.")


def _status(where: str, what: str) -> Column:
    return _in(where, "status", choices=STATUSES, doc=f"Whether {what} may be written to.")


def _reads(by: str = "", field: str = "") -> tuple[Read, ...]:
    """The list of all entities, one entity, and whose the value of a column is."""
    found = (Read(PEOPLE, PEOPLE_AT, PAGES), Read(OF_PERSON, "", by="person_id"))
    if not by:
        return found
    return (*found, Read(PEOPLE, PEOPLE_AT, PAGES, by=by, param="filter", wire=equals(field)))


def _writes(
    insert: tuple[str, ...], update: tuple[str, ...], same: tuple[str, ...]
) -> tuple[Write, ...]:
    """Add an entry, or change one. same: what goes with a change beside its id.

    PUT, not the signup helper, which would bring an entity that was removed into the campaign.
    """
    return (
        Write(
            "insert",
            "PUT",
            OF_PERSON,
            repeatable=True,
            shows=True,
            settles=SETTLES,
            columns=("person_id", *insert),
            undo=NEVER,
        ),
        Write(
            "update",
            "PUT",
            OF_PERSON,
            repeatable=True,
            shows=True,
            columns=("person_id", *update),  # which may be told, and not changed
            whole=("person_id", "id", *same),
        ),
    )


EMAILS = "email_addresses"

emails = Table(
    "emails",
    doc=(
        "E-mail addresses. An address is added, and its status or type changed; the address itself "
        "stays: add the right one, and set the status of the wrong one to bad."
    ),
    key=("id",),
    # Without the person: an address that refused is not subscribed for being somebody else's too.
    natural_key=("address",),
    touches=("people",),
    consent=Consent("status", ("subscribed",), safe="unsubscribed", person="address"),
    each=details(EMAILS),
    columns=(
        entry_id(EMAILS),
        _in(EMAILS, "address", nocase=True, required=True, check="email"),
        _status(EMAILS, "the address"),
        _in(EMAILS, "address_type", doc="Such as personal or work."),
        _person(),
        _in(EMAILS, "source", readonly=True, doc="Where it came from."),
        _in(EMAILS, "confirmed", f"{OWN}confirmed", Type.BOOLEAN, readonly=True),
    ),
    reads=_reads("address", "email_address"),
    writes=_writes(("address", "status", "address_type"), ("status", "address_type"), ("address",)),
    example="SELECT person_id, address FROM emails@ab WHERE status = 'subscribed'",
)

PHONES = "phone_numbers"

phone_numbers = Table(
    "phone_numbers",
    doc="Phone numbers. One is added, and its status or type changed; the number itself stays.",
    key=("id",),
    natural_key=("number",),
    touches=("people",),
    consent=Consent("status", ("subscribed",), safe="unsubscribed", person="number"),
    each=details(PHONES),
    columns=(
        entry_id(PHONES),
        _in(
            PHONES,
            "number",
            required=True,
            normal=digits,
            doc="Digits alone, the country's code first: 12025550101.",
        ),
        _status(PHONES, "the number"),
        _in(PHONES, "number_type", doc="Such as Mobile or Home."),
        _person(),
        _in(PHONES, "source", readonly=True, doc="Where it came from."),
    ),
    reads=_reads("number", "phone_number"),
    writes=_writes(("number", "status", "number_type"), ("status", "number_type"), ("number",)),
    example="SELECT person_id, number FROM phone_numbers@ab WHERE number_type = 'Mobile'",
)

POSTAL = "postal_addresses"

PLACE = ("address_lines", "locality", "region", "postal_code", "country")

postal_addresses = Table(
    "postal_addresses",
    doc="Postal addresses. One is added or changed as a whole, and never deleted.",
    key=("id",),
    natural_key=("person_id", *PLACE),
    optional=("address_lines", "locality", "postal_code"),
    touches=("people",),
    each=details(POSTAL),
    columns=(
        entry_id(POSTAL),
        _in(POSTAL, "address_lines", type_=Type.TEXTS, doc="Street and number, a line each."),
        _in(POSTAL, "locality"),
        _in(POSTAL, "region", required=True, doc="State or province; none is refused."),
        _in(POSTAL, "postal_code"),
        _in(POSTAL, "country", choices=("US", "CA", "GB"), default="US"),
        _in(POSTAL, "address_type", doc="physical or mailing."),
        _person(),
        _in(POSTAL, "source", readonly=True, doc="Where it came from."),
    ),
    reads=_reads(),
    writes=_writes((*PLACE, "address_type"), (*PLACE, "address_type"), (*PLACE, "address_type")),
    example="SELECT person_id, locality, postal_code FROM postal_addresses@ab WHERE region = 'VA'",
)

TABLES = (emails, phone_numbers, postal_addresses)
