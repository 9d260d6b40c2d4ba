"""The parts of the connector that take several calls.

Source: ActiveCampaign API v3 reference, "Users", "Custom fields", "Bulk import"; read 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from sqlcrm.sdk import (
    BatchRefused,
    Column,
    Flow,
    Identity,
    Outcome,
    Request,
    Row,
    ShapeChanged,
    Sideload,
    Type,
    dig,
    every_page,
    matched,
)
from sqlcrm_activecampaign.replies import reason
from sqlcrm_activecampaign.wire import BY_ID, LISTED, choices_from, choices_to

FIELD_VALUES = Sideload(
    "fieldValues", ask=("include", "fieldValues"), parent="contact", by="field", value="value"
)

TEXTUAL = {"text", "textarea", "dropdown", "radio", "hidden", "null"}
"""Field types that hold one text. Values of `dropdown` and `radio` are sent bare: wrapped in `||`
they would be stored with the bars (solspace/craft-freeform#2143)."""

SEVERAL = {"checkbox", "listbox"}
"""Field types that hold several texts, `||a||b||`."""

PLAIN = {
    "date": Type.DATE,
    "datetime": Type.TIMESTAMP,
    "number": Type.FLOAT,
    "currency": Type.INTEGER,
}
"""Types of the other field types; currencies are whole cents."""


def who() -> Flow[Identity]:
    """Read who the key belongs to. The account's name is the first part of the reply's links."""
    reply = yield Request("GET", "/users/me")
    body = reply.body if isinstance(reply.body, dict) else {}
    user = body.get("user")
    if not isinstance(user, dict):
        raise ShapeChanged("/users/me: the reply has no user")
    names = [str(user.get(key) or "") for key in ("firstName", "lastName")]
    name = " ".join(filter(None, names)) or str(user.get("username") or "")
    email = str(user.get("email") or "")
    return Identity(
        account=_account(user.get("links")),
        user=f"{name} <{email}>" if email else name,
        may="what this user's group may do: a key has no scopes of its own",
    )


def _account(links: Any) -> str:
    """Return the host in an object's links, "" where there are none."""
    for url in links.values() if isinstance(links, dict) else ():
        with suppress(ValueError):  # the reference itself shows hosts that are none
            if isinstance(url, str) and (host := urlsplit(url).hostname):
                return host
    return ""


def contact_fields(taken: frozenset[str]) -> Flow[Sequence[Column]]:
    """Read the account's contact fields, as columns named after their personalisation tags.

    `taken` are the names that win over those of fields, in lower case.
    """
    found = yield from every_page(Request("GET", "/fields", query=(BY_ID,)), "fields", LISTED)
    used = set(taken)
    columns: list[Column] = []
    for field in sorted(found, key=lambda each: int(each["id"])):
        name = free_name(str(field.get("perstag") or field.get("title") or ""), used)
        used.add(name)
        columns.append(field_column(name, field))
    return columns


def free_name(tag: str, used: set[str]) -> str:
    """Return `tag` in snake case, numbered where the name is used.

    >>> free_name("CUSTOMER_GROUP", set()), free_name("Shoe size", {"shoe_size"})
    ('customer_group', 'shoe_size_2')
    """
    base = re.sub(r"\W+", "_", tag).strip("_").lower() or "field"
    name, count = base, 1
    while name in used:
        count += 1
        name = f"{base}_{count}"
    return name


def field_column(name: str, field: dict[str, Any]) -> Column:
    """Return the column of one custom field.

    Raises: ShapeChanged for a type of field that the reference does not know.
    """
    kind = str(field.get("type") or "null").lower()
    doc = f"Custom field {field['id']}, {kind}: {field.get('title') or ''}".rstrip(": ")
    at = str(field["id"])
    if kind in SEVERAL:
        return Column(
            name,
            Type.TEXTS,
            at=at,
            sideload=FIELD_VALUES,
            from_wire=choices_from,
            to_wire=choices_to,
            doc=doc,
        )
    if kind not in TEXTUAL and kind not in PLAIN:
        raise ShapeChanged(f"custom field {at} ({name}) is of an unknown type: {kind!r}")
    doc += "; in cents" if kind == "currency" else ""
    return Column(name, PLAIN.get(kind, Type.TEXT), at=at, sideload=FIELD_VALUES, doc=doc)


def add_options(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Add choices to fields; the reply lists what was made, found again by field and value.

    Raises: BatchRefused.
    """
    reply = yield Request("POST", "/fieldOption/bulk", body={"fieldOptions": [*map(dict, rows)]})
    if reply.status >= 300:
        raise BatchRefused(reason(reply))
    return matched(rows, dig(reply.body, "fieldOptions"), _option, _made)


def _option(option: Row) -> tuple[str, str]:
    """Return what names an option."""
    return str(option["field"]), str(option["value"])


def _made(option: Row) -> Outcome:
    """Return the outcome of an option that was made."""
    return Outcome("done", id=str(option.get("id") or ""))
