"""What a write may change about a person, and what it leaves as it is (section 6 of the facts).

Consent: an address that is new to the group is subscribed unless `unsubscribed` is sent with it; a
number that is new is unsubscribed unless `subscribed` is sent; nobody's status changes unless one
is sent.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlcrm_action_network.sandbox.people import email_of, phone_of
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Refused, Row, iso, objects, part, strings

BOTH = frozenset({"subscribed", "unsubscribed"})
ONLY_IN = frozenset({"subscribed"})  # a record helper does not unsubscribe
_LANGUAGES = frozenset({"en", "es", "fr", "cy", "de", "pt", "da", "sv"})
_PARTS = ("address_lines", "locality", "region", "postal_code", "country", "language", "location")
_TEXTS = frozenset({"locality", "region", "postal_code", "country", "language"})
_STAY = frozenset({"region", "country"})  # null does not clear them
_BAD_MAIL = "Email address is invalid"


def empty() -> Row:
    """A person of whom nothing is known."""
    return {
        "identifiers": [],
        "given_name": "",
        "family_name": "",
        "email_addresses": [],
        "phone_numbers": [],
        "postal_addresses": [],
        "languages_spoken": ["en"],
        "custom_fields": {},
    }


def digits(number: object) -> str:
    """A phone number as it is kept: eleven digits with the leading 1, no sign."""
    kept = "".join(char for char in str(number or "") if char.isascii() and char.isdigit())
    return f"1{kept}" if len(kept) == 10 else kept


def sent_email(sent: Row) -> Row:
    """The e-mail part of a write, the primary one of several. Raises: Refused for no address."""
    entry = _first(sent.get("email_addresses"))
    address = entry.get("address")
    if address and "@" not in str(address):
        raise Refused(400, _BAD_MAIL)
    return {**entry, "address": str(address).strip() if address else ""}


def sent_phone(sent: Row) -> Row:
    """The phone part of a write, its number in eleven digits."""
    entry = _first(sent.get("phone_numbers"))
    return {**entry, "number": digits(entry.get("number"))}


def _first(value: object) -> Row:
    entries = objects(value)
    return next((entry for entry in entries if entry.get("primary")), (entries or [{}])[0])


def change(
    store: Store, row: Row, sent: Row, number: int | None, writable: Collection[str] = BOTH
) -> None:
    """Change a person's row by what was sent. `number`: whose row it is, None for a new person."""
    for name in ("given_name", "family_name"):
        if name in sent and (sent[name] is None or sent[name]):
            row[name] = str(sent[name] or "")
    _email(store, row, sent_email(sent), number, writable)
    _phone(row, sent_phone(sent), writable)
    _address(store, row, sent)
    if "languages_spoken" in sent:
        known = [word for word in strings(sent["languages_spoken"]) if word in _LANGUAGES]
        row["languages_spoken"] = known or ["en"]
    _custom(store, row, part(sent, "custom_fields"))
    for identifier in strings(sent.get("identifiers")):
        free = store.people.by_identifier(identifier) in {None, number}
        if free and ":" in identifier and not identifier.startswith("action_network:"):
            row["identifiers"] = list(dict.fromkeys([*row["identifiers"], identifier]))


def _status(sent: Row, writable: Collection[str]) -> str | None:
    """The status that was sent, if it is one that may be written."""
    status = sent.get("status")
    return status if isinstance(status, str) and status in writable else None


def _email(
    store: Store, row: Row, sent: Row, number: int | None, writable: Collection[str]
) -> None:
    """An address that somebody else has is left out, and nothing says so."""
    status = _status(sent, writable)
    address = sent["address"]
    if address and store.people.by_email(address) in {None, number}:
        had = row["email_addresses"][0]["status"] if row["email_addresses"] else "subscribed"
        row["email_addresses"] = [{"primary": True, "address": address, "status": status or had}]
    elif row["email_addresses"] and status and address.lower() in {"", email_of(row).lower()}:
        row["email_addresses"][0]["status"] = status


def _phone(row: Row, sent: Row, writable: Collection[str]) -> None:
    """There is one number; another one takes its place and begins unsubscribed."""
    status = _status(sent, writable)
    if sent["number"] and sent["number"] != phone_of(row):
        row["phone_numbers"] = [
            {
                "primary": True,
                "number": sent["number"],
                "number_type": str(sent.get("number_type") or "Mobile"),
                "status": status or "unsubscribed",
            }
        ]
    elif row["phone_numbers"] and status:
        row["phone_numbers"][0]["status"] = status


def _address(store: Store, row: Row, sent: Row) -> None:
    entry = _first(sent.get("postal_addresses"))
    given = {name: entry[name] for name in _PARTS if name in entry}
    for name in _TEXTS & given.keys():
        given[name] = None if given[name] is None else str(given[name])
    if not given:
        return
    old: Row = row["postal_addresses"][0] if row["postal_addresses"] else {}
    if not old and store.switches.locality_late:
        given.pop("locality", None)
    kept = {
        name: value
        for name, value in given.items()
        if not (value is None and name in _STAY) and value != ""
    }
    blank: Row = {"primary": True, **dict.fromkeys(_PARTS), "address_lines": []}
    row["postal_addresses"] = [{**blank, "country": "US", "language": "en", **old, **kept}]


def _custom(store: Store, row: Row, sent: Row) -> None:
    known = {field["name"] for field in store.custom_fields}
    for name, value in sent.items():
        if value is None:
            row["custom_fields"].pop(name, None)
            continue
        row["custom_fields"][name] = _text(value)
        if name not in known:
            now = iso(store.now())
            dates = {"created_date": now, "modified_date": now}
            store.custom_fields.append({"name": name, **dates, "notes": None})


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
