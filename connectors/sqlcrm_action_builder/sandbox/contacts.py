"""E-mail addresses, telephone numbers and postal addresses that are written.

An entry that carries the identifier of an existing one, or its value, updates it; any other is
appended. Nothing is ever removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlcrm_action_builder.sandbox.ids import named, new
from sqlcrm_action_builder.sandbox.wire import Refused, Row, objects, word

STATUSES = ("subscribed", "unsubscribed", "bad", "do_not_contact")
COUNTRIES = ("US", "CA", "GB")
_ID = "action_builder:identifier"
_CONFIRMED = "action_builder:confirmed"
_NOT_DIGIT = re.compile(r"[^0-9]")
_PARTS = ("address_lines", "locality", "region", "postal_code", "country")


def digits(value: str) -> str:
    """A telephone number as it is stored: eleven digits."""
    found = _NOT_DIGIT.sub("", value)
    return f"1{found}" if len(found) == 10 else found


def apply(row: Row, sent: Row, new_status: str) -> None:
    """Write the contact data that was sent into a row. Raises: Refused, before anything else is."""
    kinds: tuple[tuple[str, Callable[[Row], Row], Callable[[Row], object], Row], ...] = (
        ("email_addresses", _email, lambda e: e["address"].lower(), {"address_type": "personal"}),
        ("phone_numbers", _phone, lambda e: e["number"], {"number_type": "Mobile"}),
        ("postal_addresses", _address, _place, {"address_type": "physical"}),
    )
    for column, read, value, defaults in kinds:
        entries: list[Row] = row.setdefault(column, [])
        for one in objects(sent.get(column)):
            changes = read(one)
            entry = next((e for e in entries if e[_ID] == one.get(_ID)), None)
            if entry is None:
                _needs(column, changes)
                entry = next((e for e in entries if value(e) == value(changes)), None)
            if entry is None:
                status = (
                    {"status": new_status} if column == "email_addresses" and new_status else {}
                )
                confirmed = {_CONFIRMED: False} if column == "email_addresses" else {}
                entry = {_ID: named(new()), **defaults, **status, **confirmed}
                entry |= {"source": "action_builder"}
                entries.append(entry)
            entry |= changes


def _needs(column: str, changes: Row) -> None:
    if column == "email_addresses" and not changes.get("address"):
        raise Refused(422, "Emails email can't be blank")
    if column == "phone_numbers" and not changes.get("number"):
        raise Refused(422, "Phone numbers number can't be blank")
    if column == "postal_addresses" and not changes.get("region"):
        raise Refused(422, "Addresses state can't be blank")


def _common(one: Row, *names: str) -> Row:
    changes = {name: one[name] for name in (*names, "source") if word(one.get(name))}
    status = one.get("status")
    if status is not None:
        if status not in STATUSES:
            raise Refused(422, "Status is not included in the list")
        changes["status"] = status
    return changes


def _email(one: Row) -> Row:
    changes = _common(one, "address", "address_type")
    if "@" not in changes.get("address", "@"):
        raise Refused(422, "Emails email is invalid")
    if isinstance(one.get(_CONFIRMED), bool):
        changes[_CONFIRMED] = one[_CONFIRMED]
    return changes


def _phone(one: Row) -> Row:
    changes = _common(one, "number_type")
    if one.get("number") is not None:
        changes["number"] = digits(str(one["number"]))
        if not changes["number"]:
            raise Refused(422, "Phone numbers number is invalid")
    return changes


def _address(one: Row) -> Row:
    changes = {
        name: one[name]
        for name in ("locality", "region", "postal_code", "country", "source", "address_type")
        if word(one.get(name))
    }
    if changes.get("country", "US") not in COUNTRIES:
        raise Refused(422, "Addresses country is not included in the list")
    lines = one.get("address_lines")
    if isinstance(lines, list):
        changes["address_lines"] = [line for line in lines if isinstance(line, str)]
    return changes


def _place(entry: Row) -> object:
    """What makes two postal addresses the same."""
    return [str(entry.get(part, "")).lower() for part in _PARTS]
